"""A meter for the collect room's tests: a table of answers, without a line."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.exchange import Request
from dcud.dlms.obis import Obis
from dcud.reading import Reading
from dcud.store.rows import CursorMove

Asked = TypeVar("Asked")

Answer = Data | bytes | DataAccessResult | Exception


def always() -> bool:
    """Let a job go on; see `dcud.collect.job.MayGoOn`."""
    return True


def attribute(text: str) -> AttributeDescriptor:
    """Return the descriptor that "3/1.0.1.8.0.255/2" writes."""
    class_id, logical_name, index = text.split("/")
    return AttributeDescriptor(int(class_id), Obis.parse(logical_name), int(index))


class FakeReader:
    """Answers from a table; notes what it was asked."""

    def __init__(
        self,
        answers: Mapping[str, Answer],
        select: Callable[[str, Selection | None], Answer] | None = None,
        *,
        list_limit: int = 1,
        list_error: Exception | None = None,
    ) -> None:
        self.answers = answers
        self.select = select
        self.list_limit = list_limit
        self.list_error = list_error
        self.lists: list[list[str]] = []
        self.asked: list[str] = []
        self.selections: list[Selection | None] = []
        self.is_open = True

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        self.asked.append(str(attribute))
        self.selections.append(selection)
        return self._answer(attribute, selection, progress)

    async def get_many(
        self, attributes: Sequence[AttributeDescriptor]
    ) -> tuple[bytes | DataAccessResult, ...]:
        self.lists.append([str(attribute) for attribute in attributes])
        if self.list_error is not None:
            self.is_open = not isinstance(self.list_error, NoAnswerError)
            raise self.list_error
        return tuple([self._answer(each, None, None) for each in attributes])

    async def ask(
        self, request: Request[Asked], *, progress: Callable[[int], None] | None = None
    ) -> Asked:
        raise AssertionError(request)

    def _answer(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None,
        progress: Callable[[int], None] | None,
    ) -> bytes | DataAccessResult:
        answer = self.answers.get(str(attribute), DataAccessResult.OBJECT_UNDEFINED)
        if self.select is not None and selection is not None:
            answer = self.select(str(attribute), selection)
        if isinstance(answer, Exception):
            if isinstance(answer, NoAnswerError):
                self.is_open = False
            raise answer
        if progress is not None:
            progress(0)
        return encode_data(answer) if isinstance(answer, Data) else answer

    @asynccontextmanager
    async def associate(self) -> AsyncIterator["FakeReader"]:
        yield self


class Kept:
    """Takes what is to be kept."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.cursors: list[CursorMove] = []
        self.calls = 0

    async def __call__(
        self, readings: Sequence[Reading], cursors: Sequence[CursorMove] = ()
    ) -> None:
        self.calls += 1
        self.readings.extend(readings)
        self.cursors.extend(cursors)
