from datetime import UTC, datetime, timedelta

import pytest

from dcud.cli.profile_reading import chunks
from dcud.cli.progress import NoProgress
from dcud.collect.job import Reader
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.profile_reader import ProfileAccess, ProfileQuirks, ProfileReader
from dcud.cosem.profile_selection import TimeRange
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import Data, encode_data
from dcud.dlms.obis import Obis
from dcud.sim.meter import SimulatedMeter
from tests.support.no_lists import NoLists
from tests.support.scripted_reader import ScriptedReader
from tests.support.simulated_line import NOW, meters

PROFILE = Obis.parse("1.0.99.1.0.255")
END = datetime.fromtimestamp(NOW, UTC)
DAY = timedelta(days=1)


class Shown(NoProgress):
    """Notes what it is told."""

    is_shown = True

    def __init__(self) -> None:
        self.expected: tuple[int, int] | None = None
        self.passed: list[int] = []

    def expect(self, entries: int, octets_per_entry: int) -> None:
        self.expected = entries, octets_per_entry

    def entries(self, passed: int) -> None:
        self.passed.append(passed)


class SimulatedReader(NoLists):
    """An association with a simulated meter, without a line between."""

    is_open = True

    def __init__(self, meter: SimulatedMeter, refused: tuple[int, ...] = ()) -> None:
        self._meter = meter
        self._refused = refused
        self.requests = 0

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: object = None,
    ) -> bytes | DataAccessResult:
        self.requests += 1
        if attribute.class_id == 7 and attribute.attribute in self._refused:
            return DataAccessResult.READ_WRITE_DENIED
        said = self._meter.read(attribute, selection)
        return encode_data(said) if isinstance(said, Data) else said


def profile() -> ProfileReader:
    return ProfileReader(logical_name=PROFILE, memory=MeterMemory(meter="m", bus="b"))


async def times(
    reader: Reader, access: ProfileAccess, wanted: TimeRange | None, progress: Shown | None = None
) -> list[datetime | None]:
    read = chunks(reader, profile(), access, wanted, progress or NoProgress())
    return [entry.time async for entries in read for entry in entries]


@pytest.mark.parametrize("access", ProfileAccess)
@pytest.mark.parametrize("days", [0.1, 1, 4.9, 30])
async def test_every_entry_of_the_stretch_comes_once_and_no_other(
    access: ProfileAccess, days: float
) -> None:
    [meter] = meters(1, days=5)
    wanted = TimeRange(start=END - days * DAY, end=END)
    read = await times(SimulatedReader(meter), access, wanted)
    first = max(wanted.start, END - 5 * DAY)
    quarter = timedelta(minutes=15)
    expected = []
    moment = END.replace(minute=0, second=0)
    while moment >= first:
        expected.append(moment)
        moment -= quarter
    assert read == expected[::-1]


async def test_without_a_stretch_all_is_read_by_number() -> None:
    [meter] = meters(1, days=5)
    assert len(await times(SimulatedReader(meter), ProfileAccess.RANGE, None)) == 480


async def test_the_beginning_is_found_without_reading_all() -> None:
    [meter] = meters(1, days=31)
    reader = SimulatedReader(meter)
    read = await times(reader, ProfileAccess.ENTRY, TimeRange(start=END - DAY / 2, end=END))
    assert len(read) == 48
    # Some for what the profile is made of, four to find the beginning, two chunks at most.
    assert reader.requests < 30


async def test_a_stretch_up_to_the_end_of_the_calendar() -> None:
    [meter] = meters(1, days=1)
    end = datetime(9990, 1, 1, tzinfo=UTC)
    reader = SimulatedReader(meter)
    read = chunks(
        reader, profile(), ProfileAccess.RANGE, TimeRange(start=END - DAY, end=end), NoProgress()
    )
    assert len(await anext(read)) == 96
    await read.aclose()  # type: ignore[attr-defined]  # it is a generator


@pytest.mark.parametrize(
    ("access", "expected", "passed"),
    [
        (ProfileAccess.RANGE, 384, [200, 384]),
        (ProfileAccess.ENTRY, 480, [200, 400, 480]),
        (ProfileAccess.WHOLE, 480, [480]),
    ],
)
async def test_progress_is_told_in_entries(
    access: ProfileAccess, expected: int, passed: list[int]
) -> None:
    [meter] = meters(1, days=5)
    shown = Shown()
    wanted = TimeRange(start=END - 4 * DAY, end=END) if access is ProfileAccess.RANGE else None
    await times(SimulatedReader(meter), access, wanted, shown)
    # A structure of a time with seven numbers.
    assert shown.expected == (expected, 2 + 14 + 7 * 5)
    assert shown.passed == passed


async def test_a_meter_that_does_not_count_its_entries_is_read_all_the_same() -> None:
    [meter] = meters(1, days=1)
    shown = Shown()
    reader = SimulatedReader(meter, refused=(7,))
    assert len(await times(reader, ProfileAccess.WHOLE, None, shown)) == 96
    assert shown.expected is None


async def test_a_profile_without_a_period_is_read_by_weeks() -> None:
    [meter] = meters(1, days=5)
    reader = SimulatedReader(meter)
    memory = MeterMemory(meter="m", bus="b")
    unhurried = ProfileReader(
        logical_name=PROFILE, memory=memory, quirks=ProfileQuirks(capture_period=0)
    )
    shown = Shown()
    wanted = TimeRange(start=END - 20 * DAY, end=END)
    read = chunks(reader, unhurried, ProfileAccess.RANGE, wanted, shown)
    sizes = [len(entries) async for entries in read]
    assert sum(sizes) == 480
    assert shown.expected is None
    assert shown.passed == []


async def test_entries_without_a_time_are_read_from_the_first() -> None:
    # A profile of one column that is no clock: nothing can be found by time.
    capture_objects = bytes.fromhex("0101 0204 120003 09060100010800FF 0F02 120000")
    row = bytes.fromhex("0201 0600000001")
    in_use = 500
    said = {
        "7/1.0.99.1.0.255/2": bytes.fromhex("0101") + row,
        "7/1.0.99.1.0.255/3": capture_objects,
        "7/1.0.99.1.0.255/4": bytes.fromhex("0600000000"),
        "7/1.0.99.1.0.255/5": bytes.fromhex("1601"),
        "7/1.0.99.1.0.255/7": b"\x06" + in_use.to_bytes(4, "big"),
    }
    reader = ScriptedReader(said)
    read = await times(reader, ProfileAccess.ENTRY, TimeRange(start=END - DAY, end=END))
    assert read == [None, None, None]  # one of each of the three chunks
