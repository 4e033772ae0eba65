"""What one meter pushes, in the clear and with real counters in a file."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dcud.assembly.pushing_meter import KEPT_WITHIN, MOST_GATHERED, PushingMeter, PushMeans
from dcud.assembly.secured_meters import SecuredMeters, open_counters
from dcud.config import model
from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.errors import SecurityError
from dcud.dlms.security.cipher import BodyCipher
from dcud.dlms.wrapper import Wpdu
from dcud.line.pushes import PushRefusedError
from dcud.line.tracer import Direction, NoTracer
from dcud.notice import Notice
from tests.assembly.test_secured_hearing import CIPHERED, SECURED
from tests.assembly.test_security import Keys
from tests.support.protected_apdus import ANSWER, AUTHENTICATION, METER, UNICAST, Protected
from tests.support.small_configuration import configured

PUSH = bytes.fromhex("0F00000001000600000007")
"""A data-notification of 7 as double-long-unsigned that wants no answer."""
CONFIRMED = bytes.fromhex("0F40000001000600000007")
CONFIRMATION = bytes.fromhex("10 40000001 00")
EVENT = bytes.fromhex("C200000100006062 0BFF020600000001".replace(" ", ""))
OURS = bytes.fromhex("4443550000000001")


class Notices:
    """Keeps at once, or when it is let; what happened stands in the site's list."""

    def __init__(self, happened: list[str]) -> None:
        self.kept: list[Notice] = []
        self.answer = True
        self.held = asyncio.Event()
        self.held.set()
        self._happened = happened

    async def keep(self, notice: Notice) -> bool:
        await self.held.wait()
        if self.answer:
            self.kept.append(notice)
            self._happened.append("kept")
        return self.answer


class Site(NoTracer):
    """One meter, and all that is told of it."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self.notices = Notices(self.happened)
        self.frames: list[tuple[str, str, str, bytes]] = []
        self.not_read: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self.secured: SecuredMeters | None = None
        self.keys = Keys(unicast_key=UNICAST, authentication_key=AUTHENTICATION)

    def pushed(self, transport: str) -> None:
        self.happened.append(transport)

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        assert reason
        self.not_read.append((bus, meter))

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        assert not secret
        self.frames.append((bus, direction, meter, octets))

    def security_refused(self, bus: str, meter: str, error: SecurityError) -> None:
        self.refused.append(error.code)

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        raise AssertionError

    async def fetch(self, _: model.Meter) -> Keys:
        return self.keys

    def meter(self, meter: model.Meter) -> PushingMeter:
        secured = self.secured
        means = PushMeans(
            notices=self.notices,
            observer=self,
            tracer=self,
            hearing=lambda meter: None if secured is None else secured.hearing("b", meter),
            clock=lambda: 1_772_366_400.0,
            monotonic=asyncio.get_running_loop().time,
            pushes_per_minute=60,
        )
        return PushingMeter(meter, means)


PLAIN = model.Meter(id="m", bus="b")


@asynccontextmanager
async def secured(
    site: Site, directory: Path, security: str = CIPHERED, *, known: bool = True
) -> AsyncIterator[PushingMeter]:
    """The daemon's part for a meter that ciphers, started anew."""
    _, meter = configured(
        directory, 'framing = "hdlc"\ntcp = { host = "h", port = 1 }', SECURED + security
    )
    gateway = model.Gateway(id="gw", state_directory=str(directory))
    async with await open_counters(gateway, lambda: 0.0, exclusive=True) as counters:
        site.secured = SecuredMeters(
            gateway, counters, fetch=site.fetch, observer=site, clock=lambda: 0.0
        )
        if known:
            ledger = site.secured._surroundings.ledger
            await counters.rebase(ledger.fingerprint(UNICAST), OURS, 1000)
        yield site.meter(meter)


def unit(apdu: bytes) -> Wpdu:
    return Wpdu(1, 16, apdu)


async def refusal(meter: PushingMeter, apdu: bytes) -> str:
    with pytest.raises(PushRefusedError) as caught:
        await meter.take(unit(apdu), "tcp")
    return caught.value.reason


async def test_what_wants_no_answer_gets_none() -> None:
    site = Site()
    assert await site.meter(PLAIN).take(unit(PUSH), "udp") is None
    assert site.happened == ["kept", "udp"]
    told = site.notices.kept[0]
    assert (told.meter, told.bus, told.kind, told.invoke_id) == ("m", "b", "data-notification", 1)
    assert told.value.value == 7
    assert site.frames == [("listener", "rx", "m", unit(PUSH).build())]


async def test_an_event_is_taken_too() -> None:
    site = Site()
    assert await site.meter(PLAIN).take(unit(EVENT), "tcp") is None
    assert site.notices.kept[0].kind == "event-notification"


async def test_what_wants_an_answer_gets_it_once_it_is_durable() -> None:
    site = Site()
    site.notices.held.clear()
    taking = asyncio.ensure_future(site.meter(PLAIN).take(unit(CONFIRMED), "tcp"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert not taking.done()
    site.notices.held.set()
    assert await taking == Wpdu(16, 1, CONFIRMATION)
    assert [frame[1] for frame in site.frames] == ["rx", "tx"]


@pytest.mark.looptime
async def test_what_cannot_be_kept_is_not_acknowledged() -> None:
    site = Site()
    meter = site.meter(PLAIN)
    site.notices.answer = False
    assert await refusal(meter, CONFIRMED) == "store"
    site.notices.held.clear()
    began = asyncio.get_running_loop().time()
    assert await refusal(meter, CONFIRMED) == "store"
    assert asyncio.get_running_loop().time() - began == pytest.approx(KEPT_WITHIN)
    assert site.happened == []


@pytest.mark.parametrize(
    ("apdu", "reason"),
    [
        (b"", "service"),
        (bytes.fromhex("601DA109060760857405080101"), "service"),
        (bytes.fromhex("DB00"), "service"),
        (CONFIRMED[:-1], "unreadable"),
        (EVENT[:-1], "unreadable"),
    ],
)
async def test_what_cannot_be_taken(apdu: bytes, reason: str) -> None:
    site = Site()
    assert await refusal(site.meter(PLAIN), apdu) == reason
    assert site.happened == []
    assert site.not_read == ([("listener", "m")] if reason == "unreadable" else [])


def blocks(apdu: bytes, size: int) -> list[bytes]:
    parts = [apdu[at : at + size] for at in range(0, len(apdu), size)]
    return [
        GeneralBlockTransfer(
            last_block=n == len(parts),
            streaming=True,
            window=0,
            block_number=n,
            block_number_ack=0,
            octets=part,
        ).encode()
        for n, part in enumerate(parts, 1)
    ]


async def test_a_push_in_blocks() -> None:
    site = Site()
    meter = site.meter(PLAIN)
    first, second, third = blocks(CONFIRMED, 4)
    assert await meter.take(unit(first), "tcp") is None
    assert await meter.take(unit(second), "tcp") is None
    assert site.happened == []
    assert await meter.take(unit(third), "tcp") == Wpdu(16, 1, CONFIRMATION)


async def test_a_push_in_blocks_that_was_begun_anew() -> None:
    site = Site()
    meter = site.meter(PLAIN)
    first, _, _ = blocks(CONFIRMED, 4)
    assert await meter.take(unit(first), "udp") is None
    assert await refusal(meter, first) == "blocks"
    assert site.happened == []


@pytest.mark.parametrize("block", ["E0", "E0 05 0001 0000 02 0F00", "E0 80 0001 0000 02 0F00"])
async def test_blocks_that_are_none_or_want_an_answer_each(block: str) -> None:
    assert await refusal(Site().meter(PLAIN), bytes.fromhex(block)) == "blocks"


@pytest.mark.looptime
async def test_a_push_that_never_ends_is_given_up() -> None:
    site = Site()
    meter = site.meter(PLAIN)
    endless = blocks(bytes(2 * MOST_GATHERED), 32_768)
    for block in endless[:7]:
        assert await meter.take(unit(block), "tcp") is None
    assert await refusal(meter, endless[7]) == "size"
    assert await meter.take(unit(CONFIRMED), "tcp") is not None


@pytest.mark.looptime
async def test_whoever_pushes_too_much_is_slowed_down() -> None:
    site = Site()
    meter = site.meter(PLAIN)
    began = asyncio.get_running_loop().time()
    for _ in range(40):
        await meter.take(unit(PUSH), "tcp")
    assert asyncio.get_running_loop().time() - began == pytest.approx(10.0)


def general(counter: int, content: bytes = PUSH) -> bytes:
    return Protected(counter=counter).general(content)


def opened(apdu: bytes) -> bytes:
    """Take the protection of ours away by hand: general-glo, title, length, control, counter."""
    assert apdu[:10] == b"\xdb\x08" + OURS
    return BodyCipher(UNICAST, AUTHENTICATION).decipher(apdu[11:], OURS)


async def test_what_is_ciphered_is_verified_and_nothing_is_taken_twice(tmp_path: Path) -> None:
    site = Site()
    async with secured(site, tmp_path) as meter:
        assert await meter.take(unit(general(5)), "udp") is None
        assert await refusal(meter, general(5)) == "security"
        assert await refusal(meter, general(4)) == "security"
        assert await refusal(meter, PUSH) == "security"
        assert await refusal(meter, general(6, ANSWER)) == "security"
    async with secured(site, tmp_path) as meter:
        assert await refusal(meter, general(5)) == "security"
        assert await meter.take(unit(general(7)), "udp") is None
    assert [told.octets for told in site.notices.kept] == [PUSH] * 2
    assert site.refused == ["replay", "replay", "security_policy", "security_control", "replay"]


@pytest.mark.parametrize("dedicated", ["", ", dedicated_key = true"])
async def test_a_confirmation_is_ciphered_under_the_global_key(
    tmp_path: Path, dedicated: str
) -> None:
    site = Site()
    security = f'security = {{ server_system_title = "{METER.hex()}"{dedicated} }}'
    async with secured(site, tmp_path, security) as meter:
        answer = await meter.take(unit(general(5, CONFIRMED)), "tcp")
    assert answer is not None
    assert opened(answer.apdu) == CONFIRMATION


async def test_a_meter_that_missed_its_confirmation_gets_the_same_again(tmp_path: Path) -> None:
    site = Site()
    async with secured(site, tmp_path) as meter:
        answer = await meter.take(unit(general(5, CONFIRMED)), "udp")
        assert await meter.take(unit(general(5, CONFIRMED)), "udp") == answer
        assert len(site.notices.kept) == 1
        assert await meter.take(unit(general(6, CONFIRMED)), "udp") != answer
        assert await refusal(meter, general(5, CONFIRMED)) == "security"
    assert len(site.notices.kept) == 2
    assert site.refused == ["replay"]


async def test_without_counters_of_ours_nothing_is_confirmed(tmp_path: Path) -> None:
    site = Site()
    async with secured(site, tmp_path, known=False) as meter:
        assert await meter.take(unit(general(5, CONFIRMED)), "tcp") is None
    assert len(site.notices.kept) == 1
    assert site.refused == ["security"]
