import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcud.cli.progress import progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("profile") as bar:
        assert not bar.is_shown
        bar.expect(10, 5)
        bar.octets(5)
        bar.entries(1)
    output = capsys.readouterr()
    assert output.out + output.err == ""


def test_on_a_terminal_nothing_is_shown_where_it_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress("profile", wanted=False) as bar:
        assert not bar.is_shown


def test_a_bar_tells_entries_and_octets(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("load profile") as bar:
        assert bar.is_shown
        bar.octets(1024)
        bar.expect(100, 1024)
        bar.octets(20 * 1024)  # of which there may be 20 entries
        bar.entries(50)
        bar.octets(5000 * 1024)  # never the whole before it is there
        bar.entries(100)
    assert "load profile" in terminal.getvalue()
    assert "KiB" in terminal.getvalue()


def test_guesses_between_chunks() -> None:
    from dcud.cli.progress import _Bar  # noqa: PLC0415  # what it tells the bar is not seen else

    told: list[dict[str, object]] = []
    bar = _Bar(lambda **fields: told.append(fields))
    bar.octets(512)
    bar.expect(100, 10)
    bar.octets(100)
    bar.entries(20)
    bar.octets(200)
    bar.octets(100_000)
    bar.entries(100)
    assert [fields["received"] for fields in told if "received" in fields] == [
        "0.5 KiB",
        "0.1 KiB",
        "0.3 KiB",
        "97.8 KiB",
    ]
    # 100 octets were 20 entries, so 200 more are 40 more.
    assert [fields["completed"] for fields in told if "completed" in fields] == [
        10,
        20,
        60,
        99,
        100,
    ]


def test_the_bar_takes_nothing_from_standard_output(bus: Path) -> None:
    far_end, terminal = os.openpty()
    try:
        ended = subprocess.run(
            [
                *(sys.executable, "-m", "dcud", "read", "--serial", str(bus), "--server", "1/17"),
                *("--profile", "1.0.99.1.0.255", "--access", "whole", "--format", "csv"),
            ],
            stdout=subprocess.PIPE,
            stderr=terminal,
            env={**os.environ, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[2])},
            check=True,
            timeout=20,
        )
        shown = os.read(far_end, 65_536)
    finally:
        os.close(terminal)
        os.close(far_end)
    assert b"1.0.99.1.0.255" in shown
    assert len(ended.stdout.splitlines()) == 1 + 480
    assert b"\x1b" not in ended.stdout
