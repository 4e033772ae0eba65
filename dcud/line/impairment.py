"""What a bad line does to the octets that go over it.

Nothing here is random by itself: chance comes in as a `random.Random`, so that a seed brings every
mishap back.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from enum import StrEnum
from math import log1p
from random import Random
from typing import NamedTuple

from dcud.dlms.hdlc.delimiter import Delimiter


class Mishap(StrEnum):
    """What can befall a frame; also the names of the rates."""

    LOSS = "loss"
    DUPLICATION = "duplication"
    TRUNCATION = "truncation"
    NOISE = "noise"
    DELAY = "delay"
    DISORDER = "disorder"


CORRUPTION = "corruption"
"""What can befall an octet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """How bad a line is, in one direction.

    Attributes:
        corruption: share of octets that come out as others, 0 to below 1.
        loss: share of frames that don't come out.
        duplication: share that come out twice.
        truncation: share that come out without their end.
        noise: share that come out behind octets that nobody sent.
        delay: share that come out late, and all behind them too.
        disorder: share that come out before the frame before them; one that went alone comes out in
            two pieces, the second before the first.
        longest_delay: seconds.

    A frame meets at most one mishap, so their shares add up to 1 at most; corruption comes on top.

    Raises:
        ValueError: when a share is out of range.
    """

    corruption: float = 0.0
    loss: float = 0.0
    duplication: float = 0.0
    truncation: float = 0.0
    noise: float = 0.0
    delay: float = 0.0
    disorder: float = 0.0
    longest_delay: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what is no share."""
        shares = self.shares
        sound = min(shares.values()) >= 0 and sum(shares.values()) <= 1
        if not sound or not 0 <= self.corruption < 1 or self.longest_delay < 0:
            raise ValueError("the shares of an impairment lie between 0 and 1, and in sum too")

    @property
    def shares(self) -> dict[Mishap, float]:
        """The share of frames that meets each mishap."""
        return {mishap: getattr(self, mishap) for mishap in Mishap}

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of all that can be chosen."""
        return [field.name for field in fields(cls)]


class Passage(NamedTuple):
    """Octets that come out at the other end, so many seconds late."""

    delay: float
    octets: bytes


class ImpairedWay:
    """One direction of a bad line.

    Attributes:
        met: how often each mishap befell a frame, and under "corruption" how many octets were
            changed.
    """

    def __init__(self, impairment: Impairment, random: Random) -> None:
        self.impairment = impairment
        self.met: Counter[str] = Counter()
        self._random = random
        self._ways: dict[Mishap, Callable[[bytes], list[Passage]]] = {
            Mishap.LOSS: self._lose,
            Mishap.DUPLICATION: self._double,
            Mishap.TRUNCATION: self._truncate,
            Mishap.NOISE: self._add_noise,
            Mishap.DELAY: self._delay,
            Mishap.DISORDER: self._tear,
        }

    def carry(self, octets: bytes) -> list[Passage]:
        """Return what becomes of octets that were put on the line in one go, in order.

        HDLC frames that are whole among them meet their fates one by one; whatever else there is
        counts as one frame.
        """
        passages: list[Passage] = []
        for frame in _frames(octets):
            mishap = self._mishap()
            if mishap is None:
                passages.append(Passage(0.0, frame))
                continue
            self.met[mishap] += 1
            if mishap is Mishap.DISORDER and passages:
                passages.insert(-1, Passage(0.0, frame))
            else:
                passages += self._ways[mishap](frame)
        return [Passage(delay, self._corrupt(piece)) for delay, piece in passages]

    def _mishap(self) -> Mishap | None:
        lot = self._random.random()
        for mishap, share in self.impairment.shares.items():
            if lot < share:
                return mishap
            lot -= share
        return None

    def _lose(self, _frame: bytes) -> list[Passage]:
        return []

    def _double(self, frame: bytes) -> list[Passage]:
        return [Passage(0.0, frame), Passage(0.0, frame)]

    def _truncate(self, frame: bytes) -> list[Passage]:
        return [Passage(0.0, frame[: self._random.randrange(len(frame))])]

    def _add_noise(self, frame: bytes) -> list[Passage]:
        noise = self._random.randbytes(self._random.randint(1, 12))
        return [Passage(0.0, noise + frame)]

    def _delay(self, frame: bytes) -> list[Passage]:
        return [Passage(self._random.random() * self.impairment.longest_delay, frame)]

    def _tear(self, frame: bytes) -> list[Passage]:
        place = self._random.randrange(len(frame))
        return [Passage(0.0, frame[place:]), Passage(0.0, frame[:place])]

    def _corrupt(self, octets: bytes) -> bytes:
        if not self.impairment.corruption:
            return octets
        # From one changed octet to the next: far fewer draws than one for each octet.
        rate = -log1p(-self.impairment.corruption)
        changed = bytearray(octets)
        place = int(self._random.expovariate(rate))
        while place < len(changed):
            changed[place] ^= self._random.randint(1, 255)
            self.met[CORRUPTION] += 1
            place += 1 + int(self._random.expovariate(rate))
        return bytes(changed)


def _frames(octets: bytes) -> Iterator[bytes]:
    """Cut octets into good frames, and what lies between them."""
    delimiter = Delimiter()
    for part in [*delimiter.feed(octets), *delimiter.flush()]:
        yield part.octets
