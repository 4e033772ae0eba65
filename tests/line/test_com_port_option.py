import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.line.com_port_option import (
    Answer,
    Command,
    Signature,
    Unknown,
    decode_answer,
    encode_command,
    encode_signature,
)
from dcud.line.telnet import Subnegotiated, TelnetDecoder


@pytest.mark.parametrize(
    ("command", "value", "octets"),
    [
        (Command.SET_BAUDRATE, 300, "fffa2c01 0000012c fff0"),
        (Command.SET_BAUDRATE, 65_535, "fffa2c01 0000ffffffff fff0"),
        (Command.SET_DATASIZE, 7, "fffa2c0207fff0"),
        (Command.SET_PARITY, 3, "fffa2c0303fff0"),
        (Command.SET_STOPSIZE, 2, "fffa2c0402fff0"),
        (Command.SET_CONTROL, 1, "fffa2c0501fff0"),
        (Command.PURGE_DATA, 1, "fffa2c0c01fff0"),
        (Command.SET_MODEMSTATE_MASK, 255, "fffa2c0bfffffff0"),
        (Command.FLOWCONTROL_SUSPEND, 0, "fffa2c08fff0"),
    ],
)
def test_known_commands(command: Command, value: int, octets: str) -> None:
    # RFC 2217: com port option commands
    assert encode_command(command, value) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        # ser2net 4.3.11
        ("650000012c", Answer(Command.SET_BAUDRATE, 300)),
        ("6607", Answer(Command.SET_DATASIZE, 7)),
        ("6702", Answer(Command.SET_PARITY, 2)),
        ("6802", Answer(Command.SET_STOPSIZE, 2)),
        ("6901", Answer(Command.SET_CONTROL, 1)),
        ("6b00", Answer(Command.NOTIFY_MODEMSTATE, 0)),
        ("64736572326e6574", Signature("ser2net")),
        ("7001", Answer(Command.PURGE_DATA, 1)),
        # RFC 2217
        ("64", Signature("")),
        ("6c", Answer(Command.FLOWCONTROL_SUSPEND, 0)),
        # nobody
        ("", Unknown(b"")),
        ("0100002580", Unknown(bytes.fromhex("0100002580"))),
        ("71", Unknown(b"\x71")),
        ("652580", Unknown(bytes.fromhex("652580"))),
        ("66", Unknown(b"\x66")),
        ("6c00", Unknown(b"\x6c\x00")),
    ],
)
def test_known_answers(octets: str, said: object) -> None:
    assert decode_answer(bytes.fromhex(octets)) == said


@given(st.binary(max_size=8))
def test_any_octets_are_a_value(octets: bytes) -> None:
    said = decode_answer(octets)
    assert isinstance(said, Answer | Signature | Unknown)
    if isinstance(said, Unknown):
        assert said.octets == octets


@given(st.sampled_from([c for c in Command if c is not Command.SIGNATURE]), st.integers(0, 255))
def test_a_server_that_confirms_a_command_is_understood(command: Command, value: int) -> None:
    if command in {Command.FLOWCONTROL_SUSPEND, Command.FLOWCONTROL_RESUME}:
        value = 0
    (said,) = TelnetDecoder().feed(encode_command(command, value))
    assert isinstance(said, Subnegotiated)
    confirmed = bytes((said.octets[0] + 100,)) + said.octets[1:]
    assert decode_answer(confirmed) == Answer(command, value)


def test_signatures() -> None:
    assert encode_signature("") == bytes.fromhex("fffa2c00fff0")
    assert encode_signature("dcud") == bytes.fromhex("fffa2c0064637564fff0")
