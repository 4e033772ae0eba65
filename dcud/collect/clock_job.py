"""The job that compares a meter's clock with ours, correcting it within limits."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Final

from dcud.collect import clock_moves
from dcud.collect.capture_boundaries import CaptureBoundaries
from dcud.collect.capture_periods import CapturePeriods
from dcud.collect.clock_discipline import (
    Change,
    LeaveAlone,
    Limits,
    Offset,
    Right,
    Shift,
    Situation,
    decide,
    offset_of,
    over_capture,
    quickest,
)
from dcud.collect.clock_moves import Position, Repeated
from dcud.collect.clock_observer import ClockChange, ClockObserver
from dcud.collect.clock_record import ClockRecord, Pending
from dcud.collect.clock_setting import (
    Clock,
    ClockError,
    Comparison,
    SetClock,
    compare,
    set_to,
    shift,
)
from dcud.collect.job import Asker, JobOutcome, Keep, MayGoOn, Timing
from dcud.collect.kernel_clock import SystemClock, system_clock
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.postponed import Postponed
from dcud.dlms.errors import EncodeError
from dcud.reading import MeterTime, Quantity, Reading, Value
from dcud.store.rows import CursorMove

_LOGGER = logging.getLogger("dcud.collect")

LOOKS: Final = 3
"""Questions of which the one that was answered soonest counts."""
_LONGEST_WAY: Final = 300.0
"""Seconds after which a request whose answer is lost has reached the meter, or never will."""
_MILLISECOND: Final = Decimal("0.001")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What a look at the clock showed; `shown` is the comparison that counts."""

    shown: Comparison
    offset: Offset


@dataclass(slots=True, kw_only=True, eq=False)
class _Turn:
    """One run of the job.

    Attributes:
        record: what is known since the run before, and what was done in this one.
        moves: what is to be kept of the clock's moves.
        values: what is published, "clock_offset" among them.
    """

    asker: Asker
    keep: Keep
    system: SystemClock
    record: ClockRecord
    moves: list[CursorMove]
    values: dict[str, Quantity | str]
    outcome: JobOutcome = JobOutcome.SUCCESS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClockJob:
    """Compares a clock, corrects it where that is allowed, looks at it again, and keeps a reading.

    What is begun is noted before the meter is asked: a correction whose answer is lost counts, and
    what came of it is told with the next look.

    Attributes:
        postponed: the schedule within `timing`, in which a correction that has to wait is noted.
        captures: when the meter captures.
        set_clock: sets a clock in the way that the meter knows.
        position: gives what was kept before.
        observer: learns of what is found and done.
        clock: our own.
        ask_system: tells whether that one is right.
    """

    name: str
    timing: Timing
    postponed: Postponed
    limits: Limits
    captures: CapturePeriods
    memory: MeterMemory
    position: Position
    observer: ClockObserver
    clock: Clock
    set_clock: SetClock = set_to
    ask_system: Callable[[], SystemClock] = system_clock

    async def run(
        self,
        reader: Asker,
        keep: Keep,
        now: datetime,
        may_go_on: MayGoOn,  # noqa: ARG002  # a correction is not left half done
    ) -> JobOutcome:
        """Compare, and correct; see `Job.run`."""
        turn = await self._turn(reader, keep)
        name = await self.memory.identify(reader)
        look = await self._look(turn)
        boundaries = await self.captures.boundaries(reader, self._zones(look))
        await self._settle(turn, look, boundaries)
        situation = Situation(
            offset=look.offset,
            now=datetime.fromtimestamp(self.clock(), UTC),
            system=turn.system,
            changes_today=turn.record.changes,
            boundaries=boundaries,
        )
        decision = decide(self.limits, situation)
        if isinstance(decision, Right | LeaveAlone):
            self._leave(turn, decision, look.offset)
        else:
            await self._change(turn, decision, look, boundaries)
        reading = self._reading(name, now, look, turn)
        await keep((reading,), (self._noted(turn.record), *turn.moves))
        return turn.outcome

    async def _turn(self, asker: Asker, keep: Keep) -> _Turn:
        system = self.ask_system()
        self.observer.gateway_clock(system)
        kept = await self.position(self.memory.meter, self._key)
        record = ClockRecord() if kept is None else ClockRecord.from_text(kept.position)
        today = datetime.fromtimestamp(self.clock(), self.limits.zone).date()
        return _Turn(
            asker=asker, keep=keep, system=system, record=record.on(today), moves=[], values={}
        )

    async def _look(self, turn: _Turn) -> _Look:
        """Look at the clock several times."""
        compared = [await compare(turn.asker, self.memory, self.clock) for _ in range(LOOKS)]
        offset = offset_of(compared, turn.system)
        self.observer.clock_compared(self.memory.bus, self.memory.meter, offset)
        turn.values["clock_offset"] = _seconds(offset.seconds)
        turn.values["clock_uncertainty"] = _seconds(offset.uncertainty)
        return _Look(shown=quickest(compared), offset=offset)

    def _zones(self, look: _Look) -> list[tzinfo]:
        """Return in which zones the meter may see its midnight."""
        zones = (look.shown.meter_time.tzinfo, self.memory.convention.zone)
        return [zone for zone in zones if zone is not None]

    async def _settle(self, turn: _Turn, look: _Look, boundaries: CaptureBoundaries | None) -> None:
        """Find out what came of a change whose answer was lost."""
        pending = turn.record.pending
        turn.record = turn.record.ended()
        if pending is not None and pending.has_happened(look.offset.seconds):
            ended = min(self.clock(), pending.began + _LONGEST_WAY)
            how = replace(pending, how=f"{pending.how}, as shows only now")
            await self._tell(turn, how, look.offset, boundaries, ended)

    def _leave(self, turn: _Turn, decision: Right | LeaveAlone, offset: Offset) -> None:
        """Tell of a clock that is left as it is, where that is news."""
        bus, meter, told = self.memory.bus, self.memory.meter, turn.record.told
        if isinstance(decision, Right):
            if told:
                self.observer.clock_right(bus, meter, offset)
            turn.record = turn.record.having_told("")
        elif decision.until is not None:
            _LOGGER.info(
                "bus %s: meter %s: its clock is ahead by %s, and corrected after %s: %s",
                bus,
                meter,
                offset,
                decision.until.isoformat("T", "seconds"),
                decision.reason,
            )
            self.postponed.put_off(decision.until.timestamp())
        elif told != decision.why:
            self.observer.clock_off(bus, meter, offset, decision.reason)
            turn.record = turn.record.having_told(decision.why)

    async def _change(
        self, turn: _Turn, change: Change, look: _Look, boundaries: CaptureBoundaries | None
    ) -> None:
        """Move the clock, and see whether it moved."""
        pending = Pending(before=look.offset.seconds, how=str(change), began=self.clock())
        turn.record = turn.record.begun(pending)
        await turn.keep((), (self._noted(turn.record), *turn.moves))
        turn.moves.clear()
        _LOGGER.warning(
            "bus %s: meter %s: its clock is ahead by %s: it is %s",
            self.memory.bus,
            self.memory.meter,
            look.offset,
            change,
        )
        try:
            await self._carry_out(turn.asker, change, look.shown)
        except (ClockError, EncodeError) as error:
            self._tell_failed(turn, pending, str(error))
            return
        ended = self.clock()
        after = await self._look(turn)
        if pending.has_happened(after.offset.seconds):
            await self._tell(turn, pending, after.offset, boundaries, ended)
            turn.record = turn.record.ended().having_told("")
        else:
            reason = f"it said that it was, and is ahead by {after.offset}"
            self._tell_failed(turn, pending, reason)

    async def _carry_out(self, asker: Asker, change: Change, shown: Comparison) -> None:
        if isinstance(change, Shift):
            await shift(asker, self.memory, change.seconds)
        else:
            await self.set_clock(
                asker, self.memory, shown, lambda: datetime.fromtimestamp(self.clock(), UTC)
            )

    def _tell_failed(self, turn: _Turn, pending: Pending, reason: str) -> None:
        self.observer.clock_not_set(self.memory.bus, self.memory.meter, pending.how, reason)
        turn.record = turn.record.ended()
        turn.outcome = JobOutcome.PARTIAL

    async def _tell(
        self,
        turn: _Turn,
        done: Pending,
        after: Offset,
        boundaries: CaptureBoundaries | None,
        ended: float,
    ) -> None:
        """Tell of a change; where a time comes twice, note it for whoever reads what was then."""
        aheads = (done.before, after.seconds)
        change = ClockChange(
            before=replace(after, seconds=done.before),
            after=after,
            how=done.how,
            over_capture=over_capture(boundaries, aheads, done.began, ended),
        )
        self.observer.clock_changed(self.memory.bus, self.memory.meter, change)
        turn.values |= {"clock_offset_before": _seconds(done.before), "clock_change": done.how}
        # Not only over captures: an event log may have an entry at any time.
        if after.seconds < done.before:
            doubt = after.uncertainty
            twice = Repeated(
                first=datetime.fromtimestamp(done.began + after.seconds - doubt, UTC),
                last=datetime.fromtimestamp(ended + done.before + doubt, UTC),
                noted=datetime.fromtimestamp(ended, UTC),
            )
            turn.moves.append(await clock_moves.noted(self.position, self.memory.meter, twice))

    @property
    def _key(self) -> str:
        return f"{self.name}/clock"

    def _noted(self, record: ClockRecord) -> CursorMove:
        return CursorMove(meter=self.memory.meter, key=self._key, position=record.to_text())

    def _reading(self, name: str, now: datetime, look: _Look, turn: _Turn) -> Reading:
        shown = look.shown
        return Reading(
            meter=self.memory.meter,
            logical_device_name=name,
            bus=self.memory.bus,
            job=self.name,
            read_time=now,
            meter_time=MeterTime(time=shown.meter_time, status=shown.status),
            values=tuple(self._value(*each) for each in turn.values.items()),
        )

    def _value(self, name: str, value: Quantity | str) -> Value:
        return Value(
            obis=str(self.memory.clock_name),
            attribute=self.memory.clock_time.attribute,
            name=name,
            value=value,
            unit="s" if isinstance(value, Quantity) else "",
        )


def _seconds(seconds: float) -> Quantity:
    return Quantity(magnitude=Decimal(seconds).quantize(_MILLISECOND))
