from collections.abc import Iterator
from pathlib import Path

import pytest

from dcud.cli import visit
from tests.support import simulated_line


@pytest.fixture(name="bus")
def make_bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve two meters on a pseudo-terminal; the time is theirs."""
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(visit, "wall_clock", lambda: simulated_line.NOW)
    with simulated_line.on_pty(simulated_line.hdlc_line(), tmp_path / "line") as device:
        yield device
