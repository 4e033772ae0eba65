"""`dcud run` in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.support.eventually import eventually
from tests.support.frame_lines import FrameLine, frame_lines
from tests.support.toml_text import TomlValue, toml_text

T = TypeVar("T")

_PROJECT = Path(__file__).parents[2]
_PAGE = re.compile(r"metrics on (http://\S+)")


class Daemon:
    """The daemon on a configuration of its own; started and ended as often as a test likes.

    The configuration is what the test gives, with [gateway], [metrics] and [log] completed so that
    everything stays within the directory.

    Args:
        directory: an existing directory of its own.
        document: the configuration.
        keys: what stands in the gateway's key file.
        measured: whether it counts for the coverage, which writes a file of its own at the end.

    Attributes:
        lines: of standard error, of all runs.
        process: the latest run.
    """

    def __init__(
        self,
        directory: Path,
        document: Mapping[str, TomlValue],
        keys: Mapping[str, TomlValue] | None = None,
        *,
        measured: bool = True,
    ) -> None:
        self._measured = measured
        self.path = directory / "dcud.toml"
        self.frame_log = directory / "frames.log"
        self.database = directory / "state" / "dcud.db"
        self.key_file = directory / "keys.toml"
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._news = threading.Condition()
        self._first_line = 0
        if keys is not None:
            self.key_file.touch(0o600)
            self.key_file.write_text(toml_text(keys), encoding="utf-8")
        self.configure(document)

    def configure(self, document: Mapping[str, TomlValue]) -> None:
        """Write another configuration; a daemon that runs takes it when it is told to."""
        whole = self._completed(document, self.key_file.exists())
        self.path.write_text(toml_text(whole), "utf-8")

    def start(self) -> None:
        """Start it; returns at once."""
        assert self._process is None
        self._first_line = len(self.lines)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dcud", "run", "--config", str(self.path)],
            cwd=_PROJECT,
            env={
                name: value
                for name, value in os.environ.items()
                if self._measured or not name.startswith("COVERAGE_")
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    @property
    def process(self) -> "subprocess.Popen[str]":
        """The process that runs now."""
        assert self._process is not None
        return self._process

    @property
    def told(self) -> str:
        """What the latest run wrote to standard error."""
        return "\n".join(self.lines[self._first_line :])

    def wait_for_line(self, pattern: str, within: float = 20.0) -> "re.Match[str]":
        """Wait until the latest run has written a line that holds `pattern`; return the match."""

        def found() -> "re.Match[str] | None":
            lines = self.lines[self._first_line :]
            return next((match for line in lines if (match := re.search(pattern, line))), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._has_ended(), within)
            match = found()
        assert match, f"the daemon wrote no {pattern!r}:\n{self.told}"
        return match

    def until(self, look: Callable[[], T | None], what: str, within: float = 40.0) -> T:
        """Look until there is something true to see, as long as the daemon lives."""

        def look_while_alive() -> T | None:
            assert self.process.poll() is None, f"the daemon has ended:\n{self.told}"
            return look()

        return eventually(look_while_alive, what, within)

    def page(self) -> str:
        """Return its metrics page."""
        with urlopen(self.wait_for_line(_PAGE.pattern)[1], timeout=10) as answer:  # noqa: S310  # http
            text: str = answer.read().decode()
        return text

    def metric(self, sample_name: str, **labels: str) -> float | None:
        """Return the sum of the page's samples that have these labels; None where none has."""
        values = [
            sample.value
            for family in text_string_to_metric_families(self.page())
            for sample in family.samples
            if sample.name == sample_name and labels.items() <= sample.labels.items()
        ]
        return sum(values) if values else None

    def frames(self) -> list[FrameLine]:
        """Return what stands in its frame log."""
        return frame_lines(self.frame_log)

    def environment(self) -> bytes:
        """Return its environment as others see it: not at all, unless they are root."""
        try:
            return Path(f"/proc/{self.process.pid}/environ").read_bytes()
        except PermissionError:
            return b"(hidden)"

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def terminate(self, within: float = 20.0) -> tuple[int, float]:
        """End it in order; return its exit code and the seconds that it took."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        return self.wait(within), time.monotonic() - began

    def wait(self, within: float = 20.0) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(within)
        self._forget()
        return code

    def kill(self) -> None:
        """End it as a power cut would; nothing happens where it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._forget()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()
        if kind is not None:
            print("what the daemon wrote:", *self.lines, sep="\n  ")  # noqa: T201  # for who mends

    def _completed(self, document: Mapping[str, TomlValue], has_keys: bool) -> dict[str, TomlValue]:  # noqa: FBT001  # a fact
        gateway: dict[str, TomlValue] = {"id": "gw", "state_directory": self.database.parent}
        if has_keys:
            gateway["key_file"] = self.key_file
        defaults: dict[str, dict[str, TomlValue]] = {
            "gateway": gateway,
            "metrics": {"listen": "127.0.0.1:0"},
            "log": {"frame_log": self.frame_log},
        }
        completed = dict(document)
        for table, default in defaults.items():
            given = document.get(table, {})
            assert isinstance(given, Mapping)
            completed[table] = {**default, **given}
        return completed

    def _read(self, process: "subprocess.Popen[str]") -> None:
        """Keep what it writes, and tell of each line."""
        assert process.stderr is not None
        for line in process.stderr:
            with self._news:
                self.lines.append(line.rstrip("\n"))
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _has_ended(self) -> bool:
        return self._reader is None or not self._reader.is_alive()

    def _forget(self) -> None:
        """Let go of a process that has ended, with all that it wrote in hand."""
        assert self._process is not None
        assert self._reader is not None
        assert self._process.stderr is not None
        self._reader.join(10)
        self._process.stderr.close()
        self._process = None
