"""The entries of event logs as events of their meters."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from dcud.publish.event_payload import Event, EventSource
from dcud.reading import Reading

_VALUE: Final = 2
_EVENT_CODE: Final = "0.0.96.11."
"""Begins the OBIS codes of the objects that hold the code of a log's last event."""

TellsEvents = Callable[[str, str], bool]
"""By meter and job: whether the entries that the job reads are events."""


def log_events(readings: Iterable[Reading], tells_events: TellsEvents) -> Iterator[Event]:
    """Give an event for each event code among what was captured in logs.

    Its identity follows from the entry alone, so that one that is read twice is the same event.
    """
    for reading in readings:
        if reading.capture_time is not None and tells_events(reading.meter, reading.job):
            yield from _events(reading)


def _events(reading: Reading) -> Iterator[Event]:
    time = reading.capture_time
    assert time is not None  # noqa: S101  # log_events asked
    for value in reading.values:
        code = value.value
        is_code = value.attribute == _VALUE and value.obis.startswith(_EVENT_CODE)
        if is_code and type(code) is int and code >= 0:
            meaning = value.text or "an event whose code nobody knows"
            yield Event(
                time=time,
                code="meter_event",
                text=f"{meaning}: code {code} in {reading.job}",
                meter=reading.meter,
                source=EventSource(obis=value.obis, number=code, sequence=reading.sequence),
            )
