from collections.abc import Sequence

import pytest

from dcud.collect.lists import ListMemory, prefetch
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.constructors import unsigned
from dcud.dlms.errors import BlockTransferError, NoAnswerError
from tests.support.fake_meter import FakeReader, attribute

A, B, C = (attribute(f"1/0.0.96.1.{n}.255/2") for n in range(3))
SILENCE = NoAnswerError("silence")
REFUSAL = BlockTransferError("the list is too long")


def meter(limit: int = 10, error: Exception | None = None) -> FakeReader:
    answers = {str(each): unsigned(n) for n, each in enumerate((A, B, C))}
    return FakeReader(answers, list_limit=limit, list_error=error)


async def told(
    reader: FakeReader, memory: ListMemory, wanted: Sequence[AttributeDescriptor] = (A, B, C)
) -> list[bytes | DataAccessResult]:
    found = await prefetch(reader, wanted, memory)
    return [await found.get(each) for each in wanted]


VALUES = [b"\x11\x00", b"\x11\x01", b"\x11\x02"]


async def test_all_are_asked_for_at_once() -> None:
    reader = meter()
    assert await told(reader, ListMemory()) == VALUES
    assert reader.lists == [[str(A), str(B), str(C)]]
    assert reader.asked == []


@pytest.mark.parametrize(
    ("limit", "longest", "lists", "single"),
    [
        (2, 20, [[A, B]], [C]),
        (10, 2, [[A, B]], [C]),
        (1, 20, [], [A, B, C]),
        (10, 1, [], [A, B, C]),
    ],
)
async def test_no_more_than_the_meter_takes(
    limit: int, longest: int, lists: list[list[object]], single: list[object]
) -> None:
    reader = meter(limit)
    assert await told(reader, ListMemory(longest=longest)) == VALUES
    assert reader.lists == [[str(each) for each in batch] for batch in lists]
    assert reader.asked == [str(each) for each in single]


async def test_each_is_asked_for_and_given_once() -> None:
    reader = meter()
    found = await prefetch(reader, (A, B, A), ListMemory())
    assert reader.lists == [[str(A), str(B)]]
    await found.get(A)
    await found.get(A)
    assert reader.asked == [str(A)]


async def test_a_part_is_asked_for_by_itself() -> None:
    reader = meter()
    found = await prefetch(reader, (A, B), ListMemory())
    await found.get(A, Selection(1, unsigned(1)))
    assert reader.asked == [str(A)]


async def test_a_list_that_is_refused_is_shorter_next_time() -> None:
    memory = ListMemory()
    reader = meter(error=REFUSAL)
    assert await told(reader, memory) == VALUES
    assert reader.asked == [str(A), str(B), str(C)]
    assert memory.longest == 1


async def test_what_all_are_refused_is_asked_singly() -> None:
    memory = ListMemory()
    reader = FakeReader({}, list_limit=10)
    assert await told(reader, memory) == [DataAccessResult.OBJECT_UNDEFINED] * 3
    assert len(reader.asked) == 3
    assert memory.longest == 1


async def test_silence_ends_the_association_and_twice_the_lists() -> None:
    memory = ListMemory()
    for longest in (20, 1):
        with pytest.raises(NoAnswerError):
            await told(meter(error=SILENCE), memory)
        assert memory.longest == longest
    assert await told(meter(error=SILENCE), memory) == VALUES


async def test_a_list_in_between_that_comes_through_forgives() -> None:
    memory = ListMemory(lost=1)
    await told(meter(), memory)
    assert memory.lost == 0


async def test_what_is_there_already_is_an_association_as_well() -> None:
    reader = meter(7)
    found = await prefetch(reader, (A, B), ListMemory())
    assert found.is_open
    assert found.list_limit == 7
    assert await found.get_many((B, C)) == (b"\x11\x01", b"\x11\x02")
