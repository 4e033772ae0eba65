import argparse
import re

import pytest

from dcud.cli.simulate import add_arguments
from dcud.cli.simulated_lines import datagram_line_maker, framing_of, line_maker
from dcud.dlms.authentication import NO_SECURITY
from dcud.sim.serving import TimedLine

# SNRM without parameters from client 16 to 1/17 and 1/18, and what begins the UA of the second.
SNRM_TO_17 = "7EA00802232193BD647E"
SNRM_TO_18 = "7EA0080225219364B27E"
UA_OF_18 = "7EA0[12][0-9A-F]21022573"
# An AARQ of the public client, and what begins its acceptance.
AARQ = "601DA109060760857405080101BE10040E01000000065F1F0400001014FFFF"
AARE = "61[0-9A-F]{2}A109060760857405080101A203020100"
# Both as a modem of an S-FSK power line gets them, from C00 to 012, with their sums.
AARQ_BY_SFSK = f"022A51FCC000120090011060{AARQ[2:]}1109"
SNRM_BY_SFSK = f"021251FCC0001200{SNRM_TO_18}C605"
# Of the base node, with names and EUI-48.
NODE_1 = "000100000001001901000100010D53494D30303030303030303031000000000001"
NODE_2 = "000100000001001901000200010D53494D30303030303030303032000000000002$"

ANSWERS = {
    "hdlc": ((), SNRM_TO_18, UA_OF_18),
    "hdlc, behind a gateway": (("--gateway",), SNRM_TO_18, "$"),
    "hdlc, the gateway": (("--gateway",), SNRM_TO_17, "7EA0[12][0-9A-F]21022373"),
    "hdlc, lost": (("--impair", "loss=1"), SNRM_TO_18, "$"),
    "wrapper": (("--framing", "wrapper"), f"000100100002001F{AARQ}", f"000100020010.{{4}}{AARE}"),
    "wrapper, behind a gateway": (
        ("--framing", "wrapper", "--gateway"),
        f"0001001000010023E6000132{AARQ}",
        f"000100010010.{{4}}E7000132{AARE}",
    ),
    "s-fsk": (("--framing", "s-fsk"), AARQ_BY_SFSK, f"02.{{14}}901001{AARE}"),
    "s-fsk-hdlc": (("--framing", "s-fsk-hdlc"), SNRM_BY_SFSK, f"02.{{14}}{UA_OF_18}"),
    "prime": (
        ("--framing", "prime"),
        "000100010000000103",
        NODE_1 + NODE_2,
    ),
}


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return parser.parse_args([*arguments, "--meters", "2"])


@pytest.mark.parametrize("case", ANSWERS)
def test_the_second_meter_answers_on_every_line(case: str) -> None:
    arguments, request, answer = ANSWERS[case]
    line = line_maker(parsed(*arguments), NO_SECURITY)()
    said = (line.receive(bytes.fromhex(request), 0.0) or b"").hex().upper()
    assert re.match(answer, said), said


def test_a_datagram_is_answered_by_one() -> None:
    line = datagram_line_maker(parsed("--udp", "127.0.0.1:0"), NO_SECURITY)()
    said = line.receive_datagram(bytes.fromhex(f"000100100002001F{AARQ}")).hex().upper()
    assert re.match(f"000100020010.{{4}}{AARE}", said)


def test_an_optical_head_wants_a_sign_on() -> None:
    line = line_maker(parsed("--mode-e", "9600"), NO_SECURITY)()
    assert isinstance(line, TimedLine)
    assert line.baud == 9600
    assert line.receive(bytes.fromhex(SNRM_TO_18), 0.0) == b""


def test_an_apdu_on_an_s_fsk_line_fits_a_frame() -> None:
    line = line_maker(parsed("--framing", "s-fsk", "--max-pdu", "2000"), NO_SECURITY)()
    said = line.receive(bytes.fromhex(AARQ_BY_SFSK), 0.0)
    assert said is not None
    assert b"\x5f\x1f\x04" in said
    assert said[said.index(b"\x5f\x1f\x04") + 7 :][:2] == (239).to_bytes(2, "big")


def test_each_connection_has_a_line_of_its_own() -> None:
    for framing in ("hdlc", "wrapper", "s-fsk", "s-fsk-hdlc", "prime"):
        make = line_maker(parsed("--framing", framing), NO_SECURITY)
        assert make() is not make()


def test_the_framing_follows_from_the_place() -> None:
    assert framing_of(parsed()) == "hdlc"
    assert framing_of(parsed("--udp", "127.0.0.1:0")) == "wrapper"
    assert framing_of(parsed("--framing", "prime")) == "prime"
