import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.mode_e.messages import (
    BREAK,
    OptionSelect,
    SignOnRequest,
    parse_option_select,
    parse_request,
)


@pytest.mark.parametrize(
    ("address", "octets"),
    [("", "2F3F210D0A"), ("12345678", "2F3F3132333435363738210D0A")],
)
def test_request(address: str, octets: str) -> None:
    assert SignOnRequest(device_address=address).build() == bytes.fromhex(octets)
    assert parse_request(bytes.fromhex(octets)) == SignOnRequest(device_address=address)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("1" * 33, "no device address"),
        ("\u00fc", "no device"),
        ("\r", "no device"),
        ("1/2", "holds"),
        ("1!", "holds"),
    ],
)
def test_what_is_no_device_address(address: str, why: str) -> None:
    with pytest.raises(EncodeError, match=why):
        SignOnRequest(device_address=address)


@pytest.mark.parametrize("octets", [b"", b"/!\r\n", b"/?12\r\n", b"/?1!2!\r\n", b"/?\xff!\r\n"])
def test_what_is_no_request(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_request(octets)


def test_option_select() -> None:
    # IEC 62056-21 mode E at 9600 baud.
    assert OptionSelect(baud_character="5").build() == bytes.fromhex("063235320D0A")
    selected = parse_option_select(b"\x06052\r\n")
    assert selected == OptionSelect(protocol="0", baud_character="5", mode="2")
    assert not selected.is_mode_e
    assert not OptionSelect(baud_character="5", mode="0").is_mode_e
    assert OptionSelect(baud_character="5").is_mode_e


@pytest.mark.parametrize(
    "octets", [b"", b"\x06252\r", b"\x15252\r\n", b"\x06252\n\n", b"\x06\xb252\r\n"]
)
def test_what_selects_no_option(octets: bytes) -> None:
    with pytest.raises(DecodeError):
        parse_option_select(octets)


@pytest.mark.parametrize("character", ["", "55", "\n", "\u00b2"])
def test_options_are_one_printable_character_each(character: str) -> None:
    with pytest.raises(EncodeError):
        OptionSelect(baud_character=character)


def test_break() -> None:
    assert bytes.fromhex("0142300371") == BREAK
    check = 0
    for octet in BREAK[1:4]:
        check ^= octet
    assert check == BREAK[4]


@given(st.binary(max_size=40))
def test_any_octets_give_a_message_or_a_typed_error(octets: bytes) -> None:
    for parse in (parse_request, parse_option_select):
        for candidate in (octets, b"/?" + octets + b"!\r\n", b"\x06" + octets[:3] + b"\r\n"):
            try:
                parsed = parse(candidate)
            except DecodeError:
                continue
            assert parsed.build() == candidate
