"""Profiles read from a simulated meter, without a line between."""

import gc
import logging
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dcud.collect import clock_moves
from dcud.collect.alignment import Alignment
from dcud.collect.clock_moves import Repeated
from dcud.collect.gaps import Gap
from dcud.collect.job import JobOutcome, Timing
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.profile_cursor import ProfileCursor
from dcud.collect.profile_job import HALVINGS, ProfileJob
from dcud.collect.profile_reader import (
    ProfileAccess,
    ProfileQuirks,
    ProfileReader,
    ProfileRefusedError,
)
from dcud.cosem.clock import ClockConvention, parse_time
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.profile_selection import RangeDescriptor
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    enum,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import Data, DataType, decode_data, encode_data
from dcud.dlms.errors import DecodeError, NoAnswerError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor as Octets
from dcud.reading import Quality, Quantity
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.store.rows import Cursor, CursorMove
from tests.support.fake_meter import Kept, always
from tests.support.no_lists import NoLists
from tests.support.scripted_reader import ScriptedReader

PROFILE = Obis.parse("1.0.99.1.0.255")
NOW = datetime(2026, 6, 1, 12, 7, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@dataclass
class SimReader(NoLists):
    """Reads a simulated meter; `spoil` may put something else in place of an answer."""

    meter: SimulatedMeter
    spoil: Callable[[AttributeDescriptor, Selection | None], Data | DataAccessResult | None] = (
        lambda _attribute, _selection: None
    )
    asked: list[tuple[int, Selection | None]] = field(default_factory=list)
    is_open: bool = True

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        if attribute.logical_name == PROFILE:
            self.asked.append((attribute.attribute, selection))
        answer = self.spoil(attribute, selection)
        if answer is None:
            found = self.meter.read(attribute, selection)
            return encode_data(found) if isinstance(found, Data) else found
        return encode_data(answer) if isinstance(answer, Data) else answer

    def selections(self) -> list[Selection | None]:
        return [selection for index, selection in self.asked if index == 2]


class Store(Kept):
    """Keeps readings, hands the cursor back, notes what is missing."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: list[int] = []
        self.lost: list[Gap] = []
        self.overwritten: list[tuple[datetime, datetime]] = []

    async def position(self, meter: str, key: str) -> Cursor | None:
        found = [move for move in self.cursors if (move.meter, move.key) == (meter, key)]
        return Cursor(position=found[-1].position, moved_at=0.0) if found else None

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        self.missing.append(captures)

    def captures_lost(self, bus: str, meter: str, job: str, gap: Gap) -> None:
        self.lost.append(gap)

    def captures_overwritten(
        self, bus: str, meter: str, job: str, after: datetime, oldest: datetime
    ) -> None:
        self.overwritten.append((after, oldest))

    def captured(self) -> list[datetime]:
        return [reading.capture_time for reading in self.readings if reading.capture_time]


def meter(days: float = 30, zone: str = "UTC", now: datetime = NOW) -> SimulatedMeter:
    parameters = MeterParameters(
        number=1,
        installed=(NOW - timedelta(days=days)).timestamp(),
        capacity=3000,
        zone=ZoneInfo(zone),
    )
    return SimulatedMeter(parameters, now.timestamp)


def job(  # what can be chosen
    store: Store,
    *,
    access: ProfileAccess = ProfileAccess.RANGE,
    history: timedelta = timedelta(days=7),
    max_range: timedelta | None = None,
    quirks: ProfileQuirks | None = None,
    zone: str = "UTC",
) -> ProfileJob:
    memory = MeterMemory(meter="m1", bus="b1", convention=ClockConvention(zone=ZoneInfo(zone)))
    return ProfileJob(
        name="load",
        timing=Timing(schedule=Alignment(interval=900)),
        profile=ProfileReader(
            logical_name=PROFILE, memory=memory, quirks=quirks or ProfileQuirks()
        ),
        access=access,
        initial_history=history,
        max_range=max_range,
        names={
            (Obis.parse("1.0.1.8.0.255"), 2): "import",
            (Obis.parse("0.0.96.10.1.255"), None): "status",
        },
        position=store.position,
        observer=store,
    )


def quarters(first: datetime, last: datetime) -> list[datetime]:
    return [first + n * QUARTER for n in range((last - first) // QUARTER + 1)]


@pytest.mark.parametrize("access", list(ProfileAccess))
async def test_every_entry_comes_once_in_order_however_it_is_asked_for(
    access: ProfileAccess,
) -> None:
    store = Store()
    reading = job(store, access=access)
    assert await reading.run(SimReader(meter()), store, NOW, always) is JobOutcome.SUCCESS
    # The first reading goes back seven days, to 12:07, and so to the entry of 12:15.
    expected = quarters(datetime(2026, 5, 25, 12, 15, tzinfo=UTC), NOW.replace(minute=0))
    assert store.captured() == expected

    later = NOW + timedelta(hours=1)
    await reading.run(SimReader(meter(now=later)), store, later, always)
    assert store.captured() == quarters(expected[0], later.replace(minute=0))
    await reading.run(SimReader(meter(now=later)), store, later, always)
    assert store.captured() == quarters(expected[0], later.replace(minute=0))


@pytest.mark.parametrize("access", [ProfileAccess.RANGE, ProfileAccess.ENTRY])
async def test_one_that_may_not_go_on_goes_on_where_it_was(access: ProfileAccess) -> None:
    store = Store()
    reading = job(store, access=access)
    outcomes = [await reading.run(SimReader(meter()), store, NOW, lambda: False) for _ in range(5)]
    # 672 entries: three stretches that leave something over, and the one that finds the rest.
    unfinished, success = JobOutcome.UNFINISHED, JobOutcome.SUCCESS
    assert outcomes == [unfinished] * 3 + [success] * 2
    first = datetime(2026, 5, 25, 12, 15, tzinfo=UTC)
    assert store.captured() == quarters(first, NOW.replace(minute=0))


async def test_an_entry_is_a_reading_with_named_exact_values() -> None:
    store = Store()
    await job(store).run(SimReader(meter()), store, NOW, always)
    last = store.readings[-1]
    assert (last.meter, last.bus, last.job) == ("m1", "b1", "load")
    assert last.logical_device_name == "SIM0000000000001"
    assert last.read_time == NOW
    names = [value.name for value in last.values]
    assert names[:3] == ["status", "import", "1.0.2.8.0.255"]
    assert last.values[0].value == 0
    voltage = last.values[5]
    assert (voltage.obis, voltage.unit) == ("1.0.32.7.0.255", "V")
    assert isinstance(voltage.value, Quantity)
    assert voltage.value.magnitude.as_tuple().exponent == -1
    assert Decimal(225) < voltage.value.magnitude < Decimal(235)


async def test_what_a_profile_is_made_of_is_asked_once() -> None:
    store, reader = Store(), SimReader(meter())
    reading = job(store)
    await reading.run(reader, store, NOW, always)
    before = len([index for index, _ in reader.asked if index != 2])
    await reading.run(reader, store, NOW, always)
    assert before == len([index for index, _ in reader.asked if index != 2]) == 4


@pytest.mark.parametrize("access", list(ProfileAccess))
async def test_a_poll_leaves_no_tuples_behind(
    access: ProfileAccess, capfd: pytest.CaptureFixture[str]
) -> None:
    # Each poll left some on CPython's free lists, to which 2,000 of each length go: a daemon grew
    # by as much as half a megabyte in its first hour.
    polls, store = 40, Store()
    # Summer time, so that each entry has a clock status to tell of.
    reader = SimReader(meter(days=0.1, zone="Europe/Berlin"))
    reading = job(store, access=access, zone="Europe/Berlin", history=timedelta(hours=1))
    await reading.run(reader, store, NOW, always)
    gc.collect()  # which lets go of what other tests have left there
    before = free_tuples(capfd)
    for _ in range(polls):
        store.cursors.clear()
        await reading.run(reader, store, NOW, always)
        store.readings.clear()
    after = free_tuples(capfd)
    assert {length: n for length, n in after.items() if n - before[length] >= polls} == {}


def free_tuples(capfd: pytest.CaptureFixture[str]) -> dict[int, int]:
    """Return how many tuples CPython keeps for reuse, by length."""
    capfd.readouterr()
    sys._debugmallocstats()
    found = re.findall(r"(\d+) free (\d+)-sized PyTupleObjects?", capfd.readouterr().err)
    assert found
    return {int(length): int(n) for n, length in found}


async def test_an_outage_is_caught_up_in_stretches_that_are_each_kept() -> None:
    store, reader = Store(), SimReader(meter())
    await job(store, max_range=timedelta(days=1)).run(reader, store, NOW, always)
    assert len(reader.selections()) == 7
    assert store.calls == 7
    assert [len(batch) for batch in _batches(store)] == [96] * 7


def _batches(store: Store) -> list[list[datetime]]:
    """Cut what was kept where the cursor moved."""
    moves = [move for move in store.cursors if not move.key.endswith("/gaps")]
    ends = [ProfileCursor.from_text(move.position).time for move in moves]
    starts = [datetime.min.replace(tzinfo=UTC), *ends]
    return [
        [time for time in store.captured() if start < time <= end]
        for start, end in pairwise(starts)
    ]


async def test_a_meter_that_falls_silent_in_between_is_caught_up_without_gap_or_double() -> None:
    store, count = Store(), 0

    def silent(attribute: AttributeDescriptor, selection: Selection | None) -> None:
        nonlocal count
        count += selection is not None
        if count == 4 and selection is not None:
            raise NoAnswerError("silence")

    reading = job(store, max_range=timedelta(days=1))
    with pytest.raises(NoAnswerError):
        await reading.run(SimReader(meter(), spoil=silent), store, NOW, always)
    assert len(store.captured()) == 3 * 96
    await reading.run(SimReader(meter()), store, NOW, always)
    assert store.captured() == quarters(
        datetime(2026, 5, 25, 12, 15, tzinfo=UTC), NOW.replace(minute=0)
    )


async def test_a_stretch_without_entries_is_not_asked_for_for_ever() -> None:
    store = Store()
    reading = job(store, history=timedelta(days=20))
    first = SimReader(meter(days=1.5))
    await reading.run(first, store, NOW, always)
    again = SimReader(meter(days=1.5))
    await reading.run(again, store, NOW, always)
    assert len(first.selections()) == 10
    assert len(again.selections()) == 1
    assert store.captured()[0] == datetime(2026, 5, 31, 0, 15, tzinfo=UTC)


async def test_a_recent_empty_stretch_stays_open() -> None:
    store = Store()
    empty = SimReader(meter(days=0))
    await job(store, history=timedelta(hours=6)).run(empty, store, NOW, always)
    assert store.cursors == []


async def test_daylight_saving_leaves_no_gap_and_no_double() -> None:
    store = Store()
    after = datetime(2026, 10, 25, 6, 0, tzinfo=UTC)
    parameters = MeterParameters(
        number=1,
        installed=(after - timedelta(hours=12)).timestamp(),
        zone=ZoneInfo("Europe/Berlin"),
    )
    shown = SimulatedMeter(parameters, after.timestamp)
    await job(store, zone="Europe/Berlin").run(SimReader(shown), store, after, always)
    times = [time.astimezone(UTC) for time in store.captured()]
    assert times == quarters(after - timedelta(hours=12), after)


async def test_bounds_fall_on_the_instants_that_the_meter_takes() -> None:
    store, reader = Store(), SimReader(meter())
    quirks = ProfileQuirks(step=3600)
    await job(store, quirks=quirks, history=timedelta(hours=2)).run(reader, store, NOW, always)
    (selection,) = reader.selections()
    assert selection is not None
    bounds = RangeDescriptor.from_selection(selection)
    hours = [parse_time(bound).moment for bound in (bounds.from_value, bounds.to_value)]
    assert hours == [datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (10, 13)]
    # What the wider bounds brought in is left out again.
    assert store.captured()[0] == datetime(2026, 6, 1, 10, 15, tzinfo=UTC)


async def test_an_end_far_in_the_future_where_the_meter_takes_no_other() -> None:
    store, reader = Store(), SimReader(meter())
    await job(store, quirks=ProfileQuirks(far_end=True)).run(reader, store, NOW, always)
    last = reader.selections()[-1]
    assert last is not None
    moment = parse_time(RangeDescriptor.from_selection(last).to_value).moment
    assert moment is not None
    assert moment.year == 2089
    assert len(store.captured()) == 7 * 96


async def test_entries_by_number_reach_back_as_far_as_they_must() -> None:
    # The meter says a period of an hour but captures every quarter: four times what was expected.
    store = Store()
    quirks = ProfileQuirks(capture_period=3600)
    reading = job(store, access=ProfileAccess.ENTRY, quirks=quirks, history=timedelta(days=2))
    await reading.run(SimReader(meter()), store, NOW, always)
    assert store.captured() == quarters(
        datetime(2026, 5, 30, 12, 15, tzinfo=UTC), NOW.replace(minute=0)
    )


async def test_a_profile_without_period_is_read_by_number_whole() -> None:
    store = Store()
    quirks = ProfileQuirks(capture_period=0)
    reading = job(store, access=ProfileAccess.ENTRY, quirks=quirks)
    await reading.run(SimReader(meter(days=1)), store, NOW, always)
    assert len(store.captured()) == 96


async def test_a_profile_without_period_is_asked_by_range_in_weeks() -> None:
    store, reader = Store(), SimReader(meter())
    quirks = ProfileQuirks(capture_period=0)
    await job(store, quirks=quirks, history=timedelta(days=20)).run(reader, store, NOW, always)
    assert len(reader.selections()) == 3
    assert len(store.captured()) == 20 * 96


async def test_a_refused_range_says_what_else_to_try() -> None:
    def refuse(
        attribute: AttributeDescriptor, selection: Selection | None
    ) -> DataAccessResult | None:
        return DataAccessResult.OTHER_REASON if selection else None

    store = Store()
    with pytest.raises(ProfileRefusedError, match="entry") as caught:
        await job(store).run(SimReader(meter(), spoil=refuse), store, NOW, always)
    assert "other-reason" in caught.value.message
    assert store.calls == 0


async def test_a_profile_that_is_not_there_is_named() -> None:
    def gone(
        attribute: AttributeDescriptor, selection: Selection | None
    ) -> DataAccessResult | None:
        return DataAccessResult.OBJECT_UNDEFINED if attribute.logical_name == PROFILE else None

    store = Store()
    with pytest.raises(ProfileRefusedError, match=r"1\.0\.99\.1\.0\.255, attribute 3"):
        await job(store).run(SimReader(meter(), spoil=gone), store, NOW, always)


async def test_a_meter_whose_columns_changed_is_asked_anew() -> None:
    store, count = Store(), 0

    def narrow(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        nonlocal count
        count += selection is not None
        first = selection is not None and count == 1
        return array((structure((unsigned(1),)),)) if first else None

    reading = job(store)
    reader = SimReader(meter(), spoil=narrow)
    with pytest.raises(DecodeError):
        await reading.run(reader, store, NOW, always)
    await reading.run(reader, store, NOW, always)
    assert [index for index, _ in reader.asked].count(3) == 2
    assert len(store.captured()) == 7 * 96


async def test_entries_without_a_time_are_left_out_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def timeless(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        if selection is None:
            return None
        never = (octet_string(bytes(12)), *(unsigned(n) for n in range(7)))
        return array((structure(never),))

    store = Store()
    caplog.set_level(logging.WARNING)
    await job(store, history=timedelta(hours=1)).run(
        SimReader(meter(), spoil=timeless), store, NOW, always
    )
    assert store.readings == []
    assert "1 entries without a time of capture" in caplog.text


async def test_entries_of_one_second_stay_apart() -> None:
    moment = octet_string(CosemDateTime.from_datetime(NOW - QUARTER).to_octets())

    def doubled(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        if selection is None:
            return None
        rows = ((moment, *(unsigned(n + k) for n in range(7))) for k in (0, 1))
        return array(structure(row) for row in rows)

    store = Store()
    await job(store, history=timedelta(hours=1)).run(
        SimReader(meter(), spoil=doubled), store, NOW, always
    )
    assert [reading.sequence for reading in store.readings] == [0, 1]
    assert len({reading.message_id("gw") for reading in store.readings}) == 2


async def test_a_cell_that_is_no_number_is_doubtful_and_an_empty_one_missing() -> None:
    moment = octet_string(CosemDateTime.from_datetime(NOW - QUARTER).to_octets())

    def odd(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        if selection is None:
            return None
        cells = (unsigned(0), octet_string(b"?"), null_data(), *(unsigned(1) for _ in range(4)))
        return array((structure((moment, *cells)),))

    store = Store()
    await job(store, history=timedelta(hours=1)).run(
        SimReader(meter(), spoil=odd), store, NOW, always
    )
    values = store.readings[0].values
    assert (values[1].quality, values[1].value, values[1].unit) == (Quality.DOUBTFUL, "?", "")
    assert values[2].quality is Quality.MISSING


async def test_a_sort_object_that_is_refused_leaves_the_clock_column() -> None:
    def unsorted(
        attribute: AttributeDescriptor, selection: Selection | None
    ) -> DataAccessResult | None:
        return DataAccessResult.READ_WRITE_DENIED if attribute.attribute == 6 else None

    store = Store()
    reader = SimReader(meter(), spoil=unsorted)
    await job(store, history=timedelta(hours=1)).run(reader, store, NOW, always)
    assert len(store.captured()) == 4


async def test_a_period_that_is_no_number_is_an_error() -> None:
    def odd(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        wanted = (attribute.logical_name, attribute.attribute) == (PROFILE, 4)
        return octet_string(b"soon") if wanted else None

    with pytest.raises(DecodeError, match="no number"):
        await job(Store()).run(SimReader(meter(), spoil=odd), Store(), NOW, always)


EVENT_LOG = "7/0.0.99.98.1.255"


def event_log() -> ScriptedReader:
    """Return a meter whose fraud log has three events, a second apart."""
    rows = [
        (octet_string(bytes.fromhex(f"07EA06010108000{second}00000000")), unsigned(code))
        for second, code in enumerate((40, 41, 230))
    ]
    return ScriptedReader(
        {
            "1/0.0.42.0.0.255/2": octet_string(b"ABC0000000000001"),
            f"{EVENT_LOG}/2": array(structure(row) for row in rows),
            f"{EVENT_LOG}/3": array(
                (
                    CLOCK_TIME.to_data(),
                    CaptureObject(
                        class_id=1, logical_name=Obis.parse("0.0.96.11.1.255"), attribute=2
                    ).to_data(),
                )
            ),
            f"{EVENT_LOG}/4": double_long_unsigned(0),
            f"{EVENT_LOG}/5": enum(1),
        }
    )


@pytest.mark.parametrize(
    ("companion", "texts"),
    [
        ("dsmr", ["terminal cover removed", "terminal cover closed", ""]),
        ("none", ["", "", ""]),
    ],
)
async def test_event_codes_have_their_texts(companion: str, texts: list[str]) -> None:
    store = Store()
    memory = MeterMemory(meter="m1", bus="b1", companion=companion)
    events = ProfileJob(
        name="fraud",
        timing=Timing(schedule=Alignment(interval=900)),
        profile=ProfileReader(logical_name=Obis.parse("0.0.99.98.1.255"), memory=memory),
        access=ProfileAccess.WHOLE,
        initial_history=timedelta(days=7),
        max_range=None,
        names={},
        position=store.position,
        observer=store,
    )
    await events.run(event_log(), store, NOW, always)
    logged = [value for reading in store.readings for value in reading.values]
    assert [value.value for value in logged] == [40, 41, 230]
    assert [value.text for value in logged] == texts


def without(
    simulated: SimulatedMeter, hidden: Callable[[datetime], bool]
) -> Callable[[AttributeDescriptor, Selection | None], Data | None]:
    """Return what spoils answers of a meter that has no entries of some times."""

    def spoil(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
        if attribute.logical_name != PROFILE or attribute.attribute != 2:
            return None
        found = simulated.read(attribute, selection)
        assert not isinstance(found, DataAccessResult)
        rows = found if isinstance(found, Data) else decode_data(Octets(found))
        assert isinstance(rows.value, tuple)
        return Data(DataType.ARRAY, tuple(row for row in rows.value if not hidden(_time(row))))

    return spoil


def _time(row: object) -> datetime:
    assert isinstance(row, Data)
    assert isinstance(row.value, tuple)
    first = row.value[0]
    assert isinstance(first, Data)
    assert isinstance(first.value, bytes)
    moment = CosemDateTime.from_octets(first.value).to_datetime()
    assert moment is not None
    return moment


FIRST = datetime(2026, 5, 25, 12, 15, tzinfo=UTC)
OFF = FIRST + 40 * QUARTER
BACK = FIRST + 50 * QUARTER


def is_off(moment: datetime) -> bool:
    return OFF <= moment < BACK


async def test_what_is_missing_is_asked_for_again_and_comes() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    await reading.run(SimReader(simulated, without(simulated, is_off)), store, NOW, always)
    assert store.missing == [10]
    whole = quarters(FIRST, NOW.replace(minute=0))
    assert store.captured() == [time for time in whole if not is_off(time)]

    soon, later = NOW + timedelta(minutes=30), NOW + timedelta(minutes=70)
    early = SimReader(simulated)
    await reading.run(early, store, soon, always)
    assert len(early.selections()) == 1  # for what is new alone
    assert store.missing == [10, 10]
    await reading.run(SimReader(simulated), store, later, always)
    assert store.missing == [10, 10, 0]
    assert sorted(store.captured()) == whole
    assert store.captured()[-10:] == quarters(OFF, BACK - QUARTER)
    assert store.lost == []


async def test_what_comes_in_part_leaves_the_rest_to_be_asked_for() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    await reading.run(SimReader(simulated, without(simulated, is_off)), store, NOW, always)

    def still_off(moment: datetime) -> bool:
        return is_off(moment) and moment not in {OFF + 4 * QUARTER, OFF + 5 * QUARTER}

    later = NOW + timedelta(minutes=70)
    await reading.run(SimReader(simulated, without(simulated, still_off)), store, later, always)
    assert store.missing == [10, 8]
    assert store.captured()[-2:] == [OFF + 4 * QUARTER, OFF + 5 * QUARTER]


async def test_what_never_comes_is_told_as_lost_once() -> None:
    store = Store()
    reading = job(store)
    for days in range(20):
        now = NOW + timedelta(days=days)
        simulated = meter(now=now)
        await reading.run(SimReader(simulated, without(simulated, is_off)), store, now, always)
    assert [(gap.first, gap.last) for gap in store.lost] == [(OFF, BACK - QUARTER)]
    assert store.missing[-1] == 0


async def test_a_meter_that_refuses_a_gap_is_asked_again_later() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    await reading.run(SimReader(simulated, without(simulated, is_off)), store, NOW, always)
    later = NOW + timedelta(minutes=70)
    asked = 0

    def refuse(attribute: AttributeDescriptor, _: Selection | None) -> DataAccessResult | None:
        nonlocal asked
        if attribute.attribute != 2 or attribute.logical_name != PROFILE:
            return None
        asked += 1
        return None if asked == 1 else DataAccessResult.OBJECT_UNAVAILABLE

    outcome = await reading.run(SimReader(simulated, refuse), store, later, always)
    assert outcome is JobOutcome.SUCCESS
    assert store.missing == [10, 10]


async def test_nothing_is_missing_before_the_first_capture_ever_seen() -> None:
    store = Store()
    reading = job(store, history=timedelta(days=20))
    for _ in range(2):
        await reading.run(SimReader(meter(days=1.5)), store, NOW, always)
    assert store.missing == [0, 0]
    assert store.lost == []


async def test_a_meter_that_was_off_for_days_has_one_gap() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    off, back = FIRST + 10 * QUARTER, FIRST + 500 * QUARTER

    def days_off(moment: datetime) -> bool:
        return off <= moment < back

    await reading.run(SimReader(simulated, without(simulated, days_off)), store, NOW, always)
    assert store.missing == [490]


async def test_gaps_wait_for_what_is_scheduled() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    await reading.run(SimReader(simulated, without(simulated, is_off)), store, NOW, always)
    later = NOW + timedelta(minutes=70)
    busy = SimReader(simulated)
    outcome = await reading.run(busy, store, later, lambda: False)
    assert outcome is JobOutcome.UNFINISHED
    assert len(busy.selections()) == 1


@pytest.mark.parametrize("access", [ProfileAccess.ENTRY, ProfileAccess.WHOLE])
async def test_where_a_range_can_t_be_asked_for_what_is_missing_is_lost_at_once(
    access: ProfileAccess,
) -> None:
    store, simulated = Store(), meter()
    hidden = {FIRST + 600 * QUARTER, FIRST + 601 * QUARTER}

    reading = job(store, access=access)
    spoil = without(simulated, lambda moment: moment in hidden)
    await reading.run(SimReader(simulated, spoil), store, NOW, always)
    assert [(gap.first, gap.last) for gap in store.lost] == [(min(hidden), max(hidden))]


async def test_what_a_profile_is_made_of_is_asked_anew_of_another_meter() -> None:
    store, reader = Store(), SimReader(meter())
    reading = job(store, history=timedelta(hours=1))
    for _ in range(2):
        await reading.run(reader, store, NOW, always)
    asked = [index for index, _ in reader.asked]
    assert asked.count(3) == 1
    reading.profile.memory.forget()
    await reading.run(reader, store, NOW, always)
    assert [index for index, _ in reader.asked].count(3) == 2


MOVED_BACK = Repeated(
    first=NOW.replace(minute=10), last=NOW.replace(minute=40), noted=NOW.replace(minute=40)
)


def twice(attribute: AttributeDescriptor, selection: Selection | None) -> Data | None:
    """Give the entries of a stretch two times over, as after a clock that was moved back."""
    if attribute.attribute != 2 or attribute.logical_name != PROFILE:
        return None
    found = meter(now=NOW + timedelta(hours=1)).read(attribute, selection)
    assert isinstance(found, bytes)
    rows = decode_data(Octets(found)).value
    assert isinstance(rows, tuple)
    return array([row for row in rows for _ in range(1 + is_repeated(row))])


def is_repeated(row: Data) -> bool:
    assert isinstance(row.value, tuple)
    moment = parse_time(row.value[0]).moment
    assert moment is not None
    return MOVED_BACK.first <= moment <= MOVED_BACK.last


async def moved_back(store: Store) -> ProfileJob:
    """Return a job that has read all there is of a meter whose clock was moved back then."""
    reading = job(store)
    then = NOW.replace(minute=50)
    await reading.run(SimReader(meter(now=then)), store, then, always)
    text = clock_moves.to_text([MOVED_BACK])
    await store((), [CursorMove(meter="m1", key=clock_moves.KEY, position=text)])
    store.readings.clear()
    return reading


async def test_captures_that_a_clock_made_twice_are_read_when_it_has_made_them() -> None:
    store = Store()
    reading = await moved_back(store)
    soon, later = NOW.replace(minute=41), NOW.replace(minute=42)
    await reading.run(SimReader(meter(), spoil=twice), store, soon, always)
    assert store.captured() == []
    assert await reading.run(SimReader(meter(), spoil=twice), store, later, always)
    quarter, half = NOW.replace(minute=15), NOW.replace(minute=30)
    assert store.captured() == [quarter, quarter, half, half]
    assert [each.sequence for each in store.readings] == [0, 1, 0, 1]
    assert len({each.message_id("gw") for each in store.readings}) == 4


async def test_what_was_captured_twice_is_read_again_once_alone() -> None:
    store = Store()
    reading = await moved_back(store)
    for _ in range(2):
        await reading.run(SimReader(meter(), spoil=twice), store, NOW.replace(minute=42), always)
    assert len(store.readings) == 4


async def test_others_may_go_first_before_captures_are_read_again() -> None:
    store = Store()
    reading = await moved_back(store)
    later = NOW.replace(minute=42)
    outcome = await reading.run(SimReader(meter(), spoil=twice), store, later, lambda: False)
    assert outcome is JobOutcome.UNFINISHED
    assert store.readings == []
    await reading.run(SimReader(meter(), spoil=twice), store, later, always)
    assert len(store.readings) == 4


def refusing(
    is_bad: Callable[[datetime], bool], log: list[tuple[datetime, datetime]] | None = None
) -> Callable[[AttributeDescriptor, Selection | None], DataAccessResult | None]:
    """Return what has a meter refuse each range that has a bad quarter of an hour in it."""

    def spoil(attribute: AttributeDescriptor, selection: Selection | None) -> Any:
        if attribute.logical_name != PROFILE or attribute.attribute != 2 or selection is None:
            return None
        wanted = RangeDescriptor.from_selection(selection)
        first, last = (_moment(bound) for bound in (wanted.from_value, wanted.to_value))
        if log is not None:
            log.append((first, last))
        start = first.replace(minute=first.minute // 15 * 15, second=0)
        instants = [instant for instant in quarters(start, last) if instant >= first]
        return DataAccessResult.OTHER_REASON if any(map(is_bad, instants)) else None

    return spoil


def _moment(bound: Data) -> datetime:
    assert isinstance(bound.value, bytes)
    moment = CosemDateTime.from_octets(bound.value).to_datetime()
    assert moment is not None
    return moment


BAD = FIRST + 60 * QUARTER


async def test_one_entry_that_is_refused_hides_no_others() -> None:
    store, simulated = Store(), meter()
    reading = job(store)
    whole = quarters(FIRST, NOW.replace(minute=0))
    refuse = refusing(lambda moment: moment == BAD)
    await reading.run(SimReader(simulated, refuse), store, NOW, always)
    # What is newer than the stretch that was refused came at once; that stretch is a gap.
    early = [time for time in whole if time not in store.captured()]
    assert BAD in early
    assert store.captured() == whole[len(early) :]
    assert store.missing == [len(early)]

    later = NOW + timedelta(minutes=70)
    await reading.run(SimReader(simulated, refuse), store, later, always)
    assert sorted(store.captured()) == [time for time in whole if time != BAD]
    assert store.captured()[-len(early) + 1 :] == [time for time in early if time != BAD]
    assert store.missing[-1] == 1
    for days in range(20):
        now = NOW + timedelta(days=1 + days)
        await reading.run(SimReader(meter(now=now), refuse), store, now, always)
    assert [(gap.first, gap.last) for gap in store.lost] == [(BAD, BAD)]
    assert store.missing[-1] == 0


async def test_of_a_refused_last_stretch_the_newest_comes_first() -> None:
    store, simulated = Store(), meter()
    reading = job(store, history=timedelta(hours=20))
    refuse = refusing(lambda moment: moment == NOW.replace(hour=3, minute=15))
    await reading.run(SimReader(simulated, refuse), store, NOW, always)
    assert store.captured() == [NOW.replace(hour=11, minute=45), NOW.replace(minute=0)]
    assert store.missing == [78]
    await reading.run(SimReader(simulated, refuse), store, NOW + timedelta(hours=1), always)
    assert len(store.captured()) == 79
    assert store.missing == [78, 1]


async def test_a_meter_that_refuses_what_it_doesn_t_hold_is_caught_up() -> None:
    store, simulated = Store(), meter()
    held = NOW - timedelta(days=3)
    refuse = refusing(lambda moment: moment < held)
    reading = job(store, history=timedelta(days=7))
    for hours in range(2):
        now = NOW + timedelta(hours=hours)
        await reading.run(SimReader(simulated, refuse), store, now, always)
    assert sorted(store.captured()) == quarters(NOW.replace(day=29, month=5, minute=15), NOW)


async def test_asking_in_halves_is_bounded() -> None:
    store, log = Store(), list[tuple[datetime, datetime]]()
    reading = job(store, history=timedelta(days=7))
    refuse = refusing(lambda moment: moment < NOW - timedelta(hours=8), log)
    await reading.run(SimReader(meter(), refuse), store, NOW, always)
    del log[:]
    await reading.run(SimReader(meter(), refuse), store, NOW + timedelta(hours=1), always)
    assert len(log) == 2 + 2 * HALVINGS


async def test_what_a_log_without_period_refuses_is_asked_for_again() -> None:
    store, simulated = Store(), meter()
    reading = job(store, quirks=ProfileQuirks(capture_period=0), history=timedelta(days=20))
    refuse = refusing(lambda moment: moment == BAD)
    await reading.run(SimReader(simulated, refuse), store, NOW, always)
    assert len(store.captured()) == 13 * 96
    assert store.missing == [1]
    later = NOW + timedelta(minutes=70)
    await reading.run(SimReader(simulated, refuse), store, later, always)
    missing = set(quarters(NOW.replace(day=12, month=5, minute=15), NOW)) - set(store.captured())
    assert BAD in missing
    assert len(missing) < 3
    assert store.missing[-1] == 1
    await reading.run(SimReader(simulated), store, later + timedelta(hours=6), always)
    assert set(store.captured()) == set(quarters(NOW.replace(day=12, month=5, minute=15), NOW))
    assert store.missing[-1] == 0
