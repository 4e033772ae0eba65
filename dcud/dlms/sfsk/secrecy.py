"""Which octets of a heard S-FSK frame no log may show, since we sent them in secret."""

from dcud.dlms.datalink import Frame
from dcud.dlms.sfsk.framing import Framing, MacFrameHeard, Unit


class SentSecrets:
    """Remembers the frames that carried secrets, to recognise their echoes."""

    __slots__ = ("_frames", "_framing", "_initiator")

    def __init__(self, framing: Framing, initiator: int) -> None:
        self._framing = framing
        self._initiator = initiator
        self._frames: dict[bytes, tuple[tuple[int, int], ...]] = {}

    def forget(self) -> None:
        """Begin afresh."""
        self._frames.clear()

    def mark(self, octets: bytes, ranges: tuple[tuple[int, int], ...]) -> Frame:
        """Return the frame that goes out; `ranges` are relative to its M_sdu.

        The check sequence is secret too, since it would give the rest away.
        """
        if not ranges:
            return Frame(octets)
        offset = self._framing.m_sdu_offset
        end = len(octets)
        marked = tuple((offset + low, offset + high) for low, high in ranges)
        secret = (*marked, (end - self._framing.check_size, end))
        self._frames[octets] = secret
        return Frame(octets, secret)

    def heard(self, unit: Unit) -> Frame:
        """Return the frame that was heard, with what of it is secret."""
        secret = self._frames.get(unit.octets, ())
        if secret or not self._frames or not isinstance(unit, MacFrameHeard):
            return Frame(unit.octets, secret)
        if unit.frame.source == self._initiator:
            # Not what we sent, but nobody else's either.
            secret = ((self._framing.m_sdu_offset, len(unit.octets)),)
        return Frame(unit.octets, secret)

    @property
    def are_out(self) -> bool:
        """Whether noise may be the damaged echo of a secret."""
        return bool(self._frames)
