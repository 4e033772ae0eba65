import re
import subprocess
import tracemalloc
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dcud.collect.counter_ledger import CounterBoundError, CounterUnknownError
from dcud.dlms.errors import CounterRejectedError, SecurityError
from dcud.errors import DcudError
from dcud.observe.families import FAMILIES
from dcud.observe.figures import OutboxFigures
from dcud.observe.metrics import Metrics
from dcud.observe.reference import table, with_table

GOLDEN = Path(__file__).parent / "golden" / "metrics.txt"
DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
PLATFORM = re.compile(r"^(# (HELP|TYPE) )?(process|python)_")


def page(metrics: Metrics) -> str:
    return generate_latest(metrics.registry()).decode()


def samples(metrics: Metrics) -> dict[str, float]:
    own = (line for line in page(metrics).splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in own)}


def push(metrics: Metrics) -> None:
    metrics.pushed("udp")
    metrics.push_refused("tcp", "version")
    metrics.push_refused("tcp", "version")
    metrics.push_refused("udp", "flood")
    metrics.push_connections(2)
    metrics.set_tasks(lambda: 7)
    metrics.commanded("read", "done")
    metrics.commanded("read", "done")
    metrics.commanded("", "refused")


def scheduled(metrics: Metrics) -> None:
    metrics.job_ran("rs485-1", "registers", 0.25, late=False, left_out=0)
    metrics.job_ran("rs485-1", "load-profile", 61.5, late=True, left_out=2)
    metrics.captures_missing("rs485-1", "meter-1", "load-profile", 4)
    metrics.captures_missing("rs485-1", "meter-1", "daily", 1)
    metrics.captures_missing("rs485-1", "meter-2", "load-profile", 0)
    metrics.gap_given_up("rs485-1")
    metrics.clock_compared("rs485-1", "meter-1", 31.0)
    metrics.clock_compared("rs485-1", "meter-1", -2.75)


def eventful() -> Metrics:
    now = iter((1000.0, 1002.5, 1010.0, 1010.25))
    metrics = Metrics(version="0.1.0", clock=lambda: next(now))
    metrics.add_bus("rs485-1")
    metrics.add_meter("rs485-1", "meter-1")
    metrics.add_meter("rs485-1", "meter-2")
    metrics.add_meter("tcp-1", "meter-3")
    metrics.bus_up("rs485-1", True)
    metrics.meter_up("rs485-1", "meter-1", True)
    metrics.meter_succeeded("rs485-1", "meter-1", 1795370584.25)
    metrics.poll_finished("rs485-1", "meter-1", "success", 0.1)
    metrics.poll_finished("rs485-1", "meter-1", "partial", 1.5)
    metrics.poll_finished("rs485-1", "meter-2", "no_answer", 301.0)
    metrics.poll_finished("tcp-1", "meter-3", "association_rejected", 0.75)
    metrics.security_refused("rs485-1", "meter-1", "replay")
    metrics.security_refused("rs485-1", "meter-1", "replay")
    metrics.security_refused("rs485-1", "meter-1", "authentication_tag")
    metrics.counters_left("rs485-1", "meter-1", 4294960000)
    metrics.frame("rs485-1", "tx", "meter-1", b"\x7e\x7e", ())
    metrics.frame("rs485-1", "rx", "meter-1", b"\x7e\x7e", ())
    metrics.frame("rs485-1", "rx", "meter-1", b"\x7e\x7e", ())
    metrics.discarded("rs485-1", "meter-1", "noise", b"\x00\xff")
    metrics.retransmitted("rs485-1", "meter-2", 3)
    metrics.bus_busy("rs485-1", True)
    metrics.bus_busy("rs485-1", False)
    metrics.bus_busy("tcp-1", True)
    scheduled(metrics)
    metrics.answered("rs485-1", "meter-1", 0.04)
    metrics.answered("rs485-1", "meter-2", 31.5)
    metrics.add_broker("second")
    metrics.broker_connected("mqtt", True)
    metrics.published("mqtt")
    metrics.published("mqtt", 4)
    metrics.dropped("size", 7)
    metrics.frame_log_dropped(2)
    metrics.config_taken(1795370000.5)
    metrics.config_refused()
    metrics.key_files_checked(2)
    metrics.certificates_checked({("mqtt", "client"): 1826906400.0, ("mqtt", "authority"): 2e9})
    push(metrics)
    metrics.set_outbox(
        lambda: OutboxFigures(
            messages=3,
            octets=4096,
            limit=65536,
            oldest_age=12.5,
            waiting={"mqtt": 3, "second": 12},
            parked={"mqtt": 1},
        )
    )
    return metrics


def test_the_page_is_the_golden_one() -> None:
    own = [line for line in page(eventful()).splitlines() if not PLATFORM.match(line)]
    assert "\n".join(own) + "\n" == GOLDEN.read_text()


def test_promtool_finds_nothing_to_say() -> None:
    check = subprocess.run(
        ["promtool", "check", "metrics"],
        input=page(eventful()).encode(),
        capture_output=True,
        check=False,
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, b"", b"")


def test_the_process_and_the_interpreter_are_shown_too() -> None:
    shown = samples(Metrics(version="0.1.0"))
    assert shown["process_resident_memory_bytes"] > 0
    assert any(name.startswith("python_info") for name in shown)
    assert any(name.startswith("python_gc_collections_total") for name in shown)


def test_every_family_is_documented_as_it_is_exported() -> None:
    """As `python -m dcud.observe.reference` writes it."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert with_table(text) == text
    assert table() in text


def test_the_table_tells_what_stands_on_the_page() -> None:
    labels_of: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(page(eventful())):
        for sample in family.samples:
            if sample.name.startswith("dcud_"):
                name = re.sub(r"_(bucket|sum|count)$", "", sample.name)
                labels_of.setdefault(name, set()).update(set(sample.labels) - {"le"})
    assert labels_of == {family.name: set(family.labels) for family in FAMILIES}


def test_a_known_meter_stands_at_zero_before_its_first_poll() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.add_meter("b", "m")
    shown = samples(metrics)
    for result in ("success", "partial", "no_answer", "failed"):
        assert shown[f'dcud_polls_total{{bus="b",meter="m",result="{result}"}}'] == 0
    for reason in ("no_answer", "refused", "protocol", "security", "port", "store", "internal"):
        assert shown[f'dcud_poll_failures_total{{bus="b",reason="{reason}"}}'] == 0
    assert shown['dcud_meter_up{bus="b",meter="m"}'] == 0
    assert shown['dcud_bus_up{bus="b"}'] == 0
    assert shown['dcud_poll_duration_seconds_count{bus="b"}'] == 0


def test_a_bus_that_is_busy_is_seen_to_be() -> None:
    now = [0.0]
    metrics = Metrics(version="0.1.0", clock=lambda: now[0])
    name = 'dcud_bus_busy_seconds_total{bus="b"}'
    metrics.bus_busy("b", True)
    now[0] = 5.0
    assert samples(metrics)[name] == 5
    metrics.bus_busy("b", True)
    now[0] = 6.0
    metrics.bus_busy("b", False)
    metrics.bus_busy("b", False)
    now[0] = 60.0
    assert samples(metrics)[name] == 6


def test_the_last_success_is_absent_until_there_is_one() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.add_meter("b", "m")
    name = 'dcud_meter_last_success_timestamp_seconds{bus="b",meter="m"}'
    assert name not in samples(metrics)
    metrics.meter_succeeded("b", "m", 1795370584.0)
    assert samples(metrics)[name] == 1795370584.0


def test_the_outbox_is_absent_until_it_is_known() -> None:
    metrics = Metrics(version="0.1.0")
    assert not [name for name in samples(metrics) if name.startswith("dcud_outbox_messages")]
    metrics.set_outbox(
        lambda: OutboxFigures(
            messages=0,
            octets=0,
            limit=1,
            oldest_age=0.0,
            waiting={"mqtt": 3, "second": 12},
            parked={"mqtt": 1},
        )
    )
    assert samples(metrics)["dcud_outbox_messages"] == 0


@pytest.mark.parametrize(
    ("code", "result", "reason"),
    [
        ("no_answer", "no_answer", "no_answer"),
        ("link_refused", "failed", "refused"),
        ("association_rejected", "failed", "refused"),
        ("exception_response", "failed", "refused"),
        ("profile_refused", "failed", "refused"),
        ("decode", "failed", "protocol"),
        ("never heard of", "failed", "protocol"),
        ("port", "failed", "port"),
        ("store", "failed", "store"),
        ("store_refused", "failed", "store"),
        ("internal", "failed", "internal"),
    ],
)
def test_failures_are_few_words(code: str, result: str, reason: str) -> None:
    metrics = Metrics(version="0.1.0")
    metrics.poll_finished("b", "m", code, 0.5)
    shown = samples(metrics)
    assert shown[f'dcud_polls_total{{bus="b",meter="m",result="{result}"}}'] == 1
    assert shown[f'dcud_poll_failures_total{{bus="b",reason="{reason}"}}'] == 1
    polls = [value for name, value in shown.items() if name.startswith("dcud_polls_total")]
    failures = [value for name, value in shown.items() if name.startswith("dcud_poll_failures")]
    assert (sum(polls), sum(failures)) == (1, 1)


def _kinds(error: type[DcudError]) -> list[type[DcudError]]:
    return [error, *(kind for child in error.__subclasses__() for kind in _kinds(child))]


_REFUSALS: set[type[DcudError]] = {
    *_kinds(SecurityError),
    CounterRejectedError,
    CounterBoundError,
    CounterUnknownError,
}


def _code(kind: type[DcudError]) -> str:
    return kind.code


_SORTED: list[type[DcudError]] = sorted(_REFUSALS, key=_code)


@pytest.mark.parametrize("kind", _SORTED)
def test_what_is_not_trusted_is_one_reason(kind: type[DcudError]) -> None:
    metrics = Metrics(version="0.1.0")
    metrics.poll_finished("b", "m", kind.code, 0.5)
    assert samples(metrics)['dcud_poll_failures_total{bus="b",reason="security"}'] == 1


def test_a_partial_poll_is_no_failure() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.poll_finished("b", "m", "partial", 0.5)
    failures = [v for name, v in samples(metrics).items() if name.startswith("dcud_poll_failures")]
    assert failures == [0] * 7


def test_durations_fall_into_their_buckets() -> None:
    metrics = Metrics(version="0.1.0")
    for seconds in (0.1, 0.11, 299.0, 301.0):
        metrics.poll_finished("b", "m", "success", seconds)
    shown = samples(metrics)
    bucket = {
        bound: shown[f'dcud_poll_duration_seconds_bucket{{bus="b",le="{bound}"}}']
        for bound in ("0.1", "0.25", "120.0", "300.0", "+Inf")
    }
    assert bucket == {"0.1": 1, "0.25": 2, "120.0": 2, "300.0": 3, "+Inf": 4}
    assert shown['dcud_poll_duration_seconds_sum{bus="b"}'] == pytest.approx(600.21)


def test_label_values_are_escaped() -> None:
    metrics = Metrics(version="0.1.0")
    metrics.add_bus('b"\\\n')
    assert 'dcud_bus_up{bus="b\\"\\\\\\n"} 0.0' in page(metrics)


def test_a_thousand_meters_are_light() -> None:
    metrics = Metrics(version="0.1.0")
    names = [f"meter-{number}" for number in range(1000)]
    tracemalloc.start()
    for name in names:
        metrics.add_meter("b", name)
        metrics.meter_succeeded("b", name, 1795370584.0)
        metrics.poll_finished("b", name, "success", 0.5)
    octets, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert octets < 512 * 1000
    per_meter = [name for name in samples(metrics) if 'meter="meter-7"' in name]
    assert len(per_meter) == 6


def test_what_is_configured_no_more_is_shown_no_more() -> None:
    metrics = eventful()
    metrics.remove_meter("rs485-1", "meter-1")
    metrics.remove_meter("rs485-1", "unknown")
    metrics.remove_bus("tcp-1")
    shown = page(metrics)
    assert 'meter="meter-1"' not in shown
    assert 'meter="meter-2"' in shown
    assert "tcp-1" not in shown
