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
    Retransmitted,
)
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.llc_432 import LlcPdu
from dcud.dlms.sfsk.frame_check import octet_sum
from dcud.dlms.sfsk.link import REACTIONS, Heard, Reaction, SfskLink, State
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.sfsk.timing import SlotTiming

# GET of a clock, invoke id 1, to the management logical device of the meter at MAC address 5:
# local frame 51, credits 7/7/0, addresses C00 and 005, LLC 90 01 10, then the sum
GET = bytes.fromhex("c001c100080000010000ff0200")
REQUEST = bytes.fromhex("021851fcc0000500900110c001c100080000010000ff02005705")
ANSWER = bytes.fromhex("c401c10300")
NEXT = bytes.fromhex("c001c200080000010000ff0200")

ONCE = Credits(initial=0, current=0)
PARAMETERS = SfskParameters(
    credits=ONCE, timing=SlotTiming(server_delay=1.0, margin=0.85), retries=1
)
PATIENCE = 0.15 + 1.0 + 7 * 0.15 + 0.85
"""Seconds that such an exchange is given: one slot, the meter's time, seven slots, the margin."""


def from_meter(
    apdu: bytes, *, source: int = 5, destination: int = 0xC00, saps: tuple[int, int] = (16, 1)
) -> bytes:
    m_sdu = LlcPdu(*saps, apdu).encode()
    frame = MacFrame(source=source, destination=destination, m_sdu=m_sdu, credits=ONCE)
    return MODEM.mirrored.build(frame)


def reported(status: int) -> bytes:
    return b"\x02\x04\x52" + bytes((status,)) + octet_sum(b"\x04\x52" + bytes((status,)))


def connected(parameters: SfskParameters = PARAMETERS) -> SfskLink:
    link = SfskLink(client_sap=ClientSap(16), server_sap=1, mac_address=5, parameters=parameters)
    link.connect(0.0)
    (event,) = link.handle_timeout(0.0)
    assert isinstance(event, LinkConnected)
    return link


def ask(link: SfskLink, apdu: bytes, now: float) -> bytes:
    link.send_apdu(apdu, now)
    (frame,) = link.frames_to_send()
    link.frames_sent(now)
    return frame.octets


def asked(parameters: SfskParameters = PARAMETERS) -> SfskLink:
    link = connected(parameters)
    ask(link, GET, 1.0)
    return link


def told(events: list[LinkEvent]) -> list[LinkEvent]:
    """Return the events without those of the frames themselves."""
    return [event for event in events if not isinstance(event, FrameReceived)]


def test_a_request_and_its_answer() -> None:
    link: DataLink = SfskLink(client_sap=ClientSap(16), server_sap=1, mac_address=5)
    link.connect(0.0)
    assert link.handle_timeout(0.0) == [
        LinkConnected(
            max_info_transmit=239, max_info_receive=239, window_transmit=1, window_receive=1
        )
    ]
    link.send_apdu(GET, 1.0)
    assert link.frames_to_send() == [Frame(octets=REQUEST)]
    assert link.frames_to_send() == []
    link.frames_sent(1.0)
    # 8 times 1 slot, 1 s, 8 times 7 slots, 1 s
    assert link.next_timeout() == pytest.approx(1.0 + 1.2 + 1.0 + 8.4 + 1.0)
    octets = from_meter(ANSWER)
    assert link.receive_data(octets[:9], 2.0) == []
    assert link.next_timeout() == 2.5
    assert link.receive_data(octets[9:], 2.1) == [
        FrameReceived(frame=Frame(octets=octets)),
        ApduReceived(apdu=ANSWER),
    ]
    assert link.next_timeout() is None
    link.disconnect(3.0)
    assert link.handle_timeout(2.9) == []
    assert link.handle_timeout(3.0) == [LinkClosed()]


def test_the_lsaps_of_an_answer_may_stand_in_the_requests_order() -> None:
    link = asked()
    assert told(link.receive_data(from_meter(ANSWER, saps=(1, 16)), 2.0)) == [
        ApduReceived(apdu=ANSWER)
    ]


@pytest.mark.parametrize(
    "strange",
    [
        {"source": 6},
        {"destination": 0xC01},
        {"destination": 5, "source": 0xC00},
        {"saps": (16, 2)},
        {"saps": (17, 1)},
    ],
    ids=str,
)
def test_frames_of_other_stations_are_heard_only(strange: dict[str, int]) -> None:
    octets = from_meter(ANSWER, **strange)  # type: ignore[arg-type]  # addresses and a pair
    assert asked().receive_data(octets, 2.0) == [FrameReceived(frame=Frame(octets=octets))]


def test_what_holds_no_apdu_is_heard_only() -> None:
    assert told(asked().receive_data(from_meter(b""), 2.0)) == []
    m_sdu = LlcPdu(16, 1, ANSWER, control=0xC0).encode()
    frame = MacFrame(source=5, destination=0xC00, m_sdu=m_sdu, credits=ONCE)
    assert told(asked().receive_data(MODEM.mirrored.build(frame), 2.0)) == []


@pytest.mark.parametrize("tag", [0x0F, 0xC2, 0x18])
def test_a_notification_may_come_at_any_time(tag: int) -> None:
    push = bytes((tag, 1, 2))
    for link in (connected(), asked()):
        assert told(link.receive_data(from_meter(push), 2.0)) == [NotificationReceived(apdu=push)]


def test_a_double_is_ignored() -> None:
    link = asked()
    twice = from_meter(ANSWER) * 2
    assert told(link.receive_data(twice, 2.0)) == [ApduReceived(apdu=ANSWER)]
    ask(link, NEXT, 3.0)
    assert told(link.receive_data(from_meter(ANSWER), 3.1)) == []
    answer = bytes.fromhex("c401c20300")
    assert told(link.receive_data(from_meter(answer), 3.2)) == [ApduReceived(apdu=answer)]


BLOCK_1 = bytes.fromhex("c402c1000000000100020102")
NEXT_1 = bytes.fromhex("c002c100000001")


def test_a_double_of_a_block_is_known_by_being_the_same() -> None:
    link = asked()
    link.receive_data(from_meter(BLOCK_1), 2.0)
    ask(link, NEXT_1, 3.0)
    assert told(link.receive_data(from_meter(BLOCK_1), 3.1)) == []
    again = bytes.fromhex("c402c1010000000200020102")
    assert told(link.receive_data(from_meter(again), 3.2)) == [ApduReceived(apdu=again)]


def test_the_same_request_may_have_the_same_answer() -> None:
    link = asked()
    link.receive_data(from_meter(ANSWER), 2.0)
    ask(link, GET, 3.0)
    assert told(link.receive_data(from_meter(ANSWER), 3.1)) == [ApduReceived(apdu=ANSWER)]


def test_a_meter_that_always_answers_with_the_same_id() -> None:
    link = asked(SfskParameters(match_invoke_id=False))
    link.receive_data(from_meter(ANSWER), 2.0)
    ask(link, NEXT, 3.0)
    assert told(link.receive_data(from_meter(ANSWER), 3.1)) == [ApduReceived(apdu=ANSWER)]


def test_a_request_is_repeated_as_it_was_and_then_given_up() -> None:
    link = asked()
    assert link.next_timeout() == pytest.approx(1.0 + PATIENCE)
    assert link.handle_timeout(4.0) == []
    assert link.handle_timeout(4.05) == [Retransmitted(frames=1)]
    (frame,) = link.frames_to_send()
    assert frame.octets[8:] != b""
    link.frames_sent(5.0)
    assert link.next_timeout() == pytest.approx(5.0 + PATIENCE)
    (failed,) = link.handle_timeout(8.1)
    assert isinstance(failed, LinkFailed)
    assert isinstance(failed.error, NoAnswerError)
    assert "MAC address 5" in str(failed.error)
    assert link.next_timeout() is None
    link.connect(9.0)


@pytest.mark.parametrize("request_", ["c301c1", "c81e3001234567411312ff", "db08"])
def test_what_changes_something_or_is_ciphered_is_not_repeated(request_: str) -> None:
    link = connected()
    ask(link, bytes.fromhex(request_), 1.0)
    (failed,) = link.handle_timeout(10.0)
    assert isinstance(failed, LinkFailed)


def test_the_modem_tells_when_it_has_sent() -> None:
    link = asked()
    assert told(link.receive_data(reported(0xFF), 3.0)) == []
    assert link.next_timeout() == pytest.approx(3.0 + PATIENCE - 0.15)
    link.receive_data(reported(0xFF), 4.0)
    assert link.next_timeout() == pytest.approx(3.0 + PATIENCE - 0.15)


def test_what_the_modem_refused_is_given_to_it_again() -> None:
    link = connected()
    request = ask(link, bytes.fromhex("c301c1"), 1.0)
    assert told(link.receive_data(reported(0x0A), 1.5)) == []
    assert told(link.receive_data(reported(0x0A), 1.6)) == []
    link.frames_sent(1.7)
    assert link.next_timeout() == 2.5
    assert link.handle_timeout(2.5) == [Retransmitted(frames=1)]
    (frame,) = link.frames_to_send()
    assert frame.octets == request
    link.frames_sent(2.5)
    failed = told(link.receive_data(reported(0x0A), 3.0))[0]
    assert isinstance(failed, LinkFailed)
    assert type(failed.error) is LinkError
    assert "isn't synchronised" in str(failed.error)


def test_a_status_that_nobody_knows() -> None:
    link = asked(SfskParameters(retries=0))
    failed = told(link.receive_data(reported(0x77), 3.0))[0]
    assert isinstance(failed, LinkFailed)
    assert "77" in str(failed.error)


def test_an_answer_while_the_request_is_kept_back_is_taken() -> None:
    link = asked()
    link.receive_data(reported(0x14), 1.5)
    assert told(link.receive_data(from_meter(ANSWER), 2.0)) == [ApduReceived(apdu=ANSWER)]
    assert link.next_timeout() is None


def test_frames_are_acknowledged_where_that_is_wanted() -> None:
    link = asked(SfskParameters(acknowledge=True))
    assert told(link.receive_data(b"\x06" + from_meter(ANSWER), 2.0)) == [ApduReceived(apdu=ANSWER)]
    assert link.frames_to_send() == [Frame(octets=b"\x06")]
    link.frames_sent(2.0)
    assert link.next_timeout() is None


def test_an_acknowledgement_gives_no_more_time() -> None:
    link = asked(SfskParameters(acknowledge=True, response_timeout=5.0))
    link.receive_data(from_meter(ANSWER, source=6), 3.0)
    assert link.frames_to_send() == [Frame(octets=b"\x06")]
    link.frames_sent(3.0)
    assert link.next_timeout() == 6.0


def test_noise_is_told_at_silence() -> None:
    link = connected()
    assert link.receive_data(b"\xaa\x55", 1.0) == []
    assert link.next_timeout() == 1.5
    assert link.handle_timeout(1.4) == []
    assert link.handle_timeout(1.5) == [OctetsDiscarded(reason="noise", octets=b"\xaa\x55")]
    assert link.next_timeout() is None


PASSWORD_AT = 4
AARQ = b"\x60\x0a..password"


def test_a_secret_is_masked_where_it_goes_and_where_it_comes_back() -> None:
    link = connected()
    link.send_apdu(AARQ, 1.0, secret=[(PASSWORD_AT, PASSWORD_AT + 8)])
    (frame,) = link.frames_to_send()
    assert next(frame.octets[low:high] for low, high in frame.secret) == b"password"
    link.frames_sent(1.0)
    (echo,) = link.receive_data(frame.octets, 1.1)
    assert isinstance(echo, FrameReceived)
    assert echo.frame.secret == frame.secret
    link.receive_data(frame.octets[:-1], 1.2)
    (discarded,) = link.handle_timeout(1.9)
    assert discarded == OctetsDiscarded(
        reason="truncated", octets=bytes(len(frame.octets) - 1), withheld=True
    )


@pytest.mark.parametrize("state", ["disconnected", "connecting", "awaiting"])
def test_sending_needs_an_idle_link(state: str) -> None:
    link = SfskLink(client_sap=ClientSap(16), server_sap=1, mac_address=5)
    if state == "connecting":
        link.connect(0.0)
    if state == "awaiting":
        link = asked()
    with pytest.raises(MisuseError, match=state):
        link.send_apdu(GET, 2.0)


def test_misuse() -> None:
    with pytest.raises(MisuseError):
        connected().connect(1.0)
    with pytest.raises(EncodeError, match="239"):
        connected().send_apdu(bytes(240), 1.0)


def test_after_the_end_frames_are_heard_only() -> None:
    link = asked()
    link.disconnect(2.0)
    assert told(link.receive_data(from_meter(ANSWER), 2.0)) == []
    assert link.frames_to_send() == []


def test_the_table_is_total() -> None:
    assert set(REACTIONS) == {(state, heard) for state in State for heard in Heard}
    assert set(REACTIONS.values()) == set(Reaction)


@given(st.lists(st.binary(max_size=30) | st.sampled_from([from_meter(ANSWER), reported(0)])))
def test_every_octet_is_accounted_for(chunks: list[bytes]) -> None:
    link = asked()
    events: list[LinkEvent] = []
    for chunk in chunks:
        events += link.receive_data(chunk, 2.0)
    events += link.handle_timeout(2.6)
    heard = b""
    for event in events:
        if isinstance(event, FrameReceived):
            heard += event.frame.octets
        elif isinstance(event, OctetsDiscarded):
            heard += event.octets
    assert heard == b"".join(chunks)
