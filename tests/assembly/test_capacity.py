"""The estimate of a configured bus."""

import logging
from pathlib import Path

import pytest

from dcud.assembly.capacity import pace, tell_load
from dcud.config.load import load

NOW = 1_800_000_000.0


def told(tmp_path: Path, bus: str, meters: int, job: str) -> float:
    """Return the share of time of so many meters that have one job."""
    text = f'[gateway]\nid = "gw"\n[[bus]]\nid = "b1"\n{bus}\n'
    for number in range(meters):
        text += f'[[meter]]\nid = "m{number}"\nbus = "b1"\n'
        text += f"server_address = {{ logical = 1, physical = {17 + number} }}\n"
        text += f'[[meter.job]]\nname = "job"\n{job}\n'
    path = tmp_path / "dcud.toml"
    path.write_text(text)
    configuration = load(path)
    return tell_load(configuration.buses[0], configuration.polled_meters("b1"), NOW)


SERIAL = 'serial = { device = "/dev/ttyS0", baud = 9600 }'
REGISTERS = 'kind = "registers"\nobjects = [{ obis = "1.0.1.8.0.255" }]'
PROFILE = 'kind = "profile"\nlogical_name = "1.0.99.1.0.255"'


def test_what_fits_is_only_mentioned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    share = told(tmp_path, SERIAL, 10, f'{REGISTERS}\ninterval = "15 min"')
    assert 0.005 < share < 0.02
    assert caplog.messages == ["bus b1 will be busy 1 % of the time, by estimate"]


def test_what_does_not_fit_is_told_with_the_remedy(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    share = told(tmp_path, SERIAL, 60, f'{REGISTERS}\ninterval = "10 s"')
    assert share > 2
    (message,) = caplog.messages
    assert message.startswith("bus b1 can hardly do what is configured: by estimate its 60 meters")
    assert "spread them over more buses" in message


@pytest.mark.parametrize(
    ("slower", "faster"),
    [
        ('serial = { device = "/dev/x", baud = 300 }', SERIAL),
        (f'{SERIAL}\nmedium = "plc"', SERIAL),
    ],
)
def test_a_slower_line_is_busier(tmp_path: Path, slower: str, faster: str) -> None:
    job = f'{PROFILE}\ninterval = "6 h"'
    assert told(tmp_path, slower, 5, job) > told(tmp_path, faster, 5, job)


def test_a_power_line_has_a_speed_of_its_own(tmp_path: Path) -> None:
    line = f'{SERIAL}\nframing = "s-fsk-hdlc"'
    job = f'{PROFILE}\ninterval = "6 h"\n[meter.sfsk]\nmac_address = 100'
    slow = told(tmp_path, f"{line}\nsfsk = {{ bit_rate = 300 }}", 1, job)
    assert slow > told(tmp_path, line, 1, job)


def test_a_network_has_octets_for_nothing(tmp_path: Path) -> None:
    job = f'{PROFILE}\ninterval = "1 d"\ncapture_period = "1 min"'
    network = 'tcp = { host = "meter.example" }\nmedium = "rs485"'
    assert told(tmp_path, network, 1, job) < told(tmp_path, SERIAL, 1, job) / 2


def test_rows_count_however_often_they_are_fetched(tmp_path: Path) -> None:
    often = told(tmp_path, SERIAL, 5, f'{PROFILE}\ninterval = "15 min"')
    seldom = told(tmp_path, SERIAL, 5, f'{PROFILE}\ncron = "0 3 * * *"')
    finely = told(tmp_path, SERIAL, 5, f'{PROFILE}\ncron = "0 3 * * *"\ncapture_period = "1 min"')
    assert seldom < often
    assert finely > 5 * seldom


def test_a_list_of_objects_takes_its_time_and_a_look_at_a_version_little(tmp_path: Path) -> None:
    job = 'kind = "objects"\ninterval = "1 h"'
    whole = told(tmp_path, SERIAL, 5, job)
    looked = told(tmp_path, SERIAL, 5, f'{job}\nversions = [{{ obis = "1.0.0.2.0.255" }}]')
    identity = told(tmp_path, SERIAL, 5, 'kind = "identity"\ninterval = "1 h"')
    assert looked < identity < whole / 5


def test_a_clock_is_looked_at_several_times(tmp_path: Path) -> None:
    clock = told(tmp_path, SERIAL, 5, 'kind = "clock"\ninterval = "1 h"')
    single = 'kind = "objects"\nversions = [{ obis = "0.0.96.1.0.255", class_id = 1 }]'
    assert told(tmp_path, SERIAL, 5, single + '\ninterval = "1 h"') < clock < 0.01


def test_a_sign_on_takes_its_time(tmp_path: Path) -> None:
    job = f'{REGISTERS}\ninterval = "1 h"'
    assert told(tmp_path, SERIAL, 5, job + "\n[meter.mode_e]") > told(tmp_path, SERIAL, 5, job)


def test_frames_are_as_long_as_they_were_proposed(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text(
        f'[gateway]\nid = "gw"\n[[bus]]\nid = "b1"\n{SERIAL}\n[[meter]]\nid = "m"\nbus = "b1"\n'
        "server_address = { logical = 1, physical = 17 }\nhdlc = { max_info_receive = 512 }\n"
        f'[[meter.job]]\nname = "job"\ninterval = "1 h"\n{REGISTERS}\n'
    )
    configuration = load(path)
    assert pace(configuration.buses[0], configuration.meters[0]).information == 512
