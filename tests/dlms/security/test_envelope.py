import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError
from dcud.dlms.security.envelope import Envelope, Family, open_envelope
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import IdentifiedKey

BODY = "05 3001234567"
HEADER = GeneralHeader(
    transaction_id=b"\x01",
    originator_system_title=b"MTR00001",
    recipient_system_title=b"CLI00001",
)


@pytest.mark.parametrize(
    ("octets", "envelope"),
    [
        (f"cc {BODY}", Envelope(Family.GLO, bytes.fromhex(BODY)[1:], 0xC4)),
        (f"28 {BODY}", Envelope(Family.GLO, bytes.fromhex(BODY)[1:], 0x08)),
        (f"d4 {BODY}", Envelope(Family.DED, bytes.fromhex(BODY)[1:], 0xC4)),
        (
            f"db 08 4d54523030303031 {BODY}",
            Envelope(Family.GENERAL_GLO, bytes.fromhex(BODY)[1:], None, b"MTR00001"),
        ),
        (f"dc 00 {BODY}", Envelope(Family.GENERAL_DED, bytes.fromhex(BODY)[1:], None, b"")),
        (
            f"dd 0101 08 4d54523030303031 08 434c493030303031 0000 010000 {BODY}",
            Envelope(
                Family.GENERAL_CIPHERING,
                bytes.fromhex(BODY)[1:],
                None,
                b"MTR00001",
                HEADER,
                IdentifiedKey(0),
            ),
        ),
    ],
)
def test_every_form_has_the_same_parts(octets: str, envelope: Envelope) -> None:
    assert open_envelope(bytes.fromhex(octets)) == envelope


@pytest.mark.parametrize("octets", ["", "c4", "c401c10000", "d80106", "0e010203", "df", "0f", "ff"])
def test_what_is_not_ciphered_is_none(octets: str) -> None:
    assert open_envelope(bytes.fromhex(octets)) is None


@pytest.mark.parametrize("tag", range(256))
def test_every_tag_is_known_or_not(tag: int) -> None:
    with contextlib.suppress(DecodeError):
        assert open_envelope(bytes((tag,))) is None


@given(st.sampled_from(["", "cc", "d4", "db", "dc", "dd"]), st.binary(max_size=40))
def test_any_octets_give_an_envelope_or_a_typed_error(tag: str, octets: bytes) -> None:
    with contextlib.suppress(DecodeError):
        open_envelope(bytes.fromhex(tag) + octets)
