import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    DataLink,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    OctetsDiscarded,
)
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.hdlc.station import HdlcStation, RequestReceived
from dcud.dlms.sfsk.delimiter import SfskDelimiter
from dcud.dlms.sfsk.framing import MacFrameHeard
from dcud.dlms.sfsk.hdlc_link import HDLC_INITIATOR, SfskHdlcLink
from dcud.dlms.sfsk.line_framing import LineFraming
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.parameters import SfskParameters

ADDRESS = ServerAddress(logical=1, physical=17)
FRAMING = LineFraming()
CREDITS = Credits(initial=0, current=0)
PARAMETERS = SfskParameters(framing=FRAMING, initiator=HDLC_INITIATOR, credits=CREDITS)
ANSWER = b"\xc4\x01\xc1\x00\x11\x2a"


def link() -> SfskHdlcLink:
    hdlc = HdlcLink(
        client_sap=ClientSap(16),
        server_address=ADDRESS,
        parameters=HdlcParameters(max_info_transmit=64, max_info_receive=64, connect_retries=1),
    )
    return SfskHdlcLink(hdlc, mac_address=5, parameters=PARAMETERS)


def wrapped(m_sdu: bytes, source: int = 5, destination: int = HDLC_INITIATOR) -> bytes:
    frame = MacFrame(source=source, destination=destination, m_sdu=m_sdu, credits=CREDITS)
    return FRAMING.build(frame)


class Meter:
    """Answers every request with the same."""

    def __init__(self) -> None:
        self.station = HdlcStation(server_address=ADDRESS)
        self.delimiter = SfskDelimiter(FRAMING)

    def answers(self, octets: bytes) -> bytes:
        for unit in self.delimiter.feed(octets):
            assert isinstance(unit, MacFrameHeard)
            for part in Delimiter().feed(unit.frame.m_sdu):
                assert isinstance(part, Delimited)
                for event in self.station.receive_frame(part.frame, 0.0):
                    if isinstance(event, RequestReceived):
                        self.station.send_apdu(ANSWER)
        return b"".join(wrapped(frame.octets) for frame in self.station.frames_to_send())


def exchange(client: DataLink, meter: Meter) -> list[LinkEvent]:
    """Let both speak until neither has more to say."""
    events: list[LinkEvent] = []
    while frames := client.frames_to_send():
        client.frames_sent(0.0)
        said = meter.answers(b"".join(frame.octets for frame in frames))
        events += client.receive_data(said, 0.0)
    return events


def without_frames(events: list[LinkEvent]) -> list[LinkEvent]:
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_hdlc_goes_through() -> None:
    client, meter = link(), Meter()
    client.connect(0.0)
    (event,) = without_frames(exchange(client, meter))
    assert isinstance(event, LinkConnected)
    assert event.max_info_receive == 64
    client.send_apdu(b"\xc0\x01\xc1", 0.0)
    assert without_frames(exchange(client, meter)) == [ApduReceived(apdu=ANSWER)]
    client.disconnect(0.0)
    assert without_frames(exchange(client, meter)) == [LinkClosed()]


def test_a_frame_on_the_line() -> None:
    client = link()
    client.connect(0.0)
    (frame,) = client.frames_to_send()
    # one sub-frame or two, no credits, C01 to 005, padding, then SNRM between its flags
    assert frame.octets[2:6].hex() == "00c01005"
    assert frame.octets[7:9].hex() == "7ea0"
    assert len(frame.octets) == 72


def test_silence_ends_in_an_error() -> None:
    client = link()
    client.connect(0.0)
    now, events = 0.0, list[LinkEvent]()
    while not events or not isinstance(events[-1], LinkFailed):
        client.frames_to_send()
        client.frames_sent(now)
        timeout = client.next_timeout()
        assert timeout is not None
        now = timeout
        events += client.handle_timeout(now)
    assert isinstance(events[-1].error, NoAnswerError)


def test_other_stations_are_heard_only() -> None:
    client = link()
    client.connect(0.0)
    octets = wrapped(b"\x7e", source=6)
    (event,) = client.receive_data(octets, 0.0)
    assert isinstance(event, FrameReceived)
    assert event.frame.octets == octets


def test_an_idle_link_wants_nothing() -> None:
    assert link().next_timeout() is None


def test_what_is_broken_inside_is_accounted_for_once() -> None:
    client, meter = link(), Meter()
    client.connect(0.0)
    exchange(client, meter)
    octets = wrapped(b"\x7e\xa0\x07garbage\x7e")
    (event,) = client.receive_data(octets, 0.0)
    assert isinstance(event, FrameReceived)
    assert event.frame == (octets, ())


def with_a_secret() -> tuple[SfskHdlcLink, bytes]:
    client, meter = link(), Meter()
    client.connect(0.0)
    exchange(client, meter)
    client.send_apdu(b"\x60\x0a..password", 0.0, secret=[(4, 12)])
    (frame,) = client.frames_to_send()
    client.frames_sent(0.0)
    low, high = frame.secret[0]
    assert frame.octets[low:high] == b"password"
    assert frame.secret[-1] == (len(frame.octets) - 3, len(frame.octets))
    return client, frame.octets


def test_the_echo_of_a_secret_is_masked() -> None:
    client, octets = with_a_secret()
    (event,) = client.receive_data(octets, 0.1)
    assert isinstance(event, FrameReceived)
    (low, high), *_ = event.frame.secret
    assert octets[low:high] == b"password"


def test_a_damaged_echo_is_withheld() -> None:
    client, octets = with_a_secret()
    damaged = octets[:-1] + bytes((octets[-1] ^ 1,))
    client.receive_data(damaged, 0.1)
    timeout = client.next_timeout()
    assert timeout is not None
    assert client.handle_timeout(timeout) == [
        OctetsDiscarded(reason="frame_check", octets=bytes(len(damaged)), withheld=True)
    ]


def test_an_echo_that_is_damaged_within_a_good_frame_is_masked() -> None:
    client, octets = with_a_secret()
    m_sdu = bytearray(octets[7:-3])
    m_sdu[-4 - octets[6]] ^= 1
    echo = wrapped(bytes(m_sdu), source=HDLC_INITIATOR, destination=5)
    masked = [
        event.frame.secret
        for event in client.receive_data(echo, 0.1) + client.handle_timeout(1.0)
        if isinstance(event, FrameReceived)
    ]
    assert masked == [((7, len(echo)),)]


@pytest.mark.parametrize("silent", [0.4, 0.5])
def test_noise_is_told_at_silence(silent: float) -> None:
    client = link()
    client.receive_data(b"\xaa\xaa", 0.0)
    assert client.next_timeout() == 0.5
    told = client.handle_timeout(silent)
    assert told == ([OctetsDiscarded(reason="noise", octets=b"\xaa\xaa")] if silent == 0.5 else [])


@given(st.lists(st.binary(max_size=40) | st.just(wrapped(b"\x7e\xa0\x07junk")), max_size=5))
def test_every_octet_is_accounted_for(chunks: list[bytes]) -> None:
    client = link()
    events: list[LinkEvent] = []
    for chunk in chunks:
        events += client.receive_data(chunk, 0.0)
    events += client.handle_timeout(9.0)
    heard = b""
    for event in events:
        if isinstance(event, FrameReceived):
            heard += event.frame.octets
        elif isinstance(event, OctetsDiscarded):
            heard += event.octets
    assert heard == b"".join(chunks)
