import pytest

from dcud.dlms.errors import SystemTitleError
from dcud.dlms.security.hls.means import Claim

CLIENT = b"MMM\x00\x00\x00\x00\x01"
METER = b"MMM\x00\x00\xbc\x61\x4e"
CLAIM = Claim(prover=CLIENT, verifier=METER, challenge=b"P6wRJ21F", counter_challenge=b"K56iVagY")


def test_the_other_party_claims_the_reverse() -> None:
    assert CLAIM.reversed == Claim(
        prover=METER, verifier=CLIENT, challenge=b"K56iVagY", counter_challenge=b"P6wRJ21F"
    )
    assert CLAIM.reversed.reversed == CLAIM


def test_the_titles_of_both() -> None:
    assert CLAIM.demand_titles() == (CLIENT, METER)


@pytest.mark.parametrize(("prover", "verifier"), [(None, METER), (CLIENT, None), (None, None)])
def test_a_title_that_is_not_known(prover: bytes | None, verifier: bytes | None) -> None:
    claim = Claim(prover=prover, verifier=verifier, challenge=b"", counter_challenge=b"")
    with pytest.raises(SystemTitleError, match="one is not known"):
        claim.demand_titles()
