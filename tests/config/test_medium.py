"""What follows from the medium of a bus."""

from pathlib import Path

import pytest

from dcud.config import medium, model
from dcud.config.load import load

GATEWAY = '[gateway]\nid = "gw"\n'
METER = '[[meter]]\nid = "m"\nbus = "b"\nenabled = false\n'


def configured(directory: Path, bus: str, meter: str = "") -> tuple[model.Bus, model.Meter]:
    path = directory / "dcud.toml"
    path.write_text(f'{GATEWAY}[[bus]]\nid = "b"\n{bus}\n{METER}{meter}\n')
    configuration = load(path)
    return configuration.buses[0], configuration.meters[0]


@pytest.mark.parametrize(
    ("line", "name", "framing"),
    [
        ('serial.device = "/dev/ttyS0"', "rs485", "hdlc"),
        ('rfc2217.host = "server"', "rs485", "hdlc"),
        ('tcp.host = "server"', "network", "hdlc"),
        ('udp.host = "meter"', "network", "wrapper"),
    ],
)
def test_the_line_tells_medium_and_framing(
    tmp_path: Path, line: str, name: str, framing: str
) -> None:
    bus, _ = configured(tmp_path, line)
    assert (bus.medium, bus.framing) == (name, framing)


def test_a_medium_decides_what_nobody_else_does(tmp_path: Path) -> None:
    bus, meter = configured(
        tmp_path, 'serial.device = "/dev/ttyS0"\nmedium = "plc"', "hdlc.retries = 9"
    )
    assert bus.turnaround == 0.02
    assert meter.response_timeout == 20
    assert (meter.hdlc.retries, meter.hdlc.max_info_receive) == (9, 64)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ('serial = { device = "/dev/ttyS0", baud = 300 }', 0.1),
        ('serial = { device = "/dev/ttyS0", baud = 19200 }', 0.005),
        ('rfc2217 = { host = "server", baud = 2400 }', 0.0125),
        ('serial = { device = "/dev/ttyS0", baud = 300 }\nturnaround = "1 ms"', 0.001),
    ],
)
def test_a_slow_line_turns_around_slowly(tmp_path: Path, line: str, seconds: float) -> None:
    assert configured(tmp_path, line)[0].turnaround == seconds


def test_a_template_goes_before_the_medium_and_the_bus_before_its_preset(tmp_path: Path) -> None:
    template = '[template.slow]\nresponse_timeout = "7 s"\n'
    path = tmp_path / "dcud.toml"
    bus = '[[bus]]\nid = "b"\nmedium = "plc"\nturnaround = "1 s"\nserial.device = "/dev/ttyS0"\n'
    path.write_text(f'{GATEWAY}{bus}{template}{METER}template = "slow"\n')
    configuration = load(path)
    assert configuration.buses[0].turnaround == 1
    assert configuration.meters[0].response_timeout == 7
    assert configuration.meters[0].hdlc.retries == 5


def test_every_medium_has_its_file_and_no_other_has() -> None:
    assert {path.stem for path in medium.DIRECTORY.glob("*.toml")} == set(model.MEDIA)
    assert all(medium.meter_layer(name).values for name in model.MEDIA)


def test_rs485_is_what_the_model_says_without_a_medium(tmp_path: Path) -> None:
    """So that reads by hand and tests that build the model have the same defaults."""
    bus, meter = configured(tmp_path, 'serial.device = "/dev/ttyS0"')
    assert bus == model.Bus(id="b", serial=model.Serial(device="/dev/ttyS0"))
    assert meter == model.Meter(id="m", bus="b", enabled=False)
