"""What a job is to the poller, whatever it reads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol, TypeVar

from dcud.collect.schedule import Schedule
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.exchange import Request
from dcud.reading import Reading
from dcud.store.rows import CursorMove

Answer = TypeVar("Answer")


class Reader(Protocol):
    """An open association with one meter."""

    @property
    def is_open(self) -> bool:
        """Whether a further request can be made."""
        ...

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        """Return the attribute's A-XDR octets, or the meter's refusal."""
        ...

    @property
    def list_limit(self) -> int:
        """How many attributes one request can ask for; 1 where the meter takes no lists."""
        ...

    async def get_many(
        self, attributes: Sequence[AttributeDescriptor]
    ) -> tuple[bytes | DataAccessResult, ...]:
        """Return the octets of several attributes, or the refusals, by one request."""
        ...


class Asker(Reader, Protocol):
    """An open association with one meter, over which anything can be asked."""

    async def ask(
        self, request: Request[Answer], *, progress: Callable[[int], None] | None = None
    ) -> Answer:
        """Make a request, once, and return the meter's answer."""
        ...


class Keep(Protocol):
    """Where readings go to be kept durably."""

    async def __call__(
        self, readings: Sequence[Reading], cursors: Sequence[CursorMove] = ()
    ) -> None:
        """Keep `readings` and move `cursors`, all or nothing; returns once they are durable."""
        ...


class MayGoOn(Protocol):
    """Who says whether a job has still its share of the bus."""

    def __call__(self) -> bool:
        """Tell whether a job may take its next step, or is to leave the bus to others."""
        ...


class JobOutcome(StrEnum):
    """How a job ended that came to its end."""

    SUCCESS = "success"
    PARTIAL = "partial"
    """Some values were refused by the meter; the reading says which."""
    UNFINISHED = "unfinished"
    """There is more to be had, for which others were to wait too long."""


class Priority(IntEnum):
    """What goes first of what is due on a bus."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a job is due, and how it ranks among the others of its bus.

    Attributes:
        deadline: seconds from its instant until it is to be done; None: until its next instant.
    """

    schedule: Schedule
    deadline: float | None = None
    priority: Priority = Priority.NORMAL

    def deadline_of(self, due: float) -> float:
        """Return until when the run that is due at `due` is to be done, unix seconds."""
        if self.deadline is None:
            return self.schedule.next_after(due)
        return due + self.deadline


class Job(Protocol):
    """One thing to ask of one meter, again and again."""

    @property
    def name(self) -> str:
        """The configured name."""
        ...

    @property
    def timing(self) -> Timing:
        """When the job is due."""
        ...

    async def run(self, reader: Asker, keep: Keep, now: datetime, may_go_on: MayGoOn) -> JobOutcome:
        """Ask, and keep the answers.

        Args:
            reader: the association.
            keep: where the answers go.
            now: aware UTC.
            may_go_on: asked before each further step of a job that has several; the first one may
                always be taken.

        Raises:
            DcudError: the job broke down; what it kept until then stays kept.
        """
        ...
