import io
import sys

import pytest

from dcud.cli.scan_progress import _Bar, duration_words, scan_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_without_a_terminal_only_lines_that_stay_are_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with scan_bar() as bar:
        bar.moved("9600 8N1", 100.0)
        bar.say("found 1/17")
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "found 1/17\n")


def test_a_bar_tells_what_is_asked_and_how_long_it_will_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with scan_bar() as bar:
        bar.moved("9600 8N1, sweep, 1/17", 720.0)
        bar.say("found 1/17 [not markup]")
    shown = terminal.getvalue()
    assert "9600 8N1, sweep, 1/17" in shown
    assert "about 12 min left" in shown
    assert "found 1/17 [not markup]" in shown


def test_the_bar_fills_with_the_time_that_has_gone() -> None:
    told: list[dict[str, object]] = []
    times = iter([100.0, 130.0])
    bar = _Bar(lambda **fields: told.append(fields), lambda _words: None, lambda: next(times))
    bar.moved("x", 90.0)
    assert (told[0]["completed"], told[0]["total"]) == (30.0, 120.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (99, "99 s"), (150, "2 min"), (900, "15 min"), (7200, "2.0 h")],
)
def test_durations_are_told_as_estimates_are(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
