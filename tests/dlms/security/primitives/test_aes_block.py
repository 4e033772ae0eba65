import pytest

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.aes_block import encrypt_blocks

KEY = Secret(bytes(range(16)))
PLAIN = bytes.fromhex("00112233445566778899aabbccddeeff")
CIPHERED = bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")  # FIPS 197, appendix C.1


def test_the_vector() -> None:
    assert encrypt_blocks(KEY, PLAIN) == CIPHERED


def test_each_block_by_itself() -> None:
    assert encrypt_blocks(KEY, PLAIN * 3) == CIPHERED * 3


def test_an_unfinished_block_is_filled_up_with_zeros() -> None:
    assert encrypt_blocks(KEY, PLAIN + b"\x01") == CIPHERED + encrypt_blocks(
        KEY, b"\x01" + bytes(15)
    )


def test_nothing_stays_nothing() -> None:
    assert encrypt_blocks(KEY, b"") == b""


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_key_of_another_length(size: int) -> None:
    with pytest.raises(KeyMissingError, match=f"{size} octets"):
        encrypt_blocks(Secret(bytes(size)), PLAIN)
