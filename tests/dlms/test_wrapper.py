import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    DataLink,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
)
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter, WrapperLink

# jDLMS tests: an AARQ of client 16 to server 17
AARQ_APDU = bytes.fromhex("602080020780a109060760857405080102be0f040d01000000065f0400181a200000")
AARQ = bytes.fromhex("0001001000110022") + AARQ_APDU
GET = bytes.fromhex("c001c1000f0000280000ff0700")
RESPONSE = bytes.fromhex("c401c1010300")
ANSWER = Wpdu(17, 16, RESPONSE).build()


def connected() -> WrapperLink:
    link = WrapperLink(client_sap=ClientSap(16), server_sap=17, response_timeout=5)
    link.connect(0.0)
    assert link.next_timeout() == 0.0
    (event,) = link.handle_timeout(0.0)
    assert isinstance(event, LinkConnected)
    return link


def asked() -> WrapperLink:
    link = connected()
    link.send_apdu(GET, 1.0)
    link.frames_to_send()
    link.frames_sent(1.0)
    return link


def test_a_known_unit() -> None:
    assert Wpdu(16, 17, AARQ_APDU).build() == AARQ
    assert WrapperDelimiter().feed(AARQ) == [Wpdu(16, 17, AARQ_APDU)]


@pytest.mark.parametrize(("port", "length"), [(0x10000, 1), (-1, 1), (1, 0x10000)])
def test_what_does_not_fit_is_refused(port: int, length: int) -> None:
    with pytest.raises(EncodeError):
        Wpdu(port, 1, bytes(length)).build()
    with pytest.raises(EncodeError):
        Wpdu(1, port if port != 1 else 0x10000, bytes(length)).build()


units = st.builds(Wpdu, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=40))


@given(st.lists(units), st.data())
def test_units_survive_any_cut(sent: list[Wpdu], data: st.DataObject) -> None:
    octets = b"".join(unit.build() for unit in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    delimiter = WrapperDelimiter()
    received: list[Wpdu | Unreadable] = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        received += delimiter.feed(octets[start:end])
    assert received == sent
    assert not delimiter.partial


@given(st.lists(st.binary(max_size=30)))
def test_any_octets_are_accounted_for(chunks: list[bytes]) -> None:
    link = asked()
    heard = b""
    for chunk in chunks:
        for event in link.receive_data(chunk, 2.0):
            if isinstance(event, FrameReceived):
                heard += event.frame.octets
            elif isinstance(event, OctetsDiscarded):
                heard += event.octets
    assert b"".join(chunks).startswith(heard)


def test_a_request_and_its_answer() -> None:
    link: DataLink = connected()
    link.send_apdu(GET, 1.0)
    assert link.frames_to_send() == [Frame(octets=Wpdu(16, 17, GET).build())]
    assert link.frames_to_send() == []
    assert link.next_timeout() is None
    link.frames_sent(1.5)
    assert link.next_timeout() == 6.5
    assert link.receive_data(ANSWER[:9], 2.0) == []
    assert link.next_timeout() == 7.0
    assert link.receive_data(ANSWER[9:], 2.5) == [
        FrameReceived(frame=Frame(octets=ANSWER)),
        ApduReceived(apdu=RESPONSE),
    ]
    assert link.next_timeout() is None
    link.frames_sent(3.0)
    assert link.next_timeout() is None
    link.disconnect(4.0)
    assert link.next_timeout() == 4.0
    assert link.handle_timeout(3.9) == []
    assert link.handle_timeout(4.0) == [LinkClosed()]
    assert link.handle_timeout(9.0) == []


@pytest.mark.parametrize("tag", [0x0F, 0xC2, 0x18])
def test_a_notification_may_come_before_the_answer(tag: int) -> None:
    link = asked()
    push = bytes((tag, 1, 2, 3))
    octets = Wpdu(17, 16, push).build()
    assert link.receive_data(octets + ANSWER, 2.0) == [
        FrameReceived(frame=Frame(octets=octets)),
        NotificationReceived(apdu=push),
        FrameReceived(frame=Frame(octets=ANSWER)),
        ApduReceived(apdu=RESPONSE),
    ]


def test_whatever_comes_unasked_is_a_notification() -> None:
    assert NotificationReceived(apdu=RESPONSE) in connected().receive_data(ANSWER, 2.0)


@pytest.mark.parametrize(("source", "destination"), [(17, 1), (18, 16), (16, 17)])
def test_units_for_other_ports_are_heard_only(source: int, destination: int) -> None:
    octets = Wpdu(source, destination, RESPONSE).build()
    assert asked().receive_data(octets, 2.0) == [FrameReceived(frame=Frame(octets=octets))]


def test_no_answer_fails_the_link() -> None:
    link = asked()
    assert link.handle_timeout(5.9) == []
    (event,) = link.handle_timeout(6.0)
    assert isinstance(event, LinkFailed)
    assert isinstance(event.error, NoAnswerError)
    assert "port 17" in str(event.error)
    link.connect(7.0)


def test_a_trickle_of_octets_does_not_hold_the_link_for_ever() -> None:
    link = asked()
    link.receive_data(Wpdu(17, 16, bytes(60_000)).build()[:100], 2.0)
    now = 2.0
    failed: list[LinkEvent] = []
    while (due := link.next_timeout()) is not None:
        assert due <= 51.0
        now = min(now + 4.9, due)
        failed = link.handle_timeout(now) or link.receive_data(b"\x00", now)
    assert isinstance(failed[0], LinkFailed)


def test_an_unknown_version_loses_the_stream_for_good() -> None:
    link = asked()
    stranger = bytes.fromhex("7ea0070303938c117e")
    discarded, failed = link.receive_data(stranger, 2.0)
    assert discarded == OctetsDiscarded(reason="version", octets=stranger)
    assert isinstance(failed, LinkFailed)
    assert type(failed.error) is LinkError
    assert link.receive_data(ANSWER, 2.0) == [OctetsDiscarded(reason="version", octets=ANSWER)]
    link.connect(3.0)
    assert isinstance(link.handle_timeout(3.0)[0], LinkConnected)
    assert link.receive_data(ANSWER, 4.0)[0] == FrameReceived(frame=Frame(octets=ANSWER))


def test_after_the_end_frames_are_heard_only() -> None:
    link = asked()
    link.disconnect(2.0)
    assert link.receive_data(ANSWER, 2.0) == [FrameReceived(frame=Frame(octets=ANSWER))]


@pytest.mark.parametrize("state", ["disconnected", "connecting", "awaiting"])
def test_sending_needs_an_idle_link(state: str) -> None:
    link = WrapperLink(client_sap=ClientSap(16), server_sap=17)
    if state == "connecting":
        link.connect(0.0)
    if state == "awaiting":
        link = asked()
    with pytest.raises(MisuseError, match=state):
        link.send_apdu(GET, 2.0)


def test_connecting_twice_is_misuse() -> None:
    with pytest.raises(MisuseError):
        connected().connect(1.0)


def secrets(events: list[LinkEvent]) -> list[tuple[tuple[int, int], ...]]:
    return [event.frame.secret for event in events if isinstance(event, FrameReceived)]


def test_secrets_are_marked_in_frames_and_echoes() -> None:
    link = connected()
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = link.frames_to_send()
    assert frame.secret == ((10, 18),)
    assert frame.octets[10:18] == b"password"
    link.frames_sent(1.0)
    assert secrets(link.receive_data(frame.octets, 1.1)) == [((10, 18),)]
    longer = Wpdu(16, 17, b"\x60\x08passwordX").build()
    assert secrets(link.receive_data(longer, 1.1)) == [((8, 19),)]
    assert link.receive_data(ANSWER, 1.2)[-1] == ApduReceived(apdu=RESPONSE)
    assert link.receive_data(b"password", 1.3)[0] == OctetsDiscarded(
        reason="version", octets=bytes(8), withheld=True
    )


def test_an_echo_is_no_answer_even_where_the_ports_are_equal() -> None:
    link = WrapperLink(client_sap=ClientSap(1), server_sap=1)
    link.connect(0.0)
    link.handle_timeout(0.0)
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = link.frames_to_send()
    (event,) = link.receive_data(frame.octets, 1.1)
    assert event == FrameReceived(frame=frame)
