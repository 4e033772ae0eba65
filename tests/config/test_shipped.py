"""What the shipped templates make of a meter."""

from pathlib import Path

import pytest

from dcud.config import shipped
from dcud.config.load import load
from dcud.config.model import Meter, ProfileJob

PRESETS = {
    "idis": (1, "lls", "1.0.99.2.0.255"),
    "dsmr": (16, "none", "1.0.99.2.0.255"),
    "spodes": (32, "lls", "1.0.98.2.0.255"),
}
"""Client address, authentication and daily profile of the companion profiles."""


def meter_of(directory: Path, template: str) -> Meter:
    path = directory / "dcud.toml"
    path.write_text(f"""
        [gateway]
        id = "gw"
        key_file = "keys"
        [[bus]]
        id = "b"
        tcp.host = "h"
        [[meter]]
        id = "m"
        bus = "b"
        template = {template}
        """)
    return load(path).meters[0]


def test_the_names_are_those_promised() -> None:
    generic = ["generic-electricity", "generic-gas", "generic-heat", "generic-water"]
    assert shipped.shipped() == ["dsmr", *generic, "idis", "spodes"]


@pytest.mark.parametrize("name", shipped.shipped())
def test_each_is_sound_and_asks_for_something(tmp_path: Path, name: str) -> None:
    meter = meter_of(tmp_path, f'"{name}"')
    assert meter.job
    assert all(job.interval >= 900 for job in meter.job)


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_combines_with_a_template_of_jobs(tmp_path: Path, name: str) -> None:
    client_sap, authentication, daily = PRESETS[name]
    meter = meter_of(tmp_path, f'["generic-electricity", "{name}"]')
    assert (meter.client_sap, meter.authentication) == (client_sap, authentication)
    profiles = [str(job.logical_name) for job in meter.job if isinstance(job, ProfileJob)]
    assert profiles == ["1.0.99.1.0.255", daily]


def test_a_name_that_is_a_path_leads_nowhere() -> None:
    assert shipped.path_of("../reference") is None
    assert shipped.path_of("idis") == shipped.DIRECTORY / "idis.toml"
