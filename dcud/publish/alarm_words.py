"""Where the words of alarm registers stand in what meters say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Final, Protocol

from dcud.notice import Notice, NoticedValue
from dcud.reading import Reading

_VALUE: Final = 2
_LOGICAL_NAME: Final = 12
"""Hex digits of a logical name."""


class AlarmTables(Protocol):
    """What is known of meters and their alarm registers; objects go by their OBIS codes."""

    def alarm_names(self, meter: str, obis: str) -> Mapping[int, str] | None:
        """Return the names of an alarm register's bits; None for any other object."""
        ...

    def pushed_objects(self, meter: str, push_setup: str) -> Sequence[str]:
        """Return the objects of which a push setup pushes something, in their order, if known."""
        ...


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


def words_of_reading(reading: Reading, tables: AlarmTables) -> Iterator[AlarmWord]:
    """Give the alarm words in a reading; what a profile captured earlier is none of today's."""
    if reading.capture_time is not None:
        return
    for value in reading.values:
        if value.attribute == _VALUE:
            yield from _word(reading.meter, value.obis, value.value, tables, reading.read_time)


def words_of_notice(notice: Notice, tables: AlarmTables) -> Iterator[AlarmWord]:
    """Give the alarm words in a notice.

    The service names whose value it brings. Within a push the value follows the logical name of its
    register, as where all attributes of an object are pushed; or the logical name of the push setup
    stands among the values, and it is known which they are. [IEC 62056-6-2: Push setup]
    """
    meter, time = notice.meter, notice.received
    told = notice.attribute
    if told is not None and told.attribute == _VALUE:
        yield from _word(meter, told.obis, notice.value.value, tables, time)
    for items in _structures(notice.value):
        for obis, value in _named(meter, items, tables):
            yield from _word(meter, obis, value.value, tables, time)


def _structures(value: NoticedValue) -> Iterator[tuple[NoticedValue, ...]]:
    """Give the items of all that has items, however deep within."""
    if isinstance(value.value, tuple):
        yield value.value
        for item in value.value:
            yield from _structures(item)


def _named(
    meter: str, items: tuple[NoticedValue, ...], tables: AlarmTables
) -> Iterator[tuple[str, NoticedValue]]:
    """Give items with the objects whose values they are, as far as that is certain."""
    names = [_obis(item) for item in items]
    for setup in filter(None, names):
        objects = tables.pushed_objects(meter, setup)
        if len(objects) == len(items):
            yield from zip(objects, items, strict=True)
            return
    for name, (_, value) in zip(names, pairwise(items), strict=False):
        yield name, value


def _word(
    meter: str, obis: str, value: object, tables: AlarmTables, time: datetime
) -> Iterator[AlarmWord]:
    if type(value) is not int or value < 0:
        return
    known = tables.alarm_names(meter, obis) if obis else None
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
