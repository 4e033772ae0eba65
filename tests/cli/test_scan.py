import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.config.load import load
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.sim.mode_e_line import ModeELine
from tests.support import simulated_line
from tests.support.answering_port import echoing, joined, silent
from tests.support.gurux_peer import Peer, gurux_peer
from tests.support.pty_bus import PtyBus
from tests.support.scanned_line import meter, on_pty_at

Scan = Callable[..., tuple[int, str, str]]

FAST = ("--listen", "0", "--response-timeout", "50 ms", "--pace", "1000", "--no-mode-e")
"""On a line that takes no time."""

LOCKED = ServerParameters(authentication=LowLevelSecurity(Secret(b"12345678")))

MIXED = joined(
    meter(ServerAddress(1, 17, 2)),
    meter(ServerAddress(1, 20, 4), 2, clients=(16, 48)),
    meter(ServerAddress(1, 18, 2), 3, parameters=LOCKED),
)

GATEWAY = """
[gateway]
id = "gw"
key_file = "keys.toml"
"""


@pytest.fixture(name="scan")
def make_scan(capsys: pytest.CaptureFixture[str]) -> Scan:
    """Give a function that runs `dcud scan` and returns exit code, output, errors."""

    def scan(*arguments: str) -> tuple[int, str, str]:
        code = main(["scan", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return scan


@pytest.fixture(name="line", scope="module")
def make_line() -> Iterator[str]:
    """Serve three meters of different kinds, at 2400 bit/s."""
    with on_pty_at(MIXED, 2400) as device:
        yield device


def records(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def test_meters_are_found_at_their_speed_whatever_their_addresses(scan: Scan, line: str) -> None:
    narrow = ("--baud", "9600,2400", "--physical", "17-20", "--clients", "16", "--sizes", "2,4")
    code, output, errors = scan("--serial", line, *FAST, *narrow, "--format", "json")
    assert code == 0
    found = {str(each["physical"]): each for each in records(output)}
    assert {each: (it["size"], it["baud"]) for each, it in found.items()} == {
        "17": (2, 2400),
        "18": (2, 2400),
        "20": (4, 2400),
    }
    assert found["17"]["logical_device_name"] == "SIM0000000000001"
    assert found["17"]["serial_number"] == "00000001"
    assert found["18"]["logical_device_name"] == ""
    standings = found["18"]["clients"]
    assert isinstance(standings, list)
    assert [each["standing"] for each in standings] == ["refused"]
    assert sorted(errors.splitlines()) == [
        "found 1/17 at 2400 8N1: SIM0000000000001",
        "found 1/18 at 2400 8N1: UA",
        "found 1/20 at 2400 8N1: SIM0000000000002",
    ]


def test_the_configuration_can_be_pasted_as_it_is(scan: Scan, line: str, tmp_path: Path) -> None:
    code, output, _ = scan(
        "--serial",
        line,
        *FAST,
        "--baud",
        "2400",
        "--physical",
        "17-20",
        "--sizes",
        "2,4",
        *("--format", "toml", "--clients", "16"),
    )
    assert code == 0
    path = tmp_path / "dcud.toml"
    path.write_text(GATEWAY + output)
    configuration = load(path)
    (bus,) = configuration.buses
    assert bus.serial is not None
    assert (bus.serial.device, bus.serial.baud, bus.serial.format) == (line, 2400, "8N1")
    described = {
        each.id: (each.server_address.physical, each.server_address.size, each.enabled)
        for each in configuration.meters
    }
    assert described == {
        "SIM0000000000001": (17, None, True),
        "SIM0000000000002": (20, 4, True),
        "meter-1-18": (18, None, False),
    }
    assert "# client 16: refused" in output


def test_the_table_ends_in_configuration(scan: Scan, line: str) -> None:
    narrow = ("--baud", "2400", "--physical", "17", "--sizes", "2", "--clients", "16")
    code, output, _ = scan("--serial", line, *FAST, *narrow)
    assert code == 0
    assert output == (
        "server  size  line      name              serial number  clients\n"
        "1/17       2  2400 8N1  SIM0000000000001  00000001       16 open\n"
        "\n"
        "[[bus]]\n"
        'id = "bus-1"\n'
        f'serial = {{ device = "{line}", baud = 2400, format = "8N1" }}\n'
        "\n"
        "[[meter]]\n"
        'id = "SIM0000000000001"\n'
        'bus = "bus-1"\n'
        "server_address = { logical = 1, physical = 17 }\n"
        "client_sap = 16\n"
        'template = "generic-electricity"  # or one for gas, water, heat: what is read of it\n'
    )


def test_where_nobody_is_the_remedies_are_told(scan: Scan) -> None:
    narrow = ("--baud", "9600", "--physical", "17", "--sizes", "2", "--quick")
    with on_pty_at(silent, 9600) as device:
        code, output, errors = scan("--serial", device, *FAST, *narrow)
    assert (code, output) == (75, "")
    assert errors.startswith("dcud: no meter answered, and nothing at all was heard; check power")
    assert "leave out --quick" in errors
    assert len(errors.splitlines()) == 1


def test_an_echo_alone_is_told_of(scan: Scan) -> None:
    with on_pty_at(echoing(silent), 9600) as device:
        code, _, errors = scan(
            "--serial", device, *FAST, "--baud", "9600", "--physical", "17", "--sizes", "2"
        )
    assert code == 75
    assert "only the echo of what was sent was heard" in errors


def test_noise_alone_is_told_of(scan: Scan) -> None:
    with on_pty_at(lambda _octets, _now: b"\x01\x02\x03\x04", 9600) as device:
        code, _, errors = scan(
            "--serial", device, *FAST, "--baud", "9600", "--physical", "17", "--sizes", "2"
        )
    assert code == 75
    assert "though something was heard; check termination" in errors


def test_another_master_is_left_in_peace(scan: Scan) -> None:
    with PtyBus() as bus:
        octets = HdlcFrame(b"\x02\x23", b"\x41", CONTROLS[0x93]).build()
        timer = threading.Timer(0.3, bus.write, (octets,))
        timer.start()
        code, output, errors = scan("--serial", bus.device, "--listen", "600 ms")
        timer.join()
        assert bus.read() == b""
    assert (code, output) == (69, "")
    assert "client 32 asking" in errors
    assert "--force" in errors


def test_a_port_in_use_is_refused(scan: Scan) -> None:
    with PtyBus() as bus:
        holder = os.open(bus.device, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        code, _, errors = scan("--serial", bus.device)
        os.close(holder)
    assert code == 69
    assert "can't open serial device" in errors


def test_a_bus_of_the_configuration_is_scanned_from_its_own_speed_on(
    scan: Scan, line: str, tmp_path: Path
) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text(
        f'{GATEWAY}[[bus]]\nid = "house"\nserial = {{ device = "{line}", baud = 2400 }}\n'
    )
    code, output, _ = scan(
        "--bus",
        "house",
        "--config",
        str(path),
        *FAST,
        "--physical",
        "17",
        "--sizes",
        "2",
        "--format",
        "toml",
    )
    assert code == 0
    assert output.startswith("# The bus house is to run at 2400 8N1.\n\n[[meter]]\n")
    path.write_text(path.read_text() + output)
    assert [each.bus for each in load(path).meters] == ["house"]


def test_the_daemons_own_bus_is_told_of_as_such(scan: Scan, tmp_path: Path) -> None:
    with PtyBus() as bus:
        path = tmp_path / "dcud.toml"
        path.write_text(f'{GATEWAY}[[bus]]\nid = "b"\nserial.device = "{bus.device}"\n')
        holder = os.open(bus.device, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(holder, fcntl.LOCK_EX)
        code, _, errors = scan("--bus", "b", "--config", str(path))
        os.close(holder)
    assert code == 69
    assert "bus b is in use, most likely by the running daemon" in errors
    assert "systemctl stop dcud" in errors


def test_meters_behind_the_wrapper_are_found_by_their_ports(scan: Scan, tmp_path: Path) -> None:
    with simulated_line.on_tcp(simulated_line.wrapper_line) as address:
        code, output, _ = scan(
            *("--tcp", address, "--framing", "wrapper", "--logical", "1-4"),
            *("--clients", "16", "--response-timeout", "200 ms", "--format", "toml"),
        )
    assert code == 0
    path = tmp_path / "dcud.toml"
    path.write_text(GATEWAY + output)
    configuration = load(path)
    assert configuration.buses[0].framing == "wrapper"
    assert [each.server_address.logical for each in configuration.meters] == [1, 2]


def test_meters_behind_a_serial_server_are_found(scan: Scan, tmp_path: Path) -> None:
    with simulated_line.on_tcp(simulated_line.hdlc_line) as address:
        code, output, _ = scan(
            *("--tcp", address, "--sizes", "2", "--physical", "16-19", "--listen", "0"),
            *("--response-timeout", "100 ms", "--format", "toml", "--clients", "16"),
        )
    assert code == 0
    path = tmp_path / "dcud.toml"
    path.write_text(GATEWAY + output)
    assert [each.server_address.physical for each in load(path).meters] == [17, 18]


@pytest.fixture(name="peer", scope="module")
def make_peer() -> Iterator[Peer]:
    with gurux_peer(meters=1, rows=2, password=90817263) as running:
        yield running


def test_meters_that_others_wrote_are_found(scan: Scan, peer: Peer) -> None:
    first = peer.meters[0].physical
    code, output, _ = scan(
        *("--serial", peer.pty, "--listen", "0", "--response-timeout", "150 ms", "--no-mode-e"),
        *("--baud", "9600", "--pace", "100", "--physical", f"{first}"),
        *("--format", "json", "--clients", "16,32"),
    )
    assert code == 0
    found = records(output)
    assert {str(each["logical_device_name"]) for each in found} == {
        each.logical_device_name for each in peer.meters
    }
    for each in found:
        standings = each["clients"]
        assert isinstance(standings, list)
        assert {it["client"]: it["standing"] for it in standings} == {16: "open", 32: "refused"}


def test_how_long_it_would_take_can_be_asked_beforehand(scan: Scan) -> None:
    code, output, _ = scan("--serial", "nowhere", "--estimate")
    assert code == 0
    assert output == "at most about 15 min, less where meters are found\n"


NARROW = ("--baud", "2400", "--physical", "16-22", "--sizes", "2", "--clients", "16")


def test_a_stopped_scan_shows_what_it_has_and_goes_on_later(
    scan: Scan, line: str, tmp_path: Path
) -> None:
    state = tmp_path / "scan.json"
    slow = ("--listen", "0", "--response-timeout", "300 ms", "--no-mode-e", "--state", str(state))
    with subprocess.Popen(
        [sys.executable, "-m", "dcud", "scan", "--serial", line, *slow, *NARROW, "--frames"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert any("found 1/17" in told for told in iter(process.stderr.readline, ""))
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "1/17" in output
    assert "dcud: stopped, with about" in errors
    assert f"goes on from {state}" in errors
    sent = [line.split()[-1] for line in errors.splitlines() if " tx " in line]
    assert not sent or sent[-1][-8:-6] == "53"  # DISC

    code, output, errors = scan("--serial", line, *slow, *NARROW, "--format", "json")
    assert code == 0
    assert {each["physical"] for each in records(output)} == {17, 18}
    assert "found 1/17" not in errors
    code, again, errors = scan("--serial", line, *slow, *NARROW, "--format", "json")
    assert (code, again, errors) == (0, output, "")


def test_a_state_of_another_scan_is_refused(scan: Scan, line: str, tmp_path: Path) -> None:
    state = tmp_path / "scan.json"
    narrow = ("--baud", "2400", "--physical", "17", "--sizes", "2", "--clients", "16")
    first = ("--serial", line, *FAST, *narrow, "--state", str(state))
    assert scan(*first)[0] == 0
    code, _, errors = scan(*first, "--meter-number", "33")
    assert code == 64
    assert "of another line, or of other ranges" in errors
    state.write_text("{}")
    code, _, errors = scan(*first)
    assert code == 64
    assert "can't be used as a scan's state" in errors
    code, _, errors = scan(*first[:-1], str(tmp_path / "nowhere" / "scan.json"))
    assert code == 64
    assert "can't be written" in errors


def test_a_meter_at_an_optical_head_is_found_by_its_sign_on(scan: Scan, tmp_path: Path) -> None:
    identification = Identification(
        manufacturer="SIm", baud_character="5", escapes=("2",), name="DCUD"
    )
    head = ModeELine(
        simulated_line.hdlc_line(simulated_line.meters(1)),
        ModeEStationParameters(identification=identification, reaction_time=0.02),
    )
    narrow = ("--baud", "9600", "--physical", "17", "--sizes", "1", "--clients", "16")
    with simulated_line.on_pty(head, tmp_path / "head") as device:
        code, output, _ = scan(
            *("--serial", str(device), "--listen", "0", "--response-timeout", "300 ms", *narrow),
            *("--format", "toml"),
        )
    assert code == 0
    path = tmp_path / "dcud.toml"
    path.write_text(GATEWAY + output)
    configuration = load(path)
    assert configuration.buses[0].medium == "optical"
    (meter,) = configuration.meters
    assert meter.id == "SIM0000000000001"
    assert meter.mode_e is not None
    assert "mode E: identifies itself as /SIm5\\2DCUD" in output


def test_nobody_behind_the_wrapper_is_told_as_such(scan: Scan) -> None:
    with simulated_line.on_tcp(simulated_line.wrapper_line) as address:
        code, _, errors = scan(
            *("--tcp", address, "--framing", "wrapper", "--logical", "50", "--clients", "16"),
            *("--response-timeout", "50 ms", "--frames"),
        )
    assert code == 75
    assert " tx 50 0001" in errors
    assert "try more server ports" in errors


def test_a_silent_serial_server_has_remedies_of_its_own(scan: Scan) -> None:
    with simulated_line.on_tcp(simulated_line.hdlc_line) as address:
        code, _, errors = scan(
            *("--tcp", address, "--sizes", "2", "--physical", "50", "--clients", "16"),
            *("--response-timeout", "50 ms", "--listen", "0"),
        )
    assert code == 75
    assert "--rfc2217 sets it" in errors


def test_who_insists_scans_beside_another_master(scan: Scan) -> None:
    other = HdlcFrame(b"\x02\x27", b"\x41", CONTROLS[0x93]).build()
    with on_pty_at(joined(meter(ServerAddress(1, 17, 2)), lambda _o, _n: other), 9600) as device:
        code, output, errors = scan(
            *("--serial", device, *FAST, "--baud", "9600", "--physical", "17", "--sizes", "2"),
            *("--clients", "16", "--force", "--format", "csv"),
        )
    assert code == 0
    assert "1/17,2,9600 8N1" in output
    assert "client 32 asking; server 1/19 (2 octets); going on, as told" in errors
