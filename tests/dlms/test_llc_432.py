import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.llc_432 import LlcPdu, decode_llc

OCTETS = st.integers(0, 255)


def test_a_known_unit() -> None:
    # IEC 61334-4-32 under an AARQ: 90 01 01 60 36 ...
    octets = bytes.fromhex("9001016036")
    assert decode_llc(octets) == LlcPdu(1, 1, b"\x60\x36")
    assert LlcPdu(1, 1, b"\x60\x36").encode() == octets


def test_an_unknown_control_octet_is_kept() -> None:
    pdu = decode_llc(bytes.fromhex("C00110"))
    assert (pdu.control, pdu.destination, pdu.source, pdu.apdu) == (0xC0, 1, 16, b"")


@given(st.builds(LlcPdu, OCTETS, OCTETS, st.binary(max_size=20), OCTETS))
def test_what_is_encoded_is_decoded(pdu: LlcPdu) -> None:
    assert decode_llc(pdu.encode()) == pdu


@pytest.mark.parametrize("size", [0, 1, 2])
def test_too_few_octets(size: int) -> None:
    with pytest.raises(DecodeError, match="too few"):
        decode_llc(bytes(size))


@pytest.mark.parametrize("field", ["destination", "source", "control"])
def test_an_lsap_has_one_octet(field: str) -> None:
    fields = {"destination": 1, "source": 1, "control": 0x90, field: 256}
    with pytest.raises(EncodeError, match=field):
        LlcPdu(apdu=b"", **fields)
