"""The job that looks whether a meter has other objects than it had."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from dcud.collect.clock_moves import Position
from dcud.collect.job import JobOutcome, Keep, MayGoOn, Reader, Timing
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.collect.register_job import Item
from dcud.collect.values import plain
from dcud.cosem.association_view import ASSOCIATION_LN, decode_object_list
from dcud.cosem.short_names import decode_named_objects
from dcud.dlms.access import DataAccessResult
from dcud.dlms.refusal_causes import explain_result
from dcud.errors import DcudError
from dcud.store.rows import CursorMove


class ObjectListRefusedError(DcudError):
    """The meter doesn't tell which objects it has."""

    code: ClassVar[str] = "object_list_refused"
    retryable: ClassVar[bool] = True


class ObjectsObserver(Protocol):
    """Who wants to know that a meter has other objects."""

    def objects_changed(
        self, bus: str, meter: str, new: Sequence[str], gone: Sequence[str]
    ) -> None:
        """These objects are new or gone, each as "class id/OBIS code", with "v1" for a version."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a meter was found to have.

    Attributes:
        versions: the values that were read first, as text; "" where none are.
        objects: as the observer is told of them, sorted.
    """

    versions: str
    objects: tuple[str, ...]

    def to_text(self) -> str:
        return json.dumps([self.versions, *self.objects], separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> "_Seen":
        versions, *objects = json.loads(text)
        return cls(versions=versions, objects=tuple(objects))


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectsJob:
    """Reads the list of a meter's objects, and compares it with the one of before.

    Where it is another, all that was learned of the objects is forgotten, and asked anew.

    Attributes:
        versions: read first; while they are as they were, the list is taken to be as it was.
        position: gives what was kept of the meter before.
        observer: learns of what has changed.
    """

    name: str
    timing: Timing
    versions: Sequence[Item]
    memory: MeterMemory
    position: Position
    observer: ObjectsObserver

    async def run(
        self,
        reader: Reader,
        keep: Keep,
        now: datetime,  # noqa: ARG002  # nothing is published with it
        may_go_on: MayGoOn,  # noqa: ARG002  # it has but one step
    ) -> JobOutcome:
        """Read what is needed to know; see `Job.run`."""
        kept = await self.position(self.memory.meter, self._key)
        before = None if kept is None else _Seen.from_text(kept.position)
        versions = await self._versions(reader)
        if before is not None and versions and versions == before.versions:
            return JobOutcome.SUCCESS
        seen = _Seen(versions=versions, objects=await self._objects(reader))
        if before is not None and before.objects != seen.objects:
            self._tell(set(before.objects), set(seen.objects))
        if seen != before:
            move = CursorMove(meter=self.memory.meter, key=self._key, position=seen.to_text())
            await keep((), (move,))
        return JobOutcome.SUCCESS

    @property
    def _key(self) -> str:
        return f"{self.name}/objects"

    def _tell(self, before: set[str], now: set[str]) -> None:
        self.memory.forget()
        self.observer.objects_changed(
            self.memory.bus, self.memory.meter, sorted(now - before), sorted(before - now)
        )

    async def _versions(self, reader: Reader) -> str:
        answers = [await get_data(reader, item.attribute) for item in self.versions]
        given = [
            answer.words if isinstance(answer, DataAccessResult) else str(plain(answer))
            for answer in answers
        ]
        return json.dumps(given) if given else ""

    async def _objects(self, reader: Reader) -> tuple[str, ...]:
        object_list = self.memory.object_list
        answer = await reader.get(object_list)
        if isinstance(answer, DataAccessResult):
            raise ObjectListRefusedError(
                f"the list of objects, {object_list}: {answer.words}",
                remedy=explain_result(answer).remedy,
            )
        by_names = object_list.class_id == ASSOCIATION_LN
        listed = decode_object_list(answer) if by_names else decode_named_objects(answer)
        return tuple(
            sorted({f"{each.class_id}/{each.logical_name} v{each.version}" for each in listed})
        )
