"""A meter's clock compared with ours, set, shifted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from dcud.collect.job import Asker
from dcud.collect.meter_memory import MeterMemory, get_data
from dcud.cosem.clock import TimeEncoding, TimeForm, parse_time, time_beside
from dcud.dlms.access import AttributeWithSelection, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.constructors import long
from dcud.dlms.data import Data, encode_data
from dcud.dlms.errors import EncodeError
from dcud.dlms.refusal_causes import explain_result
from dcud.dlms.requests import Act, Set
from dcud.dlms.set_exchange import Writing
from dcud.errors import DcudError

_CLASS_ID: Final = 8
_SHIFT_TIME: Final = 6
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

    @property
    def knows_whole_seconds_alone(self) -> bool:
        """Whether the form in which the meter has its time leaves hundredths out."""
        form = TimeForm.like(self.sample)
        return form.encoding is TimeEncoding.UNIX or not form.with_hundredths


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
    return Comparison(
        meter_time=moment,
        our_time=datetime.fromtimestamp((asked_at + answered_at) / 2, UTC),
        status=told.status,
        round_trip=answered_at - asked_at,
        sample=answer,
    )


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
    if compared.knows_whole_seconds_alone:
        arrival = (arrival + timedelta(seconds=0.5)).replace(microsecond=0)
    time = time_beside(compared.sample, arrival, memory.convention)
    writing = Writing(
        target=AttributeWithSelection(attribute=memory.clock_time), value=encode_data(time)
    )
    result = await asker.ask(Set(writing))
    if result is not DataAccessResult.SUCCESS:
        raise ClockError(
            f"the clock {memory.clock_name} is not set: {result.words}",
            remedy=explain_result(result).remedy,
        )


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
    method = MethodDescriptor(_CLASS_ID, memory.clock_name, _SHIFT_TIME)
    result = await asker.ask(Act(MethodCall(method=method, parameter=encode_data(long(seconds)))))
    if isinstance(result, ActionResult | DataAccessResult):
        raise ClockError(
            f"the clock {memory.clock_name} is not shifted: {result.words}",
            remedy=explain_result(result).remedy,
        )
