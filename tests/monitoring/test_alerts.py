"""Each alert fires for its cause, and for nothing else, as promtool reckons."""

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parents[2]
MONITORING = PROJECT / "etc" / "monitoring"
RULES = MONITORING / "dcud.rules.yml"
ALERTS = MONITORING / "dcud.alerts.yml"
NAMES = re.findall(r"- alert: (\w+)", ALERTS.read_text(encoding="utf-8"))

MINUTES = 840
ALWAYS = f"x{MINUTES}"
"""As promtool writes series: so many more values, a minute apart."""


def constant(value: float) -> str:
    return f"{value}+0{ALWAYS}"


def growing(by: float) -> str:
    return f"0+{by}{ALWAYS}"


def changing(before: float, after: float, at: int) -> str:
    """Return a value that is another from a minute on."""
    return f"{before}+0x{at} {after}+0x{MINUTES - at}"


def stopping(by: float, at: int) -> str:
    """Return a counter that grows until a minute."""
    return f"0+{by}x{at} {by * at}+0x{MINUTES - at}"


def beginning(by: float, at: int) -> str:
    """Return a counter that grows from a minute on."""
    return f"0+0x{at} 0+{by}x{MINUTES - at}"


def beside_meters(name: str, values: str) -> dict[str, str]:
    places = (("a", "m1"), ("a", "m2"), ("b", "m3"))
    return {f'{name}{{bus="{bus}",meter="{meter}"}}': values for bus, meter in places}


def beside_buses(name: str, values: str, labels: str = "") -> dict[str, str]:
    return {f'{name}{{bus="{bus}"{labels}}}': values for bus in ("a", "b")}


SUCCESSES = {
    f'dcud_polls_total{{bus="{bus}",meter="{meter}",result="{result}"}}': growing(
        1 if result == "success" else 0
    )
    for bus, meter in (("a", "m1"), ("a", "m2"), ("b", "m3"))
    for result in ("success", "partial", "no_answer", "failed")
}

WELL: Mapping[str, str] = {
    "up": constant(1),
    "process_start_time_seconds": constant(1000),
    "process_resident_memory_bytes": constant(50e6),
    "dcud_config_last_reload_successful": constant(1),
    "dcud_key_file_problems": constant(0),
    'dcud_certificate_expiry_timestamp_seconds{of="mqtt",role="client"}': constant(90 * 86400),
    "dcud_frame_log_dropped_lines_total": constant(0),
    'dcud_push_refusals_total{transport="tcp",reason="version"}': constant(5),
    'dcud_commands_total{verb="read",outcome="done"}': growing(1),
    **beside_buses("dcud_bus_up", constant(1)),
    **beside_buses("dcud_frame_errors_total", growing(0.1), ',reason="noise"'),
    **beside_buses("dcud_frames_total", growing(20), ',direction="rx"'),
    **beside_buses("dcud_frames_total", growing(20), ',direction="tx"'),
    **beside_buses("dcud_retransmissions_total", growing(0.1)),
    **beside_buses("dcud_bus_busy_seconds_total", growing(10)),
    **beside_buses("dcud_job_runs_left_out_total", constant(0), ',job_name="load"'),
    **beside_buses("dcud_gaps_given_up_total", constant(0)),
    **beside_meters("dcud_meter_up", constant(1)),
    **beside_meters("dcud_meter_last_success_timestamp_seconds", growing(60)),
    **beside_meters("dcud_captures_missing", constant(0)),
    **beside_meters("dcud_meter_clock_offset_seconds", constant(-2.5)),
    **beside_meters("dcud_invocation_counters_left", constant(4e9)),
    **SUCCESSES,
    'dcud_broker_connected{broker="mqtt"}': constant(1),
    'dcud_published_total{broker="mqtt"}': growing(3),
    'dcud_outbox_waiting_messages{broker="mqtt"}': constant(1),
    'dcud_outbox_parked_messages{broker="mqtt"}': constant(0),
    "dcud_outbox_bytes": constant(1e6),
    "dcud_outbox_limit_bytes": constant(1e8),
    'dcud_outbox_dropped_total{reason="size"}': constant(0),
}
"""What a gateway shows with which all is well."""

M1 = 'bus="a",meter="m1"'
M2 = 'bus="a",meter="m2"'


@dataclass(frozen=True)
class Cause:
    """What goes wrong, and what is to fire then.

    Attributes:
        alerts: by name, how many of it.
        series: in place of those with which all is well.
        gone: what is not there at all.
        at: minutes from the begin after which it fires.
        not_yet: minutes at which it doesn't, though it has begun.
    """

    alerts: Mapping[str, int]
    series: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    at: int = 120
    not_yet: int | None = None


def polls(place: str, result: str) -> str:
    return f'dcud_polls_total{{{place},result="{result}"}}'


def silent(place: str, since: int) -> dict[str, str]:
    """Return what is shown of a meter that answers no more."""
    return {
        f"dcud_meter_up{{{place}}}": changing(1, 0, since),
        f"dcud_meter_last_success_timestamp_seconds{{{place}}}": stopping(60, since),
        polls(place, "success"): stopping(1, since),
        polls(place, "no_answer"): beginning(0.1, since),
    }


CAUSES = {
    "all is well": Cause({}, at=800),
    "the daemon can't be scraped": Cause({"DcudDown": 1}, {"up": changing(1, 0, 100)}, not_yet=103),
    "nothing is scraped at all": Cause({"DcudDown": 1}, gone=("*",)),
    "it is started again and again": Cause(
        {"DcudRestarting": 1}, {"process_start_time_seconds": f"1000+0x90 2000+400x{MINUTES - 90}"}
    ),
    "it was started again once": Cause(
        {}, {"process_start_time_seconds": changing(1000, 2000, 100)}
    ),
    "it takes much memory": Cause(
        {"DcudMemoryHigh": 1}, {"process_resident_memory_bytes": constant(110e6)}, not_yet=10
    ),
    "its configuration is refused": Cause(
        {"DcudConfigRefused": 1}, {"dcud_config_last_reload_successful": constant(0)}, not_yet=3
    ),
    "a key file may be read by others": Cause(
        {"DcudKeyFileProblem": 1}, {"dcud_key_file_problems": constant(1)}
    ),
    "a certificate will end": Cause(
        {"DcudCertificateExpiring": 1},
        {
            'dcud_certificate_expiry_timestamp_seconds{of="mqtt",role="client"}': constant(
                20 * 86400
            )
        },
    ),
    "a certificate has ended": Cause(
        {"DcudCertificateExpired": 1},
        {'dcud_certificate_expiry_timestamp_seconds{of="mqtt",role="client"}': constant(600)},
    ),
    "the frame log's disk is full": Cause(
        {"DcudFrameLogDropping": 1}, {"dcud_frame_log_dropped_lines_total": growing(1)}
    ),
    "somebody knocks at the listener": Cause(
        {"DcudPushesRefused": 1},
        {'dcud_push_refusals_total{transport="tcp",reason="address"}': growing(1)},
    ),
    "somebody asks for what is not allowed": Cause(
        {"DcudCommandsRefused": 1},
        {'dcud_commands_total{verb="write",outcome="refused"}': growing(1)},
    ),
    "an adapter is pulled out": Cause(
        {"DcudBusDown": 1},
        {
            'dcud_bus_up{bus="a"}': changing(1, 0, 60),
            **silent(M1, 60),
            **silent(M2, 60),
            'dcud_frames_total{bus="a",direction="rx"}': stopping(20, 60),
            'dcud_frames_total{bus="a",direction="tx"}': stopping(20, 60),
            'dcud_frame_errors_total{bus="a",reason="noise"}': stopping(0.1, 60),
            polls(M1, "no_answer"): growing(0),
            polls(M2, "no_answer"): growing(0),
        },
        at=240,
        not_yet=63,
    ),
    "a line is cut": Cause(
        {"DcudBusSilent": 1},
        {
            **silent(M1, 60),
            **silent(M2, 60),
            'dcud_frames_total{bus="a",direction="rx"}': stopping(20, 60),
            'dcud_frame_errors_total{bus="a",reason="noise"}': stopping(0.1, 60),
            'dcud_retransmissions_total{bus="a"}': beginning(1, 60),
        },
        at=240,
        not_yet=70,
    ),
    "a line babbles": Cause(
        {"DcudBusNoisy": 1}, {'dcud_frame_errors_total{bus="a",reason="noise"}': growing(5)}
    ),
    "a line loses frames": Cause(
        {"DcudBusLossy": 1}, {'dcud_retransmissions_total{bus="a"}': growing(4)}, not_yet=25
    ),
    "a bus is asked for too much": Cause(
        {"DcudBusOverloaded": 1},
        {
            'dcud_bus_busy_seconds_total{bus="a"}': growing(59),
            'dcud_job_runs_left_out_total{bus="a",job_name="load"}': growing(1),
        },
        at=300,
    ),
    "a bus has much to do and does it": Cause(
        {}, {'dcud_bus_busy_seconds_total{bus="a"}': growing(59)}, at=300
    ),
    "a meter dies": Cause(
        {"DcudMeterDown": 1},
        {**silent(M1, 60), 'dcud_retransmissions_total{bus="a"}': beginning(5, 60)},
        at=180,
        not_yet=80,
    ),
    "a meter was never there": Cause(
        {"DcudMeterNeverRead": 1},
        {
            f"dcud_meter_up{{{M1}}}": constant(0),
            polls(M1, "success"): constant(0),
            polls(M1, "no_answer"): growing(0.1),
        },
        gone=(f"dcud_meter_last_success_timestamp_seconds{{{M1}}}",),
        not_yet=50,
    ),
    "a meter was not asked yet": Cause(
        {},
        {f"dcud_meter_up{{{M1}}}": constant(0), polls(M1, "success"): constant(0)},
        gone=(f"dcud_meter_last_success_timestamp_seconds{{{M1}}}",),
        at=800,
    ),
    "a meter refuses an object": Cause(
        {"DcudMeterPartlyRead": 1},
        {polls(M1, "success"): constant(0), polls(M1, "partial"): growing(1)},
        at=400,
    ),
    "a meter refuses something now and then": Cause({}, {polls(M1, "partial"): growing(1)}, at=400),
    "captures are missing": Cause(
        {"DcudCapturesMissing": 1},
        {f"dcud_captures_missing{{{M1}}}": changing(0, 4, 60)},
        at=600,
        not_yet=400,
    ),
    "captures can't be had": Cause(
        {"DcudGapGivenUp": 1}, {'dcud_gaps_given_up_total{bus="a"}': changing(0, 1, 60)}
    ),
    "a clock is off": Cause(
        {"DcudMeterClockOff": 1},
        {f"dcud_meter_clock_offset_seconds{{{M1}}}": changing(-2, -90, 60)},
        at=180,
        not_yet=100,
    ),
    "counters come to their end": Cause(
        {"DcudCountersLow": 1}, {f"dcud_invocation_counters_left{{{M1}}}": constant(3e8)}
    ),
    "somebody replays": Cause(
        {"DcudSecurityRefusals": 1},
        {f'dcud_security_refusals_total{{{M1},code="replay"}}': growing(0.1)},
    ),
    "the broker is away": Cause(
        {"DcudBrokerAway": 1},
        {
            'dcud_broker_connected{broker="mqtt"}': changing(1, 0, 60),
            'dcud_published_total{broker="mqtt"}': stopping(3, 60),
            'dcud_outbox_waiting_messages{broker="mqtt"}': beginning(3, 60),
        },
        not_yet=70,
    ),
    "the broker acknowledges nothing": Cause(
        {"DcudOutboxStuck": 1},
        {
            'dcud_published_total{broker="mqtt"}': stopping(3, 60),
            'dcud_outbox_waiting_messages{broker="mqtt"}': beginning(3, 60),
        },
        not_yet=70,
    ),
    "nothing is to be published": Cause(
        {},
        {
            'dcud_published_total{broker="mqtt"}': constant(3),
            'dcud_outbox_waiting_messages{broker="mqtt"}': constant(0),
        },
    ),
    "the outbox fills": Cause(
        {"DcudOutboxFilling": 1}, {"dcud_outbox_bytes": constant(9e7)}, not_yet=3
    ),
    "readings are let go": Cause(
        {"DcudReadingsDropped": 1}, {'dcud_outbox_dropped_total{reason="size"}': growing(1)}
    ),
    "the broker refuses a message for ever": Cause(
        {"DcudMessagesParked": 1},
        {'dcud_outbox_parked_messages{broker="mqtt"}': constant(2)},
        not_yet=3,
    ),
}


def in_job(series: str) -> str:
    """Return a series with what a scrape adds."""
    name, _, labels = series.partition("{")
    own = labels.removesuffix("}")
    return f'{name}{{instance="gw:9415",job="dcud"{"," if own else ""}{own}}}'


def firing(alerts: Mapping[str, int], minute: int) -> dict[str, Any]:
    """Return that these fire, and no others."""
    return {
        "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
        "eval_time": f"{minute}m",
        "exp_samples": [
            {"labels": f'{{alertname="{name}"}}', "value": count} for name, count in alerts.items()
        ],
    }


def as_test(name: str, cause: Cause) -> dict[str, Any]:
    shown = {} if cause.gone == ("*",) else {**WELL, **cause.series}
    looks = [] if cause.not_yet is None else [firing({}, cause.not_yet)]
    return {
        "name": name,
        "interval": "1m",
        "input_series": [
            {"series": in_job(series), "values": values}
            for series, values in shown.items()
            if series not in cause.gone
        ],
        "promql_expr_test": [*looks, firing(cause.alerts, cause.at)],
    }


def promtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["promtool", *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_rules_are_without_fault() -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES, ALERTS)
    assert done.returncode == 0, done.stdout


def test_each_alert_fires_for_its_cause_and_for_nothing_else(tmp_path: Path) -> None:
    document = {
        "rule_files": [str(RULES), str(ALERTS)],
        "evaluation_interval": "1m",
        "tests": [as_test(name, cause) for name, cause in CAUSES.items()],
    }
    path = tmp_path / "causes.json"  # which is YAML as well
    path.write_text(json.dumps(document), encoding="utf-8")
    done = promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout


def test_every_alert_has_its_cause() -> None:
    assert sorted({name for cause in CAUSES.values() for name in cause.alerts}) == sorted(NAMES)


@pytest.mark.parametrize("name", ["the daemon can't be scraped", "a meter dies"])
def test_an_alert_that_does_not_fire_would_be_noticed(tmp_path: Path, name: str) -> None:
    cause = CAUSES[name]
    healthy = Cause(cause.alerts, at=cause.at)
    document = {"rule_files": [str(RULES), str(ALERTS)], "tests": [as_test(name, healthy)]}
    path = tmp_path / "none.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert promtool("test", "rules", path).returncode != 0
