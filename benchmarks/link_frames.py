"""A link that takes a long answer in segments, in memory, beside gurux-dlms.

Frames received per CPU second, each an I frame with 128 octets of information: checked, its numbers
judged, put together with the others, acknowledged. With a window of one an RR is made after each of
them (`link_frames`); both sides get the same octets and end up with the same answer, and the
request for it counts, too. With a window of seven an RR is made after each seventh
(`link_frames_window_7`), which come at once; the peer's client fails there, since it takes the
third frame of a window for one out of sequence.
"""

from collections.abc import Callable
from importlib.metadata import version
from time import process_time

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.objects import GXDLMSData

from benchmarks.result import Result
from dcud.dlms import llc
from dcud.dlms.datalink import ApduReceived, ClientSap, LinkEvent
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, numbered, unnumbered
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.parameters import HdlcParameters

SEGMENTS = 64
"""Of one answer: 8 kB, as a profile of some two days makes."""

ANSWERS = 8
"""In a round, and on one link: as many as it takes until N(R) is what it was at first."""

ROUNDS = 9
TURNS = 10
"""Rounds of ours for each of the peer's."""

CLIENT, SERVER = 16, 1
OWN, METER = b"\x21", b"\x03"
MAX_INFO = 128
REQUEST = bytes.fromhex("C0 01 C1 00 01 00 00 60 01 00 FF 02 00")
ANSWER_HEAD = bytes.fromhex("C4 01 C1 00 09 82")  # an octet string; the length follows
VALUE = bytes(i * 37 & 0xFF for i in range(SEGMENTS * MAX_INFO - 11))
ANSWER = ANSWER_HEAD + len(VALUE).to_bytes(2, "big") + VALUE


def answer(receive_sequence: int, window: int) -> list[bytes]:
    """Return the octets that the meter sends in each of its turns."""
    octets = llc.RESPONSE + ANSWER
    frames = [
        HdlcFrame(
            OWN,
            METER,
            numbered(
                send_sequence=index % 8,
                receive_sequence=receive_sequence,
                poll_final=index % window == window - 1 or index == SEGMENTS - 1,
            ),
            octets[index * MAX_INFO : (index + 1) * MAX_INFO],
            segmented=index < SEGMENTS - 1,
        ).build()
        for index in range(SEGMENTS)
    ]
    return [b"".join(frames[index : index + window]) for index in range(0, SEGMENTS, window)]


def connected(window: int) -> HdlcLink:
    link = HdlcLink(
        client_sap=ClientSap(CLIENT),
        server_address=ServerAddress(logical=SERVER),
        parameters=HdlcParameters(window_transmit=window, window_receive=window),
    )
    link.connect(0.0)
    link.frames_to_send()
    agreed = LinkSizes(window_transmit=window, window_receive=window).build()
    link.receive_data(HdlcFrame(OWN, METER, unnumbered(FrameKind.UA), agreed).build(), 0.0)
    return link


def ours(window: int) -> Callable[[], float]:
    """Return what a round is: it returns CPU seconds for each frame."""
    answers = [answer((n + 1) % 8, window) for n in range(ANSWERS)]

    def round_of_answers() -> float:
        link = connected(window)
        begin = process_time()
        for turns in answers:
            link.send_apdu(REQUEST, 0.0)
            events: list[LinkEvent] = []
            for turn in turns:
                link.frames_to_send()
                link.frames_sent(0.0)
                events = link.receive_data(turn, 0.0)
            assert events[-1] == ApduReceived(apdu=ANSWER)  # noqa: S101  # or it would be fast
        return (process_time() - begin) / (ANSWERS * SEGMENTS)

    return round_of_answers


def theirs() -> Callable[[], float]:
    answers = [answer((n + 1) % 8, 1) for n in range(ANSWERS)]

    def round_of_answers() -> float:
        client = GXDLMSClient(True, CLIENT, SERVER)
        client.settings.resetFrameSequence()
        wanted = GXDLMSData("0.0.96.1.0.255")
        begin = process_time()
        for turns in answers:
            client.read(wanted, 2)
            reply = GXReplyData()
            for number, turn in enumerate(turns):
                if number:
                    client.receiverReady(reply)
                assert client.getData(GXByteBuffer(turn), reply, None)  # noqa: S101  # likewise
            assert bytes(reply.value) == VALUE  # noqa: S101  # likewise
        return (process_time() - begin) / (ANSWERS * SEGMENTS)

    return round_of_answers


def result(name: str, seconds: float, peer_seconds: float | None = None) -> Result:
    return Result(
        name=name,
        value=1 / seconds,
        unit="frames/s",
        peer=None if peer_seconds is None else f"gurux-dlms {version('gurux-dlms')}",
        peer_value=None if peer_seconds is None else 1 / peer_seconds,
        ratio=None if peer_seconds is None else peer_seconds / seconds,
    )


def run() -> list[Result]:
    one, seven, peer = ours(1), ours(7), theirs()
    rounds = [
        [min(one() for _ in range(TURNS)), min(seven() for _ in range(TURNS)), peer()]
        for _ in range(ROUNDS)
    ]
    window_1, window_7, other = map(min, zip(*rounds, strict=True))
    return [
        result("link_frames", window_1, other),
        result("link_frames_window_7", window_7),
    ]
