from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dcud.collect import clock_moves
from dcud.collect.alignment import Alignment
from dcud.collect.capture_periods import CapturePeriods
from dcud.collect.clock_discipline import Discipline, Limits, Offset
from dcud.collect.clock_job import ClockJob
from dcud.collect.clock_observer import ClockChange
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.kernel_clock import NotSynchronised, Synchronised, SystemClock
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.postponed import Postponed
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.obis import Obis
from dcud.reading import Quantity
from dcud.store.rows import Cursor
from tests.support.fake_meter import Kept, always
from tests.support.moving_clock import ClockMeter, World

SEVEN_PAST = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)
LOAD_PROFILE = Obis.parse("1.0.99.1.0.255")
LIMITS = Limits(
    discipline=Discipline.SET,
    tolerance=5.0,
    max_shift=60.0,
    max_set=3600.0,
    changes_a_day=2,
    windows=(),
    zone=UTC,
    across_captures=False,
)


class Site(Kept):
    """Keeps what is kept, hands it back, notes what is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.texts: list[str] = []
        self.offsets: list[Offset] = []
        self.changes: list[ClockChange] = []
        self.system: SystemClock = Synchronised(0.01)

    async def position(self, meter: str, key: str) -> Cursor | None:
        found = [move for move in self.cursors if (move.meter, move.key) == (meter, key)]
        return Cursor(position=found[-1].position, moved_at=0.0) if found else None

    def gateway_clock(self, system: SystemClock) -> None:
        assert system is self.system

    def clock_compared(self, bus: str, meter: str, offset: Offset) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.offsets.append(offset)

    def clock_changed(self, bus: str, meter: str, change: ClockChange) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.told.append("changed")
        self.changes.append(change)

    def clock_not_set(self, bus: str, meter: str, how: str, reason: str) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.told.append("not set")
        self.texts.append(f"{how}: {reason}")

    def clock_off(self, bus: str, meter: str, offset: Offset, reason: str) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.told.append("off")
        self.texts.append(f"{offset}: {reason}")

    def clock_right(self, bus: str, meter: str, offset: Offset) -> None:
        assert (bus, meter) == ("b1", "m1")
        self.told.append("right")


class Scene:
    """A meter, the job that looks after its clock, and who hears of it."""

    def __init__(self, ahead: float, limits: Limits = LIMITS, at: datetime = SEVEN_PAST) -> None:
        self.world = World(at.timestamp())
        self.meter = ClockMeter(self.world, ahead)
        self.site = Site()
        self.limits = limits
        self.renew()

    def renew(self) -> None:
        """Have the daemon started anew."""
        memory = MeterMemory(meter="m1", bus="b1")
        postponed = Postponed(Alignment(interval=3600))
        self.job = ClockJob(
            name="clock",
            timing=Timing(schedule=postponed),
            postponed=postponed,
            limits=self.limits,
            captures=CapturePeriods(profiles={LOAD_PROFILE: None}, memory=memory),
            memory=memory,
            position=self.site.position,
            observer=self.site,
            clock=self.world.time,
            ask_system=lambda: self.site.system,
        )

    async def run(self) -> JobOutcome:
        now = datetime.fromtimestamp(self.world.now, UTC)
        return await self.job.run(self.meter, self.site, now, always)

    def published(self) -> dict[str, object]:
        """Return the values of the last reading, quantities as numbers."""
        values = self.site.readings[-1].values
        return {
            each.name: each.value.magnitude if isinstance(each.value, Quantity) else each.value
            for each in values
        }


async def test_a_clock_that_is_right_is_compared_and_published() -> None:
    scene = Scene(2.0)
    assert await scene.run() is JobOutcome.SUCCESS
    assert scene.site.told == []
    assert scene.meter.changes == []
    (offset,) = scene.site.offsets
    assert abs(offset.seconds - 2.0) <= offset.uncertainty
    (reading,) = scene.site.readings
    assert reading.meter_time is not None
    assert reading.logical_device_name == "ABC0000000000001"
    assert {value.unit for value in reading.values} == {"s"}
    assert scene.published()["clock_offset"] == Decimal(str(round(offset.seconds, 3)))


@pytest.mark.parametrize("ahead", [30.0, -30.0, 12.3])
async def test_a_little_is_shifted_and_looked_at_again(ahead: float) -> None:
    scene = Scene(ahead)
    assert await scene.run() is JobOutcome.SUCCESS
    assert len(scene.meter.changes) == 1
    assert scene.meter.changes[0][0] in "+-"
    assert abs(scene.meter.ahead) <= 1.1
    (change,) = scene.site.changes
    assert abs(change.before.seconds - ahead) <= change.before.uncertainty
    assert abs(change.after.seconds) <= 1.5
    assert change.how.startswith("shifted by ")
    assert not change.over_capture
    published = scene.published()
    assert published["clock_change"] == change.how
    assert abs(Decimal(str(published["clock_offset"]))) <= 2
    assert abs(Decimal(str(published["clock_offset_before"]))) > 10


@pytest.mark.parametrize("ahead", [100.0, -300.0])
async def test_more_is_set(ahead: float) -> None:
    scene = Scene(ahead)
    await scene.run()
    assert scene.meter.changes == ["set"]
    assert abs(scene.meter.ahead) <= 0.6
    assert scene.site.told == ["changed"]


async def test_the_next_run_finds_nothing_to_do() -> None:
    scene = Scene(30.0)
    for _ in range(3):
        await scene.run()
    assert len(scene.meter.changes) == 1
    assert scene.site.told == ["changed"]


async def test_a_clock_that_runs_away_is_left_alone_after_some_changes_a_day() -> None:
    scene = Scene(30.0)
    for _ in range(4):
        await scene.run()
        scene.meter.ahead += 30.0
    assert scene.site.told == ["changed", "changed", "off"]
    assert "changed 2 times today" in scene.site.texts[0]
    scene.renew()
    scene.world.now += 86_400
    await scene.run()
    assert scene.site.told == ["changed", "changed", "off", "changed"]


async def test_what_is_wrong_is_told_once_and_so_is_its_end() -> None:
    scene = Scene(30.0, replace(LIMITS, discipline=Discipline.OBSERVE))
    for _ in range(2):
        await scene.run()
        scene.renew()
    assert scene.site.told == ["off"]
    assert "it is only observed" in scene.site.texts[0]
    scene.meter.ahead = 0.0
    for _ in range(2):
        await scene.run()
    assert scene.site.told == ["off", "right"]
    assert scene.meter.changes == []


async def test_while_the_gateway_may_be_wrong_nothing_is_changed() -> None:
    scene = Scene(30.0)
    scene.site.system = NotSynchronised("nothing synchronises it")
    await scene.run()
    assert scene.meter.changes == []
    assert scene.site.told == ["off"]
    scene.site.system = Synchronised(0.01)
    await scene.run()
    assert scene.site.told == ["off", "changed"]
    scene.meter.ahead = 0.0
    await scene.run()
    assert scene.site.told == ["off", "changed"]


async def test_a_change_over_a_capture_waits_and_comes_by_itself() -> None:
    scene = Scene(30.0, at=SEVEN_PAST.replace(minute=14, second=40))
    await scene.run()
    assert scene.meter.changes == []
    assert scene.site.told == []
    again = scene.job.timing.schedule.next_after(scene.world.now)
    assert again - scene.world.now < 60
    scene.world.now = again
    await scene.run()
    assert len(scene.meter.changes) == 1
    assert not scene.site.changes[0].over_capture
    assert scene.job.timing.schedule.next_after(scene.world.now) % 3600 == 0


async def test_a_meter_that_refuses_is_told_of() -> None:
    scene = Scene(30.0)
    scene.meter.refuses = ActionResult.READ_WRITE_DENIED
    assert await scene.run() is JobOutcome.PARTIAL
    assert scene.site.told == ["not set"]
    assert scene.site.texts[0].startswith("shifted by -30 s: ")
    assert "read-write-denied" in scene.site.texts[0]
    scene.meter.refuses = DataAccessResult.READ_WRITE_DENIED
    scene.meter.ahead = 100.0
    assert await scene.run() is JobOutcome.PARTIAL
    assert "is not set: read-write-denied" in scene.site.texts[1]


async def test_a_meter_that_does_not_do_what_it_says_is_told_of() -> None:
    scene = Scene(30.0)
    scene.meter.pretends = True
    assert await scene.run() is JobOutcome.PARTIAL
    assert scene.site.told == ["not set"]
    assert "it said that it was" in scene.site.texts[0]


async def test_a_change_whose_answer_is_lost_is_told_with_the_next_look() -> None:
    scene = Scene(30.0)
    scene.meter.loses = 1
    with pytest.raises(NoAnswerError):
        await scene.run()
    assert scene.site.told == []
    scene.renew()
    scene.world.now += 120
    await scene.run()
    (change,) = scene.site.changes
    assert change.how == "shifted by -30 s, as shows only now"
    assert abs(change.before.seconds - 30) < 1
    await scene.run()
    assert scene.site.told == ["changed"]


async def test_a_change_that_never_came_is_made_again() -> None:
    scene = Scene(30.0)
    scene.meter.loses = 1
    scene.meter.pretends = True
    with pytest.raises(NoAnswerError):
        await scene.run()
    scene.meter.pretends = False
    await scene.run()
    assert scene.site.told == ["changed"]
    assert len(scene.meter.changes) == 1
    assert scene.site.changes[0].how == "shifted by -30 s"


ACROSS = replace(LIMITS, across_captures=True)


async def test_a_clock_set_back_over_a_capture_is_noted_for_who_reads_profiles() -> None:
    scene = Scene(600.0, ACROSS)
    await scene.run()
    (change,) = scene.site.changes
    assert change.over_capture
    kept = await scene.site.position("m1", clock_moves.KEY)
    assert kept is not None
    (twice,) = clock_moves.from_text(kept.position)
    assert SEVEN_PAST - timedelta(seconds=3) < twice.first < SEVEN_PAST + timedelta(seconds=3)
    before = SEVEN_PAST + timedelta(seconds=600)
    assert before < twice.last < before + timedelta(seconds=5)


async def test_one_set_back_between_captures_is_noted_for_who_reads_event_logs() -> None:
    scene = Scene(30.0)
    await scene.run()
    (change,) = scene.site.changes
    assert not change.over_capture
    kept = await scene.site.position("m1", clock_moves.KEY)
    assert kept is not None
    (twice,) = clock_moves.from_text(kept.position)
    assert 29 < (twice.last - twice.first).total_seconds() < 40


async def test_a_second_one_is_noted_beside_it() -> None:
    scene = Scene(600.0, ACROSS)
    await scene.run()
    scene.meter.ahead = 600.0
    await scene.run()
    kept = await scene.site.position("m1", clock_moves.KEY)
    assert kept is not None
    assert len(clock_moves.from_text(kept.position)) == 2


async def test_a_clock_set_forth_over_a_capture_repeats_nothing() -> None:
    scene = Scene(-600.0, ACROSS)
    await scene.run()
    (change,) = scene.site.changes
    assert change.over_capture
    assert await scene.site.position("m1", clock_moves.KEY) is None


async def test_a_change_that_comes_late_and_meets_a_capture_is_told_as_what_it_is() -> None:
    scene = Scene(-30.0, at=SEVEN_PAST.replace(minute=14, second=40))
    scene.meter.delay = 45.0
    await scene.run()
    (change,) = scene.site.changes
    assert change.over_capture
