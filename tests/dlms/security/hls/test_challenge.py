import pytest

from dcud.dlms.authentication import Mechanism
from dcud.dlms.security.hls.challenge import fault

EVERY = [mechanism for mechanism in Mechanism if mechanism >= Mechanism.HLS]


@pytest.mark.parametrize("mechanism", EVERY)
def test_the_limits(mechanism: Mechanism) -> None:
    least = 32 if mechanism is Mechanism.HLS_ECDSA else 8
    assert [size for size in range(70) if not fault(mechanism, bytes(size))] == list(
        range(least, 65)
    )


@pytest.mark.parametrize("mechanism", EVERY)
def test_short_ones_may_be_borne_but_none_at_all(mechanism: Mechanism) -> None:
    borne = [size for size in range(70) if not fault(mechanism, bytes(size), short_too=True)]
    assert borne == list(range(1, 65))


def test_what_is_wrong_is_said() -> None:
    assert fault(Mechanism.HLS_GMAC, b"1234567") == "a challenge of 7 octets; it has 8 to 64"
