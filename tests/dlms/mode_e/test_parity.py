import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.mode_e.parity import with_parity, without_parity


def test_option_select_as_an_8n1_port_sees_it() -> None:
    # IEC 62056-21 mode E at 9600 baud, seen by a UART without parity.
    assert with_parity(b"\x06252\r\n") == bytes.fromhex("06B235B28D0A")
    assert without_parity(bytes.fromhex("06B235B28D0A")) == b"\x06252\r\n"


@pytest.mark.parametrize(("character", "octet"), [(0x00, 0x00), (0x2F, 0xAF), (0x3F, 0x3F)])
def test_even_parity(character: int, octet: int) -> None:
    assert with_parity(bytes((character,))) == bytes((octet,))


@given(st.binary())
def test_every_octet_has_an_even_number_of_bits(octets: bytes) -> None:
    shaped = with_parity(octets)
    assert all(octet.bit_count() % 2 == 0 for octet in shaped)
    assert without_parity(shaped) == without_parity(octets)
