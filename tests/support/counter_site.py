"""A state directory whose programs are killed, and whose files are lost and put back."""

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from dcud.store.counter_store import CounterStore

_PROJECT = Path(__file__).parents[2]
_SUFFIXES = ("", "-wal", "-shm", ".marker")
_WHAT = (
    ("", "-wal", "-shm"),  # the database, with its log as it was
    ("", "-wal", "-shm", ".marker"),
    ("", ".marker"),  # with the log of today
    ("",),
    ("-wal", "-shm"),
    (".marker",),
)
_STARTS = 0.15
"""Seconds that a program takes to start, about."""


class CounterSite:
    """One state directory and the line that its programs put frames on.

    Attributes:
        done: what was done to it, and what came of it, by name.
    """

    def __init__(self, directory: Path, draw: random.Random, done: "Counter[str]") -> None:
        self.done = done
        self._draw = draw
        self._path = directory / "state" / "counters.sqlite"
        self._path.parent.mkdir(parents=True)
        self._line = directory / "line"
        self._line.touch()
        self._backup = directory / "backup"
        self._heard_at_backup = 0
        self._backup_in_use = False
        self._meddled = False  # whether the files are not what the programs left
        self._read = 0
        self._history: list[str] = []  # for who has to find out what went wrong

    def run(self) -> None:
        """Let one or two programs run until they have done or are killed; meddle in between."""
        self._meddle()
        programs = [self._start() for _ in range(1 + (self._draw.random() < 0.25))]
        in_use = self._draw.random() < 0.2
        if in_use:
            self._wait(self._draw.uniform(_STARTS, 2 * _STARTS))
            self._meddle_while_in_use()
        for program in programs:
            self._await(program)
        self._hear(in_use=in_use)
        if self._backup_in_use:  # frames of blocks that it knows of tell nothing against it
            self._backup_in_use = False
            self._heard_at_backup = len(self._frames())

    def check(self) -> None:
        """Assert that no counter was ever put on the line twice."""
        seen: set[tuple[str, str]] = set()
        for frame in self._frames():
            account, counter, *_ = frame.split()
            assert (account, counter) not in seen, (
                f"counter {counter} of {account} twice: {self._history}"
            )
            seen.add((account, counter))
        self.done["frames"] += len(seen)

    def _frames(self) -> list[str]:
        lines = self._line.read_text("ascii").splitlines()
        return [line for line in lines if not line.startswith("#")]

    def _start(self) -> "subprocess.Popen[bytes]":
        """Start a program that is to die in one of several ways, or of none."""
        how = self._draw.choices(["line", "moment", "start", "none"], [4, 4, 2, 1])[0]
        self.done[f"killed at a {how}" if how in {"line", "moment"} else how] += 1
        when = {
            "line": ["--at-line", str(self._draw.randint(1, 9000))],
            "start": ["--at-line", str(self._draw.randint(1, 600))],
            "moment": ["--after", str(self._draw.uniform(0, 0.1))],
            "none": [],
        }[how]
        seed = str(self._draw.getrandbits(32))
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.counter_worker"),
                *(str(self._path), str(self._line), seed, *when),
            ],
            cwd=_PROJECT,
            env={key: text for key, text in os.environ.items() if not key.startswith("COVERAGE_")},
            stderr=subprocess.PIPE,
        )

    def _await(self, program: "subprocess.Popen[bytes]") -> None:
        """Wait until a program has ended, in a way in which it may."""
        _, told = program.communicate(timeout=60)
        self.done["programs"] += 1
        self._history.append(f"ended {program.returncode}")
        self.done["kills"] += program.returncode == -signal.SIGKILL
        allowed = {0, -signal.SIGKILL} | ({3} if self._meddled else set())
        assert program.returncode in allowed, told.decode()

    def _hear(self, *, in_use: bool) -> None:
        """Take note of what programs found when they opened the store."""
        lines = self._line.read_text("ascii").splitlines()
        told = [line.split(maxsplit=2)[2] for line in lines[self._read :] if line.startswith("#")]
        self._read = len(lines)
        self._history.append(f"told {told}")
        if "restored" in told:
            assert self._meddled, f"a kill was taken for a backup: {self._history} {told}"
            self.done["recognised by a program"] += 1
        refused = [line for line in told if line.startswith("refused")]
        assert not refused or self._meddled, refused
        if "restored" in told and not in_use:
            self._meddled = False  # told once, never again

    def _meddle(self) -> None:
        """Do to the files, while nobody uses them, what people do."""
        act = self._draw.choices(
            [self._nothing, self._take_backup, self._put_back, self._lose, self._look],
            [40, 20, 20, 8, 12],
        )[0]
        self._history.append(act.__name__)
        act()

    def _meddle_while_in_use(self) -> None:
        """Do to the files what people should not do."""
        act = self._draw.choice([self._take_backup, self._lose, self._replace])
        self._history.append(f"in use: {act.__name__}")
        act()
        self._backup_in_use = act == self._take_backup

    def _nothing(self) -> None:
        """Leave all as it is."""

    def _look(self) -> None:
        """Open the store; kills alone must not look like a backup."""
        assert not self._opens_restored() or self._meddled
        self._meddled = False
        self.done["looks"] += 1

    def _take_backup(self) -> None:
        """Copy the files one after another, as a backup does."""
        shutil.rmtree(self._backup, ignore_errors=True)
        self._backup.mkdir()
        for file in self._files():
            try:
                shutil.copy2(file, self._backup)
            except FileNotFoundError:  # a log that has just gone
                continue
        self._heard_at_backup = len(self._frames())
        self.done["backups"] += 1

    def _put_back(self) -> None:
        """Put a backup back, or a part of it, in place or by rename."""
        if not (self._backup / self._path.name).exists():
            return
        what = self._draw.choice(_WHAT)
        in_place = self._draw.random() < 0.5
        clean = self._draw.random() < 0.5  # without what the backup has not
        if clean and "" in what:
            for suffix in ("-wal", "-shm"):
                self._at(suffix).unlink(missing_ok=True)
        for suffix in what:
            self._put(suffix, in_place=in_place)
        self._history.append(f"{what} {in_place=} {clean=}")
        self.done["put back " + ("in place" if in_place else "by rename")] += 1
        self._meddled = True
        moved_on = len(self._frames()) > self._heard_at_backup
        if moved_on and {"", "-wal", "-shm"} <= set(what) and self._draw.random() < 0.6:
            assert self._opens_restored(), f"{what} {in_place=} was not recognised"
            self.done["recognised"] += 1
            self._meddled = False

    def _replace(self) -> None:
        """Put the backup's database in place of the one in use, by rename."""
        if (self._backup / self._path.name).exists():
            self._put("", in_place=False)
            self.done["replaced while in use"] += 1
            self._meddled = True

    def _lose(self) -> None:
        """Delete the database, with its log and maybe with its marker."""
        marker = self._draw.random() < 0.5
        for suffix in _SUFFIXES if marker else _SUFFIXES[:-1]:
            self._at(suffix).unlink(missing_ok=True)
        self.done["lost"] += 1
        self._meddled = True

    def _put(self, suffix: str, *, in_place: bool) -> None:
        here = self._at(suffix)
        there = self._backup / here.name
        if not there.exists():
            here.unlink(missing_ok=True)
        elif in_place:
            shutil.copyfile(there, here)
        else:
            copy = self._path.with_name("restoring")
            shutil.copy2(there, copy)
            copy.rename(here)

    def _opens_restored(self) -> bool:
        """Open the store as a program would; tell whether it says that it was put back."""

        async def look() -> bool:
            store = await CounterStore.open(self._path, time.monotonic, exclusive=True)
            async with store:
                return store.restored

        return asyncio.run(look())

    def _at(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)

    def _files(self) -> list[Path]:
        return [self._at(suffix) for suffix in _SUFFIXES if self._at(suffix).exists()]

    def _wait(self, seconds: float) -> None:
        """Wait for no event: the moment is what is tried."""
        time.sleep(seconds)
