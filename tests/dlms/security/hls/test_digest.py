import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import KeyMissingError, SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.means import Claim

SECRET = Secret(b"secret0123456789")
OF_CLIENT = Claim(
    prover=bytes.fromhex("4d4d4d0000000001"),
    verifier=bytes.fromhex("4d4d4d0000bc614e"),
    challenge=b"P6wRJ21F",
    counter_challenge=b"K56iVagY",
)
OF_METER = OF_CLIENT.reversed

MD5 = Mechanism.HLS_MD5
SHA1 = Mechanism.HLS_SHA1
SHA256 = Mechanism.HLS_SHA256

# Computed from the order in which the standard has secret, titles and challenges; the order itself
# is confirmed by Gurux, jDLMS and gosem.
PROOFS = [
    (MD5, OF_CLIENT, "57386162f148f6a06dd28606c9890c12"),
    (SHA1, OF_CLIENT, "d5dfc558a06fc117c08e1753b0e04a419d1a56c9"),
    (SHA256, OF_CLIENT, "9f727813352f627e9946ee16109302e2b7c9a5807c77eb528404180628d586a5"),
    (SHA256, OF_METER, "1b71b69f957733bf91ed0467ca6cf9a11ea5f8461cdc79129af90fd7d09b03d8"),
]


@pytest.mark.parametrize(("mechanism", "claim", "proof"), PROOFS)
def test_the_vectors_in_both_directions(mechanism: Mechanism, claim: Claim, proof: str) -> None:
    means = Digest(mechanism, SECRET)
    assert means.make(claim) == bytes.fromhex(proof)
    assert means.fits(claim, bytes.fromhex(proof))
    assert means.mechanism is mechanism


def test_an_iskra_meter() -> None:
    # Connexo SecurityContextTest.iskraHLSTest: the challenge as AARE carries it.
    claim = Claim(
        prover=None,
        verifier=None,
        challenge=bytes.fromhex("4c332f6263564447365070506c556455"),
        counter_challenge=b"",
    )
    means = Digest(MD5, Secret(bytes.fromhex("00112233445566778899aabbccddeeff")))
    assert means.make(claim) == bytes.fromhex("3f2e2fa23a4cfcd40b0cd7091300673d")


@pytest.mark.parametrize(("mechanism", "claim", "proof"), PROOFS)
def test_forged_proofs_do_not_fit(mechanism: Mechanism, claim: Claim, proof: str) -> None:
    means = Digest(mechanism, SECRET)
    genuine = bytes.fromhex(proof)
    for forged in (
        b"",
        genuine[:-1],
        genuine + b"\x00",
        bytes((genuine[0] ^ 1,)) + genuine[1:],
        means.make(claim.reversed),
        Digest(mechanism, Secret(b"secret0123456788")).make(claim),
    ):
        assert not means.fits(claim, forged)


def test_only_sha256_goes_over_system_titles() -> None:
    takers = [each for each in (MD5, SHA1, SHA256) if Digest(each, SECRET).takes_titles]
    assert takers == [SHA256]


def test_sha256_without_a_system_title() -> None:
    claim = Claim(prover=b"MMM\x00\x00\x00\x00\x01", verifier=None, challenge=b"P6wRJ21F",
                  counter_challenge=b"K56iVagY")  # fmt: skip
    with pytest.raises(SystemTitleError):
        Digest(SHA256, SECRET).make(claim)
    with pytest.raises(SystemTitleError):
        Digest(SHA256, SECRET).fits(claim, bytes(32))


def test_an_empty_secret_proves_nothing() -> None:
    with pytest.raises(KeyMissingError, match="empty"):
        Digest(MD5, Secret(b""))


@given(mechanism=st.sampled_from([MD5, SHA1, SHA256]), proof=st.binary(max_size=80))
def test_no_octets_but_the_proof_fit(mechanism: Mechanism, proof: bytes) -> None:
    means = Digest(mechanism, SECRET)
    assert means.fits(OF_CLIENT, proof) == (proof == means.make(OF_CLIENT))
