"""What the other rooms tell of the daemon's health."""

import time
from bisect import bisect_left
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from dcud.observe.figures import (
    ANSWER_SECONDS,
    POLL_RESULTS,
    POLL_SECONDS,
    BrokerFigures,
    BusFigures,
    Figures,
    Histogram,
    MeterFigures,
    OutboxFigures,
)
from dcud.observe.summary import summary

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_REASON_OF_CODE: Final = {
    "no_answer": "no_answer",
    "link_refused": "refused",
    "association_rejected": "refused",
    "exception_response": "refused",
    "confirmed_service_error": "refused",
    "profile_refused": "refused",
    **dict.fromkeys(
        (
            "security",
            "key_missing",
            "authentication_tag",
            "replay",
            "system_title",
            "security_control",
            "security_policy",
            "transaction",
            "key_info",
            "signature",
            "certificate",
            "compression",
            "meter_not_authentic",
            "counters_spent",
            "counter_unknown",
            "counter_bound",
            "invocation_counter",
        ),
        "security",
    ),
    "port": "port",
    "store": "store",
    "store_refused": "store",
    "internal": "internal",
    "misuse": "internal",
    "encode": "internal",
}
"""From the error tree's `code` to the reason that its bus counts; other codes are "protocol"."""


class Metrics:
    """Counts; every method is a plain verb that another room's port asks for.

    Buses and meters made known with `add_bus` and `add_meter` stand on the page from the start, at
    zero, so that rates are right from the first event; others appear once they are told of.
    Methods belong to the event loop's thread, return at once and never raise.
    """

    def __init__(self, *, version: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._figures = Figures(version=version, clock=clock)

    def add_bus(self, bus: str) -> None:
        """Show the bus from now on."""
        self._bus(bus)

    def add_meter(self, bus: str, meter: str) -> None:
        """Show the meter from now on."""
        self._meter(bus, meter)

    def remove_meter(self, bus: str, meter: str) -> None:
        """Show the meter no more."""
        self._bus(bus).meters.pop(meter, None)

    def remove_bus(self, bus: str) -> None:
        """Show the bus no more."""
        self._figures.buses.pop(bus, None)

    def config_taken(self, at_unix: float) -> None:
        """Tell that a configuration was taken, and when."""
        self._figures.config_successful = True
        self._figures.config_taken_at = at_unix

    def config_refused(self) -> None:
        """Tell that the last configuration that was given while dcud ran was not taken."""
        self._figures.config_successful = False

    def key_files_checked(self, problems: int) -> None:
        """Tell how much is wrong with the key files."""
        self._figures.key_file_problems = problems

    def certificates_checked(self, ends: Mapping[tuple[str, str], float]) -> None:
        """Tell until when certificates hold, by whose they are and what for."""
        self._figures.certificates = dict(ends)

    def bus_up(self, bus: str, up: bool) -> None:  # noqa: FBT001  # a state, told as it is
        """Tell whether the bus's port is open."""
        self._bus(bus).up = up

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # likewise
        """Tell that a meter was given the bus, or that it gave it back."""
        figures, now = self._bus(bus), self._figures.clock()
        seconds, since = figures.busy
        if since is not None:
            seconds += now - since
        figures.busy = seconds, now if busy else None

    def meter_up(self, bus: str, meter: str, up: bool) -> None:  # noqa: FBT001  # likewise
        """Tell whether the meter answers."""
        self._meter(bus, meter).up = up

    def meter_succeeded(self, bus: str, meter: str, at_unix: float) -> None:
        """Tell when (Unix seconds) the meter last gave what it was asked for."""
        self._meter(bus, meter).last_success = at_unix

    def security_refused(self, bus: str, meter: str, code: str) -> None:
        """Count something of the meter's, or in its name, that was not trusted."""
        refusals = self._meter(bus, meter).refusals
        refusals[code] = refusals.get(code, 0) + 1

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        """Tell how many invocation counters are left under the meter's keys."""
        self._meter(bus, meter).counters_left = counters

    def poll_finished(self, bus: str, meter: str, result: str, seconds: float) -> None:
        """Count one poll: `result` is "success", "partial" or an error's code."""
        counted = result if result in POLL_RESULTS else "failed"
        self._meter(bus, meter).polls[POLL_RESULTS.index(counted)] += 1
        figures = self._bus(bus)
        if result not in {"success", "partial"}:
            figures.failures[_REASON_OF_CODE.get(result, "protocol")] += 1
        _count(figures.polls, POLL_SECONDS, seconds)

    def job_ran(self, bus: str, job: str, lag: float, *, late: bool, left_out: int) -> None:
        """Tell how a job's run kept to its time; `lag` in seconds."""
        figures = self._bus(bus)
        figures.lags[job] = lag
        figures.late_runs[job] = figures.late_runs.get(job, 0) + late
        figures.left_out_runs[job] = figures.left_out_runs.get(job, 0) + left_out

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        """Tell how many captures of a job's profile are known to be missing."""
        self._meter(bus, meter).captures_missing[job] = captures

    def clock_compared(self, bus: str, meter: str, seconds: float) -> None:
        """Tell by how many seconds a meter's clock is ahead of ours."""
        self._meter(bus, meter).clock_offset = seconds

    def gap_given_up(self, bus: str) -> None:
        """Count a stretch of a profile that could not be had."""
        self._bus(bus).gaps_given_up += 1

    def frame(
        self,
        bus: str,
        direction: str,
        meter: str,  # noqa: ARG002  # a tracer is told it; frames are counted per bus
        octets: bytes,  # noqa: ARG002  # likewise
        secret: Sequence[tuple[int, int]],  # noqa: ARG002  # likewise
    ) -> None:
        """Count one good frame, "tx" or "rx"."""
        frames = self._bus(bus).frames
        frames[direction] = frames.get(direction, 0) + 1

    def discarded(
        self,
        bus: str,
        meter: str,  # noqa: ARG002  # a tracer is told it; discards are counted per bus
        reason: str,
        octets: bytes,  # noqa: ARG002  # likewise
    ) -> None:
        """Count octets that made no frame, once whatever their number."""
        discards = self._bus(bus).discards
        discards[reason] = discards.get(reason, 0) + 1

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:  # noqa: ARG002  # likewise
        """Count frames sent once more because no answer came."""
        self._bus(bus).retransmissions += frames

    def answered(self, bus: str, meter: str, seconds: float) -> None:  # noqa: ARG002  # likewise
        """Count one answer, by the time that it took to come."""
        _count(self._bus(bus).answers, ANSWER_SECONDS, seconds)

    def broker_connected(
        self,
        broker: str,
        connected: bool,  # noqa: FBT001  # a state, told as it is
    ) -> None:
        """Tell whether the broker accepted us and the connection still stands."""
        self._broker(broker).connected = connected

    def published(self, broker: str, messages: int = 1) -> None:
        """Count messages that the broker acknowledged."""
        self._broker(broker).published += messages

    def dropped(self, reason: str, messages: int) -> None:
        """Count messages that the outbox let go unpublished, for "size", "age" or "too_large"."""
        drops = self._figures.drops
        drops[reason] = drops.get(reason, 0) + messages

    def frame_log_dropped(self, lines: int) -> None:
        """Count lines that the frame log could not keep."""
        self._figures.frame_log_dropped_lines += lines

    def pushed(self, transport: str) -> None:
        """Count a notification of a meter that came over the network and is kept."""
        self._figures.pushes[transport] += 1

    def push_refused(self, transport: str, reason: str) -> None:
        """Count what came over the network unasked and was not taken."""
        refusals, key = self._figures.push_refusals, (transport, reason)
        refusals[key] = refusals.get(key, 0) + 1

    def commanded(self, verb: str, outcome: str) -> None:
        """Count a request that was answered."""
        commands, key = self._figures.commands, (verb, outcome)
        commands[key] = commands.get(key, 0) + 1

    def push_connections(self, count: int) -> None:
        """Tell how many connections to the listener stand."""
        self._figures.push_connections = count

    def add_broker(self, broker: str) -> None:
        """Show a broker from now on."""
        self._broker(broker)

    def _broker(self, broker: str) -> BrokerFigures:
        return self._figures.brokers.setdefault(broker, BrokerFigures())

    def set_outbox(self, figures: Callable[[], OutboxFigures]) -> None:
        """Take where the outbox's figures come from: called in the page's thread, never blocks."""
        self._figures.outbox = figures

    def set_tasks(self, count: Callable[[], int]) -> None:
        """Take what counts the event loop's tasks: called in the page's thread, never blocks."""
        self._figures.tasks = count

    def summary(self) -> str:
        """Return how the daemon does, in one line."""
        return summary(self._figures)

    def mark(self, bus: str) -> Hashable:
        """Return what is another than before once anything went over the bus, or tried to."""
        figures = self._bus(bus)
        return (
            *figures.frames.values(),
            *figures.discards.values(),
            figures.retransmissions,
            sum(figures.polls.buckets),
        )

    def registry(self) -> "CollectorRegistry":
        """Return a registry that shows these figures, the process's and the interpreter's."""
        # Not before it is needed: to load all this takes as long as to load a bus and its meters.
        from prometheus_client import (  # noqa: PLC0415  # for that reason
            CollectorRegistry,
            GCCollector,
            PlatformCollector,
            ProcessCollector,
        )

        from dcud.observe.families import FigureCollector  # noqa: PLC0415  # likewise

        registry = CollectorRegistry()
        registry.register(FigureCollector(self._figures))
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        return registry

    def _bus(self, name: str) -> BusFigures:
        figures = self._figures.buses.get(name)
        if figures is None:
            figures = self._figures.buses[name] = BusFigures()
        return figures

    def _meter(self, bus: str, name: str) -> MeterFigures:
        meters = self._bus(bus).meters
        figures = meters.get(name)
        if figures is None:
            figures = meters[name] = MeterFigures()
        return figures


def _count(histogram: Histogram, bounds: tuple[float, ...], seconds: float) -> None:
    histogram.buckets[bisect_left(bounds, seconds)] += 1
    histogram.total += seconds
