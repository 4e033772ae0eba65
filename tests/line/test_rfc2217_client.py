import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.line.com_port_option import Command, Control
from dcud.line.rfc2217_client import Rfc2217Client

# ser2net 4.3.11, what it says to a client that asks for all three
GREETING = bytes.fromhex("fffb03 fffd03 fffb01 fffe01 fffd00 fffb00 fffd2c")


def started() -> Rfc2217Client:
    client = Rfc2217Client()
    client.start()
    return client


def agreed() -> Rfc2217Client:
    client = started()
    client.receive(GREETING)
    client.octets_to_send()
    return client


def test_a_known_beginning() -> None:
    client = started()
    assert client.octets_to_send() == bytes.fromhex("fffb2c fffb00 fffb03 fffd00 fffd03")
    assert (client.is_agreed, client.speaks_telnet) == (False, False)
    assert client.receive(GREETING) == b""
    assert (client.is_agreed, client.speaks_telnet) == (True, True)
    assert client.refusal == ""
    assert client.octets_to_send() == bytes.fromhex("fffe01")  # no echo, please


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ("fffe2c", "the com-port option"),
        ("fffc00", "binary transmission"),
        ("fffe00", "binary transmission"),
        ("fffe2cfffc00", "the com-port option and binary transmission"),
    ],
)
def test_refusals_are_named(said: str, refusal: str) -> None:
    client = started()
    client.receive(bytes.fromhex(said))
    assert client.refusal == refusal
    assert not client.is_agreed


def test_an_option_taken_back_is_a_refusal() -> None:
    client = agreed()
    client.receive(bytes.fromhex("fffe2c"))
    assert not client.is_agreed
    assert client.refusal == "the com-port option"


def test_a_known_line() -> None:
    client = agreed()
    client.ask_line(300, "7E1")
    assert client.octets_to_send() == bytes.fromhex(
        "fffa2c010000012cfff0 fffa2c0207fff0 fffa2c0303fff0 fffa2c0401fff0"
    )
    assert len(client.unanswered) == 4
    client.receive(bytes.fromhex("fffa2c650000012cfff0 fffa2c6607fff0 fffa2c6703fff0"))
    assert client.unanswered == [Command.SET_STOPSIZE]
    client.receive(bytes.fromhex("fffa2c6801fff0"))
    assert client.unanswered == []
    assert client.disagreement == ""


def test_what_the_server_set_instead_is_told() -> None:
    client = agreed()
    client.ask_line(300, "7E1")
    client.receive(
        bytes.fromhex("fffa2c6500002580fff0 fffa2c6608fff0 fffa2c6701fff0 fffa2c6803fff0")
    )
    assert client.disagreement == (
        "9600 baud instead of 300 baud, 8 data bits instead of 7 data bits, "
        "parity N instead of parity E, stop bits 1.5 instead of stop bits 1"
    )


def test_values_without_a_name_are_told_as_they_are() -> None:
    client = agreed()
    client.ask_line(300, "7E1")
    client.receive(bytes.fromhex("fffa2c6709fff0"))
    assert client.disagreement == "parity 9 instead of parity E"


def test_an_answer_belongs_to_the_latest_question() -> None:
    client = agreed()
    client.ask_line(300, "7E1")
    client.receive(bytes.fromhex("fffa2c650000012cfff0"))
    client.ask_line(9600, "8N1")
    assert Command.SET_BAUDRATE in client.unanswered


def test_flow_control_by_octets_is_found_out() -> None:
    client = agreed()
    client.command(Command.SET_CONTROL, Control.NO_FLOW_CONTROL)
    assert client.octets_to_send() == bytes.fromhex("fffa2c0501fff0")
    found = []
    for said in ("02", "08", "01", "03"):
        client.receive(bytes.fromhex(f"fffa2c69{said}fff0"))
        found.append(client.eats_octets)
    assert found == [True, True, False, False]


def test_data_goes_both_ways_with_ff_doubled() -> None:
    client = agreed()
    client.send(b"\x7e\xff\x7e")
    assert client.octets_to_send() == b"\x7e\xff\xff\x7e"
    assert client.octets_to_send() == b""
    assert client.receive(b"\x7e\xff") == b"\x7e"
    assert client.receive(b"\xff\x7e") == b"\xff\x7e"


def test_the_server_may_hold_us_off() -> None:
    client = agreed()
    found = [client.may_send]
    for said in ("6c", "6d"):
        client.receive(bytes.fromhex(f"fffa2c{said}fff0"))
        found.append(client.may_send)
    assert found == [True, False, True]


def test_errors_of_the_line_are_counted_by_reason() -> None:
    client = agreed()
    client.receive(bytes.fromhex("fffa2c6a0cfff0 fffa2c6a04fff0 fffa2c6a61fff0"))
    assert client.line_errors == {"parity": 2, "framing": 1}


def test_signatures() -> None:
    client = agreed()
    client.ask_signature()
    assert client.octets_to_send() == bytes.fromhex("fffa2c00fff0")
    client.receive(bytes.fromhex("fffa2c6473657232 6e6574fff0"))
    assert client.signature == "ser2net"
    client.receive(bytes.fromhex("fffa2c64fff0"))
    assert client.octets_to_send() == bytes.fromhex("fffa2c00") + b"dcud" + b"\xff\xf0"


@pytest.mark.parametrize("said", ["fffa2c99fff0", "fffa1801fff0", "ff01", "fffa2cfff0"])
def test_what_nobody_can_read_is_counted(said: str) -> None:
    client = agreed()
    assert client.receive(bytes.fromhex(said)) == b""
    assert client.faults == 1


def test_commands_without_concern_are_skipped() -> None:
    client = agreed()
    assert client.receive(b"a\xff\xf1b") == b"ab"
    assert client.faults == 0


telnet_like = st.lists(
    st.sampled_from(
        [b"\xff", b"\xfa", b"\xf0", b"\xfd", b"\x2c", b"\x65\0\0\1\x2c", b"\x6c", b"ab", GREETING]
    )
).map(b"".join)


@given(telnet_like | st.binary(), st.lists(st.integers(0, 60)))
def test_any_cut_of_any_octets_comes_to_the_same(octets: bytes, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    whole, pieces = started(), started()
    heard = b"".join([pieces.receive(octets[a:b]) for a, b in itertools.pairwise(places)])
    assert whole.receive(octets) == heard
    assert whole.octets_to_send() == pieces.octets_to_send()
    assert (whole.refusal, whole.faults, whole.may_send) == (
        pieces.refusal,
        pieces.faults,
        pieces.may_send,
    )
