"""Writes the Grafana dashboards of etc/monitoring/dashboards; a test compares."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parents[1] / "etc" / "monitoring" / "dashboards"
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WIDTH = 24
HERE = 'instance=~"$instance"'
ON_BUS = f'{HERE},bus=~"$bus"'
OF_METER = f'{ON_BUS},meter=~"$meter"'

Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """One panel: what it shows, in which unit, how large."""

    title: str
    kind: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 12
    height: int = 8
    description: str = ""
    steps: Sequence[tuple[float | None, str]] = ((None, "green"),)
    maximum: float | None = None
    custom: Json = field(default_factory=dict)

    def as_json(self, number: int, x: int, y: int) -> Json:
        """Return what Grafana imports."""
        thresholds = [{"color": color, "value": value} for value, color in self.steps]
        defaults: Json = {
            "unit": self.unit,
            "thresholds": {"mode": "absolute", "steps": thresholds},
            "custom": self.custom,
            "min": 0 if self.unit in ("percentunit", "bytes") else None,
            "max": self.maximum,
        }
        return {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": SOURCE,
            "gridPos": {"h": self.height, "w": self.width, "x": x, "y": y},
            "fieldConfig": {
                "defaults": {key: value for key, value in defaults.items() if value is not None},
                "overrides": [],
            },
            "options": OPTIONS.get(self.kind, {}),
            "targets": [
                {
                    "refId": chr(ord("A") + place),
                    "datasource": SOURCE,
                    "expr": expression,
                    "legendFormat": legend,
                    "instant": self.kind in ("stat", "table"),
                    "range": self.kind not in ("stat", "table"),
                    "format": "table" if self.kind == "table" else "time_series",
                }
                for place, (expression, legend) in enumerate(self.queries)
            ],
        }


OPTIONS: dict[str, Json] = {
    "stat": {
        "colorMode": "background",
        "graphMode": "none",
        "reduceOptions": {"calcs": ["lastNotNull"]},
    },
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom"},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "table": {"showHeader": True, "sortBy": [{"displayName": "Value", "desc": True}]},
}
GOOD_ABOVE = ((None, "red"), (0.9, "orange"), (1.0, "green"))
BAD_ABOVE = ((None, "green"), (1.0, "red"))
STACKED = {"fillOpacity": 30, "stacking": {"mode": "normal"}}


def stat(title: str, expression: str, **more: Any) -> Panel:
    return Panel(title, "stat", [(expression, "")], width=4, height=4, **more)


def series(title: str, *queries: tuple[str, str], **more: Any) -> Panel:
    return Panel(title, "timeseries", queries, **more)


def table(title: str, expression: str, **more: Any) -> Panel:
    return Panel(title, "table", [(expression, "")], **more)


OVERVIEW = [
    stat(
        "Gateways up",
        f'sum(up{{job="dcud",{HERE}}}) / count(up{{job="dcud",{HERE}}})',
        unit="percentunit",
        steps=GOOD_ABOVE,
    ),
    stat(
        "Meters that answer",
        f"avg(dcud_meter_up{{{HERE}}})",
        unit="percentunit",
        steps=((None, "red"), (0.95, "orange"), (0.99, "green")),
    ),
    stat("Buses open", f"avg(dcud_bus_up{{{HERE}}})", unit="percentunit", steps=GOOD_ABOVE),
    stat(
        "Messages waiting",
        f"sum(dcud_outbox_messages{{{HERE}}})",
        steps=((None, "green"), (1000, "orange"), (100000, "red")),
    ),
    stat("Captures missing", f"sum(dcud_captures_missing{{{HERE}}})", steps=BAD_ABOVE),
    stat(
        "Messages let go, 24 h",
        f"sum(increase(dcud_outbox_dropped_total{{{HERE}}}[24h]))",
        steps=BAD_ABOVE,
    ),
    series(
        "Polls by result",
        (f"sum by (result) (rate(dcud_polls_total{{{HERE}}}[$__rate_interval]))", "{{result}}"),
        unit="ops",
        custom=STACKED,
    ),
    series(
        "Meters that answer, by gateway",
        (f"dcud:meters_up:ratio{{{HERE}}}", "{{instance}}"),
        unit="percentunit",
        maximum=1,
    ),
    series(
        "Published",
        (
            f"sum by (instance, broker) (rate(dcud_published_total{{{HERE}}}[$__rate_interval]))",
            "{{instance}} {{broker}}",
        ),
        unit="ops",
    ),
    series(
        "Age of the oldest message",
        (f"dcud_outbox_oldest_message_age_seconds{{{HERE}}}", "{{instance}}"),
        unit="s",
    ),
    series(
        "Busy buses",
        (f"topk(10, dcud:bus_busy:ratio1h{{{HERE}}})", "{{instance}} {{bus}}"),
        unit="percentunit",
        maximum=1,
        description="The share of its time for which meters had a bus.",
    ),
    series(
        "Frames that are no good",
        (f"topk(10, dcud:bus_frame_errors:ratio15m{{{HERE}}})", "{{instance}} {{bus}}"),
        unit="percentunit",
    ),
    table(
        "Meters that do not answer",
        f"sort_desc(time() - dcud_meter_last_success_timestamp_seconds{{{HERE}}} and on (instance, bus, meter) dcud_meter_up == 0)",
        unit="s",
        description="How long ago each was read.",
    ),
    table(
        "Clocks that are off",
        f"topk(20, abs(dcud_meter_clock_offset_seconds{{{HERE}}}) > 5)",
        unit="s",
    ),
    series(
        "Memory",
        (f'process_resident_memory_bytes{{job="dcud",{HERE}}}', "{{instance}}"),
        unit="bytes",
    ),
    series(
        "CPU",
        (f'rate(process_cpu_seconds_total{{job="dcud",{HERE}}}[$__rate_interval])', "{{instance}}"),
        unit="percentunit",
    ),
]
BUS = [
    stat("Open", f"min(dcud_bus_up{{{ON_BUS}}})", steps=((None, "red"), (1, "green"))),
    stat("Meters", f"count(dcud_meter_up{{{ON_BUS}}})"),
    stat(
        "Meters that answer",
        f"avg(dcud_meter_up{{{ON_BUS}}})",
        unit="percentunit",
        steps=((None, "red"), (0.95, "orange"), (0.99, "green")),
    ),
    stat(
        "Busy",
        f"max(dcud:bus_busy:ratio1h{{{ON_BUS}}})",
        unit="percentunit",
        steps=((None, "green"), (0.8, "orange"), (0.95, "red")),
    ),
    stat(
        "Sent again",
        f"max(dcud:bus_retransmissions:ratio1h{{{ON_BUS}}})",
        unit="percentunit",
        steps=((None, "green"), (0.02, "orange"), (0.1, "red")),
    ),
    stat(
        "Runs left out, 1 h",
        f"sum(increase(dcud_job_runs_left_out_total{{{ON_BUS}}}[1h]))",
        steps=BAD_ABOVE,
    ),
    series(
        "Frames",
        (
            f"sum by (bus, direction) (rate(dcud_frames_total{{{ON_BUS}}}[$__rate_interval]))",
            "{{bus}} {{direction}}",
        ),
        unit="ops",
    ),
    series(
        "What made no good frame, by reason",
        (
            f"sum by (bus, reason) (rate(dcud_frame_errors_total{{{ON_BUS}}}[$__rate_interval]))",
            "{{bus}} {{reason}}",
        ),
        unit="ops",
        custom=STACKED,
    ),
    series(
        "Frames sent again",
        (f"rate(dcud_retransmissions_total{{{ON_BUS}}}[$__rate_interval])", "{{bus}}"),
        unit="ops",
    ),
    series(
        "Time that meters had the bus",
        (f"rate(dcud_bus_busy_seconds_total{{{ON_BUS}}}[$__rate_interval])", "{{bus}}"),
        unit="percentunit",
        maximum=1,
    ),
    series(
        "How long a poll takes",
        (
            f"histogram_quantile(0.5, sum by (bus, le) (rate(dcud_poll_duration_seconds_bucket{{{ON_BUS}}}[$__rate_interval])))",
            "{{bus}} median",
        ),
        (
            f"histogram_quantile(0.95, sum by (bus, le) (rate(dcud_poll_duration_seconds_bucket{{{ON_BUS}}}[$__rate_interval])))",
            "{{bus}} 95 of 100",
        ),
        unit="s",
    ),
    series(
        "How long meters take to answer",
        (
            f"histogram_quantile(0.5, sum by (bus, le) (rate(dcud_answer_seconds_bucket{{{ON_BUS}}}[$__rate_interval])))",
            "{{bus}} median",
        ),
        (
            f"histogram_quantile(0.95, sum by (bus, le) (rate(dcud_answer_seconds_bucket{{{ON_BUS}}}[$__rate_interval])))",
            "{{bus}} 95 of 100",
        ),
        unit="s",
    ),
    series(
        "Lag of jobs",
        (f"dcud_job_lag_seconds{{{ON_BUS}}}", "{{bus}} {{job_name}}"),
        unit="s",
        description="From its instant to the begin of a job's last run.",
    ),
    series(
        "Why polls failed",
        (
            f"sum by (bus, reason) (rate(dcud_poll_failures_total{{{ON_BUS}}}[$__rate_interval]))",
            "{{bus}} {{reason}}",
        ),
        unit="ops",
        custom=STACKED,
    ),
    series(
        "Runs late, and left out",
        (
            f"sum by (bus, job_name) (increase(dcud_job_runs_late_total{{{ON_BUS}}}[1h]))",
            "{{bus}} {{job_name}} late",
        ),
        (
            f"sum by (bus, job_name) (increase(dcud_job_runs_left_out_total{{{ON_BUS}}}[1h]))",
            "{{bus}} {{job_name}} left out",
        ),
    ),
    series(
        "Gaps given up, 24 h", (f"increase(dcud_gaps_given_up_total{{{ON_BUS}}}[24h])", "{{bus}}")
    ),
]
METER = [
    stat("Answers", f"min(dcud_meter_up{{{OF_METER}}})", steps=((None, "red"), (1, "green"))),
    stat(
        "Read",
        f"max(time() - dcud_meter_last_success_timestamp_seconds{{{OF_METER}}})",
        unit="s",
        description="How long ago.",
    ),
    stat("Captures missing", f"sum(dcud_captures_missing{{{OF_METER}}})", steps=BAD_ABOVE),
    stat("Clock ahead by", f"max(dcud_meter_clock_offset_seconds{{{OF_METER}}})", unit="s"),
    stat(
        "Requests left under its keys",
        f"min(dcud_invocation_counters_left{{{OF_METER}}})",
        steps=((None, "red"), (4e8, "green")),
    ),
    stat(
        "Not trusted, 24 h",
        f"sum(increase(dcud_security_refusals_total{{{OF_METER}}}[24h]))",
        steps=BAD_ABOVE,
    ),
    series(
        "Polls by result",
        (
            f"sum by (meter, result) (rate(dcud_polls_total{{{OF_METER}}}[$__rate_interval]))",
            "{{meter}} {{result}}",
        ),
        unit="ops",
        custom=STACKED,
    ),
    series(
        "Time since it was read",
        (f"time() - dcud_meter_last_success_timestamp_seconds{{{OF_METER}}}", "{{meter}}"),
        unit="s",
    ),
    series(
        "Clock ahead of the gateway's",
        (f"dcud_meter_clock_offset_seconds{{{OF_METER}}}", "{{meter}}"),
        unit="s",
    ),
    series("Captures missing", (f"dcud_captures_missing{{{OF_METER}}}", "{{meter}}")),
    series(
        "Requests left under its keys",
        (f"dcud_invocation_counters_left{{{OF_METER}}}", "{{meter}}"),
    ),
    series(
        "What was not trusted, by code",
        (
            f"sum by (meter, code) (increase(dcud_security_refusals_total{{{OF_METER}}}[1h]))",
            "{{meter}} {{code}}",
        ),
    ),
]


def placed(panels: Sequence[Panel]) -> Iterator[Json]:
    """Give the panels from left to right, row under row."""
    x = y = row = 0
    for number, panel in enumerate(panels, 1):
        if x + panel.width > WIDTH:
            x, y, row = 0, y + row, 0
        yield panel.as_json(number, x, y)
        x, row = x + panel.width, max(row, panel.height)


def variable(name: str, label: str, query: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


VARIABLES = {
    "instance": variable("instance", "Gateway", "label_values(dcud_build_info, instance)"),
    "bus": variable("bus", "Bus", f"label_values(dcud_bus_up{{{HERE}}}, bus)"),
    "meter": variable("meter", "Meter", f"label_values(dcud_meter_up{{{ON_BUS}}}, meter)"),
}


def dashboard(uid: str, title: str, panels: Sequence[Panel], variables: Sequence[str]) -> Json:
    source = {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus"}
    return {
        "uid": uid,
        "title": title,
        "tags": ["dcud"],
        "schemaVersion": 39,
        "editable": True,
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "timezone": "browser",
        "links": [
            {
                "type": "dashboards",
                "tags": ["dcud"],
                "title": "dcud",
                "includeVars": True,
                "keepTime": True,
            }
        ],
        "templating": {"list": [source, *(VARIABLES[name] for name in variables)]},
        "panels": list(placed(panels)),
    }


DASHBOARDS = {
    "overview": dashboard("dcud-overview", "dcud: overview", OVERVIEW, ["instance"]),
    "bus": dashboard("dcud-bus", "dcud: bus", BUS, ["instance", "bus"]),
    "meter": dashboard("dcud-meter", "dcud: meter", METER, ["instance", "bus", "meter"]),
}


def texts() -> dict[str, str]:
    """Return what stands in each file, by its name."""
    return {f"{name}.json": json.dumps(it, indent=2) + "\n" for name, it in DASHBOARDS.items()}


if __name__ == "__main__":
    for name, text in texts().items():
        (DIRECTORY / name).write_text(text, encoding="utf-8")
