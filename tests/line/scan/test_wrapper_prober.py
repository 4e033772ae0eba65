import pytest

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.errors import PortError
from dcud.line.scan.ranges import AS_IT_IS
from dcud.line.scan.search import SILENCE, Probe, ProbeKind, Verdict
from dcud.line.scan.wrapper_prober import WrapperProber
from dcud.line.tracer import NoTracer
from tests.support.answering_port import Answer, AnsweringPort, silent
from tests.support.simulated_line import wrapper_line

pytestmark = pytest.mark.looptime


async def ask(answer: Answer, port: int = 1) -> Verdict:
    near = AnsweringPort(answer)
    await near.open()
    prober = WrapperProber(tracer=NoTracer(), bus="b")
    probe = Probe(ProbeKind.SWEEP, 0, 16, ServerAddress(port))
    verdict = await prober.ask(near, AS_IT_IS, probe, 0.5)
    await prober.stop()
    return verdict


def served() -> Answer:
    line = wrapper_line()
    return lambda octets, now: line.receive(octets, now) or b""


async def test_who_associates_is_there() -> None:
    assert await ask(served()) == Verdict(answer="APDU", answers=1)


async def test_who_refuses_is_there() -> None:
    # An exception response: service not allowed, operation not possible.
    refusal = bytes.fromhex("0001 0001 0010 0003 D80101")
    assert (await ask(lambda _octets, _now: refusal)).answer == "APDU"


async def test_nobody_is_at_a_silent_port() -> None:
    assert await ask(served(), 99) == SILENCE
    assert await ask(silent) == SILENCE


async def test_nobody_is_where_the_connection_is_closed() -> None:
    def closing(_octets: bytes, _now: float) -> bytes:
        raise PortError("the far end closed it")

    assert await ask(closing) == SILENCE
