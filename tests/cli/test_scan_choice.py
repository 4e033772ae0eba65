import argparse
from pathlib import Path

import pytest

from dcud.cli.main import UsageError
from dcud.cli.scan_choice import ScanChoice, add_scan_arguments, choose_line, choose_scan, numbers
from dcud.line.scan import likely
from dcud.line.scan.ranges import AS_IT_IS, LineSetting

CONFIGURATION = """
[gateway]
id = "gw"

[[bus]]
id = "slow"
serial = { device = "/dev/ttyS1", baud = 300, format = "8E1" }

[[bus]]
id = "plc"
medium = "plc"
serial = { device = "/dev/ttyS2" }

[[bus]]
id = "net"
tcp = { host = "127.0.0.1" }
framing = "wrapper"

[[bus]]
id = "server"
rfc2217 = { host = "127.0.0.1" }
"""


@pytest.fixture(name="config")
def make_config(tmp_path: Path) -> str:
    path = tmp_path / "dcud.toml"
    path.write_text(CONFIGURATION)
    return str(path)


def choose(*arguments: str) -> ScanChoice:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_scan_arguments(parser)
    told = parser.parse_args(arguments)
    return choose_scan(told, choose_line(told))


def serial(*arguments: str) -> ScanChoice:
    return choose("--serial", "/dev/ttyS0", *arguments)


def test_by_default_the_usual_is_tried() -> None:
    chosen = serial()
    ranges = chosen.ranges
    assert ranges.lines == likely.SETTINGS
    assert ranges.sizes == (1, 2, 4)
    assert (ranges.logicals, ranges.physicals) == ((1,), likely.PHYSICALS)
    assert (ranges.clients, ranges.sweep_clients) == ((16, 1, 32, 48), 1)
    assert (ranges.mode_e, ranges.silent_lines, ranges.all_lines) == (True, True, False)
    assert not chosen.configured


def test_ranges_given_are_tried_in_their_order() -> None:
    ranges = serial(
        *("--baud", "2400,9600", "--line-format", "8E1,8N1", "--sizes", "4,2", "--logical", "1,16"),
        *("--physical", "20-22,17", "--clients", "32,16", "--no-mode-e", "--all-settings"),
    ).ranges
    assert ranges.lines == (
        LineSetting(2400, "8E1"),
        LineSetting(9600, "8E1"),
        LineSetting(2400, "8N1"),
        LineSetting(9600, "8N1"),
    )
    assert (ranges.sizes, ranges.logicals) == ((4, 2), (1, 16))
    assert ranges.physicals == (20, 21, 22, 17)
    assert (ranges.clients, ranges.sweep_clients) == ((32, 16), 2)
    assert (ranges.mode_e, ranges.all_lines) == (False, True)


def test_a_format_alone_is_tried_at_all_speeds() -> None:
    assert [each.format for each in serial("--line-format", "8E1").ranges.lines] == ["8E1"] * 7


def test_what_follows_from_a_plate_comes_first() -> None:
    physicals = serial("--meter-number", "12345678", "--physical", "78,17").ranges.physicals
    assert physicals[:3] == (78, 1078, 94)
    assert physicals[-1] == 17
    assert physicals.count(78) == 1


def test_quick_and_thorough_scans_differ_in_what_they_try() -> None:
    quick, thorough = serial("--quick").ranges, serial("--thorough").ranges
    assert not quick.silent_lines
    assert len(quick.physicals) == 32
    assert len(thorough.physicals) == 10_999
    assert (len(thorough.clients), thorough.sweep_clients) == (14, 3)


def test_a_configured_bus_begins_at_its_own_setting(config: str) -> None:
    chosen = choose("--bus", "slow", "--config", config)
    assert chosen.configured
    assert chosen.ranges.lines == (LineSetting(300, "8E1"), *likely.SETTINGS)
    assert choose("--bus", "server", "--config", config).ranges.lines == likely.SETTINGS
    assert not choose("--bus", "server", "--config", config).ranges.mode_e


def test_the_medium_decides_on_patience(config: str) -> None:
    assert choose("--bus", "plc", "--config", config).timing.patience == 5.0
    wrapper = choose("--bus", "net", "--config", config)
    assert wrapper.timing.patience == 2.0
    assert wrapper.ranges.lines == (AS_IT_IS,)
    assert wrapper.ranges.wrapper
    assert wrapper.ranges.logicals[:2] == (1, 16)


def test_patience_pace_and_listening_can_be_told() -> None:
    timing = serial("--response-timeout", "2", "--pace", "2.5", "--listen", "0").timing
    assert (timing.patience, timing.hail_patience, timing.least_patience) == (2.0, 2.0, 2.0)
    assert (timing.frames_per_second, timing.listen) == (2.5, 0.0)
    assert serial("--response-timeout", "100 ms").timing.hail_patience == 0.1


def test_a_network_is_taken_as_it_is() -> None:
    chosen = choose("--tcp", "[::1]:4059", "--framing", "wrapper", "--clients", "4000")
    assert chosen.bus.tcp is not None
    assert (chosen.bus.tcp.host, chosen.bus.tcp.port) == ("::1", 4059)
    assert chosen.ranges.clients == (4000,)
    assert choose("--tcp", "h:1").ranges.lines == (AS_IT_IS,)


def test_a_serial_server_has_speeds_and_the_patience_of_a_network() -> None:
    chosen = choose("--rfc2217", "h:2217")
    assert chosen.bus.rfc2217 is not None
    assert (chosen.bus.rfc2217.host, chosen.bus.rfc2217.port) == ("h", 2217)
    assert chosen.ranges.lines == likely.SETTINGS
    assert chosen.timing.patience == 0.8
    assert not chosen.ranges.mode_e


def test_a_relative_device_is_made_absolute_but_no_link_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bus").symlink_to("/dev/null")
    told = choose("--serial", "bus").bus.serial
    assert told is not None
    assert told.device == str(tmp_path / "bus")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "which line"),
        (("--serial", "a", "--tcp", "h:1"), "--serial; --tcp"),
        (("--serial", "a", "--config", "c"), "--config contradicts --serial"),
        (("--serial", "a", "--framing", "wrapper"), "needs a network"),
        (("--tcp", "h:1", "--baud", "9600"), "--baud needs a serial port"),
        (("--tcp", "h:1", "--line-format", "8N1"), "--line-format needs a serial port"),
        (("--tcp", "h:1", "--mode-e"), "--mode-e needs a serial port"),
        (("--serial", "a", "--clients", "128"), "--clients: 128 is out of range"),
        (("--serial", "a", "--physical", "16384"), "--physical: 16384 is out of range"),
        (("--serial", "a", "--logical", "16384"), "--logical: 16384 is out of range"),
        (("--serial", "a", "--baud", "50"), "--baud: 50 is out of range"),
        (("--serial", "a", "--sizes", "1", "--logical", "200"), "fit"),
    ],
)
def test_what_contradicts_itself_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(*arguments)


def test_buses_that_are_not_configured_are_refused(config: str) -> None:
    with pytest.raises(UsageError, match=r"no bus sloww is configured.*slow"):
        choose("--bus", "sloww", "--config", config)
    with pytest.raises(UsageError, match="--framing contradicts --bus"):
        choose("--bus", "slow", "--config", config, "--framing", "hdlc")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--physical", "17-"),
        ("--physical", "x"),
        ("--physical", "20-17"),
        ("--physical", "0-20000"),
        ("--sizes", "3"),
        ("--line-format", "8X1"),
        ("--tcp", "nowhere"),
        ("--tcp", "host:0"),
        ("--pace", "0"),
        ("--pace", "fast"),
        ("--listen", "long"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(argparse.ArgumentError):
        choose(*arguments)


def test_numbers_come_once_in_the_order_given() -> None:
    assert numbers("3, 1-4,3") == (3, 1, 2, 4)
