"""A channel between two sans-IO ends that loses, doubles and delays, on a virtual clock."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from random import Random

from dcud.dlms.general_block_transfer import GeneralBlockLayer, TransferEvent


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What becomes of each APDU: chances 0..1, and the longest delay in seconds."""

    loss: float = 0.0
    doubling: float = 0.0
    delay: float = 0.0


def random_of(seed: int) -> Random:
    """Return chance that can be had again."""
    return Random(seed)  # noqa: S311  # weather is no secret


class LossyChannel:
    """Two ends, 0 and 1, with what they heard.

    Args:
        react: called with an end and each of its events as they come.
    """

    def __init__(
        self,
        ends: tuple[GeneralBlockLayer, GeneralBlockLayer],
        weather: Weather,
        random: Random,
        react: Callable[[int, TransferEvent], None] = lambda _end, _event: None,
    ) -> None:
        self.now = 0.0
        self.carried = 0
        self._ends = ends
        self._weather = weather
        self._random = random
        self._react = react
        self._order = count()
        self._under_way: list[tuple[float, int, int, bytes]] = []

    def run(self, until: float = 10_000.0) -> None:
        """Let time pass until nothing is under way and nobody waits."""
        self._collect()
        while self.now < until:
            due = [at for end in self._ends if (at := end.next_timeout()) is not None]
            arrival = self._under_way[0][0] if self._under_way else None
            if arrival is None and not due:
                return
            if arrival is not None and arrival <= min(due, default=arrival):
                self._arrive()
            else:
                self._wake(min(due))
            self._collect()
        raise AssertionError("the transfer never ends")

    def _arrive(self) -> None:
        self.now, _, end, octets = heapq.heappop(self._under_way)
        self._tell(end, self._ends[end].receive(octets, self.now))

    def _wake(self, at: float) -> None:
        self.now = max(self.now, at)
        for end, layer in enumerate(self._ends):
            self._tell(end, layer.handle_timeout(self.now))

    def _tell(self, end: int, events: list[TransferEvent]) -> None:
        for event in events:
            self._react(end, event)

    def _collect(self) -> None:
        for end, layer in enumerate(self._ends):
            for octets in layer.apdus_to_send():
                self._carry(1 - end, octets)

    def _carry(self, to: int, octets: bytes) -> None:
        self.carried += 1
        weather, random = self._weather, self._random
        if octets[:1] != b"\xe0":  # what isn't in blocks is not this layer's to recover
            heapq.heappush(self._under_way, (self.now, next(self._order), to, octets))
            return
        copies = 0 if random.random() < weather.loss else 1
        copies += random.random() < weather.doubling
        for _ in range(copies):
            at = self.now + random.random() * weather.delay
            heapq.heappush(self._under_way, (at, next(self._order), to, octets))
