"""Attributes asked for together, as many at once as the meter takes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dcud.collect.job import Reader
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.errors import ProtocolError

LONGEST = 20
"""Attributes that most meters give at once."""


@dataclass(slots=True, kw_only=True, eq=False)
class ListMemory:
    """What has been learned of how long a list of attributes one meter takes.

    Attributes:
        longest: attributes asked for at once at most; 1 where it takes no lists.
        lost: associations in a row that were lost over a list.
    """

    longest: int = LONGEST
    lost: int = 0

    def failed(self, length: int) -> None:
        """Take note that the meter refused a list of this length as a whole."""
        self.longest = max(1, length // 2)

    def fell_silent(self) -> None:
        """Take note that an association was lost over a list.

        [field: meters that fall silent over a list] Once may be the line; twice is the list.
        """
        self.lost += 1
        if self.lost > 1:
            self.longest = 1


class Prefetched:
    """An open association of which some answers are there already; each is given once.

    Args:
        reader: asked for everything else.
        answers: as the meter gave them.
    """

    def __init__(
        self, reader: Reader, answers: dict[AttributeDescriptor, bytes | DataAccessResult]
    ) -> None:
        self._reader = reader
        self._answers = answers

    @property
    def is_open(self) -> bool:
        """Whether a further request can be made."""
        return self._reader.is_open

    @property
    def list_limit(self) -> int:
        """How many attributes one request can ask for."""
        return self._reader.list_limit

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        """Return the answer that is there, or ask for it."""
        if selection is None and attribute in self._answers:
            return self._answers.pop(attribute)
        return await self._reader.get(attribute, selection, progress=progress)

    async def get_many(
        self, attributes: Sequence[AttributeDescriptor]
    ) -> tuple[bytes | DataAccessResult, ...]:
        """Ask for several attributes with one request."""
        return await self._reader.get_many(attributes)


async def prefetch(
    reader: Reader, attributes: Iterable[AttributeDescriptor], memory: ListMemory
) -> Reader:
    """Ask for attributes with the fewest requests; what a list can't bring is asked for by itself.

    Raises:
        ProtocolError: the association is lost.
    """
    wanted = list(dict.fromkeys(attributes))
    answers: dict[AttributeDescriptor, bytes | DataAccessResult] = {}
    length = min(reader.list_limit, memory.longest)
    if length < 2:
        return reader
    for start in range(0, len(wanted), length):
        batch = wanted[start : start + length]
        if len(batch) > 1:
            values = await _asked(reader, batch, memory)
            answers.update(zip(batch, values, strict=True) if values else ())
        if memory.longest < length:
            break  # it takes fewer; the next time they are asked for so
    return Prefetched(reader, answers)


async def _asked(
    reader: Reader, batch: Sequence[AttributeDescriptor], memory: ListMemory
) -> tuple[bytes | DataAccessResult, ...]:
    """Return the values; none where the list was refused as a whole."""
    try:
        values = await reader.get_many(batch)
    except ProtocolError:
        if not reader.is_open:
            memory.fell_silent()
            raise
        memory.failed(len(batch))
        return ()
    memory.lost = 0
    if len(set(values)) == 1 and isinstance(values[0], DataAccessResult):
        memory.failed(len(batch))  # the list or each of them, which only asking singly tells
        return ()
    return values
