from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

import pytest

from dcud.collect.clock_setting import (
    ClockError,
    Comparison,
    compare,
    set_by_preset,
    set_to,
    shift,
)
from dcud.collect.meter_memory import MeterMemory
from dcud.cosem.clock import ClockConvention
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import double_long_unsigned, octet_string, unsigned
from dcud.dlms.cosem_time import CosemDateTime, DeviationSign
from dcud.dlms.data import Data, DataType
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.exchange import Request
from dcud.dlms.requests import Act, Set
from tests.support.fake_meter import Answer, FakeReader

CLOCK = "8/0.0.1.0.0.255/2"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
MEMORY = MeterMemory(meter="m1", bus="b1")
TIME = bytes.fromhex("07EA0601010C000500000000")
SHOWS = octet_string(TIME)
T = TypeVar("T")


class Meter(FakeReader):
    """A clock that is five seconds ahead, and what it says to a change."""

    def __init__(self, shows: Answer = SHOWS, says: object = DataAccessResult.SUCCESS) -> None:
        super().__init__({CLOCK: shows})
        self.says = says
        self.requests: list[Request[object]] = []

    async def ask(self, request: Request[T], *, progress: Callable[[int], None] | None = None) -> T:
        assert progress is None
        self.requests.append(request)
        return cast(T, self.says)


def ticking(step: float = 2.0) -> Callable[[], float]:
    def ticks() -> Iterator[float]:
        now = NOON.timestamp()
        while True:
            yield now
            now += step

    clock = ticks()
    return lambda: next(clock)


async def compared(meter: Meter) -> Comparison:
    return await compare(meter, MEMORY, ticking())


async def test_the_way_of_the_answer_is_taken_out() -> None:
    told = await compared(Meter())
    assert told.our_time == NOON + timedelta(seconds=1)
    assert told.deviation == timedelta(seconds=4)
    assert told.round_trip == 2.0


@pytest.mark.parametrize(
    ("shows", "said"),
    [
        (DataAccessResult.READ_WRITE_DENIED, "the clock 0.0.1.0.0.255: read-write-denied"),
        (octet_string(b"\xff" * 9 + b"\x80\x00\xff"), "shows no moment"),
        (octet_string(bytes.fromhex("07EA0601010C0005008000FF")), "which zone it is in"),
    ],
)
async def test_clocks_that_tell_nothing(shows: Answer, said: str) -> None:
    with pytest.raises(ClockError, match=said):
        await compared(Meter(shows))


BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
"""Half past two in Berlin, for the second time that night."""


@pytest.mark.parametrize("hours", [0, -1])
@pytest.mark.parametrize(
    ("fields", "sign"),
    [
        ("07EA0A1907021E05FF8000FF", DeviationSign.UTC_MINUS_LOCAL),
        ("07EA0A1907021E05FF0000FF", DeviationSign.IGNORED),
    ],
)
async def test_an_hour_that_comes_twice_is_meant_as_the_nearer(
    hours: int, fields: str, sign: DeviationSign
) -> None:
    memory = MeterMemory(meter="m1", bus="b1", convention=ClockConvention(zone=BERLIN, sign=sign))
    now = (AUTUMN + timedelta(hours=hours)).timestamp()
    meter = Meter(octet_string(bytes.fromhex(fields)))
    told = await compare(meter, memory, lambda: now)
    assert told.deviation == timedelta(seconds=5)


async def test_what_a_clock_says_of_its_season_holds() -> None:
    memory = MeterMemory(meter="m1", bus="b1", convention=ClockConvention(zone=BERLIN))
    meter = Meter(octet_string(bytes.fromhex("07EA0A1907021E05FF800080")))
    told = await compare(meter, memory, AUTUMN.timestamp)
    assert told.deviation == timedelta(hours=-1, seconds=5)
    meter = Meter(octet_string(bytes.fromhex("07EA0A1907021E05FFFF88FF")))
    told = await compare(meter, memory, AUTUMN.timestamp)
    assert told.deviation == timedelta(hours=-1, seconds=5)


async def test_what_is_no_time() -> None:
    with pytest.raises(DecodeError):
        await compared(Meter(unsigned(1)))


async def test_it_is_set_to_what_is_right_when_it_arrives() -> None:
    meter = Meter()
    await set_to(meter, MEMORY, await compared(meter), lambda: NOON)
    (request,) = meter.requests
    assert isinstance(request, Set)
    assert request.writing.value.hex() == "090c" + "07ea0601010c000100000000"


async def test_it_is_set_in_its_own_form() -> None:
    meter = Meter(double_long_unsigned(int(NOON.timestamp())))
    await set_to(meter, MEMORY, await compared(meter), lambda: NOON)
    (request,) = meter.requests
    assert isinstance(request, Set)
    assert request.writing.value[:1] == b"\x06"


@pytest.mark.parametrize(("fraction", "second"), [(0.4, "01"), (0.6, "02")])
async def test_it_is_set_to_the_nearest_second_where_it_knows_no_hundredths(
    fraction: float, second: str
) -> None:
    meter = Meter(octet_string(bytes.fromhex("07EA0601010C0005FFFF8880")))
    moment = NOON + timedelta(seconds=fraction)
    await set_to(meter, MEMORY, await compared(meter), lambda: moment)
    (request,) = meter.requests
    assert isinstance(request, Set)
    # In the summer time of Berlin, in which the meter showed its time.
    assert request.writing.value.hex() == f"090c07ea0601010e00{second}ffff8880"


async def test_a_meter_that_is_not_set() -> None:
    meter = Meter(says=DataAccessResult.READ_WRITE_DENIED)
    told = await compared(meter)
    with pytest.raises(ClockError, match="is not set: read-write-denied"):
        await set_to(meter, MEMORY, told, lambda: NOON)


@pytest.mark.parametrize(
    "shows",
    [
        SHOWS,
        Data(DataType.DATE_TIME, CosemDateTime.from_octets(TIME)),
        double_long_unsigned(int(NOON.timestamp()) + 5),
    ],
)
async def test_it_is_set_by_its_preset(shows: Data) -> None:
    meter = Meter(shows, says=None)
    await set_by_preset(meter, MEMORY, await compared(meter), lambda: NOON)
    preset, adjust = meter.requests
    assert isinstance(preset, Act)
    assert str(preset.call.method) == "8/0.0.1.0.0.255/5"
    # On arrival of the second request it is 12:00:03, and the clock shows 12:00:07.
    assert preset.call.parameter is not None
    times = ("0c0003", "0b3a3b", "0c010f")
    fields = "".join(f"090c07ea060101{time}00000000" for time in times)
    assert preset.call.parameter.hex() == "0203" + fields
    assert isinstance(adjust, Act)
    assert str(adjust.call.method) == "8/0.0.1.0.0.255/4"
    assert adjust.call.parameter == b"\x0f\x00"


async def test_a_meter_that_takes_no_preset() -> None:
    meter = Meter(says=ActionResult.OBJECT_UNDEFINED)
    with pytest.raises(ClockError, match="is not set: object-undefined"):
        await set_by_preset(meter, MEMORY, await compared(meter), lambda: NOON)
    assert len(meter.requests) == 1


async def test_it_is_shifted() -> None:
    meter = Meter(says=None)
    await shift(meter, MEMORY, -5)
    (request,) = meter.requests
    assert isinstance(request, Act)
    assert str(request.call.method) == "8/0.0.1.0.0.255/6"
    assert request.call.parameter == b"\x10\xff\xfb"


async def test_a_meter_that_is_not_shifted() -> None:
    with pytest.raises(ClockError, match="is not shifted: object-undefined"):
        await shift(Meter(says=ActionResult.OBJECT_UNDEFINED), MEMORY, 5)


async def test_a_shift_too_long_is_not_asked_for() -> None:
    meter = Meter()
    with pytest.raises(EncodeError):
        await shift(meter, MEMORY, -901)
    assert meter.requests == []
