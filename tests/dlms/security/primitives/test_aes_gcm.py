import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import KeyMissingError, TagError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.aes_gcm import GcmKey

# IEEE 802.1AE vector via EnergyICT/Connexo dlms tests; DLMS shortens the tag to 12 octets.
KEY = GcmKey(
    Secret(bytes.fromhex("e3c08a8f06c6e3ad95a70557b23f75483ce33021a9c72b7025666204c69c0b72"))
)
IV = bytes.fromhex("12153524c0895e81b2c28465")
AAD = bytes.fromhex("d609b1f056637a0d46df998d88e52e00b2c2846512153524c0895e81")
PLAIN = bytes.fromhex(
    "08000f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a"
    "0002"
)
CIPHERTEXT = bytes.fromhex(
    "e2006eb42f5277022d9b19925bc419d7a592666c925fe2ef718eb4e308efeaa7c5273b394118860a5be2a97f56ab"
    "7836"
)
TAG = bytes.fromhex("5ca597cdbb3edb8d1a1151ea")


def test_the_vector_is_sealed_and_unsealed() -> None:
    assert KEY.seal(IV, PLAIN, AAD) == CIPHERTEXT + TAG
    assert KEY.unseal(IV, CIPHERTEXT + TAG, AAD) == PLAIN


def test_without_a_tag_the_ciphertext_is_the_same() -> None:
    assert KEY.apply_keystream(IV, PLAIN) == CIPHERTEXT
    assert KEY.apply_keystream(IV, CIPHERTEXT) == PLAIN


@pytest.mark.parametrize("bit", range(8 * (len(CIPHERTEXT) + len(TAG))))
def test_no_bit_can_be_changed(bit: int) -> None:
    forged = bytearray(CIPHERTEXT + TAG)
    forged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(TagError, match="doesn't fit"):
        KEY.unseal(IV, bytes(forged), AAD)


@pytest.mark.parametrize("size", range(len(TAG)))
def test_a_tag_that_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(TagError):
        KEY.unseal(IV, KEY.seal(IV, b"", AAD)[:size], AAD)


def test_associated_octets_and_vector_count_too() -> None:
    sealed = KEY.seal(IV, PLAIN, AAD)
    with pytest.raises(TagError):
        KEY.unseal(IV, sealed, AAD[:-1])
    with pytest.raises(TagError):
        KEY.unseal(bytes(12), sealed, AAD)


@given(
    key=st.sampled_from([16, 32]).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    iv=st.binary(min_size=12, max_size=12),
    plain=st.binary(max_size=60),
    associated=st.binary(max_size=40),
)
def test_what_is_sealed_comes_back(key: bytes, iv: bytes, plain: bytes, associated: bytes) -> None:
    gcm = GcmKey(Secret(key))
    sealed = gcm.seal(iv, plain, associated)
    assert len(sealed) == len(plain) + 12
    assert gcm.unseal(iv, sealed, associated) == plain


@pytest.mark.parametrize("size", [0, 15, 24, 33])
def test_a_key_of_another_size_is_named_but_not_shown(size: int) -> None:
    with pytest.raises(KeyMissingError, match=f"{size} octets") as caught:
        GcmKey(Secret(b"K" * size))
    assert "KK" not in str(caught.value)
