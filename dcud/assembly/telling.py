"""Who tells metrics and subscribers what buses, jobs and meters do."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from dcud.collect.breaker import MeterState
from dcud.collect.clock_observer import ClockChange
from dcud.collect.gaps import Gap
from dcud.collect.kernel_clock import NotSynchronised, Synchronised, SystemClock
from dcud.collect.poller import JobRun, MeterHealth
from dcud.notice import Notice
from dcud.observe.metrics import Metrics
from dcud.publish.event_payload import Severity
from dcud.publish.incidents import Incidents
from dcud.publish.notices import Notices
from dcud.publish.state_payload import MeterCondition
from dcud.publish.state_payload import MeterState as PublishedState

if TYPE_CHECKING:
    from dcud.collect.clock_discipline import Offset
    from dcud.dlms.errors import SecurityError

_LOG = logging.getLogger("dcud")

FEW_COUNTERS = (1 << 32) // 10
"""Of the invocation counters under a key, a tenth: years at any sane rate."""

FEW_NAMES = 20
"""Objects that one sentence names."""

TOLD_AGAIN = 300.0
"""Seconds after which subscribers are told again how a meter does whose state did not change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What subscribers were last told of a meter: when, and since when it holds; unix seconds."""

    health: MeterHealth
    since: float
    at: float


class Subscribers(Protocol):
    """Who shows subscribers how meters do."""

    def show_meter_state(self, meter: str, state: PublishedState) -> None:
        """Publish how a meter does."""
        ...


class HealthTold:
    """Tells metrics and subscribers how polls and meters do.

    Subscribers are told at once when a state or its reason changes; that a meter is still as it
    was they are told only now and then, or every poll would be two messages.
    """

    def __init__(
        self, metrics: Metrics, publisher: Subscribers, clock: Callable[[], float]
    ) -> None:
        self._metrics = metrics
        self._publisher = publisher
        self._clock = clock
        self._told: dict[str, _Told] = {}

    def poll_finished(self, bus: str, meter: str, result: str, seconds: float) -> None:
        """Count a poll."""
        self._metrics.poll_finished(bus, meter, result, seconds)

    def job_ran(self, run: JobRun) -> None:
        """Show how a job's run kept to its time."""
        self._metrics.job_ran(run.bus, run.job, run.lag, late=run.is_late, left_out=run.left_out)

    def meter_health(self, health: MeterHealth) -> None:
        """Tell how a meter stands, and since when."""
        self._metrics.meter_up(health.bus, health.meter, health.state is not MeterState.DOWN)
        if health.last_success is not None:
            self._metrics.meter_succeeded(health.bus, health.meter, health.last_success)
        now = self._clock()
        told = self._told.get(health.meter)
        same = told is not None and told.health.state is health.state
        if told and same and told.health.reason == health.reason and now - told.at < TOLD_AGAIN:
            return
        since = told.since if told and same else now
        self._told[health.meter] = _Told(health=health, since=since, at=now)
        self._publisher.show_meter_state(
            health.meter,
            PublishedState(
                condition=MeterCondition(health.state.value),
                since=_utc(since),
                last_success=None if health.last_success is None else _utc(health.last_success),
                reason=health.reason,
            ),
        )


class UnaskedTold:
    """Tells subscribers of what meters say without being asked."""

    def __init__(self, notices: Notices, incidents: Incidents) -> None:
        self._notices = notices
        self._incidents = incidents

    def noticed(self, notice: Notice) -> None:
        """Publish it."""
        _LOG.info("meter %s sent a %s", notice.meter, notice.kind)
        self._notices.report(notice)

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        """Tell that there was something; its octets are in the frame log."""
        text = f"what it sent unasked on bus {bus} can't be read: {reason}; see the frame log"
        self._incidents.report(meter, "notification_not_understood", text)


class BrokerTold:
    """Tells metrics and subscribers how one broker does."""

    def __init__(self, broker: str, metrics: Metrics, incidents: Incidents) -> None:
        self._broker = broker
        self._metrics = metrics
        self._incidents = incidents

    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  # a state, told as it is
        """Show whether it is connected."""
        self._metrics.broker_connected(self._broker, connected)

    def published(self, messages: int = 1) -> None:
        """Count what it has."""
        self._metrics.published(self._broker, messages)

    def dropped(self, reason: str, messages: int) -> None:
        """Count what was let go."""
        self._metrics.dropped(reason, messages)

    def parked(self, meter: str, message_id: str, reason: str) -> None:
        """Tell of a message that it refused again and again."""
        text = f"message {message_id} is put aside, and tried again tomorrow: {reason}"
        self._incidents.report(meter, "message_parked", text, subject=self._broker)


class FindingsTold:
    """Tells metrics and subscribers of what jobs find out beside what they read."""

    def __init__(self, metrics: Metrics, incidents: Incidents) -> None:
        self._metrics = metrics
        self._incidents = incidents
        self._is_synchronised = True
        self._changes = 0  # of clocks, each of which is told by itself

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        """Show how many captures are still asked for."""
        self._metrics.captures_missing(bus, meter, job, captures)

    def captures_lost(self, bus: str, meter: str, job: str, gap: Gap) -> None:
        """Tell what can't be had."""
        self._metrics.gap_given_up(bus)
        first, last = gap.first.isoformat(), gap.last.isoformat()
        text = f"the captures of {job} from {first} to {last} are not to be had from it"
        self._incidents.report(meter, "captures_lost", text, subject=f"{job} {first}")

    def captures_overwritten(
        self, bus: str, meter: str, job: str, after: datetime, oldest: datetime
    ) -> None:
        """Tell that a log ran over before it was read."""
        text = (
            f"on bus {bus} the log of {job} was full: what it had after {after.isoformat()} and"
            f" before {oldest.isoformat()} may be overwritten; read it more often"
        )
        self._incidents.report(meter, "captures_overwritten", text, subject=job)

    def identity_changed(
        self, bus: str, meter: str, before: Mapping[str, str], now: Mapping[str, str]
    ) -> None:
        """Tell that a meter is another one, or has another firmware."""
        changed = sorted(
            name for name in before.keys() | now.keys() if before.get(name) != now.get(name)
        )
        told = ", ".join(
            f"{name} was {before.get(name, 'none')}, is {now.get(name, 'none')}" for name in changed
        )
        text = f"on bus {bus} it says of itself what it did not say before: {told}"
        self._incidents.report(meter, "identity_changed", text)

    def objects_changed(
        self, bus: str, meter: str, new: Sequence[str], gone: Sequence[str]
    ) -> None:
        """Tell that a meter has other objects than before."""
        text = (
            f"on bus {bus} it has other objects than before; new: {_few(new)}; gone: {_few(gone)}"
        )
        self._incidents.report(meter, "objects_changed", text)

    def gateway_clock(self, system: SystemClock) -> None:
        """Tell once that the gateway's own clock is not known to be right, and once that it is."""
        before, self._is_synchronised = self._is_synchronised, isinstance(system, Synchronised)
        if isinstance(system, NotSynchronised) and before:
            text = (
                "the gateway's clock is not known to be right, so no meter's is corrected:"
                f" {system.reason}"
            )
            self._incidents.report("", "gateway_clock_not_synchronised", text)
        elif isinstance(system, Synchronised) and not before:
            text = f"the gateway's clock is synchronised again, to {system.max_error:.3f} s"
            self._incidents.report("", "gateway_clock_synchronised", text, Severity.INFO)

    def clock_compared(self, bus: str, meter: str, offset: "Offset") -> None:
        """Show how far a clock is ahead."""
        self._metrics.clock_compared(bus, meter, offset.seconds)

    def clock_changed(self, bus: str, meter: str, change: ClockChange) -> None:
        """Tell of every change, whatever others there were."""
        text = (
            f"on bus {bus} its clock was ahead by {change.before} and was {change.how};"
            f" now it is ahead by {change.after}"
        )
        self._changes += 1
        subject = str(self._changes)
        self._incidents.report(meter, "clock_changed", text, subject=subject)
        if change.over_capture:
            went_back = change.before.seconds > change.after.seconds
            what = "back, so that captures are repeated" if went_back else "forth over captures"
            seconds = abs(change.before.seconds - change.after.seconds)
            text = f"on bus {bus} its clock was {change.how}: it went {seconds:.0f} s {what}"
            self._incidents.report(meter, "clock_set_across_capture", text, subject=subject)

    def clock_not_set(self, bus: str, meter: str, how: str, reason: str) -> None:
        """Tell that a correction was of no avail."""
        text = f"on bus {bus} its clock was to be {how}, and was not: {reason}"
        self._incidents.report(meter, "clock_not_set", text)

    def clock_off(self, bus: str, meter: str, offset: "Offset", reason: str) -> None:
        """Tell of a clock that is wrong and left alone."""
        text = f"on bus {bus} its clock is ahead by {offset} and is left alone: {reason}"
        self._incidents.report(meter, "clock_off", text)

    def clock_right(self, bus: str, meter: str, offset: "Offset") -> None:
        """Tell that it is right again."""
        text = f"on bus {bus} its clock is right again, ahead by {offset}"
        self._incidents.report(meter, "clock_right", text, Severity.INFO)


class PushesTold:
    """Tells metrics and subscribers of what meters push over the network."""

    def __init__(self, metrics: Metrics, unasked: UnaskedTold) -> None:
        self._metrics = metrics
        self._unasked = unasked

    def pushed(self, transport: str) -> None:
        """Count a notification that is kept."""
        self._metrics.pushed(transport)

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        """Tell of what can't be read."""
        self._unasked.not_understood(bus, meter, reason)


class SecurityTold:
    """Tells metrics and subscribers of what is not trusted."""

    def __init__(self, metrics: Metrics, incidents: Incidents) -> None:
        self._metrics = metrics
        self._incidents = incidents
        self._low: set[str] = set()

    def security_refused(self, bus: str, meter: str, error: "SecurityError") -> None:
        """Count what was refused, and tell of it."""
        self._metrics.security_refused(bus, meter, error.code)
        self._incidents.report(meter, error.code, str(error))

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        """Show how many counters are left; tell once when they are few."""
        self._metrics.counters_left(bus, meter, counters)
        if counters < FEW_COUNTERS and meter not in self._low:
            self._low.add(meter)
            text = f"only {counters} requests can still be sent under its keys; rotate them"
            self._incidents.report(meter, "counters_low", text)


def _few(names: Sequence[str]) -> str:
    """Return names for a sentence; of many the first, and how many more."""
    told = ", ".join(names[:FEW_NAMES]) or "none"
    more = len(names) - FEW_NAMES
    return f"{told} and {more} more" if more > 0 else told


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
