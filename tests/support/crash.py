"""Ending a program between two of its steps, within one process."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest


class CrashError(BaseException):
    """The program ends here; nothing that it would do to clean up may count."""


class CrashingConnection(sqlite3.Connection):
    """A connection that tells its steps, and does nothing more once the program has crashed."""

    steps: "Steps | None" = None

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """Execute with a step before, and one after a commit."""
        steps = CrashingConnection.steps
        if steps is None:
            return super().execute(sql, parameters)
        if steps.crashed:  # a dead process rolls nothing back by itself
            raise CrashError
        word = sql.split(maxsplit=1)[0]
        steps.step(f"before {word}")
        done = super().execute(sql, parameters)
        if word == "COMMIT":
            steps.step("after COMMIT")
        return done


class Steps:
    """Counts the steps of a program, and crashes it at one of them.

    Attributes:
        at: the step at which it crashes, None for never.
        passed: the steps that it took.
    """

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.passed: list[str] = []
        self.crashed = False

    def step(self, name: str) -> None:
        """Take a step, or crash."""
        self.passed.append(name)
        if len(self.passed) - 1 == self.at:
            self.crashed = True
            raise CrashError(name)


@contextmanager
def steps_until(at: int | None) -> Iterator[Steps]:
    """Crash the block at the step of that number; a crash ends the block silently."""
    steps = Steps(at)

    def around(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **options: Any) -> Any:
            steps.step(f"before {name}")
            done = act(*arguments, **options)
            steps.step(f"after {name}")
            return done

        return stepped

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CrashingConnection, "steps", steps)
        for name in ("fsync", "write"):
            patch.setattr(os, name, around(name, getattr(os, name)))
        patch.setattr(Path, "rename", around("rename", Path.rename))
        patch.setattr(Path, "unlink", around("unlink", Path.unlink))
        with suppress(CrashError):
            yield steps
