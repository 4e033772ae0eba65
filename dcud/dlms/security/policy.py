"""The security policy of a Security setup object, in both of its versions.

[IEC 62056-6-2: Security setup, security_policy]
"""

from dataclasses import dataclass
from typing import Self

from dcud.dlms.errors import DecodeError, EncodeError, SecurityControlError, SecurityPolicyError
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.parameters import Guard
from dcud.dlms.security.suite import SecuritySuite

_OF_VERSION_0 = {
    0: Guard(),
    1: Guard(authenticated=True),
    2: Guard(encrypted=True),
    3: Guard(authenticated=True, encrypted=True),
}
_TO_VERSION_0 = {guard: number for number, guard in _OF_VERSION_0.items()}

_REQUESTS = 2
_ANSWERS = 5
"""The least of each direction's three bits in version 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityPolicy:
    """What every APDU must have at least; more is always welcome.

    Attributes:
        requests: what the client's must have.
        answers: what the server's must have, those that nobody asked for included.
    """

    requests: Guard
    answers: Guard

    @classmethod
    def of_version_0(cls, policy: int) -> Self:
        """Return what the enumeration means: 0 nothing, 1 authenticated, 2 encrypted, 3 both.

        Raises:
            DecodeError: it is another.
        """
        guard = _OF_VERSION_0.get(policy)
        if guard is None:
            raise DecodeError(f"{policy} is no security policy of version 0, which ends at 3")
        return cls(requests=guard, answers=guard)

    @classmethod
    def of_version_1(cls, policy: int) -> Self:
        """Return what the bits mean; the two lowest mean nothing.

        Raises:
            DecodeError: it is no octet.
        """
        if not 0 <= policy <= 0xFF:
            raise DecodeError(f"{policy} is no security policy of version 1, which has 8 bits")
        return cls(requests=_guard(policy >> _REQUESTS), answers=_guard(policy >> _ANSWERS))

    @property
    def as_version_0(self) -> int:
        """Return the enumeration.

        Raises:
            EncodeError: it has no word for this policy.
        """
        number = _TO_VERSION_0.get(self.requests)
        if number is None or self.requests != self.answers:
            raise EncodeError(
                "version 0 of a security policy knows no signatures, and one rule for requests and"
                " answers"
            )
        return number

    @property
    def as_version_1(self) -> int:
        """Return the bits."""
        return _bits(self.requests) << _REQUESTS | _bits(self.answers) << _ANSWERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a security control octet must say for its APDU to be looked at any further.

    Attributes:
        suite: the one that it must name.
        guard: what it must claim at least; signatures are not its matter.
        broadcast: which key it must name.
        compressed: whether it may claim compression.
        bare: whether it may claim neither tag nor ciphertext, as general-ciphering alone may.
    """

    suite: SecuritySuite
    guard: Guard
    broadcast: bool = False
    compressed: bool = False
    bare: bool = False

    def check(self, control: SecurityControl) -> None:
        """Judge what an APDU claims.

        Raises:
            SecurityControlError: suite, key or compression have no place here.
            SecurityPolicyError: it is protected less than it must be.
        """
        if control.suite != self.suite:
            raise SecurityControlError(
                f"an APDU names the security suite {control.suite}, where {self.suite.value} is"
                " agreed upon",
                remedy="configure the suite that the meter uses",
            )
        if control.broadcast != self.broadcast:
            raise SecurityControlError(
                f"an APDU names the {_key_set(control.broadcast)} key, where the"
                f" {_key_set(self.broadcast)} key is agreed upon"
            )
        if control.compressed and not self.compressed:
            raise SecurityControlError("an APDU is compressed where none may be")
        self._check_guard(control)

    def _check_guard(self, control: SecurityControl) -> None:
        """Raise `SecurityPolicyError` unless control claims as much as the guard demands."""
        guard = self.guard
        if (guard.authenticated and not control.authenticated) or (
            guard.encrypted and not control.encrypted
        ):
            raise SecurityPolicyError(
                f"an APDU is {protection_words(control)}, where the security policy demands"
                f" {protection_words(guard)}",
                remedy="see security.answers in the configuration, and the meter's security policy",
            )
        if not (control.authenticated or control.encrypted or self.bare):
            raise SecurityControlError("a ciphered APDU claims neither a tag nor ciphertext")


def protection_words(guard: Guard | SecurityControl) -> str:
    """Return in words what it says of tag and ciphertext."""
    return _WORDS[guard.authenticated, guard.encrypted]


_WORDS = {
    (False, False): "unprotected",
    (True, False): "authenticated",
    (False, True): "encrypted",
    (True, True): "authenticated and encrypted",
}


def _key_set(broadcast: bool) -> str:  # noqa: FBT001  # the octet's own bit
    return "broadcast" if broadcast else "unicast"


def _guard(bits: int) -> Guard:
    return Guard(authenticated=bool(bits & 1), encrypted=bool(bits & 2), signed=bool(bits & 4))


def _bits(guard: Guard) -> int:
    return guard.authenticated | guard.encrypted << 1 | guard.signed << 2
