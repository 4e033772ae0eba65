"""What metrics and subscribers are told, and how often."""

import time
from datetime import UTC, datetime
from typing import cast

import pytest
from prometheus_client import generate_latest

from dcud.assembly.telling import FEW_COUNTERS, FindingsTold, HealthTold, SecurityTold
from dcud.collect.breaker import MeterState as Breaker
from dcud.collect.clock_discipline import Offset
from dcud.collect.clock_observer import ClockChange
from dcud.collect.kernel_clock import NotSynchronised, Synchronised
from dcud.collect.poller import MeterHealth
from dcud.dlms.errors import TagError
from dcud.observe.metrics import Metrics
from dcud.publish.event_payload import Severity
from dcud.publish.incidents import Incidents
from dcud.publish.publisher import Publisher
from dcud.publish.state_payload import MeterState


class Board:
    """Takes what subscribers would be shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str, str]] = []

    def show_meter_state(self, meter: str, state: MeterState) -> None:
        since = f"{state.since:%H:%M:%S}"
        self.shown.append((meter, state.condition.value, since))


def health(state: Breaker, reason: str = "", last_success: float | None = None) -> MeterHealth:
    return MeterHealth(bus="b1", meter="m1", state=state, reason=reason, last_success=last_success)


def test_subscribers_are_told_what_changed_and_the_rest_now_and_then() -> None:
    now = 1_800_000_000.0  # 08:00:00
    board = Board()
    metrics = Metrics(version="test")
    told = HealthTold(metrics, cast("Publisher", board), lambda: now)
    told.meter_health(health(Breaker.UP, last_success=now))
    now += 10
    told.meter_health(health(Breaker.UP, last_success=now))
    assert board.shown == [("m1", "up", "08:00:00")]
    now += 300
    told.meter_health(health(Breaker.UP, last_success=now))
    assert board.shown[1:] == [("m1", "up", "08:00:00")]
    now += 10
    told.meter_health(health(Breaker.DEGRADED, "no_answer", now))
    told.meter_health(health(Breaker.DEGRADED, "decode", now))
    assert board.shown[2:] == [("m1", "degraded", "08:05:20")] * 2


def test_a_poll_is_counted() -> None:
    metrics = Metrics(version="test")
    told = HealthTold(metrics, cast("Publisher", Board()), time.monotonic)
    told.poll_finished("b1", "m1", "success", 0.5)
    page = generate_latest(metrics.registry()).decode()
    assert 'dcud_polls_total{bus="b1",meter="m1",result="success"} 1.0' in page


class Incidence:
    """Takes incidents in the place of what puts them into the outbox."""

    def __init__(self) -> None:
        self.reported: list[tuple[str, str]] = []

        self.texts: list[str] = []
        self.subjects: list[str] = []
        self.severities: list[Severity] = []

    def report(
        self,
        meter: str,
        code: str,
        text: str,
        severity: Severity = Severity.WARNING,
        *,
        subject: str = "",
    ) -> None:
        self.subjects.append(subject)
        self.severities.append(severity)
        self.reported.append((meter, code))
        self.texts.append(text)


def test_what_is_not_trusted_is_counted_and_told() -> None:
    metrics, incidents = Metrics(version="1"), Incidence()
    told = SecurityTold(metrics, cast("Incidents", incidents))
    told.security_refused("b", "m", TagError("forged"))
    assert incidents.reported == [("m", "authentication_tag")]
    refused = b'dcud_security_refusals_total{bus="b",code="authentication_tag",meter="m"} 1.0'
    assert refused in generate_latest(metrics.registry())


def test_the_end_of_the_counters_is_told_once_in_good_time() -> None:
    metrics, incidents = Metrics(version="1"), Incidence()
    told = SecurityTold(metrics, cast("Incidents", incidents))
    told.counters_left("b", "m", FEW_COUNTERS)
    assert incidents.reported == []
    for left in (FEW_COUNTERS - 1, FEW_COUNTERS - 2):
        told.counters_left("b", "m", left)
    assert incidents.reported == [("m", "counters_low")]
    shown = 'dcud_invocation_counters_left{bus="b",meter="m"} 4.29496727e+08'
    assert shown.encode() in generate_latest(metrics.registry())


def test_another_meter_in_its_place_is_told_with_what_changed() -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    told.identity_changed("b", "m", {"serial": "1", "type": "x"}, {"serial": "2", "type": "x"})
    assert incidents.reported == [("m", "identity_changed")]
    assert incidents.texts[0].endswith("serial was 1, is 2")


def test_other_objects_are_told_some_of_them_by_name() -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    told.objects_changed("b", "m", [f"3/1.0.{n}.8.0.255 v0" for n in range(1, 23)], [])
    assert incidents.reported == [("m", "objects_changed")]
    (text,) = incidents.texts
    assert "new: 3/1.0.1.8.0.255 v0, 3/1.0.2.8.0.255 v0, " in text
    assert text.endswith("3/1.0.20.8.0.255 v0 and 2 more; gone: none")


def test_a_log_that_ran_over_is_told_with_the_remedy() -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    after, oldest = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 2, tzinfo=UTC)
    told.captures_overwritten("b", "m", "fraud", after, oldest)
    assert incidents.reported == [("m", "captures_overwritten")]
    (text,) = incidents.texts
    assert "after 2026-06-01T00:00:00+00:00 and before 2026-06-02T00:00:00+00:00" in text
    assert text.endswith("read it more often")


def offset(seconds: float) -> Offset:
    return Offset(seconds=seconds, uncertainty=0.6, round_trip=0.2)


def test_a_gateway_whose_clock_may_be_wrong_is_told_once_and_so_is_its_end() -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    for system in (Synchronised(0.1), NotSynchronised("why"), NotSynchronised("why")):
        told.gateway_clock(system)
    assert incidents.reported == [("", "gateway_clock_not_synchronised")]
    assert incidents.texts[0].endswith("so no meter's is corrected: why")
    for _ in range(2):
        told.gateway_clock(Synchronised(0.1))
    assert incidents.reported[1:] == [("", "gateway_clock_synchronised")]
    assert incidents.severities == [Severity.WARNING, Severity.INFO]


def test_each_change_of_a_clock_is_told_with_what_was_before_and_after() -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    change = ClockChange(
        before=offset(30.0), after=offset(0.2), how="shifted by -30 s", over_capture=False
    )
    for _ in range(2):
        told.clock_changed("b", "m", change)
    assert incidents.reported == [("m", "clock_changed")] * 2
    assert len(set(incidents.subjects)) == 2
    assert incidents.texts[0] == (
        "on bus b its clock was ahead by +30.00 s (give or take 0.60 s) and was shifted by -30 s;"
        " now it is ahead by +0.20 s (give or take 0.60 s)"
    )


@pytest.mark.parametrize(
    ("before", "what"),
    [(600.0, "600 s back, so that captures are repeated"), (-600.0, "600 s forth over captures")],
)
def test_a_change_over_a_capture_is_told_as_that_too(before: float, what: str) -> None:
    incidents = Incidence()
    told = FindingsTold(Metrics(version="1"), cast("Incidents", incidents))
    change = ClockChange(before=offset(before), after=offset(0.0), how="set", over_capture=True)
    told.clock_changed("b", "m", change)
    assert incidents.reported == [("m", "clock_changed"), ("m", "clock_set_across_capture")]
    assert incidents.texts[1].endswith(f"its clock was set: it went {what}")


def test_a_clock_that_is_wrong_is_shown_and_told_with_the_reason() -> None:
    metrics, incidents = Metrics(version="1"), Incidence()
    told = FindingsTold(metrics, cast("Incidents", incidents))
    told.clock_compared("b", "m", offset(-7.5))
    shown = b'dcud_meter_clock_offset_seconds{bus="b",meter="m"} -7.5'
    assert shown in generate_latest(metrics.registry())
    told.clock_off("b", "m", offset(-7.5), "it is only observed")
    told.clock_not_set("b", "m", "set", "read-write-denied")
    told.clock_right("b", "m", offset(0.5))
    codes = [code for _, code in incidents.reported]
    assert codes == ["clock_off", "clock_not_set", "clock_right"]
    assert incidents.texts[0].endswith("and is left alone: it is only observed")
    assert incidents.texts[1].endswith("its clock was to be set, and was not: read-write-denied")
