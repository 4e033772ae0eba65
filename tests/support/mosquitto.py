"""A real Mosquitto on a free loopback port."""

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

_START_SECONDS = 10.0
_END_SECONDS = 10.0
_SIGNAL_AGAIN = 1.0
_PORT_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerTls:
    """PEM files of the broker; with `ca_file`, clients must show a certificate from there."""

    certificate_file: Path
    private_key_file: Path
    ca_file: Path | None = None


def free_port() -> int:
    """Return a loopback port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Mosquitto:
    """A broker that listens on 127.0.0.1:`port` from `start` (or entering) to `stop` or `kill`.

    It keeps its sessions and retained messages in `directory` over restarts on the same port, those
    before a `kill` only as far as `save` was called. Without `users` anyone may come.

    Args:
        directory: an existing directory of its own.
        tls: speak TLS.
        users: password by user name.
        options: more lines for its configuration.
    """

    def __init__(
        self,
        directory: Path,
        *,
        tls: BrokerTls | None = None,
        users: dict[str, str] | None = None,
        options: tuple[str, ...] = (),
    ) -> None:
        self.port = free_port()
        self.lines: list[str] = []
        self._directory = directory
        self._tls = tls
        self._users = users
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self._news = threading.Condition()

    def start(self) -> None:
        """Start it; returns when it accepts connections."""
        for _ in range(_PORT_ATTEMPTS):
            self._spawn()
            if self._wait_for(lambda: any(" running" in line for line in self.lines)):
                return
            self.kill()
            if not any("Address already in use" in line for line in self.lines):
                break
            self.port = free_port()
        raise RuntimeError("mosquitto did not start:\n" + "\n".join(self.lines))

    def stop(self) -> None:
        """End it in order: it keeps everything."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it do nothing, with its connections open, until `resume`."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def save(self) -> None:
        """Have it write down what it keeps; returns when it has."""
        assert self._process is not None
        seen = len(self.lines)
        database = self._directory / "mosquitto.db"
        before = database.stat().st_mtime_ns if database.exists() else 0
        self._process.send_signal(signal.SIGUSR1)
        # It logs before it writes, and renames the file when that is done.
        assert self._wait_for(lambda: any("Saving" in line for line in self.lines[seen:]))
        with socket.create_connection(("127.0.0.1", self.port)):  # taken after the writing
            assert self._wait_for(lambda: any("New connection" in x for x in self.lines[seen:]))
        assert database.stat().st_mtime_ns > before

    def wait_for_line(self, part: str, timeout: float = 10.0) -> bool:
        """Wait until a line of its log contains `part`; tell whether one does."""
        return self._wait_for(lambda: any(part in line for line in self.lines), timeout)

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

    def _spawn(self) -> None:
        """Start the process and a thread that reads its log."""
        path = self._directory / "mosquitto.conf"
        path.write_text("\n".join(self._configuration()) + "\n", encoding="utf-8")
        self.lines.clear()
        self._process = subprocess.Popen(
            ["mosquitto", "-c", str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"},
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _read(self, process: "subprocess.Popen[str]") -> None:
        """Keep the log's lines, and tell of each."""
        assert process.stderr is not None
        for line in process.stderr:
            with self._news:
                self.lines.append(line.rstrip())
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def _wait_for(self, condition: Callable[[], bool], timeout: float = _START_SECONDS) -> bool:
        """Wait until the log fulfils a condition, or ends."""

        def over() -> bool:
            return condition() or self._reader is None or not self._reader.is_alive()

        with self._news:
            self._news.wait_for(over, timeout)
            return condition()

    def _end(self, how: signal.Signals) -> None:
        """Signal the process, then wait for it."""
        if self._process is None or self._reader is None:
            return
        deadline = time.monotonic() + _END_SECONDS
        while self._process.poll() is None:
            assert time.monotonic() < deadline, "mosquitto does not end"
            # It forgets a signal that comes while it says that it is running.
            self._process.send_signal(how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_SIGNAL_AGAIN)
        self._reader.join(10)
        assert self._process.stderr is not None
        self._process.stderr.close()
        self._process = None

    def _configuration(self) -> list[str]:
        """Return the lines of its configuration."""
        return [
            f"listener {self.port} 127.0.0.1",
            *self._tls_lines(),
            *self._user_lines(),
            "user root",  # as root it would else become a user who can't read our directory
            "persistence true",
            f"persistence_location {self._directory}/",
            "autosave_interval 0",
            "max_queued_messages 0",
            "queue_qos0_messages true",
            "max_inflight_messages 0",
            "log_dest stderr",
            *(f"log_type {kind}" for kind in ("error", "warning", "notice", "information")),
            *self._options,
        ]

    def _tls_lines(self) -> list[str]:
        """Return the lines about TLS."""
        if self._tls is None:
            return []
        lines = [f"certfile {self._tls.certificate_file}", f"keyfile {self._tls.private_key_file}"]
        if self._tls.ca_file is not None:
            lines += [f"cafile {self._tls.ca_file}", "require_certificate true"]
        return lines

    def _user_lines(self) -> list[str]:
        """Return the lines about who may come."""
        if self._users is None:
            return ["allow_anonymous true"]
        passwords = self._directory / "passwords"
        passwords.unlink(missing_ok=True)
        passwords.touch(0o600)
        for name, password in self._users.items():
            subprocess.run(
                ["mosquitto_passwd", "-b", str(passwords), name, password],
                check=True,
                capture_output=True,
            )
        return ["allow_anonymous false", f"password_file {passwords}"]
