"""Cuts a modem's octet stream into units, with every octet accounted for.

Where no frame begins, or one's check sequence fails, a single octet is dropped and the next one is
tried, so that a good frame is found whatever stands before it. Dropped octets that follow each
other make one `Noise`; it is told with the unit after it, at silence, or when it has grown long.
"""

from typing import Final

from dcud.dlms.sfsk.framing import Framing, Noise, Unit

MAX_NOISE: Final = 256
"""Octets of noise that are told at once, though more may follow."""

_WEIGHTS: Final = {"noise": 0, "truncated": 1, "frame_check": 2}
"""Of the reasons that stand in one run, the weightiest is told."""


class SfskDelimiter:
    """Cuts one direction of one line, however it was cut before."""

    __slots__ = ("_buffer", "_framing", "_noise", "_reason")

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._buffer = bytearray()
        self._noise = bytearray()
        self._reason = "noise"

    @property
    def pending(self) -> bool:
        """Whether octets are held that haven't been told of."""
        return bool(self._buffer or self._noise)

    def feed(self, octets: bytes) -> list[Unit | Noise]:
        """Take octets; return what is complete."""
        self._buffer += octets
        return self._cut(silent=False)

    def give_up(self) -> list[Unit | Noise]:
        """Return all that is held, since after silence no frame goes on."""
        units = self._cut(silent=True)
        self._tell_noise(units)
        return units

    def _cut(self, *, silent: bool) -> list[Unit | Noise]:
        units: list[Unit | Noise] = []
        buffer = self._buffer
        while buffer:
            octets = bytes(buffer)
            wanted = self._framing.measure(octets)
            if wanted > len(octets):
                if not silent:
                    break
                self._drop("truncated", units)
            elif not wanted:
                self._drop("noise", units)
            elif (unit := self._framing.parse(octets[:wanted])) is None:
                self._drop("frame_check", units)
            else:
                self._tell_noise(units)
                units.append(unit)
                del buffer[:wanted]
        return units

    def _drop(self, reason: str, units: list[Unit | Noise]) -> None:
        self._noise.append(self._buffer.pop(0))
        if _WEIGHTS[reason] > _WEIGHTS[self._reason]:
            self._reason = reason
        if len(self._noise) == MAX_NOISE:
            self._tell_noise(units)

    def _tell_noise(self, units: list[Unit | Noise]) -> None:
        if self._noise:
            units.append(Noise(bytes(self._noise), self._reason))
            self._noise.clear()
        self._reason = "noise"
