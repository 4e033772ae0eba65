"""What is known of meters' own words, and what is done about them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from dcud.assembly.self_told import SelfTold
from dcud.config import model
from dcud.dlms.obis import Obis
from dcud.notice import Notice, NoticedAttribute, NoticedValue

REGISTER = "0.0.97.98.0.255"


@dataclass
class Bus:
    woken: list[tuple[str, bool]] = field(default_factory=list)

    def wake(self, meter: str, *, powered_up: bool) -> None:
        self.woken.append((meter, powered_up))


def configuration(companion: str = "idis", *alarms: str) -> model.Configuration:
    registers = tuple(map(Obis.parse, alarms))
    meter = model.Meter(id="m", bus="b", companion=companion, alarm_registers=registers)
    return model.Configuration(gateway=model.Gateway(id="gw"), meters=(meter,))


def notice(code: int, obis: str = "", meter: str = "m") -> Notice:
    told = NoticedAttribute(class_id=1, obis=obis, attribute=2, name="value")
    return Notice(
        meter=meter,
        bus="b",
        received=datetime(2026, 3, 1, tzinfo=UTC),
        kind="event-notification",
        octets=b"",
        attribute=told if obis else None,
        value=NoticedValue(type="unsigned", value=code),
    )


def test_alarm_registers_are_those_of_the_companion_profile_and_the_configured_ones() -> None:
    told = SelfTold(configuration("idis", "0.0.97.98.2.255", REGISTER))
    names = told.alarm_names("m", REGISTER)
    assert names is not None
    assert names[13] == "fraud_attempt"
    assert told.alarm_names("m", "0.0.97.98.2.255") == {}
    assert told.alarm_names("m", "0.0.96.1.0.255") is None
    assert told.alarm_names("another", REGISTER) is None


def test_what_a_push_setup_pushes_is_known_as_it_is_configured() -> None:
    setup = Obis.parse("0.4.25.9.0.255")
    pushes = model.PushSetup(logical_name=setup, objects=(setup, Obis.parse(REGISTER)))
    meter = model.Meter(id="m", bus="b", push_setup=(pushes,))
    told = SelfTold(model.Configuration(gateway=model.Gateway(id="gw"), meters=(meter,)))
    assert told.pushed_objects("m", "0.4.25.9.0.255") == ["0.4.25.9.0.255", REGISTER]
    assert told.pushed_objects("m", "0.0.25.9.0.255") == []
    assert told.pushed_objects("another", "0.4.25.9.0.255") == []


def test_a_job_is_told_as_events_where_it_is_configured_so() -> None:
    name = Obis.parse("0.0.99.98.1.255")
    jobs = (
        model.ProfileJob(name="load", logical_name=name),
        model.ProfileJob(name="fraud", logical_name=name, tell_events=True),
        model.IdentityJob(name="identity"),
    )
    meter = model.Meter(id="m", bus="b", job=jobs)
    told = SelfTold(model.Configuration(gateway=model.Gateway(id="gw"), meters=(meter,)))
    asked = [("m", "fraud"), ("m", "load"), ("m", "identity"), ("another", "fraud")]
    assert [told.tells_events(*each) for each in asked] == [True, False, False, False]


def test_another_configuration_is_taken() -> None:
    told = SelfTold(configuration())
    told.change(configuration("none"))
    assert told.alarm_names("m", REGISTER) is None


@pytest.mark.parametrize(
    ("said", "powered_up"),
    [
        (notice(2, "0.0.96.11.0.255"), True),
        (notice(1, "0.0.96.11.0.255"), False),
        (notice(2, "0.0.97.98.0.255"), False),
        (notice(2), False),
        (notice(2, "0.0.96.11.0.255", meter="another"), False),
    ],
)
def test_a_meter_that_speaks_is_woken_and_its_power_up_known(
    said: Notice, *, powered_up: bool
) -> None:
    told, bus = SelfTold(configuration()), Bus()
    told.waking = bus
    told.heard(said)
    assert bus.woken == [(said.meter, powered_up)]


def test_an_alarm_that_says_that_power_is_back_wakes_its_meter() -> None:
    told, bus = SelfTold(configuration()), Bus()
    told.alarm_raised("m", "power_resume")
    assert bus.woken == []
    told.waking = bus
    for name in ("fraud_attempt", "power_resume", "power_up"):
        told.alarm_raised("m", name)
    assert bus.woken == [("m", True)] * 2
