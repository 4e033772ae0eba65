import logging
from dataclasses import dataclass, field

import pytest

from dcud.assembly.vitality import LOOK_EVERY, PATIENCE, Vitality, patience_with
from dcud.config import model
from dcud.observe.service_manager import ServiceManager


@dataclass
class Site:
    """Buses that do something when they are told to."""

    now: float = 0.0
    told: list[str] = field(default_factory=list)
    marks: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 0})
    status: str = "all well"

    def vitality(self) -> Vitality:
        manager = ServiceManager(self.told.append, 30.0)
        return Vitality(
            manager,
            lambda: dict(self.marks),
            lambda _: 100.0,
            lambda: self.status,
            lambda: self.now,
        )


def test_the_watchdog_is_fed_as_long_as_every_bus_makes_progress() -> None:
    site = Site()
    vitality = site.vitality()
    for _ in range(50):
        site.now += 99.0
        site.marks = {bus: mark + 1 for bus, mark in site.marks.items()}
        vitality.look()
    assert site.told.count("WATCHDOG=1") == 50
    assert vitality.ailment == ""


def test_it_is_not_fed_once_a_bus_is_stuck(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    vitality = site.vitality()
    vitality.look()
    del site.told[:]
    site.now += 100.5
    site.marks["a"] += 1
    with caplog.at_level(logging.CRITICAL):
        vitality.look()
        vitality.look()
    assert "WATCHDOG=1" not in site.told
    assert vitality.ailment == "no progress on bus b"
    assert site.told == ["STATUS=no progress on bus b"]
    assert len(caplog.records) == 1
    site.marks["b"] += 1
    vitality.look()
    assert site.told[-2:] == ["WATCHDOG=1", "STATUS=all well"]


def test_a_bus_that_is_gone_is_no_longer_looked_at() -> None:
    site = Site()
    vitality = site.vitality()
    vitality.look()
    del site.marks["b"]
    site.now += 101.0
    site.marks["a"] += 1
    vitality.look()
    assert vitality.ailment == ""


def test_the_status_is_told_when_it_is_another() -> None:
    site = Site()
    vitality = site.vitality()
    for status in ("one", "one", "two"):
        site.status = status
        vitality.look()
    assert [line for line in site.told if line.startswith("STATUS")] == ["STATUS=one", "STATUS=two"]


def test_patience_follows_the_meters_of_the_bus() -> None:
    meters = tuple(
        model.Meter(id=f"m{number}", bus=bus, response_timeout=timeout)
        for number, (bus, timeout) in enumerate([("a", 3.0), ("a", 60.0), ("b", 300.0)])
    )
    buses = tuple(
        model.Bus(id=bus, tcp=model.Tcp(host="h", port=1), turnaround=0.0) for bus in ("a", "b")
    )
    configuration = model.Configuration(
        gateway=model.Gateway(id="gw", key_command_timeout=10.0), buses=buses, meters=meters
    )
    assert patience_with(configuration, "a") == PATIENCE + 120.0 + 10.0
    assert patience_with(configuration, "b") == PATIENCE + 600.0 + 10.0
    assert PATIENCE > 2 * LOOK_EVERY
