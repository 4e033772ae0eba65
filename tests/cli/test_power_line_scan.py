import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.config.load import load
from dcud.config.model import Configuration
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.mac import NEW
from dcud.sim.prime_line import PrimeBaseNode, PrimeMeter
from dcud.sim.sfsk_line import SfskLine, SfskMeter
from tests.support import simulated_line
from tests.support.answering_port import silent
from tests.support.scanned_line import on_pty_at

Scan = Callable[..., tuple[int, str, str]]

GATEWAY = '[gateway]\nid = "gw"\n'
SWIFT = """
[[bus]]
id = "street"
serial.device = "{device}"
framing = "s-fsk"
sfsk = {{ credit = 0, bit_rate = 2880 }}

[[meter]]
id = "old"
bus = "street"
sfsk = {{ mac_address = 100 }}
enabled = false
"""
HASTE = ("--response-timeout", "20 ms", "--slots", "1", "--rounds", "1")
"""On a line on which nobody has to wait for anybody."""


@pytest.fixture(name="scan")
def make_scan(capsys: pytest.CaptureFixture[str]) -> Scan:
    """Give a function that runs `dcud scan` and returns exit code, output, errors."""

    def scan(*arguments: str) -> tuple[int, str, str]:
        code = main(["scan", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return scan


def sfsk_meters(count: int = 2) -> list[SfskMeter]:
    return [
        SfskMeter(meter=meter, system_title=b"SIM" + number.to_bytes(3, "big"))
        for number, meter in enumerate(simulated_line.meters(count), 1)
    ]


def sfsk_line(meters: list[SfskMeter], parameters: ServerParameters | None = None) -> SfskLine:
    return SfskLine(meters, parameters or ServerParameters())


def base_node() -> PrimeBaseNode:
    identifiers = (b"SIM0000000001", b"\x01\x02")
    return PrimeBaseNode(
        [
            PrimeMeter(
                meter, NewDevice(device_id=40 + n, capabilities=1, identifier=name, eui48=mac)
            )
            for n, (meter, name) in enumerate(
                zip(simulated_line.meters(), identifiers, strict=True), 1
            )
            for mac in [n.to_bytes(6, "big")]
        ],
        ServerParameters(),
    )


def configured(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dcud.toml"
    path.write_text(GATEWAY + text)
    return path


def loaded(tmp_path: Path, text: str) -> Configuration:
    return load(configured(tmp_path, text))


def test_new_meters_are_registered_and_named_then_can_be_read(
    scan: Scan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meters = sfsk_meters()
    meters[1].alarm = 0x82
    with simulated_line.on_pty(sfsk_line(meters), tmp_path / "bus") as device:
        path = configured(tmp_path, SWIFT.format(device=device))
        code, output, errors = scan("--bus", "street", "--config", str(path), *HASTE)
        tables = output.partition("\n\n")[2]
        path.write_text(path.read_text() + tables)
        assert main(["read", "--config", str(path), "--meter", "SIM0000000000002", "name"]) == 0
        assert "SIM0000000000002" in capsys.readouterr().out
    assert code == 0
    # 100 is a configured meter's
    assert [meter.mac_address for meter in meters] == [101, 102]
    assert errors.splitlines() == [
        "found 53494D000001 of SIM",
        "found 53494D000002 of SIM with alarm 130",
        "53494D000001 has address 101",
        "53494D000002 has address 102",
        "found 53494D000002 of SIM at 102 with alarm 130",
        "101: SIM0000000000001",
        "102: SIM0000000000002",
    ]
    assert output.partition("\n\n")[0] == (
        "address  system title  maker  alarm  name              serial number  clients\n"
        "    101  53494D000001  SIM           SIM0000000000001  00000001       16 open\n"
        "    102  53494D000002  SIM      130  SIM0000000000002  00000002       16 open"
    )
    assert {
        each.id: (each.bus, each.sfsk and each.sfsk.mac_address, each.enabled)
        for each in load(path).meters
    } == {
        "old": ("street", 100, False),
        "SIM0000000000001": ("street", 101, True),
        "SIM0000000000002": ("street", 102, True),
    }
    assert "# system title 53494D000001\n" in tables


def test_meters_are_only_listed_if_so_told(scan: Scan, tmp_path: Path) -> None:
    meters = sfsk_meters()
    meters[1].mac_address, meters[1].alarm = 100, 1
    with simulated_line.on_pty(sfsk_line(meters), tmp_path / "bus") as device:
        path = configured(tmp_path, SWIFT.format(device=device))
        code, output, errors = scan(
            *("--bus", "street", "--config", str(path), *HASTE, "--no-register"),
            *("--format", "json"),
        )
    assert code == 0
    assert meters[0].mac_address == NEW
    assert errors.splitlines() == [
        "found 53494D000001 of SIM",
        "found 53494D000002 of SIM at 100 with alarm 1",
        "100: SIM0000000000002",
    ]
    new, old = map(json.loads, output.splitlines())
    assert (new["mac_address"], new["system_title"], new["manufacturer"], new["remark"]) == (
        None,
        "53494d000001",
        "SIM",
        "has no address",
    )
    assert (old["mac_address"], old["remark"]) == (100, "configured as old")
    assert old["logical_device_name"] == "SIM0000000000002"


def test_a_modem_behind_a_network_is_asked_with_the_usual_credits(
    scan: Scan, tmp_path: Path
) -> None:
    served = ServerParameters(authentication=LowLevelSecurity(Secret(b"12345678")))
    with simulated_line.on_tcp(lambda: sfsk_line(sfsk_meters(1), served)) as address:
        code, output, errors = scan(
            *("--tcp", address, "--framing", "s-fsk", *HASTE, "--mac-addresses", "7-8"),
            *("--system-title", "hex:41 42 43 00 00 09", "--frames", "--format", "toml"),
        )
    assert code == 0
    # credits 7/7, from C00 to FFF; Register from that title, one meter, address 7
    (register,) = [line for line in errors.splitlines() if "1C414243000009" in line]
    assert "FCC00FFF" in register
    assert "0153494D0000010007" in register
    assert "53494D000001 has address 7" in errors
    assert "7: the meter refused the association" in errors
    configuration = loaded(tmp_path, output)
    (bus,) = configuration.buses
    assert (bus.framing, bus.medium) == ("s-fsk", "plc")
    assert bus.tcp is not None
    assert f"{bus.tcp.host}:{bus.tcp.port}" == address
    (meter,) = configuration.meters
    assert meter.sfsk is not None
    assert (meter.id, meter.sfsk.mac_address, meter.enabled) == ("meter-7", 7, False)
    assert "# client 16: refused " in output


def test_the_nodes_of_a_base_node_are_named(scan: Scan, tmp_path: Path) -> None:
    with simulated_line.on_tcp(base_node) as address:
        code, output, errors = scan(
            *("--tcp", address, "--framing", "prime", "--response-timeout", "300 ms")
        )
    assert code == 0
    assert errors.splitlines() == [
        "found node 41: SIM0000000001",
        "found node 42: 0102",
        "000000000001: SIM0000000000001",
        "000000000002: SIM0000000000002",
    ]
    table, _, tables = output.partition("\n\n")
    assert table == (
        "node  identifier     EUI-48        name              serial number  clients\n"
        "  41  SIM0000000001  000000000001  SIM0000000000001  00000001       16 open\n"
        "  42  0102           000000000002  SIM0000000000002  00000002       16 open"
    )
    configuration = loaded(tmp_path, tables)
    assert (configuration.buses[0].framing, configuration.buses[0].medium) == ("prime", "plc")
    assert [(each.id, each.prime and each.prime.node) for each in configuration.meters] == [
        ("SIM0000000000001", b"SIM0000000001"),
        ("SIM0000000000002", b"\0\0\0\0\0\x02"),
    ]
    assert "# EUI-48 00 00 00 00 00 01\n" in tables
    assert "# identifier 0102\n" in tables


def test_what_is_no_base_node_is_told_of(scan: Scan) -> None:
    with simulated_line.on_tcp(lambda: _Talker(b"SSH-2.0-OpenSSH")) as address:
        code, output, errors = scan(
            *("--tcp", address, "--framing", "prime", "--response-timeout", "5 s")
        )
    assert (code, output) == (76, "")
    assert "what came isn't a PRIME base node's wrapper" in errors


class _Talker:
    def __init__(self, words: bytes) -> None:
        self._words = words

    def receive(self, octets: bytes, now: float) -> bytes:
        return self._words


def test_a_base_node_without_nodes_has_remedies(scan: Scan) -> None:
    with simulated_line.on_tcp(lambda: PrimeBaseNode([], ServerParameters())) as address:
        code, output, errors = scan(
            *("--tcp", address, "--framing", "prime", "--response-timeout", "50 ms")
        )
    assert (code, output) == (75, "")
    assert errors == (
        "dcud: no meter was found; check host and port, and the base node's own list of nodes\n"
    )


def test_a_silent_modem_has_remedies(scan: Scan, tmp_path: Path) -> None:
    with on_pty_at(silent, 19_200) as device:
        path = configured(tmp_path, SWIFT.format(device=device))
        code, _, errors = scan("--bus", "street", "--config", str(path), *HASTE)
    assert code == 75
    assert errors.startswith("dcud: no meter was found; meters that are registered already")


def test_a_stopped_scan_shows_what_it_has(tmp_path: Path) -> None:
    meters = sfsk_meters()
    with simulated_line.on_pty(sfsk_line(meters), tmp_path / "bus") as device:
        path = configured(tmp_path, SWIFT.format(device=device))
        command = ("scan", "--bus", "street", "--config", str(path), "--slots", "1")
        with subprocess.Popen(
            [sys.executable, "-m", "dcud", *command, "--format", "json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert any(
                "000001 has address 101" in told for told in iter(process.stderr.readline, "")
            )
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "dcud: stopped; meters that were given an address keep it" in errors
    first = json.loads(output.splitlines()[0])
    assert (first["mac_address"], first["logical_device_name"]) == (101, "")
    assert meters[0].mac_address == 101


def test_how_long_it_takes_at_least_can_be_asked_beforehand(scan: Scan) -> None:
    code, output, _ = scan("--serial", "nowhere", "--framing", "s-fsk", "--estimate")
    # two rounds: a request that takes eight slots, ten for reports, one for the last of them
    assert (code, output) == (0, "about 10 s, more where meters are found\n")
    code, output, _ = scan("--tcp", "h:1", "--framing", "prime", "--estimate")
    assert (code, output) == (0, "about 5 s, more where meters are found\n")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_tells_of_rounds_and_meters(
    scan: Scan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    meters = sfsk_meters(2)
    with simulated_line.on_pty(sfsk_line(meters), tmp_path / "bus") as device:
        path = configured(tmp_path, SWIFT.format(device=device))
        pool = ("--mac-addresses", "100-101")
        code, output, _ = scan("--bus", "street", "--config", str(path), *HASTE, *pool)
    assert code == 0
    shown = terminal.getvalue()
    assert "round 2, 2 found" in shown
    assert "asking 101 who it is" in shown
    assert "gets no address, for none is left" in shown
    assert "# 53494D000002: has no address\n" in output
