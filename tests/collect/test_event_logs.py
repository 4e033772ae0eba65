"""Event logs as profile jobs read them: no period, events of one second, a log that runs over."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from dcud.collect.alignment import Alignment
from dcud.collect.gaps import Gap
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.profile_job import ProfileJob
from dcud.collect.profile_reader import ProfileAccess, ProfileReader
from dcud.cosem.clock import parse_time
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.profile_selection import EntryDescriptor, RangeDescriptor
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    enum,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import Data, encode_data
from dcud.dlms.obis import Obis
from dcud.store.rows import Cursor
from tests.support.fake_meter import Kept, always
from tests.support.no_lists import NoLists

LOG = Obis.parse("0.0.99.98.1.255")
CODE = CaptureObject(class_id=1, logical_name=Obis.parse("0.0.96.11.1.255"), attribute=2)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return NOW - timedelta(hours=1) + seconds * SECOND


@dataclass
class EventLog(NoLists):
    """A meter's event log of so many entries, of which the oldest go first."""

    capacity: int = 10
    newest_first: bool = False
    period: int = 0
    sort_method: int | None = None
    refuses_entries: bool = False
    refused: int | None = None
    excludes_start: bool = False
    events: list[tuple[datetime, int]] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)
    is_open: bool = True

    def happens(self, code: int, seconds: float) -> None:
        self.events = [*self.events, (at(seconds), code)][-self.capacity :]

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        if attribute.logical_name != LOG:
            return DataAccessResult.OBJECT_UNDEFINED
        self.asked.append(attribute.attribute)
        if attribute.attribute == 2:
            return self._buffer(selection)
        said = {
            3: array((CLOCK_TIME.to_data(), CODE.to_data())),
            4: double_long_unsigned(self.period),
            5: enum(self.sort_method or (2 if self.newest_first else 1)),
            7: double_long_unsigned(len(self.events)),
            8: double_long_unsigned(self.capacity),
        }
        answer = None if attribute.attribute == self.refused else said.get(attribute.attribute)
        return DataAccessResult.READ_WRITE_DENIED if answer is None else encode_data(answer)

    def _buffer(self, selection: Selection | None) -> bytes | DataAccessResult:
        stored = self.events[::-1] if self.newest_first else self.events
        if selection is not None and selection.selector == 2:
            if self.refuses_entries:
                return DataAccessResult.READ_WRITE_DENIED
            wanted = EntryDescriptor.from_selection(selection)
            stored = stored[wanted.from_entry - 1 : wanted.to_entry or None]
        elif selection is not None:
            stored = [each for each in stored if self._is_wanted(each[0], selection)]
        return encode_data(array(structure((_time(time), unsigned(code))) for time, code in stored))

    def _is_wanted(self, time: datetime, selection: Selection) -> bool:
        wanted = RangeDescriptor.from_selection(selection)
        low, high = (parse_time(each).moment for each in (wanted.from_value, wanted.to_value))
        assert low is not None
        assert high is not None
        return (low < time if self.excludes_start else low <= time) and time <= high


def _time(time: datetime) -> Data:
    return octet_string(CosemDateTime.from_datetime(time).to_octets())


class Site(Kept):
    """Keeps readings, hands cursors back; nothing is ever known to be missing of an event log."""

    def __init__(self, access: ProfileAccess, history: timedelta = timedelta(days=7)) -> None:
        super().__init__()
        self.missing_allowed = 0
        self.overwritten: list[tuple[datetime, datetime]] = []
        self.memory = MeterMemory(meter="m1", bus="b1", companion="idis")
        self.job = ProfileJob(
            name="fraud",
            timing=Timing(schedule=Alignment(interval=900)),
            profile=ProfileReader(logical_name=LOG, memory=self.memory),
            access=access,
            initial_history=history,
            max_range=None,
            names={},
            position=self.position,
            observer=self,
        )

    async def position(self, meter: str, key: str) -> Cursor | None:
        found = [move for move in self.cursors if (move.meter, move.key) == (meter, key)]
        return Cursor(position=found[-1].position, moved_at=0.0) if found else None

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        assert captures <= self.missing_allowed

    def captures_lost(self, bus: str, meter: str, job: str, gap: Gap) -> None:
        raise AssertionError(gap)

    def captures_overwritten(
        self, bus: str, meter: str, job: str, after: datetime, oldest: datetime
    ) -> None:
        assert (bus, meter, job) == ("b1", "m1", "fraud")
        self.overwritten.append((after, oldest))

    async def poll(self, log: EventLog, now: datetime = NOW) -> None:
        assert await self.job.run(log, self, now, always) is JobOutcome.SUCCESS

    def codes(self) -> list[object]:
        return [reading.values[0].value for reading in self.readings]


every_access = pytest.mark.parametrize("access", list(ProfileAccess))
every_order = pytest.mark.parametrize("newest_first", [False, True])


@every_access
@every_order
async def test_events_come_once_each_with_its_text_and_without_gaps(
    access: ProfileAccess, *, newest_first: bool
) -> None:
    site, log = Site(access), EventLog(newest_first=newest_first)
    for code, seconds in ((40, 0), (41, 700), (44, 705)):
        log.happens(code, seconds)
        await site.poll(log)
        await site.poll(log)
    assert site.codes() == [40, 41, 44]
    texts = [reading.values[0].text for reading in site.readings]
    assert texts[:2] == ["terminal cover removed", "terminal cover closed"]
    assert site.overwritten == []


@every_access
async def test_events_of_one_second_come_even_if_they_are_read_between(
    access: ProfileAccess,
) -> None:
    site, log = Site(access), EventLog()
    log.happens(40, 0)
    log.happens(41, 5)
    await site.poll(log)
    log.happens(44, 5)
    log.happens(45, 5)
    await site.poll(log)
    log.happens(46, 6)
    await site.poll(log)
    assert site.codes() == [40, 41, 44, 45, 46]
    assert [reading.sequence for reading in site.readings] == [0, 0, 1, 2, 0]
    assert len({reading.message_id("gw") for reading in site.readings}) == 5


@every_access
@every_order
async def test_a_log_that_ran_over_before_it_was_read_is_told_once(
    access: ProfileAccess, *, newest_first: bool
) -> None:
    site, log = Site(access), EventLog(capacity=3, newest_first=newest_first)
    log.happens(40, 0)
    await site.poll(log)
    for seconds in range(1, 6):
        log.happens(41, seconds)
    for _ in range(2):
        await site.poll(log)
    assert site.overwritten == [(at(0), at(3))]
    assert site.codes() == [40, 41, 41, 41]


@every_access
async def test_a_full_log_whose_last_known_event_is_there_lost_nothing(
    access: ProfileAccess,
) -> None:
    site, log = Site(access), EventLog(capacity=3)
    for seconds in range(9):
        log.happens(40, seconds)
        await site.poll(log)
    assert site.overwritten == []
    assert len(site.codes()) == 9


async def test_a_meter_that_leaves_out_the_start_of_a_range_is_not_taken_for_run_over() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog(capacity=3, excludes_start=True)
    for seconds in range(5):
        log.happens(40, seconds)
        await site.poll(log)
    assert site.overwritten == []
    assert len(site.codes()) == 5


async def test_a_log_that_was_cleared_is_not_full() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog(capacity=3)
    log.happens(40, 0)
    await site.poll(log)
    log.events.clear()
    log.happens(255, 9)
    await site.poll(log)
    assert site.overwritten == []
    assert site.codes() == [40, 255]


async def test_where_entries_can_t_be_asked_for_by_number_nobody_can_tell() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog(capacity=2, refuses_entries=True)
    log.happens(40, 0)
    await site.poll(log)
    for seconds in (1, 2, 3):
        log.happens(41, seconds)
    await site.poll(log)
    assert site.overwritten == []
    assert site.codes() == [40, 41, 41]


async def test_a_log_that_was_quiet_for_weeks_and_then_runs_over_is_told() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog(capacity=2)
    log.happens(40, 0)
    await site.poll(log)
    later = NOW + timedelta(days=20)
    await site.poll(log, later)
    for seconds in (1, 2, 3):
        log.happens(41, 20 * 86_400 + seconds)
    await site.poll(log, later)
    assert site.overwritten == [(at(0), at(20 * 86_400 + 2))]


async def test_while_nothing_is_new_nothing_more_is_asked_for() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog()
    log.happens(40, 0)
    await site.poll(log)
    log.asked.clear()
    await site.poll(log)
    assert log.asked == [2]


@pytest.mark.parametrize("sort_method", [1, 2, 3])
async def test_hundreds_of_events_come_whole_in_whichever_order_they_are_numbered(
    sort_method: int,
) -> None:
    site = Site(ProfileAccess.ENTRY)
    log = EventLog(capacity=1000, newest_first=sort_method == 2, sort_method=sort_method)
    await site.poll(log)
    for number in range(450):
        log.happens(number % 200, number)
    await site.poll(log)
    log.happens(201, 500)
    await site.poll(log)
    assert site.codes() == [*(number % 200 for number in range(450)), 201]


async def test_of_what_is_kept_newest_first_only_as_much_is_asked_for_as_is_new() -> None:
    site = Site(ProfileAccess.ENTRY)
    log = EventLog(capacity=1000, newest_first=True, period=60)
    for number in range(50):
        log.happens(number, number * 60)
    await site.poll(log)
    log.asked.clear()
    for number in range(50, 59):
        log.happens(number, number * 60)
    log.happens(60, 59 * 60 + 1)
    await site.poll(log)
    assert site.codes() == [*range(59), 60]
    assert log.asked == [7, 2]


async def test_monthly_billing_values_come_with_one_request_however_long_ago() -> None:
    site, log = Site(ProfileAccess.RANGE, timedelta(days=1100)), EventLog(capacity=36)
    for month in range(36):
        log.happens(month, -(36 - month) * 30 * 86_400)
    await site.poll(log)
    assert site.codes() == list(range(36))
    assert log.asked.count(2) == 1
    await site.poll(log)
    assert log.asked.count(2) == 2
    log.happens(36, 0)
    await site.poll(log)
    assert site.codes() == list(range(37))
    assert site.overwritten == []


async def test_a_log_that_is_longer_or_does_not_tell_is_asked_in_weeks() -> None:
    for refused in (7, None):
        site = Site(ProfileAccess.RANGE, timedelta(days=20))
        log = EventLog(capacity=300, refused=refused)
        for hour in range(250):
            log.happens(hour % 200, -(250 - hour) * 3600)
        await site.poll(log)
        assert log.asked.count(2) == 3
        assert len(site.codes()) == 250


async def test_gaps_noted_while_there_was_a_period_are_no_more_asked_for() -> None:
    site, log = Site(ProfileAccess.RANGE), EventLog(period=60)
    for minute in (0, 1, 3, 4):
        log.happens(minute, minute * 60)
    site.missing_allowed = 1
    await site.poll(log)
    assert "/gaps" in site.cursors[-1].key
    assert site.cursors[-1].position
    site.job.profile.forget()
    log.period = 0
    log.happens(9, 999)
    await site.poll(log, NOW + timedelta(days=2))
    assert site.codes() == [0, 1, 3, 4, 9]
