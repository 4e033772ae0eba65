"""The figures that the metrics page shows.

A child object of prometheus_client costs some 700 octets, which a thousand meters feel, so they are
plain integers and floats here. The event loop alone writes them, the page's thread reads them: each
is replaced by one store of the interpreter, so no lock is needed, and a scrape may at worst see a
poll's count a moment before its duration.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

POLL_RESULTS: Final = ("success", "partial", "no_answer", "failed")
"""Per meter; what is none of the first three is "failed", and its bus counts the reason."""

FAILURE_REASONS: Final = ("no_answer", "refused", "protocol", "port", "store", "internal")
"""Per bus: what kept polls from their end."""

DISCARD_REASONS: Final = ("noise", "header_check", "frame_check", "length", "truncated")
"""The reasons that data links give; others are counted as they come."""

DROP_REASONS: Final = ("size", "age", "too_large")
"""Why messages were let go: the outbox was full, they were old, or one was larger than allowed."""

POLL_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the histogram: from one register over TCP to a long profile at 300 baud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFigures:
    """How full the outbox is.

    Attributes:
        messages: how many wait for the broker's acknowledgement.
        octets: what they occupy, as the outbox's bound counts it.
        oldest_age: seconds since the oldest was appended; 0 while the outbox is empty.
    """

    messages: int
    octets: int
    oldest_age: float


@dataclass(slots=True, kw_only=True)
class MeterFigures:
    """One meter's; `polls` stands in the order of `POLL_RESULTS`."""

    up: bool = False
    last_success: float | None = None
    polls: list[int] = field(default_factory=lambda: [0] * len(POLL_RESULTS))


@dataclass(slots=True, kw_only=True)
class BusFigures:
    """One bus's; `durations` counts polls in the buckets of `POLL_SECONDS` and one beyond."""

    up: bool = False
    frames: dict[str, int] = field(default_factory=lambda: {"rx": 0, "tx": 0})
    discards: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DISCARD_REASONS, 0))
    failures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAILURE_REASONS, 0))
    retransmissions: int = 0
    durations: list[int] = field(default_factory=lambda: [0] * (len(POLL_SECONDS) + 1))
    duration_sum: float = 0.0
    meters: dict[str, MeterFigures] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Figures:
    """The whole daemon's.

    Attributes:
        outbox: gives the outbox's figures; None until there is an outbox.
    """

    version: str
    buses: dict[str, BusFigures] = field(default_factory=dict)
    outbox: Callable[[], OutboxFigures] | None = None
    drops: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DROP_REASONS, 0))
    published: int = 0
    broker_connected: bool = False
    frame_log_dropped_lines: int = 0
