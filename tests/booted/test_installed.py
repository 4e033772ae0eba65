"""The package on a clean Debian: installed, one file edited, and the service does its work.

`make package-test` runs it; SUITE of the environment names the release. It takes root, and Debian's
archive.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.booted import BootedRoot
from tests.support.eventually import eventually

pytestmark = pytest.mark.soak

PROJECT = Path(__file__).parents[2]
SUITE = os.environ.get("SUITE", "bookworm")
SERVERS = (
    "systemd",
    "systemd-sysv",
    "dbus",
    "logrotate",
    "mosquitto",
    "mosquitto-clients",
    "prometheus",
)
CONFIGURATION = """\
[gateway]
id = "gw"

[[bus]]
id = "rs485"
serial = { device = "/run/meters/bus" }

[[meter]]
id = "house-1"
bus = "rs485"
template = "generic-electricity"
server_address = { logical = 1, physical = 17 }

[[meter]]
id = "house-2"
bus = "rs485"
template = "generic-electricity"
server_address = { logical = 1, physical = 18 }
"""
PROMETHEUS = """\
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: dcud
    static_configs: [{targets: ["127.0.0.1:9415"]}]
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of the committed tree."""
    subprocess.run([PROJECT / "packaging" / "build-deb"], check=True, cwd=PROJECT)
    (built,) = (PROJECT / "build" / "deb").glob("dcud_*_all.deb")
    kept = tmp_path_factory.mktemp("deb") / built.name
    shutil.copy(built, kept)
    return kept


def test_lintian_has_nothing_to_say(package: Path) -> None:
    (changes,) = (PROJECT / "build" / "deb").glob("dcud_*.changes")
    assert package.name in changes.read_text()
    done = subprocess.run(
        ["lintian", "--fail-on", "error,warning", changes],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BootedRoot]:
    """A clean Debian with a broker and Prometheus, booted."""
    lower = tmp_path_factory.mktemp("clean") / "root"
    subprocess.run([PROJECT / "packaging" / "clean-root", SUITE, lower, *SERVERS], check=True)
    (lower / "usr/sbin/policy-rc.d").unlink()
    with BootedRoot(tmp_path_factory.mktemp("booted"), lower) as there:
        yield there
    shutil.rmtree(lower)


def apt(booted: BootedRoot, *arguments: str) -> str:
    told = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q", *arguments)
    return booted.run(*told, within=300)


def put(booted: BootedRoot, package: Path) -> str:
    """Put a package there; return its place inside."""
    shutil.copy(package, booted.root / "opt" / package.name)
    return f"/opt/{package.name}"


def repacked(package: Path, directory: Path, version: str) -> Path:
    """Return the package as another version of it."""
    tree, made = directory / "tree", directory / f"dcud_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tree], check=True)
    control = tree / "DEBIAN" / "control"
    lines = control.read_text().splitlines()
    lines = [f"Version: {version}" if line.startswith("Version:") else line for line in lines]
    control.write_text("\n".join(lines) + "\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, made], check=True)
    return made


def traces(booted: BootedRoot) -> set[str]:
    """Return the paths that are named after dcud, where it is no business of dpkg's."""
    found = booted.run(
        *("find", "/", "-xdev", "(", "-path", "/var/lib/dpkg", "-o", "-path", "/proc"),
        *("-o", "-path", "/opt", "-o", "-path", "/var/log/journal", ")", "-prune"),
        *("-o", "(", "-name", "*dcud*", "-o", "-name", "dlms_client*", ")", "-print"),
    )
    return set(found.splitlines())


def meters_up(booted: BootedRoot) -> bool:
    ask = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:9090/api/v1/query?query=dcud_meter_up').read().decode())"
    answer = json.loads(booted.run("python3", "-c", ask))
    values = {each["metric"]["meter"]: each["value"][1] for each in answer["data"]["result"]}
    return values == {"house-1": "1", "house-2": "1"}


def test_from_nothing_to_readings_and_back_to_nothing(
    booted: BootedRoot, package: Path, tmp_path: Path
) -> None:
    before = traces(booted)
    older = repacked(package, tmp_path, "0.0.1")
    apt(booted, "install", put(booted, older))
    assert booted.show("ActiveState") == "inactive"
    assert sorted(booted.run("id", "--name", "--groups", "dcud").split()) == ["dcud", "dialout"]

    # One file is edited.
    (booted.root / "etc/dcud/dcud.toml").write_text(CONFIGURATION)
    booted.run(
        *("systemd-run", "--uid=dcud", "--unit=meters", "--property=RuntimeDirectory=meters"),
        *("dcud", "simulate", "--pty", "/run/meters/bus", "--meters", "2", "--history", "1 h"),
    )
    eventually(lambda: "bus" in booted.run("ls", "/run/meters", check=False), "meters")
    (booted.root / "etc/prometheus/prometheus.yml").write_text(PROMETHEUS)
    booted.run("systemctl", "restart", "prometheus")
    booted.run("dcud", "check")
    assert "/etc/dcud/dcud.toml" in booted.run("dcud", "run", "--help")
    booted.run("systemctl", "enable", "--now", "dcud")

    # The service polls, publishes, and Prometheus sees it.
    states = ("mosquitto_sub", "-h", "127.0.0.1", "-t", "dcud/v1/gw/meter/+/state")
    heard = booted.run(*states, "-C", "2", "-W", "30").splitlines()
    assert {json.loads(line)["state"] for line in heard} == {"up"}
    eventually(lambda: meters_up(booted), "both meters up, as Prometheus sees it", 60)
    booted.until("StatusText", "1 of 1 bus open; 2 of 2 meters up; .*")

    # A newer version takes its place; what was edited stays.
    apt(booted, "install", put(booted, package))
    assert (booted.root / "etc/dcud/dcud.toml").read_text() == CONFIGURATION
    assert booted.show("ActiveState") == "active"
    booted.until("StatusText", "1 of 1 bus open; 2 of 2 meters up; .*")

    # Removed, it is stopped, and keeps what is its own; purged, nothing is left.
    booted.run("systemctl", "stop", "meters")
    apt(booted, "remove", "dcud")
    assert booted.run("systemctl", "is-active", "dcud", check=False).strip() == "inactive"
    assert (booted.root / "var/lib/dcud/dcud.db").exists()
    apt(booted, "purge", "dcud")
    assert traces(booted) - before == set()
