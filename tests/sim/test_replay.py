from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, numbered, supervisory, unnumbered
from dcud.dlms.wrapper import Wpdu
from dcud.sim.replay import RecordedMeter, ReplayLine, recorded_meters
from dcud.trace.record import Mark, Record

CLIENT, SERVER = b"\x21", b"\x02\x23"
GET = "C001C1000300{}010800FF0200"
ANSWER = "C401C1000600001391"


def hdlc(kind: FrameKind | tuple[int, int], information: str = "", *, is_sent: bool) -> bytes:
    control = (
        numbered(send_sequence=kind[0], receive_sequence=kind[1], poll_final=True)
        if isinstance(kind, tuple)
        else unnumbered(kind)
    )
    ends = (SERVER, CLIENT) if is_sent else (CLIENT, SERVER)
    llc = ("E6E600" if is_sent else "E6E700") if isinstance(kind, tuple) else ""
    return HdlcFrame(*ends, control, bytes.fromhex(llc + information)).build()


def ready(number: int, *, is_sent: bool) -> bytes:
    ends = (SERVER, CLIENT) if is_sent else (CLIENT, SERVER)
    return HdlcFrame(*ends, supervisory(FrameKind.RR, receive_sequence=number)).build()


def record(at: int, mark: Mark, octets: bytes, masked: tuple[tuple[int, int], ...] = ()) -> Record:
    note = "noise" if mark is Mark.DISCARDED else ""
    return Record(at=at, bus="b", mark=mark, meter="m", note=note, octets=octets, masked=masked)


def said(line: ReplayLine, octets: bytes, now: float = 0.0) -> bytes:
    answer = line.receive(octets, now)
    assert answer is not None
    return answer


def get(obis: str, invoke_id: int = 1) -> str:
    return f"C001{0xC0 | invoke_id:02X}0003{obis}0200"


ENERGY, POWER, VOLTAGE = "0100010800FF", "0100010700FF", "0100200700FF"

SESSION = [
    record(0, Mark.SENT, hdlc(FrameKind.SNRM, is_sent=True)),
    record(20, Mark.RECEIVED, hdlc(FrameKind.UA, is_sent=False)),
    record(30, Mark.SENT, hdlc((0, 0), get(ENERGY), is_sent=True)),
    record(80, Mark.RECEIVED, hdlc((0, 1), ANSWER, is_sent=False)),
    record(90, Mark.SENT, hdlc((1, 1), get(POWER, 2), is_sent=True)),
    record(95, Mark.DISCARDED, b"\xff\x00"),
    record(99, Mark.RECEIVED, hdlc((1, 2), "C401C200120102", is_sent=False)),
    record(100, Mark.SENT, hdlc(FrameKind.DISC, is_sent=True)),
    record(110, Mark.RECEIVED, hdlc(FrameKind.UA, is_sent=False)),
]


def at_once(records: Iterable[Record], told: list[str] | None = None) -> ReplayLine:
    return ReplayLine(
        recorded_meters(records), pace=0, tell=(told if told is not None else []).append
    )


def test_the_same_frames_get_the_same_answers_octet_by_octet() -> None:
    line = at_once(SESSION)
    assert said(line, SESSION[0].octets) == SESSION[1].octets
    assert said(line, SESSION[2].octets) == SESSION[3].octets
    assert said(line, SESSION[4].octets) == b"\xff\x00" + SESSION[6].octets
    assert said(line, SESSION[7].octets) == SESSION[8].octets
    assert said(line, SESSION[0].octets) == SESSION[1].octets


def test_answers_bear_the_numbers_and_the_invoke_id_of_what_is_asked() -> None:
    line = at_once(SESSION)
    said(line, SESSION[0].octets)
    answer = said(line, hdlc((0, 0), get(POWER, 7), is_sent=True))
    assert answer == b"\xff\x00" + hdlc((0, 1), "C401C700120102", is_sent=False)
    answer = said(line, hdlc((1, 1), get(ENERGY, 8), is_sent=True))
    assert answer == hdlc((1, 2), "C401C8000600001391", is_sent=False)


def test_acknowledgements_of_segments_keep_the_shift() -> None:
    whole = bytes.fromhex("E6E700" + ANSWER)
    first = HdlcFrame(
        CLIENT,
        SERVER,
        numbered(send_sequence=3, receive_sequence=6, poll_final=True),
        whole[:7],
        segmented=True,
    ).build()
    last = HdlcFrame(
        CLIENT, SERVER, numbered(send_sequence=4, receive_sequence=6, poll_final=True), whole[7:]
    ).build()
    line = at_once(
        [
            record(0, Mark.SENT, hdlc((5, 3), get(ENERGY), is_sent=True)),
            record(1, Mark.RECEIVED, first),
            record(2, Mark.SENT, ready(4, is_sent=True)),
            record(3, Mark.RECEIVED, last),
        ]
    )
    heard = Delimiter().feed(said(line, hdlc((0, 0), get(ENERGY), is_sent=True)))
    assert [part.frame.control for part in heard if isinstance(part, Delimited)] == [
        numbered(send_sequence=0, receive_sequence=1, poll_final=True)
    ]
    heard = Delimiter().feed(said(line, ready(1, is_sent=True)))
    [end] = [part.frame for part in heard if isinstance(part, Delimited)]
    assert end.control == numbered(send_sequence=1, receive_sequence=1, poll_final=True)
    assert end.information == whole[7:]


def test_supervisory_answers_are_renumbered_too() -> None:
    line = at_once(
        [
            record(0, Mark.SENT, hdlc((2, 2), get(ENERGY), is_sent=True)),
            record(1, Mark.RECEIVED, ready(3, is_sent=False)),
            record(2, Mark.RECEIVED, hdlc(FrameKind.DM, is_sent=False)),
        ]
    )
    answer = said(line, hdlc((0, 0), get(ENERGY), is_sent=True))
    assert answer == ready(1, is_sent=False) + hdlc(FrameKind.DM, is_sent=False)


def test_what_was_never_asked_stays_unanswered_and_is_told() -> None:
    told: list[str] = []
    line = at_once(SESSION, told)
    said(line, SESSION[0].octets)
    assert said(line, hdlc((0, 0), get(VOLTAGE), is_sent=True)) == b""
    assert said(line, ready(0, is_sent=True)) == b""
    assert len(told) == 1
    assert told[0].startswith("nothing was recorded after I N(S)=0 N(R)=0 P: get-request-normal")
    assert said(line, hdlc((1, 0), get(ENERGY), is_sent=True)) != b""


def test_another_part_of_the_same_attribute_is_answered_as_the_recorded_one() -> None:
    asked = "C001C100070100630100FF02{}"
    first, second = asked.format("01020600000001"), asked.format("01020600000002")
    line = at_once(
        [
            record(0, Mark.SENT, hdlc((0, 0), first, is_sent=True)),
            record(1, Mark.RECEIVED, hdlc((0, 1), ANSWER, is_sent=False)),
        ]
    )
    assert said(line, hdlc((0, 0), second, is_sent=True)) == hdlc((0, 1), ANSWER, is_sent=False)


def test_a_lost_answer_is_lost_again() -> None:
    request = record(0, Mark.SENT, hdlc((0, 0), get(ENERGY), is_sent=True))
    repetition = Record(at=1, bus="b", mark=Mark.REPEATED, meter="m", note="retransmitting 1")
    line = at_once(
        [
            request,
            repetition,
            request,
            record(9, Mark.RECEIVED, hdlc((0, 1), ANSWER, is_sent=False)),
        ]
    )
    assert said(line, request.octets) == b""
    assert said(line, request.octets) == hdlc((0, 1), ANSWER, is_sent=False)


def test_recorded_pauses_are_kept_at_the_pace_asked_for() -> None:
    line = ReplayLine(recorded_meters(SESSION), pace=0.5)
    assert said(line, SESSION[0].octets, 10.0) == b""
    assert line.next_timeout() == pytest.approx(10.010)
    assert line.handle_timeout(10.009) == b""
    assert line.handle_timeout(10.011) == SESSION[1].octets
    assert line.next_timeout() is None
    assert line.baud is None
    said(line, SESSION[4].octets, 11.0)
    assert line.handle_timeout(11.003) == b"\xff\x00"
    assert line.handle_timeout(11.006) != b""


AARQ = (
    "6036A1090607608574050801018A0207808B0760857405080201AC0A8008{}"
    "BE10040E01000000065F1F0400007E1F04B0"
)


def _masked_aarq() -> Record:
    octets = hdlc((0, 0), AARQ.format("00" * 8), is_sent=True)
    start = octets.index(bytes(8))
    end = len(octets)
    blank = octets[: end - 3] + bytes(2) + octets[-1:]
    return record(0, Mark.SENT, blank, ((start, start + 8), (end - 3, end - 1)))


@pytest.mark.parametrize("password", ["12345678", "a longer one"])
def test_a_masked_password_matches_any(password: str) -> None:
    reply = hdlc((0, 1), "6117A109060760857405080101A203020101A305A10302010D", is_sent=False)
    line = at_once([_masked_aarq(), record(5, Mark.RECEIVED, reply)])
    length = len(password)
    apdu = bytes.fromhex(AARQ.format("")[:52]) + bytes((0xAC, length + 2, 0x80, length))
    apdu += password.encode() + bytes.fromhex(AARQ[AARQ.index("BE10") :])
    apdu = bytes((0x60, len(apdu) - 2)) + apdu[2:]
    assert said(line, hdlc((0, 0), apdu.hex(), is_sent=True)) == reply


def test_masked_octets_decide_nothing_and_the_others_do() -> None:
    recorded = _masked_aarq()
    meter = RecordedMeter([recorded, record(5, Mark.RECEIVED, b"\x01")])
    other = bytearray(recorded.octets)
    other[recorded.masked[0][0]] = 0x41
    assert meter.answer(bytes(other)) == [(5, b"\x01")]
    other[8] ^= 0xFF
    assert meter.answer(bytes(other)) is None


def test_the_wrapper_is_replayed_too() -> None:
    request, reply = Wpdu(16, 1, bytes.fromhex(get(ENERGY))), Wpdu(1, 16, bytes.fromhex(ANSWER))
    line = at_once(
        [
            record(0, Mark.SENT, request.build()),
            record(9, Mark.RECEIVED, reply.build()),
        ]
    )
    assert said(line, request.build()[:9]) == b""
    assert said(line, request.build()[9:]) == reply.build()
    other = Wpdu(16, 1, bytes.fromhex(get(ENERGY, 5))).build()
    assert said(line, other) == Wpdu(1, 16, bytes.fromhex("C401C5000600001391")).build()
    assert said(line, Wpdu(16, 2, bytes.fromhex(get(ENERGY))).build()) == b""
    errors = Wpdu(1, 16, bytes.fromhex("D80101")).build()
    line = at_once([record(0, Mark.SENT, request.build()), record(1, Mark.RECEIVED, errors)])
    assert said(line, other) == errors


def test_a_sign_on_is_replayed_as_it_was() -> None:
    line = at_once(
        [
            record(0, Mark.SENT, b"/?!\r\n"),
            record(300, Mark.RECEIVED, b"/LGZ5\\2ZMD\r\n"),
            *SESSION[:2],
        ]
    )
    assert said(line, b"/?") == b""
    assert said(line, b"!\r\n" + SESSION[0].octets) == SESSION[1].octets
    assert said(line, b"/?!\r\n") == b"/LGZ5\\2ZMD\r\n"
    assert said(line, b"\x55") == b""


def test_what_comes_before_any_request_is_not_said_and_masked_answers_are_not() -> None:
    meter = RecordedMeter(
        [
            record(0, Mark.RECEIVED, b"\x01"),
            record(1, Mark.SENT, b"\x55"),
            record(2, Mark.RECEIVED, b"\x00", ((0, 1),)),
            record(3, Mark.RECEIVED, b"\x02"),
        ]
    )
    assert meter.answer(b"\x55") == [(2, b"\x02")]
    assert recorded_meters([record(0, Mark.RECEIVED, b"\x01")]) == []


def test_one_meter_can_be_chosen() -> None:
    other = Record(at=0, bus="b", mark=Mark.SENT, meter="n", octets=b"\x55")
    assert len(recorded_meters([*SESSION, other])) == 2
    assert len(recorded_meters([*SESSION, other], "n")) == 1
    assert recorded_meters(SESSION, "nobody") == []


def test_damaged_answers_stay_damaged_under_other_numbers() -> None:
    damaged = hdlc((0, 1), ANSWER, is_sent=False)[:-4] + b"\x00\x00\x00\x7e"
    line = at_once(
        [
            record(0, Mark.SENT, hdlc((0, 0), get(ENERGY), is_sent=True)),
            record(1, Mark.DISCARDED, damaged),
        ]
    )
    assert said(line, hdlc((1, 1), get(ENERGY), is_sent=True)) == damaged


@given(st.binary(max_size=60), st.sampled_from([b"", b"\x7e", b"/", b"\x7e\xa0"]))
def test_any_octets_are_borne(octets: bytes, head: bytes) -> None:
    line = at_once(SESSION)
    for _ in range(2):
        assert line.receive(head + octets, 0.0) is not None
    RecordedMeter([record(0, Mark.SENT, head + octets), *SESSION]).answer(head + octets)
