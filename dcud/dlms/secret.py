"""Octets that must never be shown."""

from typing import NoReturn


class Secret:
    """A password or key, kept out of every `repr`, log line and error text.

    `octets` is the one way to the value; whoever calls it answers for where it goes. A secret can't
    be pickled, nor taken apart as dataclasses can. It never changes.
    """

    __slots__ = ("_octets",)
    __match_args__ = ()

    _octets: bytes

    def __init__(self, octets: bytes) -> None:
        object.__setattr__(self, "_octets", octets)

    @property
    def octets(self) -> bytes:
        """Return the value."""
        return self._octets

    def __repr__(self) -> str:
        return "Secret()"

    def __eq__(self, other: object) -> bool:
        """Compare in a time that tells nothing but the length."""
        if not isinstance(other, Secret):
            return NotImplemented
        from hmac import compare_digest  # noqa: PLC0415  # start-up: it loads OpenSSL

        return compare_digest(self._octets, other._octets)

    def __hash__(self) -> int:
        """Return a hash that is keyed at random in each process, as Python hashes all octets."""
        return hash((Secret, self._octets))

    def __setattr__(self, name: str, _value: object) -> NoReturn:
        raise AttributeError(f"a secret never changes, nor does its {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a secret never changes, nor does its {name}")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, _memo: object) -> "Secret":
        return self

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError("a secret can't be pickled")
