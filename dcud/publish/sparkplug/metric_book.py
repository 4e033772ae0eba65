"""The metrics of an edge node or a device: what was told of them in the last birth, what is now."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.publish.sparkplug.payload import DataType, Metric, Property, Quality
from dcud.publish.sparkplug.samples import Sample

_BASIS: Final = DataType.STRING
"""The type of what never had a value."""


@dataclass(slots=True)
class _Entry:
    """A metric.

    Attributes:
        current: the newest that was told as current; None: nothing yet.
        is_announced: whether the last birth told it as it is.
        quality: what was told last.
    """

    alias: int
    data_type: DataType
    traits: tuple[Property, ...]
    current: Sample | None = None
    is_announced: bool = False
    quality: Quality = Quality.STALE


class MetricBook:
    """Keeps the metrics of an edge node, or of a device.

    Args:
        alias: returns a number that no other metric of the edge node has.
    """

    def __init__(self, alias: Callable[[], int]) -> None:
        self._alias = alias
        self._entries: dict[str, _Entry] = {}

    @property
    def is_announced(self) -> bool:
        """Whether a birth has told every metric as it is now."""
        return all(entry.is_announced for entry in self._entries.values())

    def learn(self, samples: Sequence[Sample]) -> None:
        """Take note of metrics, and of their types; their values are told by `data`."""
        for sample in samples:
            entry = self._entries.get(sample.name)
            if entry is None:
                data_type = sample.data_type or _BASIS
                self._entries[sample.name] = _Entry(self._alias(), data_type, sample.traits)
            elif _is_another(entry, sample):
                entry.data_type = sample.data_type or entry.data_type
                entry.traits = sample.traits
                entry.current = None
                entry.is_announced = False

    def birth(self, now: int) -> tuple[Metric, ...]:
        """Return every metric by name, with its current value; stale where it has none.

        Args:
            now: the timestamp of what has no value.
        """
        return tuple(self._born(name, entry, now) for name, entry in self._entries.items())

    def data(self, samples: Sequence[Sample], now: int, *, is_late: bool) -> tuple[Metric, ...]:
        """Return samples that `learn` was told of by their aliases.

        Args:
            samples: in the order of their capture.
            now: in milliseconds since 1970-01-01 UTC.
            is_late: whether they are history, and leave the current values as they are.
        """
        return tuple(self._told(sample, now, is_late=is_late) for sample in samples)

    def note(self, samples: Sequence[Sample]) -> None:
        """Take samples that `learn` was told of as current without telling them."""
        for sample in samples:
            self._entries[sample.name].current = sample

    def changed(self, samples: Sequence[Sample]) -> tuple[Sample, ...]:
        """Return those that say something else than what is current."""
        return tuple(each for each in samples if self._current_value(each.name) != each.value)

    def _current_value(self, name: str) -> object:
        current = self._entries[name].current
        return None if current is None else current.value

    @staticmethod
    def _born(name: str, entry: _Entry, now: int) -> Metric:
        current = entry.current
        entry.is_announced = True
        entry.quality = Quality.STALE if current is None else current.quality
        return Metric(
            name=name,
            alias=entry.alias,
            timestamp=now if current is None else current.timestamp,
            data_type=entry.data_type,
            value=None if current is None else current.value,
            properties=(
                *entry.traits,
                Property("Quality", DataType.INT32, entry.quality),
                *(() if current is None else current.remarks),
            ),
        )

    def _told(self, sample: Sample, now: int, *, is_late: bool) -> Metric:
        entry = self._entries[sample.name]
        current = entry.current
        # What was told of a time yet to come, before the clock was set right, makes nothing old.
        newest = 0 if current is None or current.timestamp > now else current.timestamp
        is_late = is_late or sample.timestamp < newest
        if not is_late:
            entry.current = sample
        # A host keeps what it heard last, so that what becomes good again has to be told, too.
        is_plain = sample.quality is Quality.GOOD and entry.quality is Quality.GOOD
        entry.quality = sample.quality
        quality = () if is_plain else (Property("Quality", DataType.INT32, sample.quality),)
        return Metric(
            alias=entry.alias,
            timestamp=sample.timestamp,
            data_type=entry.data_type,
            is_historical=is_late,
            value=sample.value,
            properties=(*quality, *sample.remarks),
        )


def _is_another(entry: _Entry, sample: Sample) -> bool:
    """Return whether a sample is of another type or object than its metric was."""
    is_known = sample.data_type in {DataType.UNKNOWN, entry.data_type}
    return not is_known or entry.traits != sample.traits
