"""What systemd is told of the daemon: that it is ready, what it does, that it lives."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

_LOG = logging.getLogger("dcud.observe")

Notify = Callable[[str], None]
"""Sends lines of NAME=VALUE; see sd_notify(3)."""


@dataclass(frozen=True, slots=True)
class ServiceManager:
    """The service manager that started this process, if one did that wants to be told.

    Attributes:
        notify: how it is told; None where nobody listens.
        watchdog: seconds within which it wants to hear that the daemon lives; None: it doesn't.
    """

    notify: Notify | None = None
    watchdog: float | None = None

    def ready(self, status: str) -> None:
        """Tell that the daemon does its work from now on, or again after a reload."""
        self._tell("READY=1", f"STATUS={status}")

    def status(self, sentence: str) -> None:
        """Tell what is going on, in words."""
        self._tell(f"STATUS={sentence}")

    def reloading(self, monotonic: float) -> None:
        """Tell that the configuration is read anew; `ready` ends it.

        Args:
            monotonic: seconds of CLOCK_MONOTONIC.
        """
        self._tell("RELOADING=1", f"MONOTONIC_USEC={int(monotonic * 1e6)}")

    def stopping(self) -> None:
        """Tell that the end has begun."""
        self._tell("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """Tell that the daemon makes progress."""
        self._tell("WATCHDOG=1")

    def _tell(self, *lines: str) -> None:
        if self.notify is not None:
            self.notify("\n".join(line.replace("\n", " ") for line in lines))


NOBODY = ServiceManager()


def service_manager(environment: Mapping[str, str], pid: int) -> ServiceManager:
    """Return who started this process, by what stands in its environment.

    Args:
        environment: of the process. [sd_notify(3), sd_watchdog_enabled(3)]
        pid: its own.
    """
    path = environment.get("NOTIFY_SOCKET")
    if not path:
        return NOBODY
    return ServiceManager(_notify(path), _watchdog(environment, pid))


def _notify(path: str) -> Notify:
    try:
        from systemd.daemon import notify  # noqa: PLC0415  # a part of Debian's, not everywhere
    except ImportError:
        _LOG.warning(
            "systemd runs dcud, and its Python package is missing: install python3-systemd (pip"
            " install 'dcud[systemd]') to have bus, meter and code as fields in the journal"
        )
        return lambda lines: _send(path, lines)
    return lambda lines: _through(notify, lines)


def _through(notify: Callable[[str], bool], lines: str) -> None:
    with suppress(OSError):  # as below
        notify(lines)


def _send(path: str, lines: str) -> None:
    """Send a datagram to the service manager; one that can't be told is not worth an end."""
    address = "\0" + path[1:] if path.startswith("@") else path
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.setblocking(False)
        opened.sendto(lines.encode(), address)


def _watchdog(environment: Mapping[str, str], pid: int) -> float | None:
    """Return the seconds within which a sign of life is expected, if of this process."""
    told = environment.get("WATCHDOG_USEC", "")
    of = environment.get("WATCHDOG_PID", str(pid))
    return int(told) / 1e6 if told.isdecimal() and int(told) and of == str(pid) else None


def of_this_process() -> ServiceManager:
    """Return who started this process."""
    return service_manager(os.environ, os.getpid())
