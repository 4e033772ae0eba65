"""What a job is to the poller, whatever it reads."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dcud.collect.schedule import Alignment
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.reading import Reading
from dcud.store.rows import CursorMove


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


class Keep(Protocol):
    """Where readings go to be kept durably."""

    async def __call__(self, readings: Sequence[Reading], cursor: CursorMove | None) -> None:
        """Keep `readings` and move `cursor`, both or neither; returns once they are durable."""
        ...


class JobOutcome(StrEnum):
    """How a job ended that came to its end."""

    SUCCESS = "success"
    PARTIAL = "partial"
    """Some values were refused by the meter; the reading says which."""


class Job(Protocol):
    """One thing to ask of one meter, again and again."""

    @property
    def name(self) -> str:
        """The configured name."""
        ...

    @property
    def alignment(self) -> Alignment:
        """When the job is due."""
        ...

    async def run(self, reader: Reader, keep: Keep, now: datetime) -> JobOutcome:
        """Ask, and keep the answers; `now` is aware UTC.

        Raises:
            DcudError: the job broke down; what it kept until then stays kept.
        """
        ...
