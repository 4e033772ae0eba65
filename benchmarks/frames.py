"""HDLC I frames with 128 octets of information, parsed and built, beside gurux-dlms."""

from collections.abc import Callable
from importlib.metadata import version
from time import process_time

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.GXDLMS import GXDLMS

from benchmarks.result import Result
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import HdlcFrame, numbered, parse

FRAMES = 2_000
"""In a round of ours; the peer's rounds have a tenth of them."""

ROUNDS = 7
CLIENT = 16
SERVER = 1
CONTROL = numbered(send_sequence=0, receive_sequence=1, poll_final=True)
INFORMATION = b"\xe6\xe7\x00" + bytes(range(125))


def seconds(work: Callable[[int], None], frames: int) -> float:
    """CPU seconds for one frame."""
    begin = process_time()
    work(frames)
    return (process_time() - begin) / frames


def race(ours: Callable[[int], None], theirs: Callable[[int], None]) -> tuple[float, float]:
    """The best of interleaved rounds, in frames per second."""
    rounds = [(seconds(ours, FRAMES), seconds(theirs, FRAMES // 10)) for _ in range(ROUNDS)]
    return 1 / min(mine for mine, _ in rounds), 1 / min(other for _, other in rounds)


def parse_ours() -> Callable[[int], None]:
    octets = HdlcFrame(b"\x21", b"\x03", CONTROL, INFORMATION).build()

    def work(frames: int) -> None:
        delimiter = Delimiter()
        for _ in range(frames):
            (found,) = delimiter.feed(octets)
            assert isinstance(found, Delimited)  # noqa: S101  # a wrong result would be fast
            assert len(found.frame.information) == 128  # noqa: S101  # likewise

    return work


def parse_theirs() -> Callable[[int], None]:
    octets = HdlcFrame(b"\x21", b"\x03", CONTROL, INFORMATION).build()
    client = GXDLMSClient(True, CLIENT, SERVER)

    def work(frames: int) -> None:
        reply = GXReplyData()
        for _ in range(frames):
            client.settings.resetFrameSequence()  # so that it takes the same number again
            found = GXDLMS.getHdlcData(False, client.settings, GXByteBuffer(octets), reply, None)
            assert found == CONTROL.octet  # noqa: S101  # a wrong result would be fast

    return work


def build_ours() -> Callable[[int], None]:
    def work(frames: int) -> None:
        for _ in range(frames):
            HdlcFrame(b"\x03", b"\x21", CONTROL, INFORMATION).build()

    return work


def build_theirs() -> Callable[[int], None]:
    client = GXDLMSClient(True, CLIENT, SERVER)
    client.settings.hdlc.maxInfoTX = len(INFORMATION) + 3  # it leaves room for its own LLC octets
    built = bytes(GXDLMS.getHdlcFrame(client.settings, CONTROL.octet, GXByteBuffer(INFORMATION)))
    assert parse(built[1:-1]).information == INFORMATION  # noqa: S101  # the same frame as ours

    def work(frames: int) -> None:
        for _ in range(frames):
            GXDLMS.getHdlcFrame(client.settings, CONTROL.octet, GXByteBuffer(INFORMATION))

    return work


def result(name: str, value: float, peer_value: float) -> Result:
    return Result(
        name=name,
        value=value,
        unit="frames/s",
        peer=f"gurux-dlms {version('gurux-dlms')}",
        peer_value=peer_value,
        ratio=value / peer_value,
    )


def run() -> list[Result]:
    return [
        result("frames_parse", *race(parse_ours(), parse_theirs())),
        result("frames_build", *race(build_ours(), build_theirs())),
    ]
