import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.means import Claim
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, PublicKey, fresh_key
from tests.support.green_book_keys import (
    CLIENT_SIGNING,
    CLIENT_SIGNING_POINT,
    CLIENT_TITLE,
    SERVER_TITLE,
)

CLIENT = PrivateKey.from_scalar(Curve.P256, Secret(CLIENT_SIGNING))
METER = fresh_key(Curve.P256)
OF_CLIENT = Claim(
    prover=CLIENT_TITLE,
    verifier=SERVER_TITLE,
    challenge=b"the meter has drawn this, 32 oct",
    counter_challenge=b"the client has drawn this one, 3",
)
OF_METER = OF_CLIENT.reversed
CLIENTS = Ecdsa(CLIENT, METER.public)
METERS = Ecdsa(METER, CLIENT.public)


def test_what_it_is() -> None:
    assert CLIENTS.mechanism is Mechanism.HLS_ECDSA
    assert CLIENTS.takes_titles


def test_each_partys_proof_fits_for_the_other() -> None:
    assert METERS.fits(OF_CLIENT, CLIENTS.make(OF_CLIENT))
    assert CLIENTS.fits(OF_METER, METERS.make(OF_METER))


def test_the_signature_is_over_titles_and_challenges_in_order() -> None:
    public_key = PublicKey(Curve.P256, CLIENT_SIGNING_POINT)
    signed = (
        CLIENT_TITLE
        + SERVER_TITLE
        + b"the meter has drawn this, 32 oct"
        + b"the client has drawn this one, 3"
    )
    public_key.verify(CLIENTS.make(OF_CLIENT), signed)
    assert METERS.fits(OF_CLIENT, CLIENT.sign(signed))


def test_on_the_other_curve() -> None:
    client, meter = fresh_key(Curve.P384), fresh_key(Curve.P384)
    proof = Ecdsa(client, meter.public).make(OF_CLIENT)
    assert len(proof) == 96
    assert Ecdsa(meter, client.public).fits(OF_CLIENT, proof)


def test_forged_proofs_do_not_fit() -> None:
    genuine = METERS.make(OF_METER)
    for forged in (
        b"",
        genuine[:-1],
        genuine + b"\x00",
        bytes((genuine[0] ^ 1,)) + genuine[1:],
        METERS.make(OF_CLIENT),
        CLIENTS.make(OF_METER),
        bytes(64),
    ):
        assert not CLIENTS.fits(OF_METER, forged)


def test_a_title_that_is_not_known() -> None:
    claim = Claim(prover=CLIENT_TITLE, verifier=None, challenge=bytes(32),
                  counter_challenge=bytes(32))  # fmt: skip
    with pytest.raises(SystemTitleError):
        CLIENTS.make(claim)
    with pytest.raises(SystemTitleError):
        METERS.fits(claim, bytes(64))


@given(proof=st.binary(max_size=70) | st.binary(min_size=64, max_size=64))
def test_no_octets_that_nobody_signed_fit(proof: bytes) -> None:
    assert not CLIENTS.fits(OF_METER, proof)
