from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    AnswerArriving,
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
from dcud.dlms.errors import (
    FrameRejectedError,
    LinkError,
    LinkLostError,
    LinkRefusedError,
    LinkSequenceError,
    MisuseError,
    NoAnswerError,
)
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame, parse
from dcud.dlms.hdlc.habits import Habits
from dcud.dlms.hdlc.link import HdlcLink, Input, State
from dcud.dlms.hdlc.negotiation import SizeForm
from dcud.dlms.hdlc.parameters import HdlcParameters, Recovery

# u9n/dlms-cosem tests (values quoted there from the DLMS Green Book)
SNRM = bytes.fromhex("7ea00802232193bd647e")
UA = bytes.fromhex("7ea01f21022373e6c781801205019a06019a070400000001080400000001cca27e")
AARQ_APDU = bytes.fromhex("601da109060760857405080101be10040e01000000065f1f0400001e1dffff")
AARQ = bytes.fromhex(
    "7ea02c02232110af9fe6e600601da109060760857405080101be10040e01000000065f1f0400001e1dffffc5e47e"
)
AARE_APDU = bytes.fromhex(
    "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f0400001e1d04c80007"
)
AARE = bytes.fromhex(
    "7ea0382102233034e7e6e7006129a109060760857405080101a203020100a305a103020100be10040e0800065f1f"
    "0400001e1d04c80007b86a7e"
)

CLIENT = ClientSap(16)
SERVER = ServerAddress(1, 17)
BARE = HdlcParameters(propose=False)
KEEP_ALIVE = HdlcParameters(propose=False, keep_alive=60.0)
ANSWER_LLC = "e6e700"


def server(control: int, information: str = "", *, more: bool = False) -> bytes:
    """Return a frame of server 1/17 to client 16."""
    return HdlcFrame(
        b"\x21", SERVER.octets, CONTROLS[control], bytes.fromhex(information), more
    ).build()


def controls(frames: list[Frame]) -> list[str]:
    return [f"{parse(frame.octets[1:-1]).control.octet:02x}" for frame in frames]


def news(events: list[LinkEvent]) -> list[LinkEvent]:
    return [event for event in events if not isinstance(event, FrameReceived)]


def send(link: DataLink, now: float) -> list[Frame]:
    frames = link.frames_to_send()
    link.frames_sent(now)
    return frames


def failure(events: list[LinkEvent]) -> LinkError:
    (failed,) = (event for event in events if isinstance(event, LinkFailed))
    return failed.error


def expire(link: DataLink, now: float) -> tuple[float, list[LinkEvent]]:
    """Let time pass until the link wants to act."""
    due = link.next_timeout()
    assert due is not None
    assert due >= now
    return due, link.handle_timeout(due)


def connected(parameters: HdlcParameters = BARE, ua: bytes = UA) -> HdlcLink:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=parameters)
    link.connect(0.0)
    send(link, 0.0)
    assert isinstance(news(link.receive_data(ua, 0.0))[0], LinkConnected)
    return link


def asked(parameters: HdlcParameters = BARE, apdu: bytes = b"\xc0\x01") -> HdlcLink:
    link = connected(parameters)
    link.send_apdu(apdu, 0.0)
    send(link, 0.0)
    return link


def wide(window: int = 1, info: int = 128, **more: Any) -> HdlcParameters:
    return HdlcParameters(
        max_info_transmit=info,
        max_info_receive=info,
        window_transmit=window,
        window_receive=window,
        **more,
    )


def ua_for(parameters: HdlcParameters) -> bytes:
    return server(0x73, parameters.sizes.build().hex())


# Known exchanges.


def test_a_known_exchange() -> None:
    link: DataLink = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=BARE)
    link.connect(0.0)
    assert send(link, 0.0) == [Frame(octets=SNRM)]
    assert link.receive_data(UA, 0.1) == [
        FrameReceived(frame=Frame(octets=UA)),
        LinkConnected(
            max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
        ),
    ]
    link.send_apdu(AARQ_APDU, 0.2)
    assert send(link, 0.2) == [Frame(octets=AARQ)]
    assert link.receive_data(AARE, 0.3) == [
        FrameReceived(frame=Frame(octets=AARE)),
        ApduReceived(apdu=AARE_APDU),
    ]
    assert link.next_timeout() is None


def advance(link: HdlcLink, times: int) -> None:
    """Exchange a few APDUs with server 1, client 1."""
    for number in range(times):
        link.send_apdu(b"\xc0", 0.0)
        (frame,) = send(link, 0.0)
        asked_in = parse(frame.octets[1:-1]).control
        assert asked_in.receive_sequence is not None
        assert asked_in.send_sequence is not None
        control = CONTROLS[
            (asked_in.send_sequence + 1) % 8 << 5 | 0x10 | asked_in.receive_sequence << 1
        ]
        answer = HdlcFrame(b"\x03", b"\x03", control, bytes((0xC4, number))).build()
        assert ApduReceived(apdu=bytes((0xC4, number))) in link.receive_data(answer, 0.0)


def test_a_recorded_dialogue() -> None:
    """Client 1 and server 1 have the same octet for an address; answers come in segments."""
    lines = (Path(__file__).parent / "golden" / "dialogue.txt").read_text().splitlines()
    recorded = [bytes.fromhex(line) for line in lines if not line.startswith("#")]
    link = HdlcLink(
        client_sap=ClientSap(1),
        server_address=ServerAddress(1),
        parameters=HdlcParameters(propose=False),
    )
    link.connect(0.0)
    assert send(link, 0.0)[0].octets == recorded[0]
    assert isinstance(link.receive_data(recorded[1], 0.0)[-1], LinkConnected)
    link.send_apdu(recorded[2][11:-3], 0.0)
    assert send(link, 0.0)[0].octets[:-3] == recorded[2][:-3]  # its check sequence was falsified
    assert link.receive_data(recorded[3], 0.0)[-1] == ApduReceived(apdu=recorded[3][11:-3])
    advance(link, 4)
    blocks = 0
    for ours, theirs in zip(recorded[4:-1:2], recorded[5:-1:2], strict=True):
        if link.state is State.IDLE:
            link.send_apdu(ours[11:-3], 0.0)
        assert [frame.octets for frame in send(link, 0.0)] == [ours]
        event = link.receive_data(theirs, 0.0)[-1]
        if isinstance(event, ApduReceived):
            # get-response-with-datablock, with its block's number
            blocks += 1
            assert event.apdu[:3].hex() == "c402c1"
            assert int.from_bytes(event.apdu[4:8], "big") == blocks
    assert blocks == 9
    link.disconnect(0.0)
    assert send(link, 0.0)[0].octets == recorded[-1]
    assert link.receive_data(recorded[1], 0.0)[-1] == LinkClosed()  # a UA with parameters


# Setting up.


def test_snrm_proposes_sizes() -> None:
    parameters = wide(window=3, info=512)
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=parameters)
    link.connect(0.0)
    (frame,) = send(link, 0.0)
    snrm = parse(frame.octets[1:-1])
    assert snrm.information.hex() == "81801405020200060202000704000000030804" + "00000003"
    events = link.receive_data(server(0x73, "81800b05020100060200f0070102"), 0.1)
    assert news(events) == [
        LinkConnected(
            max_info_transmit=240, max_info_receive=240, window_transmit=1, window_receive=1
        )
    ]


@pytest.mark.parametrize("information", ["", "818000", "ff"])
def test_ua_may_tell_no_sizes(information: str) -> None:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=wide(info=1024, window=7))
    link.connect(0.0)
    send(link, 0.0)
    assert news(link.receive_data(server(0x73, information), 0.1)) == [
        LinkConnected(
            max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
        )
    ]


SMALL_SIZES = "818012050180060180070400000001080400000001"
SMALL_SIZES_IN_TWO = "8180140502008006020080070400000001080400000001"


def information(frames: list[Frame]) -> list[str]:
    """Return kind and information of frames, or the kind alone where there is none."""
    parsed = [parse(frame.octets[1:-1]) for frame in frames]
    return [f"{one.control.kind} {one.information.hex()}".strip() for one in parsed]


@pytest.mark.parametrize("control", [0x1F, 0x97])
def test_a_server_that_refuses_sizes_is_asked_in_other_ways(control: int) -> None:
    habits = Habits()
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, habits=habits)
    link.connect(0.0)
    assert information(send(link, 0.0)) == [f"SNRM {SMALL_SIZES}"]
    assert news(link.receive_data(server(control), 0.1)) == []
    assert information(send(link, 0.1)) == [f"SNRM {SMALL_SIZES_IN_TWO}"]
    assert news(link.receive_data(server(control), 0.2)) == []
    assert send(link, 0.2) == [Frame(octets=SNRM)]
    assert isinstance(link.receive_data(UA, 0.3)[-1], LinkConnected)
    # What worked is remembered, by the meter's next link too.
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, habits=habits)
    link.connect(1.0)
    assert send(link, 1.0) == [Frame(octets=SNRM)]


def test_a_server_may_take_sizes_of_two_octets_only() -> None:
    parameters = HdlcParameters(size_form=SizeForm.TWO)
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=parameters)
    link.connect(0.0)
    assert information(send(link, 0.0)) == [f"SNRM {SMALL_SIZES_IN_TWO}"]
    link.receive_data(server(0x73, SMALL_SIZES_IN_TWO), 0.1)
    assert link.state is State.IDLE


def test_a_server_that_is_silent_on_sizes_is_asked_without_at_last() -> None:
    link = HdlcLink(
        client_sap=CLIENT,
        server_address=SERVER,
        parameters=HdlcParameters(connect_retries=3, response_timeout=3),
    )
    link.connect(0.0)
    told, now, events = [], 0.0, list[LinkEvent]()
    for turn in range(4):
        told += information(send(link, now))
        now, events = expire(link, now)
        assert now == 3.0 * (turn + 1)
        assert turn == 3 or events == [Retransmitted(frames=1)]
    assert told == [*[f"SNRM {SMALL_SIZES}"] * 2, f"SNRM {SMALL_SIZES_IN_TWO}", "SNRM"]
    error = failure(events)
    assert type(error) is NoAnswerError
    assert "asked 4 times, 3 s each; heard nothing at all" in str(error)
    assert link.next_timeout() is None
    link.connect(now)
    assert information(send(link, now)) == ["DISC"]  # it may hold on to a broken session
    link.receive_data(server(0x1F), now)
    assert information(send(link, now)) == [f"SNRM {SMALL_SIZES}"]


@pytest.mark.parametrize(
    ("control", "kind"), [(0x1F, LinkRefusedError), (0x97, FrameRejectedError)]
)
def test_a_server_that_refuses_all(control: int, kind: type[LinkError]) -> None:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=BARE)
    link.connect(0.0)
    sent, events = information(send(link, 0.0)), list[LinkEvent]()
    while not events:
        events = news(link.receive_data(server(control), 0.1))
        sent += information(send(link, 0.1))
    assert sent == ["SNRM", "DISC", "SNRM", "SNRM"]
    error = failure(events)
    assert type(error) is kind
    assert "1/17" in str(error)
    assert link.next_timeout() is None
    assert link.state is State.DISCONNECTED


def test_a_server_that_holds_on_to_a_broken_session_is_told_to_let_go() -> None:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=BARE)
    link.connect(0.0)
    send(link, 0.0)
    link.receive_data(server(0x1F), 0.1)
    assert information(send(link, 0.1)) == ["DISC"]
    link.receive_data(UA, 0.2)
    assert information(send(link, 0.2)) == ["SNRM"]
    assert isinstance(link.receive_data(UA, 0.3)[-1], LinkConnected)


def test_a_second_answer_to_disc_is_no_refusal() -> None:
    link = HdlcLink(
        client_sap=CLIENT,
        server_address=SERVER,
        parameters=HdlcParameters(propose=False, disc_first=True),
    )
    link.connect(0.0)
    send(link, 0.0)
    # A DISC that arrives twice is answered by UA, then by DM.
    assert news(link.receive_data(server(0x73) + server(0x1F), 0.1)) == []
    assert information(send(link, 0.1)) == ["SNRM"]
    assert isinstance(link.receive_data(UA, 0.2)[-1], LinkConnected)


@pytest.mark.parametrize("answer", [0x73, 0x1F, 0x97])
def test_disc_may_go_first(answer: int) -> None:
    link = HdlcLink(
        client_sap=CLIENT,
        server_address=SERVER,
        parameters=HdlcParameters(propose=False, disc_first=True),
    )
    link.connect(0.0)
    assert controls(send(link, 0.0)) == ["53"]
    assert news(link.receive_data(server(answer), 0.1)) == []
    assert send(link, 0.1) == [Frame(octets=SNRM)]


def test_disc_goes_again_before_snrm() -> None:
    link = HdlcLink(
        client_sap=CLIENT,
        server_address=SERVER,
        parameters=HdlcParameters(disc_first=True, disconnect_retries=1, propose=False),
    )
    link.connect(0.0)
    send(link, 0.0)
    now, events = expire(link, 0.0)
    assert events == [Retransmitted(frames=1)]
    assert controls(send(link, now)) == ["53"]
    now, events = expire(link, now)
    assert events == []
    assert send(link, now) == [Frame(octets=SNRM)]


def test_a_second_ua_to_a_repeated_snrm_is_late() -> None:
    link = asked()
    assert news(link.receive_data(UA, 0.1)) == []
    assert news(link.receive_data(server(0x30, ANSWER_LLC + "c401"), 0.2)) == [
        ApduReceived(apdu=b"\xc4\x01")
    ]


# Taking down.


@pytest.mark.parametrize("answer", [server(0x73), UA, server(0x1F), server(0x97)])
def test_disc_ends_in_a_closed_link_whatever_is_answered(answer: bytes) -> None:
    link = asked()
    link.disconnect(1.0)
    assert controls(send(link, 1.0)) == ["53"]
    link.disconnect(1.0)
    assert link.frames_to_send() == []
    assert news(link.receive_data(server(0x30, ANSWER_LLC + "c401"), 1.1)) == []
    assert news(link.receive_data(answer, 1.2)) == [LinkClosed()]
    assert link.next_timeout() is None


def test_disc_ends_in_a_closed_link_even_in_silence() -> None:
    link = asked()
    link.disconnect(1.0)
    (disc,) = send(link, 1.0)
    now, events = expire(link, 1.0)
    assert events == [Retransmitted(frames=1)]
    assert send(link, now) == [disc]
    now, events = expire(link, now)
    assert events == [LinkClosed()]
    link.connect(now)


def test_a_link_that_is_not_up_closes_without_a_word() -> None:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER)
    link.disconnect(5.0)
    assert link.frames_to_send() == []
    assert expire(link, 5.0) == (5.0, [LinkClosed()])


def test_what_waits_to_go_out_does_not_outlive_the_link() -> None:
    link = connected()
    link.send_apdu(b"\xc0", 0.0)
    link.receive_data(server(0x1F), 0.0)
    assert link.frames_to_send() == []


# Segmentation and windows.


def test_a_long_request_goes_segment_by_segment() -> None:
    link = connected()
    link.send_apdu(bytes(range(250)), 0.0)
    (first,) = send(link, 0.0)
    frame = parse(first.octets[1:-1])
    assert (frame.control.octet, frame.segmented) == (0x10, True)
    assert frame.information == bytes.fromhex("e6e600") + bytes(range(125))
    assert news(link.receive_data(server(0x31), 0.1)) == []
    (second,) = send(link, 0.1)
    frame = parse(second.octets[1:-1])
    assert (frame.control.octet, frame.segmented) == (0x12, False)
    assert frame.information == bytes(range(125, 250))
    assert news(link.receive_data(server(0x50, ANSWER_LLC + "c401"), 0.2)) == [
        ApduReceived(apdu=b"\xc4\x01")
    ]


def test_a_window_of_requests_has_p_in_its_last_frame() -> None:
    parameters = wide(window=3, info=4)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"abcdefghijklmnop", 0.0)  # 19 octets with LLC: 5 segments
    assert controls(send(link, 0.0)) == ["00", "02", "14"]
    assert news(link.receive_data(server(0x51), 0.1)) == [Retransmitted(frames=1)]
    assert controls(send(link, 0.1)) == ["04", "06", "18"]
    assert news(link.receive_data(server(0xB1), 0.2)) == []
    assert link.state is State.PAUSING


def test_a_window_of_answers_is_acknowledged_at_its_end() -> None:
    parameters = wide(window=3)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"\xc0", 0.0)
    send(link, 0.0)
    events = link.receive_data(
        server(0x20, ANSWER_LLC + "c4", more=True)
        + server(0x22, "01", more=True)
        + server(0x34, "02", more=True),
        0.1,
    )
    assert news(events) == []
    assert controls(send(link, 0.1)) == ["71"]
    assert news(link.receive_data(server(0x26, "03", more=True) + server(0x38, "04"), 0.2)) == [
        ApduReceived(apdu=bytes.fromhex("c401020304"))
    ]


def test_a_frame_lost_from_a_window_is_asked_for() -> None:
    parameters = wide(window=3)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"\xc0", 0.0)
    send(link, 0.0)
    link.receive_data(server(0x20, ANSWER_LLC + "c4", more=True), 0.1)
    assert link.next_timeout() == 5.1
    link.receive_data(server(0x24, "02", more=True), 0.2)
    link.receive_data(server(0x36, "03"), 0.2)
    assert controls(send(link, 0.2)) == ["31"]
    events = link.receive_data(
        server(0x22, "01", more=True) + server(0x24, "02", more=True) + server(0x36, "03"), 0.3
    )
    assert news(events) == [ApduReceived(apdu=bytes.fromhex("c4010203"))]


def test_a_first_frame_lost_from_a_window_is_asked_for() -> None:
    parameters = wide(window=3)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"\xc0", 0.0)
    send(link, 0.0)
    link.receive_data(server(0x32, "01"), 0.2)
    assert controls(send(link, 0.2)) == ["11"]


def test_a_whole_answer_waits_for_f_only_a_moment() -> None:
    link = asked()
    assert news(link.receive_data(server(0x20, ANSWER_LLC + "c4"), 1.0)) == []
    assert expire(link, 1.0) == (1.5, [ApduReceived(apdu=b"\xc4")])
    link = asked()
    link.receive_data(server(0x20, ANSWER_LLC + "c4"), 1.0)
    assert news(link.receive_data(server(0x31), 1.1)) == [ApduReceived(apdu=b"\xc4")]


def test_a_long_answer_tells_now_and_then_that_it_arrives() -> None:
    link = asked()
    told = []
    for number in range(8):
        now = 1.0 + 4 * number
        events = link.receive_data(server(0x30 | number << 1, "c4", more=True), now)
        told += [now for event in events if isinstance(event, AnswerArriving)]
        send(link, now)
    assert told == [13.0, 25.0]


def test_an_answer_is_bounded() -> None:
    link = asked(HdlcParameters(propose=False, max_apdu=10))
    link.receive_data(server(0x30, "00" * 8, more=True), 0.1)
    error = failure(link.receive_data(server(0x32, "00" * 8, more=True), 0.2))
    assert type(error) is LinkError
    assert "10 octets" in str(error)


@pytest.mark.parametrize("llc", ["e6e700", "e6e600", ""])
def test_llc_octets_of_every_kind(llc: str) -> None:
    assert news(asked().receive_data(server(0x30, llc + "c401"), 0.1)) == [
        ApduReceived(apdu=b"\xc4\x01")
    ]


# Servers that take their time.


def test_a_server_that_only_acknowledges_is_polled() -> None:
    link = asked(HdlcParameters(propose=False, poll_interval=0.1))
    now = 1.0
    for _ in range(3):
        assert news(link.receive_data(server(0x31), now)) == []
        assert link.frames_to_send() == []
        due, events = expire(link, now)
        assert due == pytest.approx(now + 0.1)
        assert events == []
        assert controls(send(link, due)) == ["11"]
        now = due + 0.5
    assert news(link.receive_data(server(0x30, "c4"), now)) == [ApduReceived(apdu=b"\xc4")]


def test_an_answer_may_come_while_polling_pauses() -> None:
    link = asked()
    link.receive_data(server(0x31), 1.0)
    assert news(link.receive_data(server(0x31), 1.0)) == []
    assert news(link.receive_data(server(0x30, "c4"), 1.1)) == [ApduReceived(apdu=b"\xc4")]


def test_a_busy_server_gets_no_information_until_it_is_ready() -> None:
    parameters = HdlcParameters(propose=False, busy_interval=1.0)
    link = connected(parameters)
    link.send_apdu(bytes(200), 0.0)
    send(link, 0.0)
    assert news(link.receive_data(server(0x35), 1.0)) == []
    due, _ = expire(link, 1.0)
    assert due == 2.0
    assert controls(send(link, due)) == ["11"]
    link.receive_data(server(0x35), 3.0)
    due, _ = expire(link, 3.0)
    assert controls(send(link, due)) == ["11"]
    assert news(link.receive_data(server(0x31), 5.0)) == []
    assert controls(send(link, 5.0)) == ["12"]


def test_polling_ends_after_so_many_answers() -> None:
    link = asked(HdlcParameters(propose=False, poll_limit=3))
    now = 0.0
    for _ in range(4):
        assert news(link.receive_data(server(0x31), now)) == []
        now, _ = expire(link, now)
        send(link, now)
    error = failure(link.receive_data(server(0x31), now))
    assert type(error) is LinkError
    assert "without an answer (RR)" in str(error)


def test_polling_ends_after_so_long() -> None:
    link = asked(HdlcParameters(propose=False, response_limit=10))
    now = 0.0
    while not (events := news(link.receive_data(server(0x35), now))):
        now, _ = expire(link, now)
        send(link, now)
    assert "(RNR)" in str(failure(events))
    assert 10 <= now <= 12


def test_asking_for_what_is_missing_ends_after_so_many_answers() -> None:
    link = asked(HdlcParameters(propose=False, poll_limit=3))
    for _ in range(3):
        assert news(link.receive_data(server(0x34, "c4"), 0.1)) == []
        assert controls(send(link, 0.1)) == ["11"]
    assert "(I)" in str(failure(link.receive_data(server(0x34, "c4"), 0.1)))


def test_a_server_that_never_gives_the_turn_back_does_not_hold_the_link() -> None:
    link = asked(HdlcParameters(propose=False, response_limit=10))
    now = 0.0
    while not (events := news(link.receive_data(server(0x21), now))):
        now += 1.0
    assert type(failure(events)) is LinkError
    assert now == 10


# Recovery.


def test_first_the_server_is_asked_then_the_frame_goes_again() -> None:
    link = connected()
    link.send_apdu(b"\xc0\x01", 0.0)
    (sent,) = send(link, 0.0)
    now, events = expire(link, 0.0)
    assert (now, events) == (5.0, [Retransmitted(frames=1)])
    assert controls(send(link, now)) == ["11"]
    now, events = expire(link, now)
    assert events == [Retransmitted(frames=1)]
    assert send(link, now) == [sent]
    now, events = expire(link, now)
    assert controls(send(link, now)) == ["11"]
    now, events = expire(link, now)
    assert type(failure(events)) is NoAnswerError
    assert now == 20.0


@pytest.mark.parametrize(
    ("recovery", "repeated"), [(Recovery.ASK, ["11", "11"]), (Recovery.RESEND, ["10", "10"])]
)
def test_recovery_is_a_choice(recovery: Recovery, repeated: list[str]) -> None:
    link = asked(HdlcParameters(propose=False, recovery=recovery, retries=2))
    now, found = 0.0, []
    for _ in range(2):
        now, _ = expire(link, now)
        found += controls(send(link, now))
    assert found == repeated
    assert isinstance(expire(link, now)[1][-1], LinkFailed)


def test_a_request_that_was_lost_goes_again_octet_for_octet() -> None:
    link = connected()
    link.send_apdu(b"\xc0\x01", 0.0)
    sent = send(link, 0.0)
    now, _ = expire(link, 0.0)
    send(link, now)
    assert news(link.receive_data(server(0x11), now)) == [Retransmitted(frames=1)]
    assert send(link, now) == sent


def test_a_request_that_was_received_does_not_go_again() -> None:
    link = asked()
    now, _ = expire(link, 0.0)
    send(link, now)
    assert news(link.receive_data(server(0x31), now)) == []
    assert link.frames_to_send() == []


def test_a_lost_segment_is_asked_for_again() -> None:
    link = asked()
    link.receive_data(server(0x30, "c4", more=True), 0.1)
    rr = send(link, 0.1)
    assert controls(rr) == ["31"]
    now, events = expire(link, 0.1)
    assert events == [Retransmitted(frames=1)]
    assert send(link, now) == rr
    assert link.receive_data(server(0x32, "01"), now)[-1] == ApduReceived(apdu=b"\xc4\x01")


def test_a_window_that_was_lost_goes_again() -> None:
    parameters = wide(window=3, info=4, recovery=Recovery.RESEND)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"abcdef", 0.0)
    sent = send(link, 0.0)
    assert controls(sent) == ["00", "02", "14"]
    now, events = expire(link, 0.0)
    assert events == [Retransmitted(frames=3)]
    assert send(link, now) == sent


def test_a_late_answer_that_comes_twice_starts_nothing() -> None:
    link = asked()
    link.receive_data(server(0x30, "c4"), 0.1)
    assert news(link.receive_data(server(0x30, "c4"), 0.2)) == []
    link.send_apdu(b"\xc0", 0.3)
    send(link, 0.3)
    assert news(link.receive_data(server(0x30, "c4"), 0.4)) == []
    assert link.frames_to_send() == []
    assert link.next_timeout() == 5.3


@pytest.mark.parametrize("late", [0x10, 0x11])
def test_late_frames_with_old_numbers_start_nothing(late: int) -> None:
    link = asked()
    for number in range(3):
        if number:
            link.send_apdu(b"\xc0", 0.0)
            send(link, 0.0)
        control = (number + 1) << 5 | 0x10 | number << 1
        link.receive_data(server(control, "c4"), 0.1)
    link.send_apdu(b"\xc0", 0.3)
    send(link, 0.3)
    assert news(link.receive_data(server(0x40 | late), 0.4)) == []
    assert link.frames_to_send() == []
    assert link.next_timeout() == 5.3


@pytest.mark.parametrize(
    "answer", [server(0x51), server(0x50, "c4"), server(0x52, "c4"), server(0x10, "c4")]
)
def test_numbers_that_contradict_what_was_sent(answer: bytes) -> None:
    error = failure(asked().receive_data(answer, 0.1))
    assert type(error) is LinkSequenceError
    assert "control octet" in str(error)


@pytest.mark.parametrize("answer", [server(0x91), server(0x95), server(0x90, "c4")])
def test_numbers_beyond_a_window_are_no_crash(answer: bytes) -> None:
    parameters = wide(window=3, info=4)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"abcdefghijklmnop", 0.0)
    assert controls(send(link, 0.0)) == ["00", "02", "14"]
    assert type(failure(link.receive_data(answer, 0.1))) is LinkSequenceError
    link.connect(1.0)
    send(link, 1.0)
    link.receive_data(ua_for(parameters), 1.1)
    assert link.state is State.IDLE


def test_dm_while_polling_pauses() -> None:
    link = asked()
    link.receive_data(server(0x31), 0.1)
    assert link.state is State.PAUSING
    assert type(failure(link.receive_data(server(0x1F), 0.2))) is LinkLostError


def test_damaged_octets_count_for_nothing_but_silence_is_awaited() -> None:
    link = asked(HdlcParameters(propose=False, retries=0))
    damaged = server(0x30, "c4")[:-3] + b"\x00\x00\x7e"
    assert link.receive_data(damaged, 4.9) == []
    due, events = expire(link, 4.9)
    assert due == 5.4
    assert news(events)[0] == OctetsDiscarded(reason="frame_check", octets=damaged)
    assert "octets that are no good frame" in str(failure(events))


def test_a_partial_frame_ends_with_silence() -> None:
    link = asked()
    answer = server(0x30, "c4")
    assert link.receive_data(answer[:6], 1.0) == []
    assert link.next_timeout() == 1.5
    assert link.handle_timeout(1.4) == []
    assert link.handle_timeout(1.5) == [OctetsDiscarded(reason="truncated", octets=answer[:6])]
    assert link.receive_data(answer[:6], 2.0) == []
    events = link.receive_data(answer, 3.0)
    assert news(events) == [
        OctetsDiscarded(reason="truncated", octets=answer[:6]),
        ApduReceived(apdu=b"\xc4"),
    ]


def test_a_closing_flag_may_be_missing() -> None:
    link = asked()
    link.receive_data(server(0x30, "c4")[:-1], 4.9)
    assert news(expire(link, 4.9)[1]) == [ApduReceived(apdu=b"\xc4")]


def test_a_babbling_line_does_not_put_a_timeout_off_for_ever() -> None:
    link = asked(HdlcParameters(propose=False, response_limit=8))
    now = 0.0
    events: list[LinkEvent] = []
    while not events:
        now += 0.1
        link.receive_data(b"\x55", now)
        events = news(link.handle_timeout(now))
    assert events == [Retransmitted(frames=1)]
    assert now == pytest.approx(8, abs=0.2)


def test_an_answer_may_come_before_the_owner_told_that_all_was_sent() -> None:
    link = connected()
    link.send_apdu(b"\xc0", 0.0)
    link.frames_sent(0.0)  # not yet taken: no timer
    assert link.next_timeout() is None
    link.frames_to_send()
    link.receive_data(server(0x30, "c4"), 0.1)
    link.frames_sent(0.1)
    assert link.next_timeout() is None


def test_what_makes_a_silent_server_answer_is_remembered() -> None:
    habits = Habits()
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=BARE, habits=habits)
    link.connect(0.0)
    send(link, 0.0)
    link.receive_data(UA, 0.0)
    repeated = []
    for number in range(4):
        link.send_apdu(b"\xc0\x01", 0.0)
        send(link, 0.0)
        now, kinds = 0.0, ""
        while "I" not in kinds:  # this one answers to nothing else
            now, _ = expire(link, now)
            kinds += information(send(link, now))[0][:2].strip()
        repeated.append(kinds)
        control = (number + 1) % 8 << 5 | 0x10 | number << 1
        assert link.receive_data(server(control, "c4"), now)[-1] == ApduReceived(apdu=b"\xc4")
    assert repeated == ["RRI", "RRI", "I", "I"]
    # One that answers to RR after all is asked first again.
    link.send_apdu(b"\xc0\x01", 0.0)
    send(link, 0.0)
    now = expire(link, 0.0)[0]
    assert controls(send(link, now)) == ["98"]
    now = expire(link, now)[0]
    assert controls(send(link, now)) == ["91"]
    link.receive_data(server(5 << 5 | 0x10 | 4 << 1, "c4"), now)
    assert not habits.resend_first


# Keeping alive.


def test_an_unused_link_keeps_itself_alive() -> None:
    link = connected(KEEP_ALIVE)
    assert expire(link, 0.0) == (60.0, [])
    assert controls(send(link, 60.0)) == ["11"]
    assert news(link.receive_data(server(0x11), 60.1)) == []
    assert (link.state, link.next_timeout()) == (State.IDLE, 120.1)
    link.send_apdu(b"\xc0", 70.0)
    assert controls(send(link, 70.0)) == ["10"]
    link.receive_data(server(0x30, "c4"), 70.1)
    assert link.next_timeout() == 130.1  # from the last use


def test_what_is_asked_while_it_does_so_waits_for_the_turn() -> None:
    link = connected(KEEP_ALIVE)
    now, _ = expire(link, 0.0)
    send(link, now)
    link.send_apdu(b"\xc0\x01", 61.0)
    assert link.frames_to_send() == []
    assert link.receive_data(server(0x11), 61.1)[-1] == FrameReceived(Frame(octets=server(0x11)))
    assert controls(send(link, 61.1)) == ["10"]
    assert news(link.receive_data(server(0x30, "c4"), 62.0)) == [ApduReceived(apdu=b"\xc4")]


def test_what_is_asked_while_it_does_so_goes_out_though_the_answer_is_lost() -> None:
    link = connected(KEEP_ALIVE)
    now, _ = expire(link, 0.0)
    send(link, now)
    link.send_apdu(b"\xc0\x01", 61.0)
    now, events = expire(link, 61.0)
    assert events == [Retransmitted(frames=1)]
    assert controls(send(link, now)) == ["11"]
    link.receive_data(server(0x11), now)
    assert controls(send(link, now)) == ["10"]


@pytest.mark.parametrize(("answer", "kind"), [(0x1F, LinkLostError), (0x97, FrameRejectedError)])
def test_a_link_that_was_forgotten_is_noticed(answer: int, kind: type[LinkError]) -> None:
    link = connected(KEEP_ALIVE)
    now, _ = expire(link, 0.0)
    send(link, now)
    assert type(failure(link.receive_data(server(answer), now))) is kind


def test_a_server_that_went_is_noticed() -> None:
    link = connected(KEEP_ALIVE)
    now, events = expire(link, 0.0)
    repeated = []
    while not any(isinstance(event, LinkFailed) for event in events):
        repeated += controls(send(link, now))
        now, events = expire(link, now)
    assert repeated == ["11"] * 4
    assert "asked 4 times" in str(failure(events))
    assert now == 80.0


# The end of a link that was up.


@pytest.mark.parametrize("link", [connected(), asked()])
def test_dm_means_that_the_link_is_lost(link: HdlcLink) -> None:
    error = failure(link.receive_data(server(0x1F), 1.0))
    assert type(error) is LinkLostError
    assert "dropped the link" in str(error)
    assert link.next_timeout() is None


def test_frmr_tells_its_reason() -> None:
    # u9n/dlms-cosem issue 95: 54 00 10
    error = failure(asked().receive_data(server(0x97, "540010"), 1.0))
    assert type(error) is FrameRejectedError
    assert "FRMR 54 00 10: it rejects I N(S)=2 N(R)=2, a command, at V(S)=0 V(R)=0" in str(error)
    assert error.remedy.startswith("set the link up anew")
    assert "without a reason" in str(failure(asked().receive_data(server(0x97), 1.0)))


def test_after_a_failure_the_link_can_be_set_up_anew() -> None:
    link = asked()
    link.receive_data(server(0x1F), 1.0)
    link.connect(2.0)
    send(link, 2.0)
    link.receive_data(UA, 2.1)
    link.send_apdu(b"\xc0", 2.2)
    assert controls(send(link, 2.2)) == ["10"]


# Notifications, other stations, echoes.


PUSH = "0f000026eb"


def test_a_notification_may_come_between_request_and_answer() -> None:
    link = asked()
    before = link.next_timeout()
    assert news(link.receive_data(server(0x03, ANSWER_LLC + PUSH), 0.1)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]
    assert link.next_timeout() == before
    assert news(link.receive_data(server(0x30, "c4"), 0.2)) == [ApduReceived(apdu=b"\xc4")]


def test_a_segmented_notification_of_an_iskra_meter() -> None:
    # esphome-libs/dlms_parser dumps: UI frames 03, 03, 13 to client 103, shortened to their shape
    link = connected()
    assert news(link.receive_data(server(0x03, ANSWER_LLC + "0f00", more=True), 1.0)) == []
    assert news(link.receive_data(server(0x03, "0026", more=True), 4.0)) == []
    assert news(link.receive_data(server(0x13, "eb"), 7.0)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]


def test_a_notification_that_was_never_finished_spoils_no_other() -> None:
    link = connected()
    link.receive_data(server(0x03, ANSWER_LLC + "0fff", more=True), 1.0)
    assert news(link.receive_data(server(0x03, ANSWER_LLC + PUSH), 1.5)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]


def test_an_unfinished_notification_is_given_up() -> None:
    link = connected(HdlcParameters(propose=False, max_apdu=20))
    link.receive_data(server(0x03, ANSWER_LLC + "0fff", more=True), 1.0)
    assert news(link.receive_data(server(0x03, ANSWER_LLC + PUSH), 11.5)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]
    assert news(link.receive_data(server(0x03, "00" * 30), 12.0)) == []
    assert news(link.receive_data(server(0x03, PUSH), 12.1)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]


def test_a_notification_may_be_for_all() -> None:
    octets = HdlcFrame(b"\xff", SERVER.octets, CONTROLS[0x03], bytes.fromhex(PUSH)).build()
    assert news(connected().receive_data(octets, 1.0)) == [
        NotificationReceived(apdu=bytes.fromhex(PUSH))
    ]


@pytest.mark.parametrize(
    ("destination", "source"),
    [("21", "0225"), ("21", "00020023"), ("41", "0223"), ("ff", "0223"), ("0225", "21")],
)
def test_frames_of_other_stations_are_heard_only(destination: str, source: str) -> None:
    link = asked(HdlcParameters(propose=False, retries=0))
    octets = HdlcFrame(
        bytes.fromhex(destination), bytes.fromhex(source), CONTROLS[0x30], b"\xc4"
    ).build()
    assert link.receive_data(octets, 1.0) == [FrameReceived(frame=Frame(octets=octets))]
    assert link.next_timeout() == 5.0
    assert "heard instead" in str(failure(expire(link, 1.0)[1]))


def test_an_echo_is_no_answer() -> None:
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=BARE)
    link.connect(0.0)
    (snrm,) = send(link, 0.0)
    assert link.receive_data(snrm.octets, 0.0) == [FrameReceived(frame=snrm)]
    assert isinstance(link.receive_data(UA, 0.1)[-1], LinkConnected)
    now = 1.0
    link.send_apdu(b"\xc0", now)
    events: list[LinkEvent] = []
    for _ in range(4):
        for frame in send(link, now):
            assert link.receive_data(frame.octets, now) == [FrameReceived(frame=frame)]
        now, events = expire(link, now)
    assert "only the echo" in str(failure(events))


def test_a_secret_stays_secret() -> None:
    link = connected()
    link.send_apdu(b"\x60\x08password", 0.0, secret=[(2, 10)])
    (frame,) = send(link, 0.0)
    shown = bytearray(frame.octets)
    for start, end in frame.secret:
        shown[start:end] = bytes(end - start)
    plain = parse(frame.octets[1:-1])
    assert frame.octets[frame.secret[0][0] : frame.secret[0][1]] == b"password"
    assert b"password" in plain.information
    assert shown[-3:-1] == b"\x00\x00"
    assert link.receive_data(frame.octets, 0.1) == [FrameReceived(frame=frame)]
    damaged = frame.octets[:-3] + b"\x00\x00\x7e"
    link.receive_data(damaged, 0.2)
    assert link.handle_timeout(1.0) == [
        OctetsDiscarded(reason="frame_check", octets=bytes(len(damaged)), withheld=True)
    ]
    stranger = HdlcFrame(b"\x21", b"\x05", CONTROLS[0x30], b"\xc4").build()
    link.receive_data(stranger + b"\x55", 1.0)
    assert link.handle_timeout(2.0) == [
        OctetsDiscarded(reason="noise", octets=b"\x00", withheld=True)
    ]
    link.receive_data(server(0x30, "61") + b"\x55", 2.0)
    assert link.handle_timeout(3.0) == [OctetsDiscarded(reason="noise", octets=b"\x55")]


def test_a_secret_that_is_cut_into_segments_stays_secret() -> None:
    parameters = wide(window=7, info=4)
    link = connected(parameters, ua_for(parameters))
    link.send_apdu(b"\x60password!!", 0.0, secret=[(1, 9)])
    frames = send(link, 0.0)
    secret = b"".join(
        frame.octets[frame.secret[0][0] : frame.secret[0][1]] for frame in frames if frame.secret
    )
    assert secret == b"password"
    assert [bool(frame.secret) for frame in frames] == [False, True, True, False]


# Whatever may come.


def reach(state: State) -> HdlcLink:
    parameters = HdlcParameters(disc_first=state is State.CLEARING)
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER, parameters=parameters)
    match state:
        case State.DISCONNECTED:
            return link
        case State.CLEARING | State.CONNECTING:
            link.connect(0.0)
        case State.IDLE:
            link = connected()
        case State.KEEPING:
            link = connected(KEEP_ALIVE)
            link.handle_timeout(60.0)
        case State.AWAITING:
            link = asked()
        case State.PAUSING:
            link = asked()
            link.receive_data(server(0x31), 0.0)
        case State.DISCONNECTING:
            link.connect(0.0)
            link.disconnect(0.0)
    send(link, 0.0)
    assert link.state is state
    return link


def test_the_table_is_total() -> None:
    assert set(HdlcLink.TABLE) == set(Input)
    for actions in HdlcLink.TABLE.values():
        assert set(actions) == set(State)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("control", [*range(0, 256, 7), 0x73, 0x1F, 0x97, 0x93, 0x53, 0x31, 0x30])
def test_any_frame_in_any_state(state: State, control: int) -> None:
    link = reach(state)
    events = link.receive_data(server(control, "8180"), 0.0)
    assert isinstance(events[0], FrameReceived)
    assert len(events) <= 3
    assert link.state in State
    if link.state in {State.DISCONNECTED, State.IDLE} and state is not State.KEEPING:
        assert link.next_timeout() is None


@pytest.mark.parametrize("state", State)
def test_what_the_owner_may_not_do_is_refused(state: State) -> None:
    if state is not State.DISCONNECTED:
        with pytest.raises(MisuseError, match=str(state)):
            reach(state).connect(0.0)
    if state not in {State.IDLE, State.KEEPING}:
        with pytest.raises(MisuseError, match=str(state)):
            reach(state).send_apdu(b"\xc0", 0.0)
    link = reach(state)
    link.disconnect(0.0)
    assert link.state is State.DISCONNECTING


@pytest.mark.parametrize("state", State)
def test_calling_early_is_harmless(state: State) -> None:
    link = reach(state)
    due = link.next_timeout()
    assert link.handle_timeout(0.0) == []
    assert (link.state, link.next_timeout()) == (state, due)


any_server_frame = st.builds(
    server, st.integers(0, 255), st.binary(max_size=8).map(bytes.hex), more=st.booleans()
)


@given(
    st.sampled_from(State), st.lists(st.binary(max_size=12) | any_server_frame), st.floats(0.01, 2)
)
def test_any_octets_give_typed_events_and_end(
    state: State, chunks: list[bytes], pace: float
) -> None:
    link = reach(state)
    now = 0.0
    heard = 0
    for chunk in chunks:
        now += pace
        events = link.receive_data(chunk, now)
        heard += accounted(events)
        send(link, now)
    steps = count()
    while (due := link.next_timeout()) is not None:
        now = max(now, due)
        heard += accounted(link.handle_timeout(now))
        send(link, now)
        assert next(steps) < 50
    assert heard == sum(map(len, chunks))
    assert link.state in {State.DISCONNECTED, State.IDLE}


def accounted(events: list[LinkEvent]) -> int:
    return sum(
        len(event.frame.octets) if isinstance(event, FrameReceived) else len(event.octets)
        for event in events
        if isinstance(event, FrameReceived | OctetsDiscarded)
    )


@given(st.data())
def test_any_chunking_gives_the_same_events(data: st.DataObject) -> None:
    octets = (
        AARQ + server(0x03, PUSH) + b"\x00\x7e\x7e" + server(0x30, "c4", more=True) + server(0x1F)
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    link = asked()
    events: list[LinkEvent] = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        events += link.receive_data(octets[start:end], 1.0)
    whole = asked().receive_data(octets, 1.0)
    assert [str(event) for event in events] == [str(event) for event in whole]


# Several APDUs on end.


def test_several_requests_on_end_are_acknowledged_and_answered_together() -> None:
    link = connected()
    assert link.streams
    link.send_stream([b"\xe0\x01", b"\xe0\x02"], 0.0)
    assert controls(send(link, 0.0)) == ["10"]
    link.receive_data(server(0x31), 0.1)  # RR: the first one came
    assert controls(send(link, 0.1)) == ["12"]
    events = news(link.receive_data(server(0x50, ANSWER_LLC + "e003"), 0.2))
    assert events == [ApduReceived(apdu=b"\xe0\x03")]


def test_several_requests_in_one_window_keep_their_secrets() -> None:
    parameters = wide(window=3)
    link = connected(parameters, ua_for(parameters))
    link.send_stream([b"\xe0\x01", b"\xe0\x02"], 0.0, withheld=True)
    frames = send(link, 0.0)
    assert controls(frames) == ["00", "12"]
    for frame in frames:
        start, end = frame.secret[0]
        assert frame.octets[start:end].startswith(b"\xe0")


def test_several_answers_on_end() -> None:
    link = asked(wide(window=3))
    assert news(link.receive_data(server(0x20, ANSWER_LLC + "e001"), 0.1)) == []
    events = news(link.receive_data(server(0x32, ANSWER_LLC + "e002"), 0.2))
    assert events == [ApduReceived(apdu=b"\xe0\x01"), ApduReceived(apdu=b"\xe0\x02")]


def test_more_answers_on_end_than_anybody_sends() -> None:
    link = asked(wide(window=7))
    events: list[LinkEvent] = []
    for number in range(64):
        control = 0x20 | (number % 8) << 1
        events = news(link.receive_data(server(control, ANSWER_LLC + "e001"), 0.1))
    assert "more than 63 answers" in str(failure(events))


def test_listening_gives_the_server_its_turn() -> None:
    link = asked()
    link.receive_data(server(0x30, ANSWER_LLC + "e001"), 0.1)
    link.listen(0.2)
    assert controls(send(link, 0.2)) == ["31"]
    events = news(link.receive_data(server(0x32, ANSWER_LLC + "e002"), 0.3))
    assert events == [ApduReceived(apdu=b"\xe0\x02")]


def test_listening_waits_for_an_rr_that_is_out() -> None:
    link = connected(KEEP_ALIVE)
    expire(link, 0.0)
    send(link, 60.0)
    link.listen(60.1)
    assert send(link, 60.1) == []
    with pytest.raises(MisuseError):
        link.send_stream([b"\xe0"], 60.2)


def test_a_stream_waits_for_an_rr_that_is_out() -> None:
    link = connected(KEEP_ALIVE)
    expire(link, 0.0)
    send(link, 60.0)
    link.send_stream([b"\xe0\x01"], 60.1)
    assert send(link, 60.1) == []
    link.receive_data(server(0x11), 60.2)
    assert controls(send(link, 60.2)) == ["10"]


def ui(information: str, *, more: bool = False) -> bytes:
    """Return a UI frame of client 16 to server 1/17."""
    return HdlcFrame(
        SERVER.octets, b"\x21", CONTROLS[0x03], bytes.fromhex(information), more
    ).build()


def test_what_wants_no_answer_goes_at_once() -> None:
    link = connected()
    assert link.tells
    link.tell(b"\x10\x01", 1.0)
    assert [frame.octets for frame in send(link, 1.0)] == [ui("e6e600" + "1001")]
    assert link.next_timeout() is None
    assert link.frames_to_send() == []


def test_it_goes_before_a_request() -> None:
    link = connected()
    link.tell(b"\x10\x01", 1.0)
    link.send_apdu(b"\xc0", 1.0)
    assert controls(send(link, 1.0)) == ["03", "10"]


def test_it_is_cut_and_its_secrets_are_marked() -> None:
    parameters = wide(info=10)
    link = connected(parameters, ua_for(parameters))
    link.tell(bytes(range(12)), 1.0, secret=((5, 7),))
    first, second = send(link, 1.0)
    assert first.octets == ui("e6e600" + "00010203040506", more=True)
    assert first.secret != ()
    assert second.octets == ui("0708090a0b")
    assert second.secret == ()


def test_it_waits_for_an_rr_that_is_out() -> None:
    link = connected(KEEP_ALIVE)
    expire(link, 0.0)
    assert controls(send(link, 60.0)) == ["11"]
    link.tell(b"\x10\x01", 60.1)
    assert send(link, 60.1) == []
    link.receive_data(server(0x11), 60.2)
    assert controls(send(link, 60.2)) == ["03"]


def test_it_does_not_outlive_the_link() -> None:
    link = connected()
    link.tell(b"\x10\x01", 1.0)
    link.disconnect(1.0)
    assert controls(send(link, 1.0)) == ["03", "53"]
    link.receive_data(server(0x73), 1.1)
    assert link.frames_to_send() == []


def test_nothing_is_told_while_an_answer_is_awaited() -> None:
    with pytest.raises(MisuseError, match="while awaiting"):
        asked().tell(b"\x10", 1.0)
    link = HdlcLink(client_sap=CLIENT, server_address=SERVER)
    with pytest.raises(MisuseError, match="while disconnected"):
        link.tell(b"\x10", 1.0)


def test_its_echo_is_known() -> None:
    link = HdlcLink(client_sap=ClientSap(17), server_address=ServerAddress(17))
    link.connect(0.0)
    (snrm,) = send(link, 0.0)
    link.receive_data(snrm.octets, 0.0)
    ua = HdlcFrame(b"\x23", b"\x23", CONTROLS[0x73]).build()
    assert isinstance(news(link.receive_data(ua, 0.0))[0], LinkConnected)
    link.tell(b"\x10\x01", 1.0)
    (told,) = send(link, 1.0)
    assert news(link.receive_data(told.octets, 1.0)) == []
