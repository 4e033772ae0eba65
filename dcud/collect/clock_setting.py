"""A meter's clock compared with ours, set, shifted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import ClassVar, Final

from dcud.collect.job import Asker
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.cosem.clock import (
    ClockConvention,
    ClockTime,
    TimeEncoding,
    TimeForm,
    encode_time,
    parse_time,
    time_beside,
)
from dcud.dlms.access import AttributeWithSelection, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.constructors import integer, long, octet_string, structure
from dcud.dlms.cosem_time import (
    DEVIATION_NOT_SPECIFIED,
    NOT_SPECIFIED,
    CosemDateTime,
    DeviationSign,
)
from dcud.dlms.data import Data, encode_data
from dcud.dlms.errors import EncodeError
from dcud.dlms.refusal_causes import explain_result
from dcud.dlms.requests import Act, Set
from dcud.dlms.set_exchange import Writing
from dcud.errors import DcudError

_CLASS_ID: Final = 8
_ADJUST_TO_PRESET_TIME, _PRESET_ADJUSTING_TIME, _SHIFT_TIME = 4, 5, 6
_PRESET_HOLDS: Final = timedelta(minutes=1)
"""Around the time that the meter shows, in which it may take a preset over."""
LONGEST_SHIFT: Final = 900
"""Seconds. [IEC 62056-6-2: Clock, shift_time]"""

Clock = Callable[[], float]
"""Seconds of UNIX."""


class ClockError(DcudError):
    """A meter's clock can't be read, or not be changed."""

    code: ClassVar[str] = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What a meter's clock shows beside ours.

    Attributes:
        meter_time: aware, in the meter's own zone.
        our_time: when the meter looked at its clock: halfway between question and answer.
        status: names of the clock status bits that are set.
        round_trip: seconds from question to answer.
        sample: the time as the meter gave it.
    """

    meter_time: datetime
    our_time: datetime
    status: tuple[str, ...]
    round_trip: float
    sample: Data

    @property
    def deviation(self) -> timedelta:
        """How far the meter's clock is ahead of ours."""
        return self.meter_time - self.our_time

    def nearest(self, moment: datetime) -> datetime:
        """Return the nearest moment that the meter can be told in its form of time."""
        form = TimeForm.like(self.sample)
        if form.with_hundredths and form.encoding is not TimeEncoding.UNIX:
            return moment
        return (moment + timedelta(seconds=0.5)).replace(microsecond=0)


async def compare(asker: Asker, memory: MeterMemory, clock: Clock) -> Comparison:
    """Read a meter's clock.

    Raises:
        ClockError: it refuses, or shows no moment.
    """
    asked_at = clock()
    answer = await get_data(asker, memory.clock_time)
    answered_at = clock()
    if isinstance(answer, DataAccessResult):
        raise ClockError(
            f"the clock {memory.clock_name}: {answer.words}", remedy=explain_result(answer).remedy
        )
    told = parse_time(answer, memory.convention)
    if told.moment is None:
        raise ClockError(f"the clock {memory.clock_name} shows no moment: {told.raw}")
    moment = told.moment
    if moment.tzinfo is None:
        raise ClockError(
            f"the clock {memory.clock_name} does not tell which zone it is in",
            remedy="set clock.time_zone of the meter",
        )
    our_time = datetime.fromtimestamp((asked_at + answered_at) / 2, UTC)
    return Comparison(
        meter_time=_meant(told, moment, memory.convention, our_time),
        our_time=our_time,
        status=told.status,
        round_trip=answered_at - asked_at,
        sample=answer,
    )


def _meant(
    told: ClockTime, moment: datetime, convention: ClockConvention, our_time: datetime
) -> datetime:
    """Return which of two moments a clock means that shows an hour twice without saying which.

    It is the nearer one: autumn puts no clock wrong.
    """
    raw = told.raw
    if raw is None or convention.zone is None or raw.status != NOT_SPECIFIED:
        return moment
    if raw.deviation != DEVIATION_NOT_SPECIFIED and convention.sign is not DeviationSign.IGNORED:
        return moment
    passes = [moment.replace(tzinfo=convention.zone, fold=fold) for fold in (0, 1)]
    offsets = [timezone(each.utcoffset() or timedelta(0)) for each in passes]
    shown = [moment.replace(tzinfo=offset) for offset in offsets]
    return min(shown, key=lambda each: abs(each - our_time))


SetClock = Callable[[Asker, MeterMemory, Comparison, Callable[[], datetime]], Awaitable[None]]
"""Either of `set_to` and `set_by_preset`."""


async def set_to(
    asker: Asker, memory: MeterMemory, compared: Comparison, moment: Callable[[], datetime]
) -> None:
    """Set a meter's clock, in the form and with the deviation in which it tells the time itself.

    One that knows whole seconds alone gets the nearest.

    Args:
        asker: an open association.
        memory: what is known of the meter.
        compared: what its clock showed before.
        moment: what it is to show when the request leaves; the way there is added.

    Raises:
        ClockError: it refuses.
        EncodeError: the moment can't be told in that form.
    """
    arrival = moment() + timedelta(seconds=compared.round_trip / 2)
    time = time_beside(compared.sample, compared.nearest(arrival), memory.convention)
    writing = Writing(
        target=AttributeWithSelection(attribute=memory.clock_time), value=encode_data(time)
    )
    result = await asker.ask(Set(writing))
    if result is not DataAccessResult.SUCCESS:
        raise ClockError(
            f"the clock {memory.clock_name} is not set: {result.words}",
            remedy=explain_result(result).remedy,
        )


async def set_by_preset(
    asker: Asker, memory: MeterMemory, compared: Comparison, moment: Callable[[], datetime]
) -> None:
    """Set a meter's clock by its preset: tell the time beforehand, then have it taken over.

    Some meters let their clock be set in no other way.
    [IEC 62056-6-2: Clock, preset_adjusting_time, adjust_to_preset_time]

    Args:
        asker: an open association.
        memory: what is known of the meter.
        compared: what its clock showed before.
        moment: what it is to show when the first of the two requests leaves; the way of both is
            added.

    Raises:
        ClockError: it refuses.
        EncodeError: the moment can't be told in its form.
    """
    way = timedelta(seconds=compared.round_trip)
    arrival = moment() + way * 1.5
    shown = arrival + compared.deviation
    margin = _PRESET_HOLDS + 4 * way
    times = [compared.nearest(arrival), shown - margin, shown + margin]
    presets = structure([_in_octets(compared.sample, time, memory.convention) for time in times])
    await _act(asker, memory, _PRESET_ADJUSTING_TIME, presets, "set")
    await _act(asker, memory, _ADJUST_TO_PRESET_TIME, integer(0), "set")


def _in_octets(sample: Data, moment: datetime, convention: ClockConvention) -> Data:
    """Return a moment as an octet-string, whatever the meter shows its time in."""
    time = time_beside(sample, moment, convention)
    match time.value:
        case CosemDateTime() as fields:
            return octet_string(fields.to_octets())
        case bytes():
            return time
        case _:
            return encode_time(moment, TimeForm(), convention)


async def shift(asker: Asker, memory: MeterMemory, seconds: int) -> None:
    """Shift a meter's clock by so many seconds, at most a quarter of an hour either way.

    Raises:
        ClockError: it refuses.
        EncodeError: it is more than that.
    """
    if abs(seconds) > LONGEST_SHIFT:
        raise EncodeError(
            f"a clock is shifted by {LONGEST_SHIFT} seconds at most, not by {seconds}",
            remedy="set it",
        )
    await _act(asker, memory, _SHIFT_TIME, long(seconds), "shifted")


async def _act(asker: Asker, memory: MeterMemory, index: int, parameter: Data, done: str) -> None:
    method = MethodDescriptor(_CLASS_ID, memory.clock_name, index)
    result = await asker.ask(Act(MethodCall(method=method, parameter=encode_data(parameter))))
    if isinstance(result, ActionResult | DataAccessResult):
        raise ClockError(
            f"the clock {memory.clock_name} is not {done}: {result.words}",
            remedy=explain_result(result).remedy,
        )
