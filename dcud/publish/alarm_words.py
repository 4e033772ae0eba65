"""Where the words of alarm registers stand in what meters say."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final

from dcud.notice import Notice, NoticedValue
from dcud.reading import Reading

_VALUE: Final = 2
_LOGICAL_NAME: Final = 12
"""Hex digits of a logical name."""

AlarmNames = Callable[[str, str], Mapping[int, str] | None]
"""By meter and OBIS code the names of an alarm register's bits; None for any other object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmWord:
    """What an alarm register held.

    Attributes:
        obis: the register, as "0.0.97.98.0.255".
        word: its bits.
        names: by bit; those that are left out have none.
        time: when it was heard, aware.
    """

    meter: str
    obis: str
    word: int
    names: Mapping[int, str]
    time: datetime


def words_of_reading(reading: Reading, names: AlarmNames) -> Iterator[AlarmWord]:
    """Give the alarm words in a reading; what a profile captured earlier is none of today's."""
    if reading.capture_time is not None:
        return
    for value in reading.values:
        if value.attribute == _VALUE:
            yield from _word(reading.meter, value.obis, value.value, names, reading.read_time)


def words_of_notice(notice: Notice, names: AlarmNames) -> Iterator[AlarmWord]:
    """Give the alarm words in a notice.

    The service names whose value it brings, or within a push the value follows the logical name of
    its register, as where all attributes of an object are pushed. [IEC 62056-6-2: Push setup]
    """
    meter, time = notice.meter, notice.received
    told = notice.attribute
    if told is not None and told.attribute == _VALUE:
        yield from _word(meter, told.obis, notice.value.value, names, time)
    for name, value in _neighbours(notice.value):
        yield from _word(meter, _obis(name), value.value, names, time)


def _neighbours(value: NoticedValue) -> Iterator[tuple[NoticedValue, NoticedValue]]:
    """Give all pairs of items that follow on one another, however deep within."""
    if isinstance(value.value, tuple):
        yield from pairwise(value.value)
        for item in value.value:
            yield from _neighbours(item)


def _word(
    meter: str, obis: str, value: object, names: AlarmNames, time: datetime
) -> Iterator[AlarmWord]:
    if type(value) is not int or value < 0:
        return
    known = names(meter, obis) if obis else None
    if known is not None:
        yield AlarmWord(meter=meter, obis=obis, word=value, names=known, time=time)


def _obis(value: NoticedValue) -> str:
    """Return the logical name that six octets are; "" for anything else."""
    octets = value.value
    if value.type != "octet-string" or not isinstance(octets, str) or len(octets) != _LOGICAL_NAME:
        return ""
    try:
        return ".".join(map(str, bytes.fromhex(octets)))
    except ValueError:
        return ""
