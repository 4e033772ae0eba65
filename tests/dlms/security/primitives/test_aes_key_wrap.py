import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import KeyInfoError, KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.aes_key_wrap import unwrap, wrap

# RFC 3394, sections 4.1 and 4.6.
VECTORS = [
    (
        "000102030405060708090a0b0c0d0e0f",
        "00112233445566778899aabbccddeeff",
        "1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5",
    ),
    (
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
        "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
    ),
]
MASTER = Secret(bytes(range(16)))


@pytest.mark.parametrize(("master", "key", "wrapped"), VECTORS)
def test_the_vectors(master: str, key: str, wrapped: str) -> None:
    kek = Secret(bytes.fromhex(master))
    assert wrap(kek, Secret(bytes.fromhex(key))) == bytes.fromhex(wrapped)
    assert unwrap(kek, bytes.fromhex(wrapped)) == Secret(bytes.fromhex(key))


@pytest.mark.parametrize("bit", range(0, 192, 5))
def test_a_changed_bit_is_noticed(bit: int) -> None:
    wrapped = bytearray.fromhex(VECTORS[0][2])
    wrapped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(KeyInfoError, match="can't be unwrapped"):
        unwrap(MASTER, bytes(wrapped))


@given(st.binary(max_size=60))
def test_any_octets_are_refused(octets: bytes) -> None:
    with pytest.raises(KeyInfoError):
        unwrap(MASTER, octets)


@pytest.mark.parametrize("size", [0, 8, 24])
def test_keys_of_other_sizes_are_refused(size: int) -> None:
    odd = Secret(b"K" * size)
    with pytest.raises(KeyMissingError, match="master key"):
        wrap(odd, MASTER)
    with pytest.raises(KeyMissingError, match="to be wrapped"):
        wrap(MASTER, odd)
    with pytest.raises(KeyMissingError, match="master key"):
        unwrap(odd, bytes(24))
