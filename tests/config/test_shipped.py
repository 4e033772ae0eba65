"""What the shipped templates make of a meter."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli

from dcud.config import shipped
from dcud.config.load import load
from dcud.config.model import Meter, ProfileJob, RegistersJob
from dcud.cosem.obis_names import obis_name
from dcud.dlms.obis import Obis

PRESETS = {
    ("generic-electricity", "idis"): (1, "lls", None),
    ("generic-electricity", "idis", "idis-secured", "mbus"): (1, "hls-gmac", "0.0.43.1.0.255"),
    ("generic-electricity", "dsmr"): (16, "none", None),
    ("generic-electricity", "dsmr", "dsmr-secured", "mbus"): (1, "hls-gmac", "0.0.43.1.0.255"),
    ("generic-electricity", "esmr5"): (1, "hls-gmac", "0.0.43.1.0.255"),
    ("generic-electricity", "spodes"): (32, "lls", None),
    ("is15959-single-phase",): (32, "lls", None),
    ("is15959-three-phase", "is15959-smart"): (48, "hls-gmac", "0.0.43.1.3.255"),
    ("generic-electricity", "prime-iberia"): (1, "lls", None),
    ("uni-ts-11291",): (1, "hls-gmac", "0.0.43.1.1.255"),
}
"""Client address, authentication and frame counter of the companion profiles."""

PROFILES = {
    "idis": {
        "daily-profile": "1.0.99.2.0.255",
        "billing": "0.0.98.1.0.255",
        "events": "0.0.99.98.0.255",
        "fraud": "0.0.99.98.1.255",
        "disconnector": "0.0.99.98.2.255",
        "mbus-events": "0.0.99.98.3.255",
        "power-quality": "0.0.99.98.4.255",
        "communication": "0.0.99.98.5.255",
        "power-failures": "1.0.99.97.0.255",
        "power-quality-profile": "1.0.99.14.0.255",
    },
    "dsmr": {"communication": "0.0.99.98.4.255", "power-quality": "0.0.99.98.5.255"},
    "esmr5": {"communication": "0.0.99.98.4.255", "power-quality": "0.0.99.98.5.255"},
    "is15959-single-phase": {
        "load-profile": "1.0.99.1.0.255",
        "daily-profile": "1.0.99.2.0.255",
        "billing": "1.0.98.1.0.255",
        "voltage-events": "0.0.99.98.0.255",
        "current-events": "0.0.99.98.1.255",
        "power-events": "0.0.99.98.2.255",
        "transactions": "0.0.99.98.3.255",
        "other-events": "0.0.99.98.4.255",
        "non-rollover-events": "0.0.99.98.5.255",
        "control-events": "0.0.99.98.6.255",
        "instantaneous-profile": "1.0.94.91.0.255",
    },
    "spodes": {
        "load-profile": "1.0.99.1.0.255",
        "daily-profile": "1.0.98.2.0.255",
        "billing": "1.0.98.1.0.255",
        "instantaneous-profile": "1.0.94.7.0.255",
        "time-corrections": "0.0.99.98.13.255",
    },
    "prime-iberia": {
        "load-profile": "1.0.99.1.0.255",
        "monthly-closing-1": "0.0.98.1.1.255",
        "daily-closing-3": "0.0.98.2.3.255",
        "finished-power-quality": "0.0.99.98.9.255",
    },
    "mbus": {"mbus-1-profile": "0.1.24.3.0.255", "mbus-4-profile": "0.4.24.3.0.255"},
    "uni-ts-11291": {"daily-profile": "7.0.99.99.3.255", "fraud": "7.0.99.98.1.255"},
}
"""Where the profiles of a companion profile are."""

OVERLAYS = ("idis-secured", "dsmr-secured", "is15959-smart")
"""They say how a meter is asked, and have no jobs of their own."""

VOCABULARY = {
    "0.0.0.1.0.255": "billing_period_counter",
    "0.0.0.1.2.255": "billing_period_time",
    "0.0.1.1.0.255": "unix_time",
    "0.0.28.7.0.255": "prime_firmware_version",
    "0.0.94.91.0.255": "tamper_count",
    "0.0.94.91.8.255": "power_failure_duration",
    "0.0.94.91.9.255": "meter_type",
    "0.0.94.91.11.255": "meter_category",
    "0.0.94.91.12.255": "current_rating",
    "0.0.94.91.13.255": "billing_power_on_time",
    "0.0.94.91.14.255": "power_on_time",
    "0.0.96.1.0.255": "serial_number",
    "0.0.96.1.1.255": "manufacturer_name",
    "0.0.96.1.4.255": "year_of_manufacture",
    "0.0.96.2.0.255": "configuration_changes",
    "0.0.96.7.0.255": "power_failures",
    "0.0.96.7.19.255": "long_power_failure_duration_any_phase",
    "0.0.96.7.21.255": "power_failures_any_phase",
    "0.0.96.14.0.255": "current_tariff",
    "0.0.97.97.0.255": "error_register_1",
    "0.0.97.98.0.255": "alarm_register_1",
    "0.0.97.98.1.255": "alarm_register_2",
    "0.0.97.98.2.255": "alarm_register_3",
    "1.0.94.91.14.255": "current",
    "7.0.3.0.0.255": "volume",
    "7.0.13.2.0.255": "converted_volume",
    "7.0.12.2.0.255": "disturbed_converted_volume",
    "7.0.43.45.0.255": "flow_rate_maximum",
    "7.0.41.0.0.255": "temperature",
    "7.0.42.0.0.255": "pressure",
    "7.0.43.0.0.255": "flow_rate",
    "7.0.52.0.0.255": "conversion_factor",
    "7.0.53.0.0.255": "compressibility",
}
"""Names that no rule gives, or that templates have for the rule's."""

THERMAL = {
    "1.0.0": "energy",
    "2.0.0": "volume",
    "8.0.0": "power",
    "9.0.0": "flow_rate",
    "10.0.0": "flow_temperature",
    "11.0.0": "return_temperature",
    "12.0.0": "temperature_difference",
    "1.2.0": "energy_due_date",
    "2.2.0": "volume_due_date",
    "8.5.0": "power_maximum",
    "9.5.0": "flow_rate_maximum",
}
WATER = {"1.0.0": "volume", "2.0.0": "flow_rate", "1.2.0": "volume_due_date"}
VOCABULARY |= {f"{a}.0.{end}.255": name for a in (5, 6) for end, name in THERMAL.items()}
VOCABULARY |= {f"{a}.0.{end}.255": name for a in (8, 9) for end, name in WATER.items()}
VOCABULARY |= {
    f"0.{n}.{end}.255": f"mbus_{n}_{name}"
    for n in range(1, 5)
    for end, name in {"24.2.1": "value", "96.1.0": "serial_number"}.items()
}

TIME_OF_IT = 5
"""Attribute of extended registers: the capture time."""


def meter_of(directory: Path, *templates: str, all_on: bool = True) -> Meter:
    """Return the model of a meter with these templates, by default with every job turned on."""
    path = directory / "dcud.toml"
    amendments = "".join(
        f'[[meter.job]]\nname = "{name}"\nenabled = true\n'
        for name in job_names(*templates)
        if all_on
    )
    path.write_text(f"""
        [gateway]
        id = "gw"
        key_file = "keys"
        system_title = "4443550000000001"
        [[bus]]
        id = "b"
        tcp.host = "h"
        [[meter]]
        id = "m"
        bus = "b"
        template = {list(templates)}
        {amendments}
        """)
    return load(path).meters[0]


def table_of(name: str) -> dict[str, Any]:
    path = shipped.path_of(name)
    assert path is not None
    templates = tomli.loads(path.read_text(encoding="utf-8"))["template"]
    assert list(templates) == [name]
    table: dict[str, Any] = templates[name]
    return table


def job_names(*templates: str) -> dict[str, bool]:
    """Return the jobs of these templates, each with whether it is enabled without more ado."""
    return {
        job["name"]: job.get("enabled", True)
        for template in templates
        for job in table_of(template).get("job", [])
    }


def named_of(template: str) -> Iterator[tuple[Obis, int, str]]:
    """Give what the template names: object, attribute, name."""
    for job in table_of(template).get("job", []):
        for each in (*job.get("objects", ()), *job.get("columns", ())):
            yield Obis.parse(each["obis"]), each.get("attribute", 2), each["name"]


def test_the_names_are_those_promised() -> None:
    assert shipped.shipped() == [
        *("dsmr", "dsmr-secured", "esmr5", "generic-cooling", "generic-electricity"),
        *("generic-gas", "generic-heat", "generic-hot-water", "generic-water", "idis"),
        *("idis-secured", "is15959-single-phase", "is15959-smart", "is15959-three-phase"),
        *("mbus", "prime-iberia", "spodes", "uni-ts-11291"),
    ]


@pytest.mark.parametrize("name", [each for each in shipped.shipped() if each not in OVERLAYS])
def test_each_is_sound_and_asks_for_something(tmp_path: Path, name: str) -> None:
    meter = meter_of(tmp_path, name)
    assert [job.name for job in meter.job] == list(job_names(name))
    assert all(job.interval is not None and job.interval >= 900 for job in meter.job)


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_has_no_jobs(name: str) -> None:
    assert set(table_of(name)) == {"client_sap", "authentication", "security"}


@pytest.mark.parametrize("templates", PRESETS, ids="+".join)
def test_presets(tmp_path: Path, templates: tuple[str, ...]) -> None:
    client_sap, authentication, frame_counter = PRESETS[templates]
    meter = meter_of(tmp_path, *templates)
    assert (meter.client_sap, meter.authentication) == (client_sap, authentication)
    assert meter.server_address.logical == 1
    if frame_counter is None:
        assert meter.security is None
    else:
        assert meter.security is not None
        assert str(meter.security.frame_counter) == frame_counter
        assert meter.security.suite == 0
    assert any(isinstance(job, RegistersJob) for job in meter.job)


@pytest.mark.parametrize("name", ["idis", "dsmr", "esmr5", "spodes", "prime-iberia"])
def test_what_a_companion_has_on_is_on_beside_the_generic_template(
    tmp_path: Path, name: str
) -> None:
    both = {job.name for job in meter_of(tmp_path, "generic-electricity", name, all_on=False).job}
    generic = {job for job, on in job_names("generic-electricity").items() if on}
    assert both == generic | {job for job, on in job_names(name).items() if on}
    assert "daily-profile" in both or name == "prime-iberia"


@pytest.mark.parametrize("name", list(PROFILES))
def test_profiles(tmp_path: Path, name: str) -> None:
    jobs = [job for job in meter_of(tmp_path, name).job if isinstance(job, ProfileJob)]
    there = {job.name: str(job.logical_name) for job in jobs}
    assert PROFILES[name].items() <= there.items()
    assert len(set(there.values())) == len(there)


def test_is15959_registers_and_nameplates(tmp_path: Path) -> None:
    meter = meter_of(tmp_path, "is15959-three-phase")
    objects = {job.name: job.objects for job in meter.job if isinstance(job, RegistersJob)}
    registers = {str(each.obis) for each in objects["registers"]}
    assert {"1.0.31.7.0.255", "1.0.52.7.0.255", "1.0.73.7.0.255", "1.0.9.8.0.255"} <= registers
    assert [str(each.obis) for each in objects["nameplate"]] == [
        *("0.0.96.1.0.255", "0.0.96.1.1.255", "1.0.0.2.0.255", "0.0.94.91.9.255"),
        *("0.0.94.91.11.255", "0.0.94.91.12.255", "0.0.96.1.4.255"),
        *("1.0.0.4.2.255", "1.0.0.4.3.255"),
    ]
    assert meter.clock.ignore_deviation
    assert meter.clock.time_zone == "Asia/Kolkata"


@pytest.mark.parametrize(
    ("templates", "companion"),
    [
        (("generic-electricity",), "none"),
        (("generic-electricity", "idis", "idis-secured"), "idis"),
        (("generic-electricity", "dsmr", "dsmr-secured", "mbus"), "dsmr"),
        (("esmr5",), "esmr5"),
        (("is15959-single-phase",), "is15959"),
        (("is15959-three-phase", "is15959-smart"), "is15959"),
        (("spodes",), "spodes"),
        (("prime-iberia",), "prime-iberia"),
    ],
)
def test_companion_profiles(tmp_path: Path, templates: tuple[str, ...], companion: str) -> None:
    assert meter_of(tmp_path, *templates).companion == companion


def test_quirks(tmp_path: Path) -> None:
    assert meter_of(tmp_path, "spodes").turnaround == 0.02
    idis = meter_of(tmp_path, "idis", "idis-secured").security
    assert idis is not None
    assert idis.any_form
    [gas] = [job for job in meter_of(tmp_path, "uni-ts-11291").job if job.name == "registers"]
    assert isinstance(gas, RegistersJob)
    assert not gas.read_clock


def test_what_every_meter_lacks_is_asked_on_demand_alone() -> None:
    assert [name for name, on in job_names("generic-electricity").items() if on] == [
        "registers",
        "load-profile",
    ]
    assert job_names("mbus") == {
        "mbus-1": True,
        "mbus-1-profile": True,
        "mbus-1-nameplate": False,
        **{f"mbus-{n}{kind}": False for n in (2, 3, 4) for kind in ("", "-profile", "-nameplate")},
    }


# One vocabulary.


def in_vocabulary(obis: Obis, attribute: int) -> str:
    """Return the name that a quantity has in every template."""
    _, _, c, d, e, _ = obis.octets
    if (c, d) == (96, 10):
        return "status"
    if (c, d) == (96, 11):
        return "event_code"
    if (c, d, e) == (96, 3, 10):
        return {2: "disconnect_output_state", 3: "disconnect_control_state"}[attribute]
    if (c, d) == (24, 4):
        return f"mbus_{obis.octets[1]}_disconnect_control_state"
    name = VOCABULARY.get(str(obis)) or obis_name(obis)
    return f"{name}_time" if attribute == TIME_OF_IT else name


@pytest.mark.parametrize("template", shipped.shipped())
def test_the_same_quantity_has_the_same_name_in_all_templates(template: str) -> None:
    for obis, attribute, name in named_of(template):
        assert name == in_vocabulary(obis, attribute), f"{obis} attribute {attribute}"


def test_the_vocabulary_holds_nothing_that_no_template_names() -> None:
    named = {str(obis) for name in shipped.shipped() for obis, _, _ in named_of(name)}
    assert set(VOCABULARY) <= named


def test_a_name_that_is_a_path_leads_nowhere() -> None:
    assert shipped.path_of("../reference") is None
    assert shipped.path_of("idis") == shipped.DIRECTORY / "idis.toml"
