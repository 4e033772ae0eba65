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


def test_a_real_push_whose_authentication_key_nobody_knows() -> None:
    # esphome-libs/dlms_parser dumps, hdlc_kamstrup_omnipower
    key = GcmKey(Secret(bytes.fromhex("00112233445566778899aabbccddeeff")))
    iv = bytes.fromhex("4b414d4501349083010f60a4")
    sealed = bytes.fromhex(
        "ac4b6048a68093068d24fbc9225ea9aa8fe3441e02f54dbda3d9ed58425a2fa099985243fdef3390afc26c90a9"
        "b81e774774c90ce2a381d6a64f3e148f1fcfe282c2a793f9fdc273cf3cdff63c279f43635ab2f7fb31bd6db83e"
        "de632b9b5e1bc7c276a86a62f7c68d2b3e065e7dceb00ce7655e0577a7a3e5e8f3e656e3a7e827e9b327970a61"
        "d17e27c0db0987bfcf902c7bbaf5d968c38edf29ba2f1d9aee13a6899c6c0325a2a00cab915f519b5532927038"
        "0effae9f5e2a47cfdb9c84cdf5d2d3348afb9d00da1dee1b9c33af56784d9988caca556f18d62f2e70d3f10744"
        "a86774cb78f5b3ca336f23d833937d8f5cf3f7a35db8b37132488fe0c66703b845014eb6df8455fe9038302834"
        "2ad39b126ad26f969ea47e1ab090cfbecd10dc3e5da3104bba96184b14afe9e960d51b4c62d5f01e82d467ca57"
        "1981671ab783c972349bcb98c89a19b1c98db0eba2670a9bca21f8419b04c94db510e75e3e426d75b2cfa91f8f"
        "4caaf8758b33768df7fe55fd8b4983b19a19dde7a5891bc0f266a8029d2089b6ea0c2d11c2ef96a6e40365bc85"
        "d259dc169dd43e16499ebc6f080e4ccd8657dace68939ce40e4f55a6b0cc40dffc9dc1b4149dd09d72c7ddb5e0"
        "f10e31948b665168c6"
    )
    plain = bytes.fromhex(
        "0f000000000c07ea030c040f181eff80000002410a0e4b616d73747275705f563030303109060101010800ff06"
        "00603eaa09060101020800ff060000000009060101030800ff060004fad809060101040800ff06002069190906"
        "0101000001ff0600bc586809060101010700ff060000043b09060101020700ff060000000009060101030700ff"
        "060000000009060101040700ff06000002ce09060001010000ff090c07ea030c040f181eff8000000906010120"
        "0700ff1200de09060101340700ff1200dd09060101480700ff1200e3090601011f0700ff060000003909060101"
        "330700ff06000000e409060101470700ff060000014d09060101150700ff060000002409060101290700ff0600"
        "0001a8090601013d0700ff060000026f09060101210700ff12001f09060101350700ff12005709060101490700"
        "ff120055090601010d0700ff12005309060101160700ff0600000000090601012a0700ff060000000009060101"
        "3e0700ff060000000009060101160800ff0600000000090601012a0800ff0600000000090601013e0800ff0600"
        "00000009060101150800ff0600127cfc09060101290800ff060024bf10090601013d0800ff060029029c"
    )
    assert key.apply_keystream(iv, sealed[:-12]) == plain
    assert key.apply_keystream(iv, plain) == sealed[:-12]
    with pytest.raises(TagError):
        key.unseal(iv, sealed, b"0" + bytes(16))
