from collections.abc import Callable

import pytest

from dcud.dlms.errors import KeyMissingError
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import Curve, fresh_key

OWN = fresh_key(Curve.P256)
PEER = fresh_key(Curve.P256).public
DEMANDS: list[tuple[str, Callable[[KeyPairs], object], str]] = [
    (
        "signing",
        KeyPairs.demand_signing,
        "our key for digital signature is not known; add signing_key to the gateway's key file",
    ),
    (
        "agreement",
        KeyPairs.demand_agreement,
        "our key for key agreement is not known; add agreement_key to the gateway's key file",
    ),
    (
        "peer_signing",
        KeyPairs.demand_peer_signing,
        "the meter's key for digital signature is not known; import the meter's certificate",
    ),
    (
        "peer_agreement",
        KeyPairs.demand_peer_agreement,
        "the meter's key for key agreement is not known; import the meter's certificate",
    ),
]


@pytest.mark.parametrize(("name", "demand", "sentence"), DEMANDS)
def test_a_key_that_is_not_known_is_refused_with_the_remedy(
    name: str, demand: Callable[[KeyPairs], object], sentence: str
) -> None:
    with pytest.raises(KeyMissingError, match=sentence):
        demand(KeyPairs(curve=Curve.P256))


def test_a_key_that_is_known_is_given() -> None:
    pairs = KeyPairs(
        curve=Curve.P256, signing=OWN, agreement=OWN, peer_signing=PEER, peer_agreement=PEER
    )
    assert [demand(pairs) for _, demand, _ in DEMANDS] == [OWN, OWN, PEER, PEER]


@pytest.mark.parametrize("name", [name for name, _, _ in DEMANDS])
def test_a_key_on_another_curve_is_refused(name: str) -> None:
    key = PEER if name.startswith("peer") else OWN
    with pytest.raises(KeyMissingError, match="is on P-256; the meter's suite has P-384"):
        KeyPairs(curve=Curve.P384, **{name: key})  # type: ignore[arg-type]  # each of its kind
