"""The figures that the metrics page shows.

A child object of prometheus_client costs some 700 octets, which a thousand meters feel, so they are
plain integers and floats here. The event loop alone writes them, the page's thread reads them: each
is replaced by one store of the interpreter, so no lock is needed, and a scrape may at worst see a
poll's count a moment before its duration.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

POLL_RESULTS: Final = ("success", "partial", "no_answer", "failed")
"""Per meter; what is none of the first three is "failed", and its bus counts the reason."""

FAILURE_REASONS: Final = (
    "no_answer",
    "refused",
    "protocol",
    "security",
    "port",
    "store",
    "internal",
)
"""Per bus: what kept polls from their end."""

DISCARD_REASONS: Final = ("noise", "header_check", "frame_check", "length", "truncated")
"""The reasons that data links give; others are counted as they come."""

TRANSPORTS: Final = ("tcp", "udp")
"""By which meters push."""

DROP_REASONS: Final = ("size", "age", "too_large")
"""Why messages were let go: the outbox was full, they were old, or one was larger than allowed."""

POLL_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper bounds of the histogram: from one register over TCP to a long profile at 300 baud."""


ANSWER_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Upper bounds of the histogram: from a meter on the bench to one at the end of a power line."""


@dataclass(slots=True)
class BrokerFigures:
    """How a broker does.

    Attributes:
        connected: whether it accepted us and the connection stands.
        published: messages that it acknowledged.
    """

    connected: bool = False
    published: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxFigures:
    """How full the outbox is.

    Attributes:
        messages: how many wait for the broker's acknowledgement.
        octets: what they occupy, as the outbox's bound counts it.
        limit: that bound.
        oldest_age: seconds since the oldest was appended; 0 while the outbox is empty.
        waiting: messages that wait for each broker, by its name.
        parked: messages that a broker refused again and again, by its name.
    """

    messages: int
    octets: int
    limit: int
    oldest_age: float
    waiting: Mapping[str, int] = field(default_factory=dict)
    parked: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class MeterFigures:
    """One meter's.

    Attributes:
        polls: in the order of `POLL_RESULTS`.
        refusals: what was not trusted, by the code of the reason.
        counters_left: invocation counters left under its keys; None without security.
        captures_missing: by job, those of profiles that are known to be missing.
        clock_offset: seconds by which its clock is ahead; None where nobody compares it.
    """

    up: bool = False
    last_success: float | None = None
    polls: list[int] = field(default_factory=lambda: [0] * len(POLL_RESULTS))
    refusals: dict[str, int] = field(default_factory=dict)
    counters_left: int | None = None
    captures_missing: dict[str, int] = field(default_factory=dict)
    clock_offset: float | None = None


@dataclass(slots=True, kw_only=True)
class Histogram:
    """Seconds, counted in the buckets below each of some bounds and in one beyond."""

    buckets: list[int]
    total: float = 0.0

    @classmethod
    def below(cls, bounds: tuple[float, ...]) -> "Histogram":
        """Return one with nothing in it."""
        return cls(buckets=[0] * (len(bounds) + 1))


@dataclass(slots=True, kw_only=True)
class BusFigures:
    """One bus's.

    Attributes:
        polls: in the buckets of `POLL_SECONDS`.
        answers: in the buckets of `ANSWER_SECONDS`.
        busy: seconds for which meters had the bus, up to the last time that one gave it back; and
            since when, on the clock of the figures, one has it.
        lags: by job, seconds from its instant to the begin of its last run.
        late_runs: by job, those that were done after their deadline.
        left_out_runs: by job, instants that went by without a run of their own.
        gaps_given_up: stretches of profiles that could not be had.
    """

    up: bool = False
    frames: dict[str, int] = field(default_factory=lambda: {"rx": 0, "tx": 0})
    discards: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DISCARD_REASONS, 0))
    failures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FAILURE_REASONS, 0))
    retransmissions: int = 0
    polls: Histogram = field(default_factory=lambda: Histogram.below(POLL_SECONDS))
    answers: Histogram = field(default_factory=lambda: Histogram.below(ANSWER_SECONDS))
    busy: tuple[float, float | None] = (0.0, None)
    lags: dict[str, float] = field(default_factory=dict)
    late_runs: dict[str, int] = field(default_factory=dict)
    left_out_runs: dict[str, int] = field(default_factory=dict)
    gaps_given_up: int = 0
    meters: dict[str, MeterFigures] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Figures:
    """The whole daemon's.

    Attributes:
        clock: monotonic seconds.
        outbox: gives the outbox's figures; None until there is an outbox.
        tasks: gives how many tasks the event loop has.
        pushes: by transport.
        push_refusals: by transport and reason.
        commands: by verb and outcome.
        config_taken_at: unix seconds at which the configuration was taken by which it runs.
        key_file_problems: what is wrong with key files now.
        certificates: by whose they are and what for, unix seconds until which they hold.
    """

    version: str
    clock: Callable[[], float] = time.monotonic
    buses: dict[str, BusFigures] = field(default_factory=dict)
    outbox: Callable[[], OutboxFigures] | None = None
    tasks: Callable[[], int] = lambda: 0
    drops: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DROP_REASONS, 0))
    brokers: dict[str, BrokerFigures] = field(default_factory=dict)
    frame_log_dropped_lines: int = 0
    config_successful: bool = True
    pushes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TRANSPORTS, 0))
    push_refusals: dict[tuple[str, str], int] = field(default_factory=dict)
    push_connections: int = 0
    commands: dict[tuple[str, str], int] = field(default_factory=dict)
    config_taken_at: float = 0.0
    key_file_problems: int = 0
    certificates: Mapping[tuple[str, str], float] = field(default_factory=dict)
