"""The demonstration, run as a newcomer runs it."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from dcud.cli import demo

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("broker", ["mosquitto", "amqtt"])
def test_readings_are_on_screen_within_ten_seconds(broker: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with (
        (tmp_path / "stderr").open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-m", "dcud", "demo", "--meters", "2", "--broker", broker],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "house-2" in line and "load-profile" in line:
                break
        # Of the whole demonstration; the daemon's own start is a part of it.
        assert time.monotonic() - began < 10, (tmp_path / "stderr").read_text()
        process.terminate()
        process.stdout.read()
        assert process.wait(15) == 0, (tmp_path / "stderr").read_text()
    shown = "".join(lines)
    assert "state: online" in shown
    assert "house-1  registers     active_energy_import" in shown
    assert "Traceback" not in (tmp_path / "stderr").read_text()


def test_it_ends_after_the_readings_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dcud", "demo", "--meters", "1", "--readings", "2"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert len([line for line in done.stdout.splitlines() if " Wh" in line]) == 2


def test_without_a_broker_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "_MOSQUITTO", ("no-such-broker",))
    monkeypatch.setattr(demo, "find_spec", lambda _name: None)
    with (
        pytest.raises(demo.DemoError, match="apt install mosquitto"),
        demo._broker(tmp_path, "auto"),
    ):
        pass


def test_what_never_comes_up_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "PATIENCE", 0.0)
    log = tmp_path / "log"
    log.write_text("no such device\n")
    with pytest.raises(demo.DemoError, match="no such device"):
        demo._wait(lambda: False, "the bus", log)
