"""Durations and sizes as people write them."""

import math
import re

DURATION_UNITS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
"""Seconds by unit."""

SIZE_UNITS = {
    "B": 1,
    "kB": 1000,
    "KiB": 1 << 10,
    "MB": 1000_000,
    "MiB": 1 << 20,
    "GB": 1000_000_000,
    "GiB": 1 << 30,
}
"""Octets by unit."""

_PART = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*([A-Za-z]+)\s*", re.ASCII)


class QuantityError(ValueError):
    """A text that is no quantity."""


def parse_duration(text: str) -> float:
    """Return the seconds that `text` means: "15 min", "1 h 30 min", "500 ms".

    Raises:
        QuantityError: `text` is no duration.
    """
    return math.fsum(number * DURATION_UNITS[unit] for number, unit in _parts(text, DURATION_UNITS))


def parse_size(text: str) -> int:
    """Return the octets that `text` means: "64 MiB", "1.5 GiB".

    Raises:
        QuantityError: `text` is no size.
    """
    return round(sum(number * SIZE_UNITS[unit] for number, unit in _parts(text, SIZE_UNITS)))


def format_duration(seconds: float) -> str:
    """Return the shortest writing of `seconds` that `parse_duration` takes back exactly."""
    for unit, factor in sorted(DURATION_UNITS.items(), key=lambda item: -item[1]):
        count = round(seconds / factor)
        if count and math.isclose(count * factor, seconds, rel_tol=1e-12):
            return f"{count} {unit}"
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + " s"


def format_size(octets: int) -> str:
    """Return the shortest writing of `octets` in binary units."""
    for unit in ("GiB", "MiB", "KiB"):
        count, rest = divmod(octets, SIZE_UNITS[unit])
        if count and not rest:
            return f"{count} {unit}"
    return f"{octets} B"


def _parts(text: str, units: dict[str, float] | dict[str, int]) -> list[tuple[float, str]]:
    parts = []
    position = 0
    stripped = text.strip()
    while position < len(stripped):
        match = _PART.match(stripped, position)
        if match is None or match[2] not in units:
            raise QuantityError(text)
        parts.append((float(match[1]), match[2]))
        position = match.end()
    if not parts:
        raise QuantityError(text)
    return parts
