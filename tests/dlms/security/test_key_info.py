import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.security.key_info import (
    BROADCAST,
    MASTER,
    ONE_PASS,
    STATIC,
    UNICAST,
    AgreedKey,
    IdentifiedKey,
    KeyInfo,
    WrappedKey,
    decode_key_info,
    encode_key_info,
)

# [IEC 62056-5-3: key-info]
KNOWN: list[tuple[KeyInfo | None, str]] = [
    (None, "00"),
    (IdentifiedKey(UNICAST), "010000"),
    (IdentifiedKey(BROADCAST), "010001"),
    (WrappedKey(MASTER, bytes(24)), "01010018" + 24 * "00"),
    (AgreedKey(STATIC, b""), "0102010200"),
    (AgreedKey(ONE_PASS, bytes(128)), "010201018180" + 128 * "00"),
]
KEY_INFOS = st.one_of(
    st.none(),
    st.builds(IdentifiedKey, st.integers(0, 0xFF)),
    st.builds(WrappedKey, st.integers(0, 0xFF), st.binary(max_size=150)),
    st.builds(AgreedKey, st.binary(max_size=5), st.binary(max_size=150)),
)


@pytest.mark.parametrize(("key_info", "octets"), KNOWN)
def test_each_way_to_tell_a_key(key_info: KeyInfo | None, octets: str) -> None:
    assert encode_key_info(key_info).hex() == octets
    assert decode_key_info(Cursor(bytes.fromhex(octets))) == key_info


@given(KEY_INFOS)
def test_what_is_encoded_comes_back(key_info: KeyInfo | None) -> None:
    cursor = Cursor(encode_key_info(key_info) + b"rest")
    assert decode_key_info(cursor) == key_info
    assert cursor.rest() == b"rest"


@pytest.mark.parametrize("octets", ["", "01", "02", "ff", "0100", "0103", "01ff", "010100", "0102"])
def test_what_is_none_is_refused(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_key_info(Cursor(bytes.fromhex(octets)))


@given(st.binary(max_size=40))
def test_any_octets_give_a_key_info_or_a_typed_error(octets: bytes) -> None:
    with contextlib.suppress(DecodeError):
        decode_key_info(Cursor(octets))


@pytest.mark.parametrize("number", [-1, 256])
def test_an_id_has_one_octet(number: int) -> None:
    with pytest.raises(EncodeError):
        IdentifiedKey(number)
    with pytest.raises(EncodeError):
        WrappedKey(number, b"")
