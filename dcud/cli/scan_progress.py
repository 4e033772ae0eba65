"""How far a scan is, on standard error."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol


class ScanBar(Protocol):
    """Where a scan's progress is shown."""

    def moved(self, words: str, seconds_left: float) -> None:
        """Learn what is being asked, and how long the rest will take."""
        ...

    def say(self, words: str) -> None:
        """Show a line that stays."""
        ...


class _Plain:
    """Shows the lines that stay, and nothing else."""

    def moved(self, words: str, seconds_left: float) -> None:
        """Ignore it."""

    def say(self, words: str) -> None:
        """Show it."""
        print(words, file=sys.stderr)


class _Bar:
    """Fills as the time goes that the scan takes in all, as far as that is known."""

    def __init__(
        self, update: Callable[..., None], say: Callable[[str], None], clock: Callable[[], float]
    ) -> None:
        self._update = update
        self._say = say
        self._clock = clock
        self._begun = clock()

    def moved(self, words: str, seconds_left: float) -> None:
        spent = self._clock() - self._begun
        self._update(
            total=max(spent + seconds_left, 1e-3),
            completed=spent,
            description=words,
            left=f"about {duration_words(seconds_left)} left",
        )

    def say(self, words: str) -> None:
        self._say(words)


def duration_words(seconds: float) -> str:
    """Return a duration as an estimate is told: 40 s, 12 min, 3.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@contextmanager
def scan_bar() -> Iterator[ScanBar]:
    """Yield what shows progress while the context lasts: a bar, on a terminal only."""
    if not sys.stderr.isatty():
        yield _Plain()
        return
    from rich.console import Console  # noqa: PLC0415  # start-up: only what a terminal needs
    from rich.progress import (  # noqa: PLC0415  # likewise
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[left]}", markup=False),
    )
    # Redirected, what belongs into a file on standard output would end up on the terminal.
    with Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task("listening", total=None, left="")

        def update(**fields: object) -> None:
            bar.update(task, **fields)  # type: ignore[arg-type]  # the fields of a task

        yield _Bar(
            update,
            lambda words: console.print(words, markup=False, highlight=False),
            time.monotonic,
        )
