"""What systemd's own tools say of the unit."""

import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there."""
    path = tmp_path / "dcud.service"
    text = (PROJECT / "systemd" / "dcud.service").read_text(encoding="utf-8")
    path.write_text(text.replace("/usr/bin/dcud", "/bin/true").replace("man:dcud(1) ", ""))
    return path


def analyze(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["/usr/bin/systemd-analyze", *arguments],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_it_is_a_unit_without_fault(unit: Path) -> None:
    done = analyze("verify", unit)
    assert (done.returncode, done.stdout) == (0, "")


def test_its_exposure_is_small(unit: Path) -> None:
    """At 1.5 of 10 or better."""
    done = analyze("security", "--offline=true", "--threshold=15", unit)
    assert done.returncode == 0, done.stdout


def test_a_looser_one_would_be_noticed(unit: Path) -> None:
    loose = unit.read_text().replace("CapabilityBoundingSet=\n", "")
    unit.write_text(loose)
    assert analyze("security", "--offline=true", "--threshold=15", unit).returncode != 0
