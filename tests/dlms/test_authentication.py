from dcud.dlms.authentication import (
    NO_SECURITY,
    LowLevelSecurity,
    Mechanism,
    high_level,
    mechanism_of,
    mechanism_words,
)
from dcud.dlms.secret import Secret


def test_the_registered_mechanisms() -> None:
    assert Mechanism.LOWEST.object_identifier.hex() == "60857405080200"
    assert Mechanism.LLS.object_identifier.hex() == "60857405080201"
    assert Mechanism.HLS_ECDSA.object_identifier.hex() == "60857405080207"


def test_which_is_which() -> None:
    assert mechanism_of(NO_SECURITY) is Mechanism.LOWEST
    assert mechanism_of(LowLevelSecurity(Secret(b"12345678"))) is Mechanism.LLS


class Proving:
    """High-level security that knows nothing."""

    mechanism = Mechanism.HLS_SHA256
    challenge = b"K56iVagY"
    client_system_title = None

    def prove(self, challenge: bytes, server_system_title: bytes | None) -> bytes:
        return challenge

    def check(self, proof: bytes) -> None:
        pass


def test_high_level_security_says_itself_which_it_is() -> None:
    assert mechanism_of(Proving()) is Mechanism.HLS_SHA256


def test_only_high_level_security_proves_both_sides() -> None:
    proving = Proving()
    assert high_level(proving) is proving
    assert high_level(NO_SECURITY) is None
    assert high_level(LowLevelSecurity(Secret(b"x"))) is None


def test_words() -> None:
    assert mechanism_words(None) == "LOWEST"
    assert mechanism_words(Mechanism.HLS_GMAC.object_identifier) == "HLS GMAC"
    assert mechanism_words(b"\x01\x02") == "unknown mechanism 0102"


def test_a_password_does_not_show() -> None:
    assert "12345678" not in repr(LowLevelSecurity(Secret(b"12345678")))
