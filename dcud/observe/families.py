"""The table of every series that the daemon exports of itself."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

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

Row = tuple[tuple[str, ...], tuple[Any, ...]]
"""Label values, and what the metric family's `add_metric` takes after them."""

_KINDS: Final[dict[str, Callable[..., Any]]] = {
    "counter": CounterMetricFamily,
    "gauge": GaugeMetricFamily,
    "histogram": HistogramMetricFamily,
    "info": InfoMetricFamily,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric family: its name as it stands on the page, and its rows from the figures."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...] = ()
    rows: Callable[[Figures], Iterable[Row]]

    def metric(self, figures: Figures) -> Metric:
        """Return the family as prometheus_client renders it."""
        labels = () if self.kind == "info" else self.labels
        name = self.name.removesuffix("_info")
        metric: Metric = _KINDS[self.kind](name, self.help, labels=labels)
        for row_labels, values in self.rows(figures):
            metric.add_metric(row_labels, *values)  # type: ignore[attr-defined]  # every kind has it
        return metric


class FigureCollector(Collector):
    """Shows the figures as they are at the moment of the scrape."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """Yield every family of the table, in its order."""
        for family in FAMILIES:
            yield family.metric(self._figures)


# Dictionaries are copied in one step of the interpreter before they are walked, since the event
# loop may add to them meanwhile.


def _whole(value: Callable[[Figures], float]) -> Callable[[Figures], Iterable[Row]]:
    return lambda figures: [((), (value(figures),))]


def _per_bus(value: Callable[[BusFigures], float]) -> Callable[[Figures], Iterable[Row]]:
    return lambda figures: [((name,), (value(bus),)) for name, bus in list(figures.buses.items())]


def _per_bus_and_word(
    counts: Callable[[BusFigures], Mapping[str, float]],
) -> Callable[[Figures], Iterable[Row]]:
    return lambda figures: [
        ((name, word), (count,))
        for name, bus in list(figures.buses.items())
        for word, count in list(counts(bus).items())
    ]


def _meters(figures: Figures) -> Iterator[tuple[tuple[str, str], MeterFigures]]:
    for bus_name, bus in list(figures.buses.items()):
        for meter_name, meter in list(bus.meters.items()):
            yield (bus_name, meter_name), meter


def _meter_up(figures: Figures) -> Iterable[Row]:
    return ((labels, (meter.up,)) for labels, meter in _meters(figures))


def _last_success(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        if meter.last_success is not None:
            yield labels, (meter.last_success,)


def _polls(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        for result, count in zip(POLL_RESULTS, meter.polls, strict=True):
            yield (*labels, result), (count,)


def _refusals(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        for code, count in list(meter.refusals.items()):
            yield (*labels, code), (count,)


def _counters_left(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        if meter.counters_left is not None:
            yield labels, (meter.counters_left,)


def _captures_missing(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        missing = list(meter.captures_missing.values())
        if missing:
            yield labels, (sum(missing),)


def _clock_offset(figures: Figures) -> Iterable[Row]:
    for labels, meter in _meters(figures):
        if meter.clock_offset is not None:
            yield labels, (meter.clock_offset,)


def _seconds(
    bounds: tuple[float, ...], histogram: Callable[[BusFigures], Histogram]
) -> Callable[[Figures], Iterable[Row]]:
    words = [*(str(bound) for bound in bounds), "+Inf"]

    def rows(figures: Figures) -> Iterable[Row]:
        for name, bus in list(figures.buses.items()):
            told = histogram(bus)
            yield (name,), (list(zip(words, accumulate(told.buckets), strict=True)), told.total)

    return rows


def _busy(figures: Figures) -> Iterable[Row]:
    for name, bus in list(figures.buses.items()):
        seconds, since = bus.busy
        yield (name,), (seconds if since is None else seconds + figures.clock() - since,)


def _per_broker(value: Callable[[BrokerFigures], float]) -> Callable[[Figures], Iterable[Row]]:
    return lambda figures: [
        ((name,), (value(broker),)) for name, broker in list(figures.brokers.items())
    ]


def _outbox_per_broker(
    value: Callable[[OutboxFigures], Mapping[str, int]],
) -> Callable[[Figures], Iterable[Row]]:
    def rows(figures: Figures) -> Iterable[Row]:
        if figures.outbox is None:
            return []
        return [((name,), (count,)) for name, count in value(figures.outbox()).items()]

    return rows


def _outbox(value: Callable[[OutboxFigures], float]) -> Callable[[Figures], Iterable[Row]]:
    return lambda figures: [] if figures.outbox is None else [((), (value(figures.outbox()),))]


FAMILIES: Final = (
    Family(
        name="dcud_build_info",
        kind="info",
        help="The running version of dcud.",
        labels=("version",),
        rows=lambda figures: [((), ({"version": figures.version},))],
    ),
    Family(
        name="dcud_bus_up",
        kind="gauge",
        help="Whether the port of the bus is open (1) or not (0).",
        labels=("bus",),
        rows=_per_bus(lambda bus: bus.up),
    ),
    Family(
        name="dcud_meter_up",
        kind="gauge",
        help="Whether the meter answers (1) or not (0).",
        labels=("bus", "meter"),
        rows=_meter_up,
    ),
    Family(
        name="dcud_meter_last_success_timestamp_seconds",
        kind="gauge",
        help="Unix time of the meter's last successful poll; absent before the first.",
        labels=("bus", "meter"),
        rows=_last_success,
    ),
    Family(
        name="dcud_polls_total",
        kind="counter",
        help="Polls of the meter by result: success, partial, no_answer, failed.",
        labels=("bus", "meter", "result"),
        rows=_polls,
    ),
    Family(
        name="dcud_security_refusals_total",
        kind="counter",
        help="What came in a meter's name and was not trusted, by the code of the reason.",
        labels=("bus", "meter", "code"),
        rows=_refusals,
    ),
    Family(
        name="dcud_invocation_counters_left",
        kind="gauge",
        help="Requests that may still be sent under the meter's keys; absent without security.",
        labels=("bus", "meter"),
        rows=_counters_left,
    ),
    Family(
        name="dcud_poll_failures_total",
        kind="counter",
        help="Failed polls by reason: "
        "no_answer, refused, protocol, security, port, store, internal.",
        labels=("bus", "reason"),
        rows=_per_bus_and_word(lambda bus: bus.failures),
    ),
    Family(
        name="dcud_poll_duration_seconds",
        kind="histogram",
        help="How long a poll held the bus, association and release included.",
        labels=("bus",),
        rows=_seconds(POLL_SECONDS, lambda bus: bus.polls),
    ),
    Family(
        name="dcud_bus_busy_seconds_total",
        kind="counter",
        help="Time for which meters had the bus; its rate is the share of time that it is busy.",
        labels=("bus",),
        rows=_busy,
    ),
    Family(
        name="dcud_job_lag_seconds",
        kind="gauge",
        help="How long after its instant the job's last run began, whichever meter's it was.",
        labels=("bus", "job_name"),  # "job" is the scrape's own
        rows=_per_bus_and_word(lambda bus: bus.lags),
    ),
    Family(
        name="dcud_job_runs_late_total",
        kind="counter",
        help="Runs of the job that were done after their deadline.",
        labels=("bus", "job_name"),  # "job" is the scrape's own
        rows=_per_bus_and_word(lambda bus: bus.late_runs),
    ),
    Family(
        name="dcud_job_runs_left_out_total",
        kind="counter",
        help="Instants of the job that went by without a run of their own.",
        labels=("bus", "job_name"),  # "job" is the scrape's own
        rows=_per_bus_and_word(lambda bus: bus.left_out_runs),
    ),
    Family(
        name="dcud_captures_missing",
        kind="gauge",
        help="Captures of the meter's profiles that should be there, and are asked for again.",
        labels=("bus", "meter"),
        rows=_captures_missing,
    ),
    Family(
        name="dcud_gaps_given_up_total",
        kind="counter",
        help="Stretches of profiles that meters don't have, whenever they were asked.",
        labels=("bus",),
        rows=_per_bus(lambda bus: bus.gaps_given_up),
    ),
    Family(
        name="dcud_meter_clock_offset_seconds",
        kind="gauge",
        help="How far the meter's clock is ahead of the gateway's; absent without a clock job.",
        labels=("bus", "meter"),
        rows=_clock_offset,
    ),
    Family(
        name="dcud_answer_seconds",
        kind="histogram",
        help="How long meters took from our last octet to the first good frame of an answer.",
        labels=("bus",),
        rows=_seconds(ANSWER_SECONDS, lambda bus: bus.answers),
    ),
    Family(
        name="dcud_frames_total",
        kind="counter",
        help="Good frames sent (tx) and heard (rx).",
        labels=("bus", "direction"),
        rows=_per_bus_and_word(lambda bus: bus.frames),
    ),
    Family(
        name="dcud_frame_errors_total",
        kind="counter",
        help="Runs of octets that made no good frame, by what was wrong with them.",
        labels=("bus", "reason"),
        rows=_per_bus_and_word(lambda bus: bus.discards),
    ),
    Family(
        name="dcud_retransmissions_total",
        kind="counter",
        help="Frames sent once more because no answer came.",
        labels=("bus",),
        rows=_per_bus(lambda bus: bus.retransmissions),
    ),
    Family(
        name="dcud_outbox_messages",
        kind="gauge",
        help="Messages that wait for the acknowledgement of a broker.",
        rows=_outbox(lambda outbox: outbox.messages),
    ),
    Family(
        name="dcud_outbox_waiting_messages",
        kind="gauge",
        help="Messages that wait for this broker's acknowledgement.",
        labels=("broker",),
        rows=_outbox_per_broker(lambda outbox: outbox.waiting),
    ),
    Family(
        name="dcud_outbox_parked_messages",
        kind="gauge",
        help="Messages that this broker refused again and again; tried once more each day.",
        labels=("broker",),
        rows=_outbox_per_broker(lambda outbox: outbox.parked),
    ),
    Family(
        name="dcud_outbox_bytes",
        kind="gauge",
        help="What the waiting messages occupy.",
        rows=_outbox(lambda outbox: outbox.octets),
    ),
    Family(
        name="dcud_outbox_limit_bytes",
        kind="gauge",
        help="What they may occupy until the oldest are let go.",
        rows=_outbox(lambda outbox: outbox.limit),
    ),
    Family(
        name="dcud_outbox_oldest_message_age_seconds",
        kind="gauge",
        help="How long the oldest message has waited; 0 while none does.",
        rows=_outbox(lambda outbox: outbox.oldest_age),
    ),
    Family(
        name="dcud_outbox_dropped_total",
        kind="counter",
        help="Messages let go unpublished by reason: size (full outbox), age, too_large.",
        labels=("reason",),
        rows=lambda figures: [((word,), (n,)) for word, n in list(figures.drops.items())],
    ),
    Family(
        name="dcud_published_total",
        kind="counter",
        help="Messages that the broker acknowledged.",
        labels=("broker",),
        rows=_per_broker(lambda broker: broker.published),
    ),
    Family(
        name="dcud_broker_connected",
        kind="gauge",
        help="Whether the broker is connected (1) or not (0).",
        labels=("broker",),
        rows=_per_broker(lambda broker: broker.connected),
    ),
    Family(
        name="dcud_pushes_total",
        kind="counter",
        help="Notifications that came to the listener and are kept.",
        labels=("transport",),
        rows=lambda figures: [((word,), (n,)) for word, n in list(figures.pushes.items())],
    ),
    Family(
        name="dcud_push_refusals_total",
        kind="counter",
        help="Connections, datagrams and APDUs that the listener refused, by reason.",
        labels=("transport", "reason"),
        rows=lambda figures: [(at, (n,)) for at, n in list(figures.push_refusals.items())],
    ),
    Family(
        name="dcud_push_connections",
        kind="gauge",
        help="TCP connections to the listener that stand.",
        rows=_whole(lambda figures: figures.push_connections),
    ),
    Family(
        name="dcud_tasks",
        kind="gauge",
        help="Tasks of the event loop.",
        rows=_whole(lambda figures: figures.tasks()),
    ),
    Family(
        name="dcud_commands_total",
        kind="counter",
        help="Requests that were answered, by verb (none where it could not be read) and outcome.",
        labels=("verb", "outcome"),
        rows=lambda figures: [(at, (n,)) for at, n in list(figures.commands.items())],
    ),
    Family(
        name="dcud_config_last_reload_successful",
        kind="gauge",
        help="Whether the last configuration that was given was taken (1) or refused (0).",
        rows=_whole(lambda figures: figures.config_successful),
    ),
    Family(
        name="dcud_config_last_reload_success_timestamp_seconds",
        kind="gauge",
        help="Unix time at which the configuration was taken by which it runs.",
        rows=_whole(lambda figures: figures.config_taken_at),
    ),
    Family(
        name="dcud_key_file_problems",
        kind="gauge",
        help="What is wrong with key files now, so that they would not be taken again.",
        rows=_whole(lambda figures: figures.key_file_problems),
    ),
    Family(
        name="dcud_certificate_expiry_timestamp_seconds",
        kind="gauge",
        help="Unix time until which the certificates hold; of several in a file, the first to end.",
        labels=("of", "role"),
        rows=lambda figures: [(at, (end,)) for at, end in list(figures.certificates.items())],
    ),
    Family(
        name="dcud_frame_log_dropped_lines_total",
        kind="counter",
        help="Lines that the frame log could not keep.",
        rows=_whole(lambda figures: figures.frame_log_dropped_lines),
    ),
)
