"""The unit under a real systemd: started, ready, watched, reloaded, stopped, its log rotated."""

import json
from collections.abc import Iterator

import pytest

from tests.support.booted import UNIT, Booted
from tests.support.eventually import eventually
from tests.support.simulate import simulate
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def meters() -> Iterator[tuple[str, int]]:
    with simulate("--tcp", "127.0.0.1:0", "--meters", "2", "--history", "1 h") as (told, _):
        yield told["host"], int(told["port"])


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Booted]:
    with Booted(tmp_path_factory.mktemp("booted"), ["WatchdogSec=6s", "RestartSec=100ms"]) as there:
        yield there


@pytest.fixture
def service(booted: Booted, meters: tuple[str, int]) -> Iterator[Booted]:
    """The service with a good configuration, started."""
    booted.configure(document(meters))
    booted.run("systemctl", "reset-failed", UNIT, check=False)
    booted.run("systemctl", "start", UNIT)
    yield booted
    booted.run("systemctl", "stop", UNIT, check=False)


def document(meters: tuple[str, int], **gateway: TomlValue) -> dict[str, TomlValue]:
    host, port = meters
    job: TomlValue = {
        "kind": "registers",
        "name": "registers",
        "interval": "1 s",
        "objects": [{"obis": "1.0.1.8.0.255"}],
    }
    return {
        "gateway": {"id": "gw", **gateway},
        "mqtt": {"port": 1},  # where nobody listens
        "metrics": {"enabled": False},
        "bus": [{"id": "b", "turnaround": "0 s", "tcp": {"host": host, "port": port}}],
        "meter": [
            {
                "id": f"m{number}",
                "bus": "b",
                "server_address": {"logical": 1, "physical": 17 + number},
                "job": [job],
            }
            for number in range(2)
        ],
    }


def entries(booted: Booted) -> list[dict[str, str]]:
    return [json.loads(line) for line in booted.journal("--output=json").splitlines()]


def frames(booted: Booted) -> int:
    return len((booted.root / "var/log/dcud/dlms_client.log").read_text().splitlines())


def test_it_is_ready_once_it_polls_and_says_how_it_does(service: Booted) -> None:
    # `systemctl start` came back, so it had said READY=1.
    assert (service.show("ActiveState"), service.show("Type")) == ("active", "notify")
    well = r"1 of 1 bus open; 2 of 2 meters up; \d+ messages? waiting; not connected: mqtt"
    service.until("StatusText", well)


def test_the_sandbox_is_what_the_unit_says(service: Booted) -> None:
    pid = service.show("MainPID")
    status = service.run("cat", f"/proc/{pid}/status")
    assert "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    assert "Seccomp:\t2" in status
    names = service.run("id", "--name", "--groups", "dcud").split()
    assert sorted(names) == ["dcud", "dialout"]
    assert service.run("stat", "--format=%U:%G %a", "/var/lib/dcud").strip() == "dcud:dcud 700"
    assert service.run("stat", "--format=%U:%G %a", "/run/dcud").strip() == "dcud:dcud 750"


def test_lines_in_the_journal_have_bus_meter_and_code(
    service: Booted, meters: tuple[str, int]
) -> None:
    silent = document(meters)
    assert isinstance(silent["meter"], list)
    assert isinstance(silent["meter"][1], dict)
    silent["meter"][1] |= {
        "server_address": {"logical": 1, "physical": 99},
        "response_timeout": "50 ms",
    }
    service.configure(silent)
    service.run("systemctl", "reload", UNIT)

    def told() -> dict[str, str] | None:
        found = [each for each in entries(service) if each.get("DCUD_CODE") == "no_answer"]
        return found[-1] if found else None

    entry = eventually(told, "a meter that does not answer")
    assert (entry["DCUD_BUS"], entry["DCUD_METER"]) == ("b", "m1")
    assert entry["PRIORITY"] == "4"
    assert entry["SYSLOG_IDENTIFIER"] == "dcud"
    assert entry["MESSAGE"].startswith("bus b: meter m1: ")


def test_a_good_configuration_is_taken_and_a_bad_one_told(
    service: Booted, meters: tuple[str, int]
) -> None:
    pid = service.show("MainPID")
    service.configure(document(meters) | {"bus": []})
    service.run("systemctl", "reload", UNIT)
    service.until_journal("the new configuration is not taken; all goes on as before")
    fewer = document(meters)
    assert isinstance(fewer["meter"], list)
    fewer["meter"].pop()
    service.configure(fewer)
    service.run("systemctl", "reload", UNIT)
    service.until("StatusText", "1 of 1 bus open; 1 of 1 meter up; .*")
    assert service.show("MainPID") == pid


def test_the_frame_log_goes_on_through_its_rotation(service: Booted) -> None:
    path = service.root / "var/log/dcud/dlms_client.log"
    eventually(lambda: path.exists() and path.stat().st_size, "frames in the log")
    well_known = service.run("readlink", "--canonicalize", "/var/log/dlms_client.log").strip()
    assert well_known == "/var/log/dcud/dlms_client.log"
    service.run("logrotate", "--force", "/etc/logrotate.d/dcud")
    rotated = path.with_name("dlms_client.log.1")
    eventually(lambda: path.exists() and path.stat().st_size, "frames in the new log")
    lines = [*rotated.read_text().splitlines(), *path.read_text().splitlines()]
    assert all(len(line.split()) > 3 for line in lines)  # none is cut
    assert service.run("stat", "--format=%U:%G %a", "/var/log/dcud/dlms_client.log") == (
        "dcud:dcud 640\n"
    )


def test_one_that_hangs_is_killed_and_started_again(service: Booted) -> None:
    pid, restarts = service.show("MainPID"), int(service.show("NRestarts"))
    service.send("STOP", pid)
    service.until("NRestarts", str(restarts + 1))
    service.until("ActiveState", "active")
    assert service.show("MainPID") != pid
    service.until_journal("Watchdog timeout")


def test_it_stops_in_time_and_cleanly(service: Booted) -> None:
    service.run("systemctl", "stop", UNIT)
    assert service.show("Result") == "success"
    assert service.show("ExecMainStatus") == "0"
    assert "stopped" in service.journal("--output=cat")


def test_a_bad_configuration_at_start_is_told_and_not_tried_again(
    booted: Booted, meters: tuple[str, int]
) -> None:
    booted.configure(document(meters) | {"bus": []})
    booted.run("systemctl", "start", UNIT, check=False)
    assert booted.show("ActiveState") == "failed"
    assert booted.show("ExecMainStatus") == "78"
    assert booted.show("NRestarts") == "0"
    assert "dcud.toml" in booted.journal("--output=cat")


def test_keys_come_as_credentials(booted: Booted, meters: tuple[str, int]) -> None:
    (booted.root / "etc/dcud/keys.toml").write_text('[default]\nlls_password = "00000000"\n')
    (booted.root / "etc/dcud/keys.toml").chmod(0o600)
    booted.amend("LoadCredential=meters:/etc/dcud/keys.toml")
    wanted = document(meters, credential="meters")
    assert isinstance(wanted["meter"], list)
    for meter in wanted["meter"]:
        assert isinstance(meter, dict)
        meter |= {"authentication": "lls", "client_sap": 32}
    booted.configure(wanted)
    booted.run("systemctl", "reset-failed", UNIT, check=False)
    booted.run("systemctl", "start", UNIT)
    booted.until("StatusText", "1 of 1 bus open; .*")
    assert booted.show("ActiveState") == "active"
    booted.run("systemctl", "stop", UNIT)


def test_a_crash_loop_is_held_off(booted: Booted, meters: tuple[str, int]) -> None:
    booted.configure(document(meters))
    booted.run("systemctl", "reset-failed", UNIT, check=False)
    booted.run("systemctl", "start", UNIT)
    for _ in range(5):
        booted.until("ActiveState", "active")
        pid = booted.show("MainPID")
        booted.send("KILL", pid)
        booted.until("MainPID", f"(?!{pid}$).*")
    booted.until("ActiveState", "failed")
    booted.until_journal("Start request repeated too quickly")
