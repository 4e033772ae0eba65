from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter, Discarded
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame, parse
from dcud.line.scan.hearing import Direction, Hearing, Traffic, direction
from dcud.line.scan.search import SILENCE, Verdict

# u9n/dlms-cosem tests (values quoted there from the DLMS Green Book)
SNRM = bytes.fromhex("7ea00802232193bd647e")

AT_17 = ServerAddress(1, 17, 2)
UA, DM, FRMR, RR, I = 0x73, 0x1F, 0x97, 0x11, 0x10  # noqa: E741  # the standard's own name


def frame(destination: str, source: str, control: int, information: str = "") -> HdlcFrame:
    return HdlcFrame(
        bytes.fromhex(destination),
        bytes.fromhex(source),
        CONTROLS[control],
        bytes.fromhex(information),
    )


def from_17(control: int, *, to: str = "21") -> bytes:
    return frame(to, "0223", control).build()


def hear(*octets: bytes, client: int = 16, address: ServerAddress = AT_17) -> Verdict:
    hearing = Hearing(client, address, Traffic())
    for number, each in enumerate(octets, 1):
        hearing.receive(each, number / 10)
    hearing.give_up()
    return hearing.verdict


def test_the_question_is_a_bare_snrm() -> None:
    hearing = Hearing(16, AT_17, Traffic())
    assert hearing.snrm == SNRM
    assert parse(hearing.disc[1:-1]) == frame("0223", "21", 0x53)


@pytest.mark.parametrize(("control", "kind"), [(UA, "UA"), (DM, "DM"), (FRMR, "FRMR")])
def test_who_answers_is_there_whatever_the_answer(control: int, kind: str) -> None:
    assert hear(from_17(control)) == Verdict(answer=kind, answers=1, seconds=0.1)


def test_silence_is_silence_and_fill_is_silence() -> None:
    assert hear() == SILENCE
    assert hear(b"\x7e\x7e\x7e") == SILENCE


def test_two_stations_at_one_address_are_counted() -> None:
    assert hear(from_17(UA), from_17(DM)) == Verdict(answer="UA", answers=2, seconds=0.1)


@pytest.mark.parametrize("client", [16, 1])
@pytest.mark.parametrize("address", [AT_17, ServerAddress(1, None, 1)])
def test_our_own_frame_is_no_answer(client: int, address: ServerAddress) -> None:
    hearing = Hearing(client, address, Traffic())
    hearing.receive(hearing.snrm + hearing.disc, 0.1)
    assert hearing.verdict == SILENCE
    assert hearing.echoes == 2


def test_an_answer_from_another_address_tells_of_that_address() -> None:
    # 00 02 00 25 is 1/18 in four octets.
    verdict = hear(frame("21", "00020025", UA).build())
    assert verdict == Verdict(strangers=(ServerAddress(1, 18, 4),))
    assert verdict.heard


def test_octets_that_are_no_frame_are_counted() -> None:
    assert hear(b"\x00\xff\x13") == Verdict(damaged=3)
    damaged = bytearray(from_17(UA))
    damaged[6] ^= 1
    assert hear(bytes(damaged)).damaged == len(damaged)


def test_the_last_answer_may_lack_its_closing_flag() -> None:
    assert hear(from_17(UA)[:-1]).answer == "UA"


def test_another_master_and_its_servers_are_told_apart_from_ours() -> None:
    traffic = Traffic()
    hearing = Hearing(16, AT_17, traffic)
    hearing.receive(frame("0227", "41", 0x93).build(), 0.1)  # client 32 asks 1/19
    hearing.receive(frame("41", "0227", UA).build(), 0.2)
    hearing.receive(frame("41", "0227", I, "E6E700C401").build(), 0.3)
    assert hearing.verdict == Verdict(strangers=(ServerAddress(1, 19, 2),))
    assert traffic.masters == {b"\x41"}
    assert list(traffic.servers) == [ServerAddress(1, 19, 2)]
    assert traffic.frames == 3
    assert traffic.words == "client 32 asking; server 1/19 (2 octets)"


def test_another_master_may_ask_the_very_server_that_we_ask() -> None:
    verdict = hear(frame("0223", "41", 0x93).build(), frame("41", "0223", UA).build())
    assert verdict == SILENCE


@pytest.mark.parametrize(
    ("destination", "source", "control", "information", "expected"),
    [
        ("03", "21", 0x93, "", Direction.CLIENT),  # SNRM
        ("03", "21", 0x53, "", Direction.CLIENT),  # DISC
        ("21", "03", UA, "", Direction.SERVER),
        ("03", "21", I, "E6E600C001", Direction.CLIENT),
        ("21", "03", I, "E6E700C401", Direction.SERVER),
        ("03", "21", RR, "", Direction.UNKNOWN),  # both sides send RR, both have one octet
        ("0223", "21", RR, "", Direction.CLIENT),
        ("21", "0223", RR, "", Direction.SERVER),
        ("21", "0223", 0x03, "0F00", Direction.SERVER),  # UI
    ],
)
def test_who_sent_a_frame(
    destination: str, source: str, control: int, information: str, expected: Direction
) -> None:
    assert direction(frame(destination, source, control, information)) is expected


def test_frames_of_unknown_direction_are_heard_but_name_nobody() -> None:
    verdict = hear(frame("05", "07", RR).build())
    assert verdict == SILENCE
    traffic = Traffic()
    for part in Delimiter().feed(frame("05", "07", RR).build() + b"\x7e"):
        traffic.take(part)
    assert traffic.words == "1 frames"


def test_what_a_quiet_line_gives_is_nothing() -> None:
    traffic = Traffic()
    for part in _noise(b"\x7e\x7e\x7e"):
        traffic.take(part)
    assert traffic.words == "nothing"
    for part in _noise(b"\x01\x02"):
        traffic.take(part)
    assert traffic.words == "2 octets that are no frame at this speed and format"


def _noise(octets: bytes) -> list[Delimited | Discarded]:
    delimiter = Delimiter()
    return [*delimiter.feed(octets), *delimiter.flush()]


def test_whoever_is_no_station_is_not_tried() -> None:
    # 01 as source is server 0, no station; 06 is no address.
    assert hear(frame("21", "01", UA).build()) == SILENCE


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_any_octets_give_a_verdict(chunks: list[bytes]) -> None:
    verdict = hear(*chunks)
    assert verdict.answers == 0 or verdict.answer


@given(st.lists(st.integers(0, 60), max_size=5))
def test_any_cut_of_an_answer_gives_the_same_verdict(cuts: list[int]) -> None:
    octets = b"\x7e" + from_17(UA) + frame("21", "0225", UA).build()
    at = sorted({0, *(cut for cut in cuts if cut < len(octets)), len(octets)})
    chunks = [octets[low:high] for low, high in pairwise(at)]
    verdict = hear(*chunks)
    assert (verdict.answer, verdict.answers) == ("UA", 1)
    assert verdict.strangers == (ServerAddress(1, 18, 2),)


def test_a_hearing_knows_when_nothing_is_pending() -> None:
    hearing = Hearing(16, AT_17, Traffic())
    stood = [(hearing.is_answered, hearing.is_between_frames)]
    for octets in (from_17(UA), from_17(UA)[:5]):
        hearing.receive(octets, 0.1)
        stood.append((hearing.is_answered, hearing.is_between_frames))
    assert stood == [(False, True), (True, True), (True, False)]
