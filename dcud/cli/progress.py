"""How far a long read is, on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Protocol

_ALMOST = 0.99
"""The part of the bar that a guess may fill."""


class Progress(Protocol):
    """Who is told how far a read is."""

    @property
    def is_shown(self) -> bool:
        """Whether anybody looks, so that an estimate is worth a question to the meter."""
        ...

    def expect(self, entries: int, octets_per_entry: int) -> None:
        """Learn how many entries there should be in all, and about how long each is."""
        ...

    def octets(self, received: int) -> None:
        """Learn how many octets of the answer under way have come."""
        ...

    def entries(self, passed: int) -> None:
        """Learn how many of the expected entries are done with."""
        ...


class NoProgress:
    """Shows nothing."""

    is_shown = False

    def expect(self, entries: int, octets_per_entry: int) -> None:
        """Ignore it."""

    def octets(self, received: int) -> None:
        """Ignore it."""

    def entries(self, passed: int) -> None:
        """Ignore it."""


@contextmanager
def progress(title: str, *, wanted: bool = True) -> Iterator[Progress]:
    """Yield what shows progress while the context lasts: a bar, on a terminal only."""
    if not wanted or not sys.stderr.isatty():
        yield NoProgress()
        return
    from rich.console import Console  # noqa: PLC0415  # start-up: only what a terminal needs
    from rich.progress import (  # noqa: PLC0415  # likewise
        BarColumn,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar  # noqa: PLC0415  # likewise

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[received]}", markup=False),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    # Redirected, what belongs into a file on standard output would end up on the terminal.
    with Bar(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    ) as bar:
        task = bar.add_task(title, total=None, received="")
        yield _Bar(partial(bar.update, task))


class _Bar:
    """Counts entries; between two chunks it tells from the octets how many there may be."""

    is_shown = True

    def __init__(self, update: Callable[..., None]) -> None:
        self._update = update
        self._total = 0
        self._octets_per_entry = 0.0
        self._passed = 0
        self._before = 0
        self._current = 0

    def expect(self, entries: int, octets_per_entry: int) -> None:
        self._total = max(entries, 1)
        self._octets_per_entry = octets_per_entry
        self._update(total=self._total)

    def octets(self, received: int) -> None:
        self._current = received
        self._update(received=f"{(self._before + received) / 1024:.1f} KiB")
        if self._total:
            guess = self._passed + received / self._octets_per_entry
            self._update(completed=min(guess, _ALMOST * self._total))

    def entries(self, passed: int) -> None:
        self._before += self._current
        self._current = 0
        self._passed = passed
        if passed and self._before:
            self._octets_per_entry = self._before / passed
        self._update(completed=passed)
