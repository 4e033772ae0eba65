"""The values that go into the store or come out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxMessage:
    """A message to keep until the broker has acknowledged it.

    Attributes:
        message_id: the identity under which a replay is recognised.
        topic: where it is to be published.
        payload: what is to be published, verbatim.
        kind: what it tells; brokers may want some kinds only.
        meter: whom it is about; "" where it is the gateway.
    """

    message_id: str
    topic: str
    payload: bytes = field(repr=False)
    kind: str = "reading"
    meter: str = ""


@dataclass(frozen=True, slots=True)
class Uplink:
    """A broker, as far as the store must know it.

    Attributes:
        name: the configured one.
        kinds: of messages that it is to have; None for all.
    """

    name: str
    kinds: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A message as it waits in the outbox.

    Attributes:
        row_id: grows with every message stored, is never given twice.
        stored_at: seconds since 1970-01-01 UTC.
    """

    row_id: int
    message_id: str
    topic: str
    payload: bytes = field(repr=False)
    stored_at: float
    kind: str = "reading"
    meter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CursorMove:
    """How far an object of a meter has been read, to be stored with what was read.

    Attributes:
        meter: the configured meter id.
        key: names the job and the profile object; the store takes it as it comes.
        position: the capture time of the last entry stored, in the caller's own notation.
    """

    meter: str
    key: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCommand:
    """A request that was begun.

    Attributes:
        digest: of the request as it came.
        reply: what was answered; None where nothing was yet.
    """

    digest: bytes
    reply: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far an object of a meter has been read.

    Attributes:
        position: as the last `CursorMove` gave it.
        moved_at: seconds since 1970-01-01 UTC.
    """

    position: str
    moved_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxLimits:
    """What may wait at most; the oldest messages give way to newer ones.

    Attributes:
        max_bytes: octets of messages, each with its topic, ids and an allowance for its row.
        max_age_seconds: how long a message may wait.
    """

    max_bytes: int = 256 * 1024 * 1024
    max_age_seconds: float = 90 * 86_400.0

    def __post_init__(self) -> None:
        """Refuse limits under which nothing could be kept."""
        if self.max_bytes <= 0 or self.max_age_seconds <= 0:
            raise ValueError(f"the limits of an outbox are above zero: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of an append.

    Attributes:
        stored: messages that are new in the outbox.
        repeated: messages that were in it already and are not stored twice.
        dropped: messages that had to go, new ones and older ones, by reason: "age", "size",
            "too_large".
    """

    stored: int
    repeated: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStats:
    """The outbox as of the last commit.

    Attributes:
        depth: messages that wait.
        bytes: what they count for against the limit.
        oldest: when the first of them was stored, seconds since 1970-01-01 UTC; None if none waits.
        newest_row_id: the greatest row id ever given, 0 for none.
        waiting: messages that wait for each broker, by its name.
        parked: messages that a broker refused again and again, by its name.
        dropped: messages dropped since the database began, by reason.
    """

    depth: int
    bytes: int
    oldest: float | None
    newest_row_id: int
    dropped: Mapping[str, int]
    waiting: Mapping[str, int] = field(default_factory=dict)
    parked: Mapping[str, int] = field(default_factory=dict)
