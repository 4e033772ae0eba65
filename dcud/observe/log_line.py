"""The lines of the frame log."""

import re
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dcud.observe.mask import Mask, Range

_UNFIT: Final = re.compile(r"[\s\x00-\x1f\x7f]")
"""What would break a line or its columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that happened on a bus.

    Attributes:
        at: Unix seconds.
        mark: "tx" or "rx" for a frame, "rx!" for octets that made none, "tx!" for a repetition.
        note: words that stand before the octets.
        secret: half-open ranges of `octets` that may not be shown.
    """

    at: float
    bus: str
    mark: str
    meter: str
    note: str = ""
    octets: bytes = b""
    secret: tuple[Range, ...] = ()


def line(record: Record, mask: Mask) -> str:
    """Return the record as one line: time, bus, mark, meter, note, hex; parted by single blanks."""
    columns = [
        timestamp(record.at),
        _column(mask.text(record.bus)),
        record.mark,
        _column(mask.text(record.meter)),
    ]
    if record.note:
        columns.append(mask.text(record.note))
    if record.octets:
        columns.append(mask.hex(record.octets, record.secret))
    return " ".join(columns) + "\n"


def timestamp(unix: float) -> str:
    """Return Unix seconds as RFC 3339 in UTC, to the millisecond."""
    seconds, milliseconds = divmod(round(unix * 1000), 1000)
    return f"{_whole_second(seconds)}.{milliseconds:03d}Z"


@lru_cache(maxsize=2)
def _whole_second(unix: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(unix))


def _column(text: str) -> str:
    return _UNFIT.sub("_", text) or "-"
