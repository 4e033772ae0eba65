"""AES-128 on whole blocks, each by itself: for proofs of identity, where meters have it so."""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.secret import Secret

BLOCK_SIZE = 16


def encrypt_blocks(key: Secret, octets: bytes) -> bytes:
    """Return the octets enciphered, filled up with zeros to whole blocks before.

    Raises:
        KeyMissingError: the key has not 16 octets.
    """
    if len(key.octets) != BLOCK_SIZE:
        raise KeyMissingError(f"a key of {len(key.octets)} octets; AES-128 takes {BLOCK_SIZE}")
    whole = octets + bytes(-len(octets) % BLOCK_SIZE)
    mode = modes.ECB()  # noqa: S305  # what this mechanism is
    encryptor = Cipher(algorithms.AES(key.octets), mode).encryptor()
    return encryptor.update(whole) + encryptor.finalize()
