import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.secret import Secret
from dcud.line import serial_port
from dcud.sim.serving import Line
from tests.support import simulated_line

GOLDEN = Path(__file__).parent / "golden_by_hand"

PASSWORD = "correct horse"  # noqa: S105  # the simulated meters' own

KEYS = f'[meter.house-1]\nlls_password = "{PASSWORD}"\n[meter.meter]\nlls_password = "{PASSWORD}"\n'

SNRM_TO_17 = bytes.fromhex("7EA01F0223219321E0818012050180060180070400000001080400000001533B7E")

CONFIGURATION = """
[gateway]
id = "gw"

[[bus]]
id = "rs485"
serial.device = "line"

[[meter]]
id = "house-1"
bus = "rs485"
server_address = { logical = 1, physical = 17 }

[[meter.job]]
kind = "registers"
name = "registers"
interval = "15 min"
objects = [
    { obis = "1.0.1.8.0.255", name = "consumption" },
    { obis = "1.0.72.7.0.255" },
    { obis = "0.0.42.0.0.255", class_id = 1, name = "who" },
]

[[meter.job]]
kind = "profile"
name = "load"
interval = "15 min"
logical_name = "1.0.99.1.0.255"
access = "entry"
columns = [{ obis = "1.0.1.8.0.255", name = "consumption" }]

[[meter]]
id = "house-2"
bus = "rs485"
enabled = false
server_address = { logical = 1, physical = 18 }
"""

Read = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="read")
def make_read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Give a function that runs `dcud read` and returns exit code, output, errors."""

    def read(*arguments: str) -> tuple[int, str, str]:
        code = main(["read", *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return read


def first(*arguments: str) -> tuple[str, ...]:
    """Return arguments for the first meter on the bus."""
    return ("--serial", "line", "--server", "1/17", *arguments)


def records(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        (
            "attributes",
            (
                "1.0.1.8.0.255",
                "clock",
                "name",
                "3/1.0.15.8.0.255/value",
                "register/1.0.31.7.0.255/all",
                "5/1.0.1.4.0.255/start_time_current",
                "1.0.99.1.0.255/capture_objects",
                "7/1.0.99.1.0.255/5",
                "9.9.9.9.9.9",
            ),
        ),
        ("profile", ("--profile", "1.0.99.1.0.255", "--last", "1 h")),
    ],
)
@pytest.mark.usefixtures("bus")
def test_output_is_as_in_its_golden_file(
    read: Read, case: str, arguments: tuple[str, ...], form: str
) -> None:
    code, output, errors = read(*first(*arguments, "--format", form))
    assert code == 0
    assert errors.startswith("object-undefined: the meter has no object" * (case == "attributes"))
    assert output == (GOLDEN / f"{case}.{form}").read_text(encoding="utf-8")


@pytest.mark.usefixtures("bus")
def test_the_class_of_an_obis_code_is_found_out(read: Read) -> None:
    codes = {
        "1.0.1.8.0.255": 3,
        "0.0.96.1.0.255": 1,
        "1.0.1.6.0.255": 4,
        "1.0.1.4.0.255": 5,
        "0.0.1.0.0.255": 8,
    }
    code, output, _ = read(*first(*codes, "--format", "json"))
    assert code == 0
    assert {record["obis"]: record["class_id"] for record in records(output)} == codes


@pytest.mark.usefixtures("bus")
def test_a_refused_item_is_told_beside_the_others(read: Read) -> None:
    code, output, _ = read(*first("8/0.0.1.0.0.255/time_zone", "name", "--format", "json"))
    assert code == 0
    refused, given = records(output)
    assert (refused["refused"], refused["remark"]) == (True, "read-write-denied")
    assert refused["value"] is None
    assert (given["refused"], given["value"]) == (False, "SIM0000000000001")


@pytest.mark.usefixtures("bus")
def test_where_all_is_refused_the_exit_code_says_so(read: Read) -> None:
    unknown = ("3/9.9.9.9.9.9/2", "3/8.8.8.8.8.8/2")
    code, output, complaints = read(*first("8/0.0.1.0.0.255/time_zone", *unknown))
    assert code == 77
    assert "read-write-denied" in output
    assert "object-undefined" in output
    assert "read-write-denied: this client may not do that" in complaints
    assert complaints.count("object-undefined: the meter has no object") == 1
    assert complaints.count("  remedy: look") == 2


@pytest.mark.usefixtures("bus")
def test_a_refusal_that_tells_more_goes_before_wrong_guesses(read: Read) -> None:
    # A register would be tried first, and isn't there; the clock is, but keeps this to itself.
    _, output, _ = read(*first("0.0.1.0.0.255/3", "--format", "json"))
    [record] = records(output)
    assert (record["class_id"], record["remark"]) == (8, "read-write-denied")


@pytest.mark.parametrize("framing", ["hdlc", "wrapper"])
def test_over_tcp(read: Read, framing: str) -> None:
    lines: dict[str, tuple[Callable[[], Line], str]] = {
        "hdlc": (simulated_line.hdlc_line, "1/18"),
        "wrapper": (simulated_line.wrapper_line, "2"),
    }
    make_line, server = lines[framing]
    with simulated_line.on_tcp(make_line) as address:
        code, output, errors = read(
            "--tcp", address, "--framing", framing, "--server", server, "name"
        )
    assert (code, errors) == (0, "")
    assert "SIM0000000000002" in output


# A configured meter.


@pytest.fixture(name="configured")
def configure(bus: Path) -> Path:
    path = bus.parent / "dcud.toml"
    path.write_text(CONFIGURATION)
    return path


def test_a_configured_meter_is_asked_for_what_its_jobs_read(read: Read, configured: Path) -> None:
    code, output, _ = read("--config", str(configured), "--meter", "house-1", "--format", "json")
    assert code == 0
    assert [(record["name"], record["refused"]) for record in records(output)] == [
        ("consumption", False),
        ("voltage_l3", True),
        ("who", False),
    ]


def test_the_names_of_the_configuration_are_words(read: Read, configured: Path) -> None:
    code, output, _ = read("--config", str(configured), "--meter", "house-1", "consumption", "who")
    assert code == 0
    assert [line.split()[1] for line in output.splitlines()] == ["name", "consumption", "who"]


def test_a_meter_that_is_not_polled_can_be_asked_by_hand(read: Read, configured: Path) -> None:
    code, output, _ = read("--config", str(configured), "--meter", "house-2", "name")
    assert code == 0
    assert "SIM0000000000002" in output


def test_a_configured_profile_is_read_as_its_job_says(read: Read, configured: Path) -> None:
    code, output, _ = read(
        *("--config", str(configured), "--meter", "house-1"),
        *("--profile", "1.0.99.1.0.255", "--format", "csv"),
    )
    assert code == 0
    heading, *entries = csv.reader(io.StringIO(output))
    assert "consumption [Wh]" in heading
    # By entry, nothing limits it: five days of quarters of an hour.
    assert len(entries) == 480


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "which meter?; add --meter ID; known are: house-1, house-2"),
        (["--meter", "house1"], 'no meter house1 is configured; did you mean "house-1"?'),
        (["--meter", "house-2"], "read what?; name an attribute"),
        (["--meter", "house-1", "--baud", "300"], "--baud is for a meter given by its line"),
        (["--serial", "line"], "--config contradicts --serial"),
    ],
)
def test_a_choice_that_leads_nowhere(
    read: Read, configured: Path, arguments: list[str], said: str
) -> None:
    code, output, errors = read("--config", str(configured), *arguments)
    assert (code, output) == (64, "")
    assert said in errors


def test_a_bus_in_use_by_the_daemon_is_told_with_the_remedy(
    read: Read, configured: Path, bus: Path
) -> None:
    held, _ = serial_port._open(serial_port.SerialParameters(device=str(bus)))
    try:
        code, output, errors = read("--config", str(configured), "--meter", "house-1", "clock")
        direct = read(*first("clock"))
    finally:
        held.close()
    assert (code, output) == (69, "")
    assert "bus rs485 is in use, most likely by the running daemon" in errors
    assert "systemctl stop dcud" in errors
    assert direct[0] == 69
    assert "stop the other program that uses it" in direct[2]


# Passwords.


@pytest.fixture(name="keys")
def make_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    keys = tmp_path / "keys.toml"
    keys.write_text(KEYS)
    keys.chmod(0o600)
    return keys


def demanding_line() -> Line:
    security = LowLevelSecurity(Secret(PASSWORD.encode()))
    return simulated_line.hdlc_line(authentication=security)


def test_a_password_comes_from_a_key_file_and_is_never_shown(read: Read, keys: Path) -> None:
    with simulated_line.on_pty(demanding_line(), keys.parent / "line"):
        refused = read(*first("name"))
        code, output, errors = read(*first("--key-file", "keys.toml", "--frames", "name"))
    assert refused[0] == 77
    assert code == 0
    assert "SIM0000000000001" in output
    assert PASSWORD.encode().hex().upper() not in errors.upper()
    assert "*" * 2 * len(PASSWORD) in errors


@pytest.mark.parametrize("source", ['credential = "keys"', 'key_command = ["/none", "{meter}"]'])
def test_a_configured_meter_may_have_another_key_file_by_hand(
    read: Read, keys: Path, source: str
) -> None:
    text = CONFIGURATION.replace('"house-1"', f'"house-1"\nauthentication = "lls"\n{source}')
    (keys.parent / "dcud.toml").write_text(text)
    arguments = ("--config", "dcud.toml", "--meter", "house-1", "name")
    with simulated_line.on_pty(demanding_line(), keys.parent / "line"):
        assert read(*arguments)[0] == 78
        assert read(*arguments, "--key-file", str(keys))[0] == 0


def test_a_key_file_that_others_may_read_is_refused(read: Read, keys: Path) -> None:
    keys.chmod(0o644)
    code, output, errors = read(*first("--key-file", str(keys), "name"))
    assert (code, output) == (78, "")
    assert f"chmod 600 {keys}" in errors


# What goes wrong.


@pytest.mark.usefixtures("bus")
def test_a_wrong_address_is_told_with_what_to_do(read: Read) -> None:
    code, output, errors = read(
        *("--serial", "line", "--server", "1/44", "--response-timeout", "0.05", "--retries", "0"),
        "clock",
    )
    assert (code, output) == (75, "")
    assert "no answer from server address 1/44 (2 octets) to client 16" in errors
    assert "heard nothing at all" in errors
    assert "--frames shows what goes over the line; another --server, --address-size" in errors


def test_a_wrong_address_tells_who_else_was_heard(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Misdirected:
        """Lets the meter at 1/17 answer whoever is asked, as one with a wrong address does."""

        def __init__(self) -> None:
            self._line = simulated_line.hdlc_line()

        def receive(self, octets: bytes, now: float) -> bytes | None:
            # SNRM to 1/17 from client 16.
            del octets
            return self._line.receive(SNRM_TO_17, now)

    monkeypatch.chdir(tmp_path)
    with simulated_line.on_pty(Misdirected(), tmp_path / "line"):
        code, _, errors = read(
            *("--serial", "line", "--server", "1/44", "--response-timeout", "0.1"),
            *("--retries", "0", "clock"),
        )
    assert code == 75
    assert "heard instead: 1/17 (2 octets)" in errors


def test_a_device_that_is_not_there_is_told_once(
    read: Read, caplog: pytest.LogCaptureFixture
) -> None:
    code, output, errors = read("--serial", "/dev/nothing-here", "clock")
    assert (code, output) == (69, "")
    assert "/dev/nothing-here" in errors
    assert not caplog.records


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baud", "9600", "clock"], "--baud is for a meter given by its line"),
        (["--tcp", "x", "--baud", "9600", "clock"], "--baud contradicts --tcp"),
        (
            ["--serial", "x", "--framing", "wrapper", "clock"],
            '--framing: "wrapper" does not go over serial (write "hdlc" or "s-fsk" or',
        ),
        (["--udp", "x", "--framing", "hdlc", "clock"], '--framing: "hdlc" does not go over udp'),
        (
            ["--serial", "x", "--framing", "s-fsk", "clock"],
            "--framing s-fsk needs --mac-address; add --mac-address N: address of the meter on",
        ),
        (["--tcp", "x", "--framing", "prime", "clock"], "--framing prime needs --node; add --node"),
        (
            ["--serial", "x", "--node", "SIM0000000001", "clock"],
            "--node means nothing with --framing hdlc; leave it out, or take --framing prime",
        ),
        (
            ["--udp", "x", "--mac-address", "17", "clock"],
            "--mac-address means nothing with --framing wrapper; leave it out, or take --framing",
        ),
        (["--tcp", "x", "--mode-e", "clock"], '--head: "switching" needs a port whose speed'),
        (
            ["--tcp", "x", "--head", "fixed", "clock"],
            "--sign-on-baud: is missing: nothing else tells the speed of a fixed head",
        ),
        (
            ["--serial", "x", "--baud", "115200", "--mode-e", "--head", "fixed", "clock"],
            "--sign-on-baud: is missing: a sign-on can't name 115200 as the speed of a fixed head",
        ),
        (["--serial", "x", "--tcp", "y", "clock"], "--tcp contradicts --serial"),
        (["--serial", "x", "--baud", "12", "clock"], "--baud: 12 is out of range"),
        (["--serial", "x", "--line-format", "9N1", "clock"], '--line-format: "9N1" is not known'),
        (["--serial", "x", "--client", "200", "clock"], "--client: 200 has no room"),
        (["--serial", "x", "--server", "1/200", "--address-size", "2", "clock"], "--address-size"),
        (
            ["--tcp", "h", "--framing", "wrapper", "--server", "1/17", "clock"],
            "--server: does not exist with framing",
        ),
        (["--serial", "x", "--meter", "a b", "clock"], '--meter: "a b" is no name'),
        (["--serial", "x", "--time-zone", "Mars", "clock"], "--time-zone: this system knows no"),
        (["--serial", "x", "--authentication", "lls", "clock"], "needs a password; add --key-file"),
        (["--serial", "x", "--response-timeout", "soon", "clock"], "--response-timeout: "),
        (["--serial", "x"], "read what?"),
        (["--serial", "x", "--last", "1 d", "clock"], "are about a profile; add --profile OBIS"),
        (["--serial", "x", "--profile", "1.0.99.1.0.255", "clock"], "reads a profile alone"),
        (["--serial", "x", "1.0.99.1.0.255"], "is a profile; dcud read --profile 1.0.99.1.0.255"),
        (["--serial", "x", "clok"], "'clok' names no object; did you mean"),
        (["--serial", "x", "clok"], 'did you mean "clock"?'),
    ],
)
def test_contradictory_arguments_are_a_fault_of_usage(
    read: Read, arguments: list[str], said: str
) -> None:
    code, output, errors = read(*arguments)
    assert (code, output) == (64, "")
    assert said in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--server", "one"], "--server: 'one' is no whole number"),
        (["--tcp", ":4059"], "--tcp: ':4059' is no HOST:PORT"),
        (["--profile", "load"], "--profile: 'load' is no OBIS code"),
        (["--from", "yesterday"], "--from: 'yesterday' is no time"),
        (["--last", "a day"], "--last: 'a day' is no duration"),
        (["--access", "guess"], "--access"),
        (["--format", "xml"], "--format"),
    ],
)
def test_malformed_arguments_are_a_fault_of_usage(
    read: Read, arguments: list[str], said: str
) -> None:
    code, output, errors = read(*arguments)
    assert (code, output) == (64, "")
    assert said in errors


# Profiles.


@pytest.mark.usefixtures("bus")
def test_each_way_of_access_gives_the_same_entries(read: Read) -> None:
    outputs = set()
    for access in ("range", "entry", "whole"):
        code, output, errors = read(
            *first("--profile", "1.0.99.1.0.255", "--access", access, "--format", "csv"),
            *("--from", "2026-05-01T06:00", "--to", "2026-05-04T05:59"),
        )
        assert (code, errors) == (0, "")
        outputs.add(output)
    [output] = outputs
    _, *entries = csv.reader(io.StringIO(output))
    times = [entry[0] for entry in entries]
    # More than one request's worth, without gap or double at the seams.
    assert len(times) == len(set(times)) == 3 * 96
    assert times == sorted(times)
    assert (times[0], times[-1]) == ("2026-05-01 06:00:00", "2026-05-04 05:45:00")


@pytest.mark.usefixtures("bus")
def test_without_a_range_the_last_day_is_read(read: Read) -> None:
    code, output, _ = read(*first("--profile", "1-0:99.1.0*255", "--format", "json"))
    assert code == 0
    times = [str(record["time"]) for record in records(output)]
    assert len(times) == 96
    assert times[-1] == "2026-05-04T12:00:00+00:00"


@pytest.mark.usefixtures("bus")
def test_times_of_the_command_line_are_in_the_meters_zone(read: Read) -> None:
    _, output, _ = read(
        *first("--profile", "1.0.99.1.0.255", "--time-zone", "Europe/Berlin"),
        *("--from", "2026-05-04T12:00", "--to", "2026-05-04T10:15Z", "--format", "json"),
    )
    assert [record["time"] for record in records(output)] == [
        "2026-05-04T10:00:00+00:00",
        "2026-05-04T10:15:00+00:00",
    ]


@pytest.mark.usefixtures("bus")
def test_an_empty_stretch_before_the_first_entry_is_passed_quickly(read: Read) -> None:
    code, output, errors = read(
        *first("--profile", "1.0.99.1.0.255", "--from", "2025-05-04", "--format", "csv", "--frames")
    )
    assert code == 0
    assert len(output.splitlines()) == 1 + 480
    # A year in stretches of 200 entries would be 175 requests.
    requests = re.findall(r"tx meter \w*E6E600C001", errors)
    assert len(requests) < 40


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--last", "1 d", "--from", "2026-05-01"], "--last contradicts --from and --to"),
        (["--to", "2026-05-01"], "--to has no beginning"),
        (["--from", "2026-05-02", "--to", "2026-05-01"], "is after"),
        (["--last", "99999999 d"], "begins before the calendar"),
    ],
)
def test_a_stretch_that_is_none(read: Read, arguments: list[str], said: str) -> None:
    code, output, errors = read(*first("--profile", "1.0.99.1.0.255", *arguments))
    assert (code, output) == (64, "")
    assert said in errors


@pytest.mark.usefixtures("bus")
def test_a_profile_that_is_not_there(read: Read) -> None:
    code, output, errors = read(*first("--profile", "1.0.99.2.0.255"))
    assert (code, output) == (77, "")
    assert "profile 1.0.99.2.0.255, attribute 3: object-undefined" in errors
