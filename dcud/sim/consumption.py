"""Consumption that looks like a household's, as a pure function of time."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from math import cos, pi, sin

_DAY = 86_400.0
_YEAR = 365.25 * _DAY


@dataclass(frozen=True, slots=True)
class _Wave:
    """One sine of the load curve: amplitude in watts, period and shift in seconds."""

    amplitude: float
    period: float
    shift: float

    def power(self, t: float) -> float:
        return self.amplitude * sin(2 * pi * (t - self.shift) / self.period)

    def energy(self, t: float) -> float:
        """The integral of `power` in watt-seconds, up to a constant."""
        swing = self.amplitude * self.period / (2 * pi)
        return -swing * cos(2 * pi * (t - self.shift) / self.period)


class LoadCurve:
    """The load of one household.

    The same seed gives the same curve for ever, so that a meter that is started again goes on
    where time has led
    it, and a profile needs no memory: power is a sum of sines (year, day, half a day, the fridge),
    energy is its integral in closed form and never falls.
    """

    def __init__(self, seed: str) -> None:
        draw = _draws(seed)
        base = 150.0 + 600.0 * draw()
        self._base = base
        self._waves = (
            _Wave(base * 0.20, _YEAR, _YEAR * (0.78 + 0.02 * draw())),
            _Wave(base * 0.45, _DAY, _DAY * (0.40 + 0.10 * draw())),
            _Wave(base * 0.25, _DAY / 2, _DAY * (0.20 + 0.05 * draw())),
            _Wave(base * 0.08, 2700.0, 2700.0 * draw()),
        )
        self._seed = seed

    def power(self, t: float) -> float:
        """Return the active power at unix second `t`, in watts; never negative."""
        return self._base + sum(wave.power(t) for wave in self._waves)

    def energy(self, t: float, since: float) -> float:
        """Return the watt-hours from `since` to `t`, unix seconds; never falls with `t`."""
        moved = sum(wave.energy(t) - wave.energy(since) for wave in self._waves)
        return (self._base * (t - since) + moved) / 3600.0

    def ripple(self, t: float, kind: str) -> float:
        """Return a number in -1..1 that is another for every second and kind."""
        return 2 * _fraction(f"{self._seed}/{kind}/{int(t)}") - 1


def _draws(seed: str) -> Callable[[], float]:
    count = 0

    def draw() -> float:
        nonlocal count
        count += 1
        return _fraction(f"{seed}#{count}")

    return draw


def _fraction(text: str) -> float:
    digest = blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
