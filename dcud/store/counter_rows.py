"""The values that go into the counter store or come out of it."""

from dataclasses import dataclass
from enum import Enum

COUNTER_END = 0xFFFFFFFF
"""The first counter that is never used; whoever reaches it needs a new key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Counters that the one who asked may use, and nobody else ever.

    Attributes:
        first: the first of them.
        count: how many; less than asked for where the end is near.
        remaining: how many can be reserved after these.
    """

    first: int
    count: int
    remaining: int


class Refusal(Enum):
    """Why no counter can be reserved."""

    UNKNOWN = "unknown"
    """Nothing is known of that key under that system title."""
    UNTRUSTED = "untrusted"
    """The database was put back from a backup: counters may have been used that it doesn't know."""
    EXHAUSTED = "exhausted"
    """All are used; the key must be replaced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRecord:
    """What is known of our counter under a key and a client system title.

    Attributes:
        fingerprint: names the key.
        title: the client system title, 8 octets.
        next: the first counter that nobody has been given.
        trusted: whether counters may be reserved.
        reserved_at: when it last changed, seconds since 1970-01-01 UTC.
    """

    fingerprint: str
    title: bytes
    next: int
    trusted: bool
    reserved_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorKey:
    """Names one of a meter's counters.

    Attributes:
        meter: the configured meter id.
        fingerprint: names the key.
        title: the server system title, 8 octets.
        which: tells the counters under one key apart; the store takes it as it comes.
    """

    meter: str
    fingerprint: str
    title: bytes
    which: str
