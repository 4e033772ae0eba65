"""The steps by which names of OBIS codes are put together."""

from collections.abc import Mapping

NOT_USED = 255
"""Value group F of whatever belongs to no billing period, E of a whole group."""

_LAST_RATE = 63
LAST_STANDARD = 127

Entities = Mapping[tuple[int, int], str | Mapping[int, str]]
"""By C, D: names by E, or one name for all E, which then gets E's number unless that is 0."""


def entity(entities: Entities, c: int, d: int, e: int) -> str:
    """Return the name that a table has for C, D, E; "" where it has none."""
    found = entities.get((c, d), {})
    if not isinstance(found, str):
        return found.get(e, "")
    if e > LAST_STANDARD:
        return ""
    return join(found, str(e) if e else "")


def join(*parts: str) -> str:
    """Join what is not empty to one name."""
    return "_".join(part for part in parts if part)


def numbered(first: int, count: int, name: str) -> dict[int, str]:
    """Name `count` values of E from `first`; the names count from 1."""
    return {first + index: f"{name}_{index + 1}" for index in range(count)}


def listed(first: int, *names: str) -> dict[int, str]:
    """Number names from `first` on."""
    return dict(enumerate(names, first))


def rate_name(e: int) -> str | None:
    """Name value group E as a rate, "" for all of them; None where it is no rate."""
    if e > _LAST_RATE:
        return None
    return f"rate_{e}" if e else ""
