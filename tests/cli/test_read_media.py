"""A meter read by hand over every medium, from `dcud simulate` and through a real ser2net."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcud.cli.main import main
from tests.support.ser2net import RAW, RFC2217, Ser2Net
from tests.support.simulate import place, simulate

pytestmark = pytest.mark.e2e

TCP = ("--tcp", "127.0.0.1:0")
UDP = ("--udp", "127.0.0.1:0")
FIXED = ("--mode-e", "--device-address", "1", "--head", "fixed", "--software-parity")
CLOSE = ("--meters", "2", "--history", "3 h")

MEDIA: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "udp": (UDP, ("--udp", "AT", "--server", "2")),
    "gateway over hdlc": (("--gateway",), ("--serial", "AT", "--server", "1/17", "--gateway", "2")),
    "gateway over tcp": (
        ("--gateway", "--framing", "wrapper", *TCP),
        ("--tcp", "AT", "--framing", "wrapper", "--server", "1", "--gateway", "0/2"),
    ),
    "gateway over udp": (
        ("--gateway", *UDP),
        ("--udp", "AT", "--server", "1", "--gateway", "hex:32"),
    ),
    "s-fsk": (
        ("--framing", "s-fsk"),
        ("--serial", "AT", "--framing", "s-fsk", "--mac-address", "18"),
    ),
    "s-fsk over tcp": (
        ("--framing", "s-fsk", *TCP),
        ("--tcp", "AT", "--framing", "s-fsk", "--mac-address", "18"),
    ),
    "s-fsk with hdlc": (
        ("--framing", "s-fsk-hdlc"),
        ("--serial", "AT", "--framing", "s-fsk-hdlc", "--mac-address", "18", "--server", "1/18"),
    ),
    "prime by name": (
        ("--framing", "prime", *TCP),
        ("--tcp", "AT", "--framing", "prime", "--node", "SIM0000000002"),
    ),
    "prime by eui-48": (
        ("--framing", "prime", *TCP),
        ("--tcp", "AT", "--framing", "prime", "--node", "hex:000000000002"),
    ),
    "plc modem with hdlc": ((), ("--serial", "AT", "--medium", "plc", "--server", "1/18")),
    "optical head": (
        ("--mode-e",),
        ("--serial", "AT", "--medium", "optical", "--server", "1/18", "--mode-e"),
    ),
    "fixed optical head without 7E1": (
        ("--mode-e", "9600"),
        (*FIXED, "--serial", "AT", "--server", "1/18"),
    ),
}


@pytest.mark.parametrize("medium", MEDIA)
def test_a_register_and_a_profile_of_the_second_meter(
    medium: str, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated, line = MEDIA[medium]
    with simulate(*CLOSE, *simulated) as (told, _):
        read_both(tuple(place(told) if each == "AT" else each for each in line), capsys)


@pytest.mark.parametrize(
    ("mode", "line"),
    [(RAW, ("--tcp",)), (RFC2217, ("--baud", "19200", "--rfc2217"))],
    ids=["raw", "rfc2217"],
)
def test_the_same_behind_a_serial_server(
    mode: str, line: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with simulated_behind_ser2net(tmp_path, mode) as server:
        read_both((*line, f"127.0.0.1:{server.port}", "--server", "1/18"), capsys)


def test_an_optical_head_behind_a_serial_server_that_is_set_from_here(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with simulated_behind_ser2net(tmp_path, RFC2217, "--mode-e") as server:
        place = f"127.0.0.1:{server.port}"
        read_both(("--rfc2217", place, "--mode-e", "--server", "1/18"), capsys)


def test_a_fixed_optical_head_behind_a_serial_server_of_that_speed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with simulated_behind_ser2net(tmp_path, RAW, "--mode-e", "9600") as server:
        head = ("--mode-e", "--head", "fixed", "--sign-on-baud", "9600")
        read_both(("--tcp", f"127.0.0.1:{server.port}", *head, "--server", "1/18"), capsys)


@contextmanager
def simulated_behind_ser2net(directory: Path, mode: str, *arguments: str) -> Iterator[Ser2Net]:
    with (
        simulate(*CLOSE, *arguments) as (told, _),
        Ser2Net(directory, told["device"], mode=mode) as server,
    ):
        yield server


def read_both(line: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    read = ("read", "--format", "json", *line)
    assert main([*read, "name", "3/1.0.1.8.0.255/2"]) == 0, capsys.readouterr().err
    name, energy = (json.loads(each) for each in capsys.readouterr().out.splitlines())
    assert name["value"] == "SIM0000000000002"
    assert (energy["unit"], int(energy["value"]) > 0) == ("Wh", True)
    assert main([*read, "--profile", "1.0.99.1.0.255", "--access", "whole"]) == 0
    entries = capsys.readouterr().out.splitlines()
    assert 12 <= len(entries) <= 14  # three hours of quarters; one may pass meanwhile
