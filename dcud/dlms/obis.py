"""Logical names of COSEM objects: the six value groups of an OBIS code."""

import re
from dataclasses import dataclass
from typing import ClassVar, Self

from dcud.errors import DcudError

_FORMS = (
    re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})", re.ASCII),
    re.compile(r"(\d{1,3})-(\d{1,3}):(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:[*.](\d{1,3}))?", re.ASCII),
)
_HEX = re.compile(r"[0-9A-Fa-f]{12}")


class ObisSyntaxError(DcudError):
    """Text or octets that are no OBIS code."""

    code: ClassVar[str] = "obis"


@dataclass(frozen=True, slots=True, order=True)
class Obis:
    """A logical name; two are the same object only if all six octets agree.

    [IEC 62056-6-1: OBIS structure]

    Attributes:
        octets: the value groups A to F, an octet each.

    Raises:
        ObisSyntaxError: `octets` are not six.
    """

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ObisSyntaxError(f"an OBIS code has 6 octets, not {len(self.octets)}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code that `text` writes.

        Known are `1.0.1.8.0.255`, `1-0:1.8.0*255`, `1-0:1.8.0.255`, `1-0:1.8.0` (whose group F is
        255), and the twelve hexadecimal digits `0100010800FF`. A reduced code without its medium
        and channel (`1.8.0`) could mean several objects, so it is refused.

        Raises:
            ObisSyntaxError: `text` is none of these, or a group exceeds 255.
        """
        stripped = text.strip()
        if _HEX.fullmatch(stripped):
            return cls(bytes.fromhex(stripped))
        for form in _FORMS:
            if match := form.fullmatch(stripped):
                groups = [int(group) for group in match.groups(default="255")]
                if max(groups) <= 255:
                    return cls(bytes(groups))
        raise ObisSyntaxError(
            f"{text!r} is no OBIS code",
            remedy="write six numbers of 0..255 as in 1.0.1.8.0.255, or 1-0:1.8.0*255",
        )

    @property
    def a(self) -> int:
        """Return value group A, the medium: 0 abstract, 1 electricity, 7 gas, 8 cold water."""
        return self.octets[0]

    @property
    def b(self) -> int:
        """Return value group B, the channel."""
        return self.octets[1]

    @property
    def c(self) -> int:
        """Return value group C, the quantity."""
        return self.octets[2]

    @property
    def d(self) -> int:
        """Return value group D, how the quantity is processed."""
        return self.octets[3]

    @property
    def e(self) -> int:
        """Return value group E, mostly the tariff."""
        return self.octets[4]

    @property
    def f(self) -> int:
        """Return value group F, the billing period; 255 is the current one."""
        return self.octets[5]

    def __str__(self) -> str:
        """Return the six groups with dots between."""
        return ".".join(map(str, self.octets))
