import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import KeyMissingError, MeterNotAuthenticError, SecurityError
from dcud.dlms.secret import Secret
from dcud.dlms.security.hls.manufacturer import (
    FUNCTIONS,
    HlsFunction,
    Manufacturer,
    aes_128_ecb,
)
from dcud.dlms.security.hls.means import Claim

SECRET = Secret(bytes(range(16)))
BLOCK = bytes.fromhex("00112233445566778899aabbccddeeff")
CIPHERED = bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")  # FIPS 197, appendix C.1


def claim(challenge: bytes, counter_challenge: bytes = b"K56iVagY") -> Claim:
    return Claim(
        prover=None, verifier=None, challenge=challenge, counter_challenge=counter_challenge
    )


def test_aes_is_known_by_its_name() -> None:
    assert {"aes-128-ecb": aes_128_ecb} == FUNCTIONS


def test_the_proof_is_the_challenge_under_aes() -> None:
    means = Manufacturer(SECRET)
    assert means.mechanism is Mechanism.HLS
    assert not means.takes_titles
    assert means.make(claim(BLOCK)) == CIPHERED
    assert means.fits(claim(BLOCK), CIPHERED)


def test_a_short_secret_is_filled_up_with_zeros() -> None:
    assert aes_128_ecb(b"12345678", BLOCK) == aes_128_ecb(b"12345678" + bytes(8), BLOCK)


@pytest.mark.parametrize("size", [0, 17])
def test_a_secret_that_is_no_key(size: int) -> None:
    with pytest.raises(KeyMissingError, match=f"has {size} octets"):
        Manufacturer(Secret(bytes(size))).make(claim(BLOCK))


@pytest.mark.parametrize(
    "forged", [b"", CIPHERED[:-1], CIPHERED + b"\x00", CIPHERED[:-1] + b"\x5b", BLOCK]
)
def test_forged_proofs_do_not_fit(forged: bytes) -> None:
    assert not Manufacturer(SECRET).fits(claim(BLOCK), forged)


@pytest.mark.parametrize(
    "trap",
    [
        b"K56iVagY",
        b"K56iVagY" + bytes(8),  # another challenge, yet the same block
        b"K56iVagY" + bytes(8) + BLOCK,
        BLOCK + b"K56iVagY",
    ],
)
def test_a_challenge_made_from_ours(trap: bytes) -> None:
    with pytest.raises(MeterNotAuthenticError, match="made from the one"):
        Manufacturer(SECRET).make(claim(trap))


def test_blocks_of_ours_in_another_order() -> None:
    with pytest.raises(MeterNotAuthenticError, match="made from the one"):
        Manufacturer(SECRET).make(claim(bytes(16) + BLOCK, BLOCK + bytes(16)))


def xor(secret: bytes, challenge: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(secret, challenge, strict=False))


def test_a_function_of_ones_own() -> None:
    means = Manufacturer(Secret(b"\xff\x0f"), xor)
    assert means.make(claim(b"\x12\x34")) == b"\xed\x3b"
    assert means.fits(claim(b"\x12\x34"), b"\xed\x3b")


def tells_everything(secret: bytes, challenge: bytes) -> bytes:
    raise ValueError(f"can't work with {secret!r}")


def says_nothing(secret: bytes, challenge: bytes) -> bytes:
    return b""


def says_text(secret: bytes, challenge: bytes) -> bytes:
    return "proof"  # type: ignore[return-value]  # somebody's function that does so


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (tells_everything, "raises ValueError"),
        (says_nothing, "returns nothing"),
        (says_text, "raises TypeError"),
    ],
)
def test_a_function_that_fails(function: HlsFunction, what: str) -> None:
    means = Manufacturer(Secret(b"top secret"), function)
    for attempt in (lambda: means.make(claim(BLOCK)), lambda: means.fits(claim(BLOCK), b"")):
        with pytest.raises(SecurityError, match=what) as caught:
            attempt()
        assert "top secret" not in str(caught.value)
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


@given(proof=st.binary(max_size=40))
def test_no_octets_but_the_proof_fit(proof: bytes) -> None:
    assert Manufacturer(SECRET).fits(claim(BLOCK), proof) == (proof == CIPHERED)
