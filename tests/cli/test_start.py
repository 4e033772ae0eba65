import subprocess
import sys

import pytest

# What other commands need, or the daemon only later: each costs tens of milliseconds at start, and
# eight times that on a small gateway.
LATER = ("rich", "cryptography", "prometheus_client", "dcud.sim", "dcud.dlms.wrapper")


@pytest.fixture(scope="module")
def loaded() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-c", "import dcud.cli.main, dcud.cli.run, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()


@pytest.mark.parametrize("package", LATER)
def test_the_daemon_starts_without(package: str, loaded: list[str]) -> None:
    assert "dcud.daemon" in loaded
    assert [name for name in loaded if f"{name}.".startswith(f"{package}.")] == []
