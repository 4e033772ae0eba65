import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.security.ciphered_apdu import (
    GENERAL_DED_CIPHERING,
    GENERAL_GLO_CIPHERING,
    GENERAL_TAGS,
    SERVICE_SPECIFIC_TAGS,
    GeneralGloDedCiphering,
    ServiceCiphering,
)

# jDLMS tests: glo-get-request with the example keys, encrypted alone.
GLO_GET = bytes.fromhex("c8122001234567411312ff935a47566827c467bc")


def test_a_ciphered_service() -> None:
    apdu = ServiceCiphering.decode(GLO_GET)
    assert apdu == ServiceCiphering(0xC8, GLO_GET[2:])
    assert apdu.encode() == GLO_GET


def test_general_ciphering_under_the_global_key() -> None:
    octets = bytes.fromhex("db 08 4d4d4d0000bc614e 05 3001234567")
    apdu = GeneralGloDedCiphering.decode(octets)
    assert apdu.tag == GENERAL_GLO_CIPHERING
    assert apdu.system_title == b"MMM\x00\x00\xbcaN"
    assert apdu.body.hex() == "3001234567"
    assert apdu.encode() == octets


def test_a_system_title_may_be_missing() -> None:
    apdu = GeneralGloDedCiphering.decode(bytes.fromhex("dc00053001234567"))
    assert apdu == GeneralGloDedCiphering(GENERAL_DED_CIPHERING, b"", bytes.fromhex("3001234567"))
    assert apdu.encode().hex() == "dc00053001234567"


@given(st.sampled_from(sorted(SERVICE_SPECIFIC_TAGS)), st.binary(max_size=300))
def test_a_ciphered_service_comes_back(tag: int, body: bytes) -> None:
    apdu = ServiceCiphering(tag, body)
    assert ServiceCiphering.decode(apdu.encode()) == apdu


@given(st.sampled_from(sorted(GENERAL_TAGS)), st.binary(max_size=10), st.binary(max_size=300))
def test_general_ciphering_comes_back(tag: int, title: bytes, body: bytes) -> None:
    apdu = GeneralGloDedCiphering(tag, title, body)
    assert GeneralGloDedCiphering.decode(apdu.encode()) == apdu


@given(st.sampled_from(["", "c8", "db", "dc"]), st.binary(max_size=30))
def test_any_octets_give_an_apdu_or_a_typed_error(tag: str, octets: bytes) -> None:
    for kind in (ServiceCiphering, GeneralGloDedCiphering):
        with contextlib.suppress(DecodeError):
            kind.decode(bytes.fromhex(tag) + octets)


@pytest.mark.parametrize("octets", ["", "c0", "c801", "c8000a", "c885", "db", "db00", "db000a00"])
def test_what_is_malformed_is_refused(octets: str) -> None:
    for kind in (ServiceCiphering, GeneralGloDedCiphering):
        with pytest.raises(DecodeError):
            kind.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("tag", [0, 0xC0, 0xDD, 0x100])
def test_there_are_no_other_tags(tag: int) -> None:
    with pytest.raises(EncodeError):
        ServiceCiphering(tag, b"")
    with pytest.raises(EncodeError):
        GeneralGloDedCiphering(tag, b"", b"")
