import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from dcud.collect.job import Reader
from dcud.collect.secured_meter import Associate, SecuredMeter, Ways
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.constructors import boolean, double_long, double_long_unsigned, octet_string
from dcud.dlms.errors import (
    AssociationRejectedError,
    CounterRejectedError,
    CountersSpentError,
    NoAnswerError,
    ReplayError,
    SecurityError,
)
from dcud.dlms.obis import Obis
from dcud.errors import DcudError
from tests.support.scripted_reader import Said, ScriptedReader

FRAME_COUNTER = AttributeDescriptor(1, Obis.parse("0.0.43.1.0.255"), 2)
REJECTED = AssociationRejectedError("no", result=1, source="acse-service-user", diagnostic=13)


class Counters:
    """Counters that keep a diary."""

    def __init__(self, diary: list[str], *, known: bool = True, ahead: int = 1000) -> None:
        self.diary = diary
        self.known = known
        self.ahead = ahead
        self.too_far = 1_000_000

    async def load(self) -> bool:
        self.diary.append("load")
        return self.known

    async def rebase(self, shown: int) -> bool:
        self.diary.append(f"rebase {shown}")
        self.known = True
        return shown >= self.ahead

    async def follow(self, expected: int) -> None:
        if expected > self.too_far:
            raise CountersSpentError("too far")
        self.diary.append(f"follow {expected}")
        self.known = True

    async def settle(self) -> None:
        self.diary.append("settle")


class World:
    """A meter, and everything that is told of it."""

    def __init__(self, *, known: bool = True) -> None:
        self.diary: list[str] = []
        self.reported: list[SecurityError] = []
        self.counters = Counters(self.diary, known=known)

    def way(
        self, name: str, *errors: DcudError | None, said: Said | None = None
    ) -> Associate[Reader]:
        """Return a way that fails with each of `errors` in turn, and then works."""
        results: Iterator[DcudError | None] = iter(errors)

        @asynccontextmanager
        async def associate() -> AsyncIterator[Reader]:
            self.diary.append(name)
            error = next(results, None)
            if error is not None:
                raise error
            yield ScriptedReader({} if said is None else {str(FRAME_COUNTER): said})
            self.diary.append(f"end {name}")

        return associate

    def meter(
        self,
        secured: Associate[Reader],
        public: Associate[Reader] | None = None,
        probe: Associate[Reader] | None = None,
    ) -> SecuredMeter[Reader]:
        ways = Ways(
            secured=secured,
            public=public,
            frame_counter=FRAME_COUNTER if public else None,
            probe=probe,
        )
        return SecuredMeter("m1", ways, self.counters, self.reported.append)

    async def read(self, meter: SecuredMeter[Reader], error: DcudError | None = None) -> list[str]:
        """Open an association, have `error` happen in it, and return what happened until then."""
        self.diary.clear()
        async with meter.associate() as reader:
            assert reader.is_open
            if error is not None:
                raise error
        return self.diary


def rejected(expected: int | None) -> CounterRejectedError:
    return CounterRejectedError("too low", expected=expected)


async def test_what_is_known_is_used() -> None:
    world = World()
    meter = world.meter(world.way("secured"))
    assert await world.read(meter) == ["load", "secured", "settle", "end secured", "settle"]


async def test_the_frame_counter_is_compared_once_after_the_start() -> None:
    world = World()
    meter = world.meter(world.way("secured"), world.way("public", said=double_long_unsigned(999)))
    assert await world.read(meter) == [
        *("load", "public", "end public", "rebase 999", "load"),
        *("secured", "settle", "end secured", "settle"),
    ]
    assert await world.read(meter) == ["load", "secured", "settle", "end secured", "settle"]
    assert world.reported == []


async def test_a_meter_that_is_ahead_of_us_is_reported() -> None:
    world = World()
    shown = double_long_unsigned(1000)
    await world.read(world.meter(world.way("secured"), world.way("public", said=shown)))
    assert "rebase 1000" in world.diary
    [error] = world.reported
    assert "restored from a backup" in str(error)


async def test_what_is_unknown_comes_from_the_frame_counter() -> None:
    world = World(known=False)
    shown = double_long_unsigned(1000)
    await world.read(world.meter(world.way("secured"), world.way("public", said=shown)))
    assert world.diary[:5] == ["load", "public", "end public", "rebase 1000", "load"]
    assert world.reported == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (DataAccessResult.OBJECT_UNDEFINED, "object-undefined"),
        (octet_string(b"12"), "it is no number"),
        (boolean(True), "it is no number"),
        (double_long(-1), "it is no number"),
        (REJECTED, "no"),
    ],
)
async def test_a_check_that_the_meter_fails_to_give_stops_nothing(
    said: Said, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    meter = world.meter(world.way("secured"), world.way("public", said=said))
    with caplog.at_level(logging.WARNING):
        assert "secured" in await world.read(meter)
        assert "public" not in await world.read(meter)
    assert caplog.messages == [f"meter m1: shows no frame counter: {reason}"]


async def test_a_silent_meter_is_not_asked_twice() -> None:
    world = World()
    meter = world.meter(world.way("secured"), world.way("public", NoAnswerError("silent")))
    with pytest.raises(NoAnswerError):
        await world.read(meter)
    assert world.diary == ["load", "public"]
    assert "public" in await world.read(meter)


async def test_what_is_unknown_and_not_to_be_asked_for_stays_so() -> None:
    world = World(known=False)
    meter = world.meter(world.way("secured"), world.way("public", REJECTED))
    with pytest.raises(AssociationRejectedError):
        await world.read(meter)


async def test_without_a_frame_counter_the_meter_is_made_to_name_what_it_expects() -> None:
    world = World(known=False)
    meter = world.meter(world.way("secured"), probe=world.way("probe", rejected(77)))
    assert await world.read(meter) == [
        *("load", "probe", "follow 77", "load"),
        *("secured", "settle", "end secured", "settle"),
    ]


async def test_the_frame_counter_that_is_not_shown_leaves_the_probe() -> None:
    world = World(known=False)
    meter = world.meter(
        world.way("secured"),
        world.way("public", said=DataAccessResult.READ_WRITE_DENIED),
        world.way("probe", rejected(77)),
    )
    assert "follow 77" in await world.read(meter)


@pytest.mark.parametrize("answer", [rejected(None), REJECTED, None])
async def test_a_probe_without_a_hint_is_refused_with_the_remedy(answer: DcudError | None) -> None:
    world = World(known=False)
    meter = world.meter(world.way("secured"), probe=world.way("probe", answer))
    with pytest.raises(CountersSpentError, match="dcud keys counter m1 --from NUMBER"):
        await world.read(meter)
    assert "secured" not in world.diary
    assert [error.code for error in world.reported] == ["counters_spent"]


async def test_a_probe_that_nobody_answers_is_silence() -> None:
    world = World(known=False)
    meter = world.meter(world.way("secured"), probe=world.way("probe", NoAnswerError("silent")))
    with pytest.raises(NoAnswerError):
        await world.read(meter)


async def test_without_any_way_the_remedy_is_told() -> None:
    world = World(known=False)
    with pytest.raises(CountersSpentError, match=r"security\.frame_counter"):
        await world.read(world.meter(world.way("secured")))


async def test_a_hint_is_followed_and_the_association_tried_once_more() -> None:
    world = World()
    meter = world.meter(world.way("secured", rejected(5000)))
    assert await world.read(meter) == [
        *("load", "secured", "follow 5000"),
        *("secured", "settle", "end secured", "settle"),
    ]


async def test_a_hint_is_followed_once() -> None:
    world = World()
    meter = world.meter(world.way("secured", rejected(5000), rejected(6000)))
    with pytest.raises(CounterRejectedError):
        await world.read(meter)
    assert world.diary == ["load", "secured", "follow 5000", "secured", "settle", "follow 6000"]


async def test_a_hint_too_far_is_not_followed() -> None:
    world = World()
    meter = world.meter(world.way("secured", rejected(0xFFFF_FFF0)))
    with pytest.raises(CountersSpentError, match="too far"):
        await world.read(meter)
    assert [error.code for error in world.reported] == ["counters_spent"]


async def test_a_rejection_without_a_hint_is_what_it_is() -> None:
    world = World()
    with pytest.raises(CounterRejectedError):
        await world.read(world.meter(world.way("secured", rejected(None))))
    assert world.diary == ["load", "secured", "settle"]


async def test_a_hint_in_the_middle_serves_the_next_association() -> None:
    world = World()
    meter = world.meter(world.way("secured"))
    with pytest.raises(CounterRejectedError):
        await world.read(meter, rejected(5000))
    assert world.diary == ["load", "secured", "settle", "settle", "follow 5000"]


async def test_what_is_not_trusted_is_reported_and_the_meters_counter_settled() -> None:
    world = World()
    error = ReplayError("old", counter=1, floor=2)
    with pytest.raises(ReplayError):
        await world.read(world.meter(world.way("secured")), error)
    assert world.reported == [error]
    assert world.diary == ["load", "secured", "settle", "settle"]
