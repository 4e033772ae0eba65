import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dcud.cli.main import main
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.dlms.obis import Obis
from dcud.line.bus import Bus, Target
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.sign_on import SignOn
from tests.support.scripted_line import Recorder
from tests.support.simulate import simulate

PASSWORD = "twelve angry meters"  # noqa: S105  # the simulated meters' own


Read = Callable[..., list[dict[str, Any]]]


@pytest.fixture(name="read")
def make_read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Give a function that runs `dcud read` and returns the records that it prints."""

    def read(*arguments: str) -> list[dict[str, Any]]:
        assert main(["read", "--format", "json", *arguments]) == 0, capsys.readouterr().err
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return read


@pytest.mark.e2e
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_bus_on_a_pseudo_terminal(read: Read, tmp_path: Path, stop: signal.Signals) -> None:
    link = tmp_path / "bus"
    with simulate("--pty", str(link), "--meters", "2") as (told, process):
        assert told == {"device": str(link), "meters": 2}
        for number in (1, 2):
            [name] = read("--serial", str(link), "--server", f"1/{16 + number}", "name")
            assert name["value"] == f"SIM{number:013}"
        process.send_signal(stop)
        output, errors = process.communicate(timeout=5)
    assert (process.returncode, output, errors) == (0, "", "")
    assert not link.is_symlink()


@pytest.mark.e2e
@pytest.mark.parametrize(("framing", "server"), [("hdlc", "1/17"), ("wrapper", "1")])
def test_meters_on_tcp(read: Read, framing: str, server: str) -> None:
    arguments = ("--tcp", "127.0.0.1:0", "--framing", framing, "--meters", "1")
    with simulate(*arguments) as (told, process):
        assert (told["host"], told["framing"], told["meters"]) == ("127.0.0.1", framing, 1)
        address = f"{told['host']}:{told['port']}"
        [name] = read("--tcp", address, "--framing", framing, "--server", server, "name")
        assert name["value"] == "SIM0000000000001"
        process.terminate()
        output, errors = process.communicate(timeout=5)
    assert (process.returncode, output, errors) == (0, "", "")


@pytest.mark.e2e
def test_a_load_profile_has_the_history_and_the_period_asked_for(
    read: Read, tmp_path: Path
) -> None:
    link = str(tmp_path / "bus")
    with simulate("--pty", link, "--capture-period", "1 min", "--history", "2 h"):
        entries = read(
            *("--serial", link, "--server", "1/17"),
            *("--profile", "1.0.99.1.0.255", "--access", "whole"),
        )
    # A whole one at either end is a matter of the second.
    assert 119 <= len(entries) <= 122
    assert all(entry["time"].endswith(":00+00:00") for entry in entries)


@pytest.mark.e2e
def test_small_pdus_make_block_transfers(read: Read, tmp_path: Path) -> None:
    link = str(tmp_path / "bus")
    with simulate("--pty", link, "--max-pdu", "100", "--history", "3 h"):
        entries = read("--serial", link, "--server", "1/17", "--profile", "1.0.99.1.0.255")
    assert 12 <= len(entries) <= 13


@pytest.mark.e2e
def test_meters_that_know_short_names(read: Read, tmp_path: Path) -> None:
    link = str(tmp_path / "bus")
    with simulate("--pty", link, "--short-names", "--history", "3 h"):
        at = ("--serial", link, "--server", "1/17", "--short-names")
        [name] = read(*at, "name")
        entries = read(*at, "--profile", "1.0.99.1.0.255")
    assert name["value"] == "SIM0000000000001"
    assert 12 <= len(entries) <= 13


@pytest.mark.e2e
def test_clocks_are_in_the_zone_asked_for(read: Read, tmp_path: Path) -> None:
    link = str(tmp_path / "bus")
    with simulate("--pty", link, "--time-zone", "Asia/Kolkata"):
        [clock] = read("--serial", link, "--server", "1/17", "clock")
    assert clock["value"].endswith("+05:30")


@pytest.mark.e2e
def test_a_key_file_makes_the_meters_demand_its_password(
    read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o700)
    keys = tmp_path / "keys.toml"
    keys.write_text(f'[meter.simulated]\nlls_password = "{PASSWORD}"\n')
    keys.chmod(0o600)
    link = str(tmp_path / "bus")
    first = ("--serial", link, "--server", "1/17")
    with simulate("--pty", link, "--key-file", str(keys)) as (_, process):
        assert main(["read", *first, "name"]) == 77
        assert "rejected" in capsys.readouterr().err
        [name] = read(*first, "--key-file", str(keys), "--meter", "simulated", "name")
        process.terminate()
        output, errors = process.communicate(timeout=5)
    assert name["value"] == "SIM0000000000001"
    assert PASSWORD not in output + errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--framing", "wrapper"],
            "--framing wrapper is not served on a pseudo-terminal; serve it on TCP (--tcp) or UDP",
        ),
        (["--framing", "prime", "--pty", "bus"], "--framing prime is not served on a pseudo-term"),
        (
            ["--udp", "127.0.0.1:0", "--framing", "hdlc"],
            "--framing hdlc is not served on UDP (--udp); serve it on a pseudo-terminal or TCP",
        ),
        (["--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0"], "not allowed with"),
        (["--udp", "4059"], "'4059' is no HOST:PORT"),
        (
            ["--short-names", "--authentication", "hls-gmac"],
            "the simulated meters with short names protect nothing; leave out --short-names",
        ),
        (["--framing", "plc"], "invalid choice: 'plc'"),
        (
            ["--framing", "s-fsk", "--gateway"],
            "--gateway means nothing with --framing s-fsk; leave it out, or take --framing hdlc or",
        ),
        (["--replay", "log", "--gateway"], "--gateway contradicts --replay; keep one of the two"),
        (["--replay", "log", "--udp", "127.0.0.1:0"], "--udp contradicts --replay; keep one of"),
        (["--tcp", "4059"], "'4059' is no HOST:PORT"),
        (["--tcp", "localhost:70000"], "is no HOST:PORT"),
        (["--pty", "bus", "--tcp", "localhost:0"], "not allowed with"),
        (["--meters", "0"], "'0' is no number of meters, 1 to 1000"),
        (["--meters", "many"], "'many' is no number of meters"),
        (["--capture-period", "soon"], "--capture-period"),
        (["--buffer", "zipped"], "--buffer"),
        (["--capture-period", "1 ms"], "'1 ms' is less than a second"),
        (["--time-zone", "Mars/Olympus"], "'Mars/Olympus' is no time zone"),
        (["--max-pdu", "small"], "--max-pdu"),
        (["--max-pdu", "11"], "'11' is no APDU size, 12 to 65535"),
        (["--mode-e", "301"], "--mode-e"),
        (
            ["--tcp", "localhost:0", "--framing", "wrapper", "--mode-e"],
            "--mode-e means nothing with --framing wrapper; leave it out, or take --framing hdlc",
        ),
        (
            ["--tcp", "localhost:0", "--framing", "wrapper", "--impair", "loss=1"],
            "--impair means nothing with --framing wrapper; leave it out, or take --framing hdlc",
        ),
    ],
)
def test_bad_arguments_are_a_fault_of_usage(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["simulate", *arguments]) == 64
    output = capsys.readouterr()
    assert said in output.err
    assert not output.out


def test_a_place_that_can_not_be_had_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    link = tmp_path / "missing" / "bus"
    assert main(["simulate", "--pty", str(link)]) == 69
    assert f"{link}; choose another place" in capsys.readouterr().err


def test_a_udp_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["simulate", "--udp", place]) == 69
    assert f"{place}; choose another place" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        assert main(["simulate", "--tcp", place]) == 69
    assert f"{place}; choose another place" in capsys.readouterr().err


def test_a_key_file_without_the_password_is_a_fault_of_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o700)
    keys = tmp_path / "keys.toml"
    keys.write_text('[meter.other]\nlls_password = "x"\n')
    keys.chmod(0o600)
    assert main(["simulate", "--key-file", str(keys)]) == 64
    assert "under [meter.simulated]" in capsys.readouterr().err


@pytest.mark.e2e
async def test_a_meter_behind_an_optical_head(tmp_path: Path) -> None:
    link = tmp_path / "head"
    with simulate("--pty", str(link), "--meters", "1", "--mode-e") as (told, _):
        assert told["device"] == str(link)
        port = SerialPort(SerialParameters(device=str(link)))
        recorder = Recorder()
        bus = Bus("b", port, tracer=recorder, observer=recorder)
        address, client_sap = ServerAddress(1, 17), ClientSap(16)
        target = Target(
            meter="m",
            connect=lambda: ClientConnection(
                HdlcLink(client_sap=client_sap, server_address=address), AssociationParameters()
            ),
            sign_on=SignOn.to(client_sap, address, ModeEParameters(device_address="1")),
        )
        async with bus.session(target) as session:
            name = await session.get(AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2))
        await bus.close()
    assert name == b"\x09\x10SIM0000000000001"
    assert "b rx m /SIM5\\\\2DCUD\\r\\n" in recorder.told


@pytest.mark.e2e
def test_a_bad_line(read: Read, tmp_path: Path) -> None:
    link = tmp_path / "bus"
    with simulate("--pty", str(link), "--meters", "1", "--impair", "duplication=1"):
        [name] = read("--serial", str(link), "--server", "1/17", "name")
        assert name["value"] == f"SIM{1:013}"


KEYS = """\
[meter.simulated]
unicast_key = "000102030405060708090a0b0c0d0e0f"
authentication_key = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
master_key = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
"""


@pytest.mark.e2e
def test_meters_that_demand_security(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))  # where the client keeps its counters
    keys, state = tmp_path / "keys.toml", tmp_path / "state.json"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    secured = ("--authentication", "hls-gmac", "--suite", "0", "--key-file", str(keys))
    arguments = ("--tcp", "127.0.0.1:0", "--framing", "wrapper", "--meters", "1")
    with simulate(*arguments, *secured, "--state", str(state)) as (told, _):
        place = ("--tcp", f"{told['host']}:{told['port']}", "--framing", "wrapper", "--server", "1")
        client = ("--client", "1", "--system-title", "4443550000000001", "--meter", "simulated")
        counters = ("--frame-counter", "0.0.43.1.0.255")
        [name] = read(*place, *client, *secured, *counters, "name")
        assert name["value"] == "SIM0000000000001"
        [name] = read(*place, "--client", "16", "name")
        assert name["value"] == "SIM0000000000001"
    assert json.loads(state.read_text())["SIM0000000000001"]["unicast"][1] > 0
