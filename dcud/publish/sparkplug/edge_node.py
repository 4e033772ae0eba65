"""What an edge node has said in this session, and of whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from dcud.publish.sparkplug.metric_book import MetricBook

_NUMBERS: Final = 256
"""bdSeq and seq go from 0 to 255, and begin again. [Sparkplug 3.0: Payload]"""

BD_SEQ_ALIAS: Final = 1
"""Of the metric that numbers the sessions."""


@dataclass(slots=True)
class Device:
    """A meter, as hosts know it.

    Attributes:
        is_down: whether it gives no answer, or is no longer configured.
        is_born: whether hosts take it for being there.
    """

    metrics: MetricBook
    is_down: bool = False
    is_born: bool = False

    @property
    def needs_birth(self) -> bool:
        """Whether what its metrics are has to be told before their values."""
        return not (self.is_born and self.metrics.is_announced)


class EdgeNode:
    """The numbers of the sessions and messages, the devices, and the aliases of all metrics.

    Args:
        bd_seq: the number of the first session, of which 256 are told apart.
    """

    def __init__(self, bd_seq: int) -> None:
        self._sessions = count(bd_seq)
        self._aliases = count(BD_SEQ_ALIAS + 1)
        self._seq = 0
        self._devices: dict[str, Device] = {}
        self.bd_seq = bd_seq % _NUMBERS
        self.is_born = False
        self.metrics = MetricBook(self._next_alias)

    def begin_session(self) -> None:
        """Take the number of the next session, in which nobody was born yet."""
        self.bd_seq = next(self._sessions) % _NUMBERS
        self.die()

    def be_born(self) -> None:
        """Have the messages numbered from 0 on; the devices are yet to be born."""
        self.die()
        self.is_born = True
        self._seq = 0

    def die(self) -> None:
        """Take note that hosts take nobody for being there."""
        self.is_born = False
        for device in self._devices.values():
            device.is_born = False

    def next_seq(self) -> int:
        """Return the number of a message."""
        seq = self._seq
        self._seq = (seq + 1) % _NUMBERS
        return seq

    def device(self, name: str) -> Device:
        """Return a device; it is made where nobody spoke of it before."""
        if name not in self._devices:
            self._devices[name] = Device(MetricBook(self._next_alias))
        return self._devices[name]

    def forget(self, name: str) -> Device:
        """Return a device that is gone; of what it had, nothing is known any more."""
        device = self.device(name)
        device.is_down = True
        device.metrics = MetricBook(self._next_alias)
        return device

    def living(self) -> Iterator[tuple[str, Device]]:
        """Return the devices that are not down, by name."""
        return ((name, each) for name, each in self._devices.items() if not each.is_down)

    def _next_alias(self) -> int:
        return next(self._aliases)
