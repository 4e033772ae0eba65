import argparse
from pathlib import Path

import pytest

from dcud.cli.main import UsageError
from dcud.cli.power_line_choice import (
    SYSTEM_TITLE,
    PowerLineChoice,
    add_power_line_arguments,
    check_options,
    choose_power_line,
)
from dcud.cli.scan import add_arguments
from dcud.cli.scan_choice import choose_line
from dcud.dlms.prime.roll_call import RollCall
from dcud.dlms.sfsk.discovery import Discovery

CONFIGURATION = """
[gateway]
id = "gw"

[[bus]]
id = "street"
serial = { device = "/dev/ttyS1", baud = 19200 }
framing = "s-fsk"
sfsk = { initiator = 3072, credit = 2 }

[[meter]]
id = "old"
bus = "street"
sfsk = { mac_address = 101 }
enabled = false

[[bus]]
id = "layered"
serial = { device = "/dev/ttyS2" }
framing = "s-fsk-hdlc"

[[bus]]
id = "base"
tcp = { host = "127.0.0.1" }
framing = "prime"
"""


@pytest.fixture(name="config")
def make_config(tmp_path: Path) -> str:
    path = tmp_path / "dcud.toml"
    path.write_text(CONFIGURATION)
    return str(path)


def choose(*arguments: str) -> PowerLineChoice:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_arguments(parser)
    told = parser.parse_args(arguments)
    line = choose_line(told)
    check_options(told, line.bus.framing)
    return choose_power_line(told, line)


def sfsk(*arguments: str) -> PowerLineChoice:
    return choose("--serial", "/dev/ttyS0", "--framing", "s-fsk", *arguments)


def test_by_default_new_meters_get_the_usual_addresses() -> None:
    chosen = sfsk()
    assert chosen.bus.medium == "plc"
    assert chosen.addresses == [*range(100, 200)]
    assert (chosen.registers, chosen.clients) == (True, (16,))
    assert chosen.system_title == SYSTEM_TITLE == b"DCU\0\0\1"
    assert (chosen.slots, chosen.rounds, chosen.report_credit) == (10, 2, 0)
    # a request in 8 slots of 0.15 s, 10 slots to report in, one for the last, 2 s of allowance
    discovery = chosen.inquiry()
    assert isinstance(discovery, Discovery)
    assert discovery.seconds_left() == pytest.approx(2 * (1.2 + 1.5 + 0.15 + 2.0))


def test_all_of_it_can_be_told() -> None:
    chosen = sfsk(
        *("--mac-addresses", "7,9-10", "--system-title", "ABC123", "--slots", "2"),
        *("--rounds", "1", "--report-credit", "7", "--response-timeout", "0.5"),
        *("--clients", "1,16", "--baud", "38400", "--line-format", "8E1"),
    )
    assert (chosen.addresses, chosen.system_title) == ([7, 9, 10], b"ABC123")
    assert chosen.clients == (1, 16)
    assert chosen.bus.serial is not None
    assert (chosen.bus.serial.baud, chosen.bus.serial.format) == (38_400, "8E1")
    assert chosen.inquiry().seconds_left() == pytest.approx(1.2 + 0.3 + 1.2 + 0.5 + 0.5)


def test_addresses_of_configured_meters_are_left_out(config: str) -> None:
    chosen = choose("--bus", "street", "--config", config, "--mac-addresses", "100-102")
    assert chosen.addresses == [100, 102]
    assert [meter.id for meter in chosen.line.meters] == ["old"]
    assert chosen.line.configured
    assert choose("--bus", "street", "--config", config, "--no-register").addresses == ()
    with pytest.raises(UsageError, match="those of configured meters"):
        choose("--bus", "street", "--config", config, "--mac-addresses", "101")


def test_a_base_node_needs_none(config: str) -> None:
    chosen = choose("--bus", "base", "--config", config)
    assert (chosen.addresses, chosen.response_timeout) == ((), 20.0)
    call = chosen.inquiry()
    assert isinstance(call, RollCall)
    assert call.seconds_left() == 5.0
    assert choose("--tcp", "h:1", "--framing", "prime").bus.medium == "plc"


def test_a_serial_server_can_be_set_for_its_modem() -> None:
    chosen = choose("--rfc2217", "h:2217", "--framing", "s-fsk", "--baud", "19200")
    assert chosen.bus.rfc2217 is not None
    assert chosen.bus.rfc2217.baud == 19_200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--serial", "a", "--framing", "prime"), "--framing prime needs a network"),
        (("--serial", "a", "--framing", "s-fsk", "--baud", "1200,9600"), "has one speed"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--baud", "9600"), "need a serial port"),
        (("--tcp", "h:1", "--framing", "prime", "--baud", "9600"), "--baud means nothing"),
        (("--tcp", "h:1", "--framing", "prime", "--no-register"), "--no-register means nothing"),
        (("--tcp", "h:1", "--mac-addresses", "1"), "--mac-addresses means nothing with framing hd"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--quick"), "--quick means nothing"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--listen", "1"), "--listen means nothing"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--mac-addresses", "3072"), "3072 is out of range"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--clients", "256"), "--clients: 256 is out of"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--slots", "0"), "--slots: 0 is out of range"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--rounds", "0"), "--rounds: 0 is out of range"),
        (("--tcp", "h:1", "--framing", "s-fsk", "--report-credit", "8"), "8 is out of range"),
    ],
)
def test_what_contradicts_itself_is_refused(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        choose(*arguments)


def test_framings_that_no_scan_knows_are_refused(config: str) -> None:
    with pytest.raises(UsageError, match="framing s-fsk-hdlc can't be scanned"):
        choose("--bus", "layered", "--config", config)


@pytest.mark.parametrize("title", ["ABC", "hex:01", "hex:zz", "ABCDEFG"])
def test_a_system_title_has_six_octets(title: str) -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_power_line_arguments(parser)
    with pytest.raises(argparse.ArgumentError, match="no system title of 6 octets"):
        parser.parse_args(["--system-title", title])
