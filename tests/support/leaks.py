"""The search for secrets in whatever came out of a program."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping

WINDOW = 6
"""Octets of the shortest part that is looked for in octets of which many are random.

With a thousand windows of random secrets, a part is found by chance in a million octets of
ciphertext, written in hex, once in some hundred thousand runs: 1e3 * 1e6 / 256**6.
"""
TEXT_WINDOW = 5
"""The same in what people read, where hardly anything is random but identifiers.

With four, a run in some hundreds finds a part by chance: 3e3 windows * 2e4 sequences / 256**4.
"""

_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_BASE64_OCTETS = 6
"""Of which a leak of 8 has three in a row that begin a group, whatever the alignment."""


class Leaks:
    """Knows secrets by every part of theirs.

    Args:
        secrets: octets by the name that a find is told with.
    """

    def __init__(self, secrets: Mapping[str, bytes]) -> None:
        self._secrets = {
            told: octets
            for name, secret in secrets.items()
            for told, octets in ((name, secret), (f"{name} backwards", secret[::-1]))
        }

    def find(self, output: bytes, window: int = WINDOW) -> set[str]:
        """Return the names of what is in there, each with the form that it stands in."""
        return {
            f"{name} ({form})"
            for form, patterns, seen in self._searches(output, window)
            for name in _found(patterns, seen)
        }

    def _searches(
        self, output: bytes, window: int
    ) -> Iterator[tuple[str, dict[bytes, str], bytes]]:
        """Give forms, the parts of the secrets in this form, and where to look for these."""
        parts = self._parts(window)
        yield "as it is", parts, output
        yield "escaped", parts, _ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()), output)
        in_hex = {part.hex().encode(): name for part, name in parts.items()}
        yield "hex", in_hex, output.lower().replace(b"0x", b"").translate(None, b" \t:-,_'\"|x\\")
        yield "hex", in_hex, output.lower()
        in_base64 = {
            base64.b64encode(part): name for part, name in self._parts(_BASE64_OCTETS).items()
        }
        yield "base64", in_base64, re.sub(rb"[\s*]|\\n", b"", output)
        yield "base64", in_base64, output.replace(b"-", b"+").replace(b"_", b"/")
        numbers = re.sub(rb"[\s,;]+", b" ", output)
        for part, name in self._parts(_BASE64_OCTETS).items():
            if b" ".join(b"%d" % octet for octet in part) in numbers:
                yield "numbers", {b"": name}, b""

    def _parts(self, window: int) -> dict[bytes, str]:
        return {
            octets[begin : begin + window]: name
            for name, octets in self._secrets.items()
            for begin in range(len(octets) - window + 1)
        }


def _found(patterns: dict[bytes, str], seen: bytes) -> Iterable[str]:
    if not patterns:
        return []
    size = len(next(iter(patterns)))
    windows = (seen[begin : begin + size] for begin in range(len(seen) - size + 1))
    return {patterns[window] for window in windows if window in patterns}
