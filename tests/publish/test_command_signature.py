"""Signatures; the known answers are those of [RFC 8032: Test vectors for Ed25519]."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from dcud.publish.command_request import Request, Signature
from dcud.publish.command_signature import SignatureError, check_signature

# RFC 8032, 7.1, TEST 2: one octet, 72.
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
KEYS = {"head-end": PUBLIC, "other": bytes(32)}
REQUEST = Request(
    id="a",
    digest=b"",
    verb="disconnect",
    gateway="gw",
    expires=datetime(2026, 3, 1, tzinfo=UTC),
    signature=Signature(key="head-end", octets=SIGNATURE, signed=b"\x72"),
)
ALLOWED = frozenset({"head-end", "lost"})


def test_a_good_signature_passes() -> None:
    check_signature(REQUEST, KEYS, ALLOWED)


def signed(key: str = "head-end", octets: bytes = SIGNATURE, text: bytes = b"\x72") -> Request:
    return replace(REQUEST, signature=Signature(key=key, octets=octets, signed=text))


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (replace(REQUEST, signature=None), "has to be signed"),
        (signed(key="other"), "may not sign"),
        (signed(key="lost"), "may not sign"),
        (signed(text=b"\x73"), "not that of the key head-end"),
        (signed(octets=bytes([SIGNATURE[0] ^ 1]) + SIGNATURE[1:]), "not that of the key"),
        (signed(octets=bytes(64)), "not that of the key"),
        (replace(REQUEST, gateway=""), "gateway"),
        (replace(REQUEST, expires=None), "expires"),
    ],
)
def test_anything_else_does_not(request_: Request, words: str) -> None:
    with pytest.raises(SignatureError, match=words):
        check_signature(request_, KEYS, ALLOWED)
