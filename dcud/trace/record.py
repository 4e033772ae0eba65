"""The lines of the frame log, read back."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar, Final

from dcud.errors import DcudError

Range = tuple[int, int]
"""Half-open, in octets."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_HEX: Final = re.compile(r"(?:[0-9A-F]{2}|\*\*)+")
_MASKED: Final = re.compile(r"(?:\*\*)+")
_WHOLE_SECOND: Final = len("2026-11-22T19:01:35")


class Mark(StrEnum):
    """What a line tells of."""

    SENT = "tx"
    RECEIVED = "rx"
    DISCARDED = "rx!"
    REPEATED = "tx!"
    LOG = "!"  # of the log itself: lines that it had to drop


_MARKS: Final = {str(mark): mark for mark in Mark}
_FRAMES: Final = frozenset({Mark.SENT, Mark.RECEIVED})


class LogLineError(DcudError):
    """A line that is none of the frame log's.

    Attributes:
        line: its number, from 1.
        column: where it stops making sense, from 1.
    """

    code: ClassVar[str] = "log_line"

    def __init__(self, message: str, *, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {message}")
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One line of the frame log.

    Attributes:
        at: Unix milliseconds.
        bus: the bus id, "-" where there is none.
        mark: what happened.
        meter: the meter that was being spoken to, "-" where there is none.
        note: of a discard the reason, of a repetition how much; "" with frames.
        octets: as they stood on the line, zeros for those that are masked.
        masked: the half-open ranges of `octets` that the log does not show.
    """

    at: int
    bus: str
    mark: Mark
    meter: str
    note: str = ""
    octets: bytes = b""
    masked: tuple[Range, ...] = ()

    @property
    def is_frame(self) -> bool:
        """Whether it is a frame, sent or heard."""
        return self.mark in _FRAMES

    @property
    def is_sent(self) -> bool:
        """Whether it tells of what went out to the meter."""
        return self.mark in {Mark.SENT, Mark.REPEATED}


def parse_line(text: str, number: int = 1) -> Record:
    """Read one line, with or without its end; `number` is told in errors.

    Raises:
        LogLineError: it is none of the frame log's, or it is cut off.
    """
    columns = text.rstrip("\r\n").split(" ", 4)
    at = _moment(columns[0])
    if at is None:
        raise LogLineError("no time as in 2026-11-22T19:01:35.061Z", line=number, column=1)
    if len(columns) < 4 or not columns[3]:
        end = len(text.rstrip("\r\n")) + 1
        raise LogLineError("cut off before the octets", line=number, column=end)
    time, bus, mark_text, meter, *rest = columns
    mark = _MARKS.get(mark_text)
    if mark is None:
        column = len(time) + len(bus) + 3
        raise LogLineError(f"{mark_text!r} is none of tx, rx, rx!, tx!", line=number, column=column)
    note, shown = _note_and_hex(mark, rest[0] if rest else "")
    if note and mark in _FRAMES:
        column = len(time) + len(bus) + len(mark_text) + len(meter) + 5
        raise LogLineError(*_bad_hex(shown or note), line=number, column=column)
    octets, masked = _octets(shown)
    return Record(at=at, bus=bus, mark=mark, meter=meter, note=note, octets=octets, masked=masked)


def _bad_hex(text: str) -> tuple[str]:
    return (f"{text[:16]!r} is no octets in hex, with ** for those that are masked",)


def _moment(text: str) -> int | None:
    if not _TIME.fullmatch(text):
        return None
    second = _second(text[:_WHOLE_SECOND])
    return None if second is None else second * 1000 + int(text[-4:-1])


@lru_cache(maxsize=4)
def _second(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.replace(tzinfo=UTC).timestamp())


def _note_and_hex(mark: Mark, rest: str) -> tuple[str, str]:
    """Part what stands before the octets from them; reasons never look like octets."""
    if mark in _FRAMES:
        return ("", rest) if not rest or _HEX.fullmatch(rest) else (rest, "")
    note, _, last = rest.rpartition(" ")
    return (note, last) if _HEX.fullmatch(last) else (rest, "")


def _octets(shown: str) -> tuple[bytes, tuple[Range, ...]]:
    if "*" not in shown:
        return bytes.fromhex(shown), ()
    masked = tuple((run.start() // 2, run.end() // 2) for run in _MASKED.finditer(shown))
    return bytes.fromhex(shown.replace("*", "0")), masked


def timestamp(milliseconds: int) -> str:
    """Return Unix milliseconds as the frame log writes them."""
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_whole_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=4)
def _whole_second(unix: int) -> str:
    return datetime.fromtimestamp(unix, UTC).strftime("%Y-%m-%dT%H:%M:%S")
