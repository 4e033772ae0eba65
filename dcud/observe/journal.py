"""Lines of the log as entries of systemd's journal, with the fields that one searches by."""

import logging
import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

from dcud.errors import DcudError

_PRIORITIES: Final = (
    (logging.CRITICAL, 2),
    (logging.ERROR, 3),
    (logging.WARNING, 4),
    (logging.INFO, 6),
    (logging.NOTSET, 7),
)
"""Those of syslog, by the lowest level that they are for."""

_PLACE: Final = re.compile(r"%%|(?:\b(bus|meter|job) )?%[-+#0 ]*\d*(?:\.\d+)?[a-zA-Z]")
"""What an argument is put in place of, with the word before it that says what it names."""

Send = Callable[..., None]
"""As `systemd.journal.send`: the message, then fields by name."""


def leads_to_journal(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Tell whether what is written there ends up in the journal.

    Args:
        stream: standard error.
        environment: of the process. [systemd.exec(5): JOURNAL_STREAM]
    """
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return environment.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def priority(level: int) -> int:
    """Return the priority of syslog that a level of logging has."""
    return next(number for lowest, number in _PRIORITIES if level >= lowest)


def fields(record: logging.LogRecord) -> dict[str, str]:
    """Return what a line is about, by the names of the journal's fields.

    Lines name what they are about in the same words everywhere: "bus %s: meter %s: …". So their
    templates tell which of their arguments is which.
    """
    found: dict[str, str] = {}
    arguments = record.args if isinstance(record.args, tuple) else ()
    places = [place for place in _PLACE.finditer(str(record.msg)) if place[0] != "%%"]
    for place, argument in zip(places, arguments, strict=False):
        if place[1]:
            found.setdefault(f"DCUD_{place[1].upper()}", str(argument))
        elif isinstance(argument, DcudError):
            found.setdefault("DCUD_CODE", argument.code)
    code = getattr(record, "code", None)
    return found if code is None else {**found, "DCUD_CODE": str(code)}


class JournalHandler(logging.Handler):
    """Hands lines to the journal.

    Args:
        send: `systemd.journal.send`.
    """

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send

    def emit(self, record: logging.LogRecord) -> None:
        """Hand over a line; one that can't be is shown as logging shows its own faults."""
        try:
            self._send(self.format(record), **_entry(record))
        except Exception:  # noqa: BLE001  # whatever it is, it must not stop what is logged
            self.handleError(record)


class PriorityFormatter(logging.Formatter):
    """Puts the priority before each line, as the journal takes it from a stream.

    [sd-daemon(3): SD_ERR, and so on]
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, or lines."""
        mark = f"<{priority(record.levelno)}>"
        return "\n".join(mark + line for line in super().format(record).split("\n"))


def _entry(record: logging.LogRecord) -> dict[str, Any]:
    return {
        "PRIORITY": str(priority(record.levelno)),
        "SYSLOG_IDENTIFIER": "dcud",
        "LOGGER": record.name,
        **fields(record),
    }


def log_handler(stream: TextIO, environment: Mapping[str, str], line: str) -> logging.Handler:
    """Return where the log goes: to the journal, where the stream leads there; else to the stream.

    Args:
        stream: standard error.
        environment: of the process.
        line: the form of a line on a stream that nobody adds the time to.
    """
    plain = logging.StreamHandler(stream)
    if not leads_to_journal(stream, environment):
        plain.setFormatter(logging.Formatter(line))
        return plain
    form = "%(name)s: %(message)s"
    try:
        from systemd.journal import send  # noqa: PLC0415  # a part of Debian's, not everywhere
    except ImportError:  # the service manager's part says what is missing
        plain.setFormatter(PriorityFormatter(form))
        return plain
    handler = JournalHandler(send)
    handler.setFormatter(logging.Formatter("%(message)s"))
    return handler
