"""Cuts a stream of octets into HDLC frames.

Theory of operation. A frame begins after a flag and its length field says where it ends: nothing is
stuffed, so a 7E inside a frame means nothing. A flag may close one frame and open the next; it
belongs to the frame that it closes, and the next one then stands without an opening flag.

Whatever begins after a flag is judged as early as its octets allow: the header (and with it the
length) by its own check sequence, then the closing flag at the computed place, then the frame check
sequence. When any of it is wrong the search goes on at the very next flag *inside* what was just
refused, so that a damaged frame never takes a good one with it. Only a header that is right makes
the delimiter wait for octets, so what it holds is bounded by one frame, and every octet is looked
at a bounded number of times.

Every octet comes out exactly once and in order, within a frame or a `Discarded`. What is dropped
piece by piece comes out as one event for each damaged frame, when its end is certain: at the next
good frame, the next damaged one, or a `flush`.

Nearly always one whole good frame comes by itself, with nothing held, or several of them one after
the other. That is tried first; it is only a shorter way to the same events.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from dcud.dlms.hdlc.frame import FLAG, Defect, HdlcFrame, Header, survey, take, take_whole

MAX_DISCARDED: Final = 2048
"""The most octets in one `Discarded`; more of them are cut into several."""


class Delimited(NamedTuple):
    """A good frame.

    Attributes:
        frame: the frame.
        octets: as it stood on the line: without the opening flag when that one closed the frame
            before, without the closing flag when the line fell silent instead.
    """

    frame: HdlcFrame
    octets: bytes


@dataclass(frozen=True, slots=True)
class Discarded:
    """Octets that belong to no good frame."""

    reason: Defect
    octets: bytes


class _Discards:
    """Gathers dropped octets into events."""

    __slots__ = ("_covered", "_octets", "_ready", "reason")

    def __init__(self) -> None:
        self._octets = bytearray()
        self.reason: Defect | None = None
        """Of the event at hand; None where there is none."""
        self._covered = 0
        self._ready: list[Discarded] = []

    @property
    def pending(self) -> bool:
        """Whether octets wait to become an event."""
        return bool(self._octets)

    def drop(self, reason: Defect, octets: bytes | bytearray, at: int, covered: int) -> None:
        """Add octets; `at` is their place in the stream, `covered` the end of the refused frame."""
        if not self._goes_on(reason, at):
            self._end()
            self.reason = reason
        self._covered = max(self._covered, covered)
        self._octets += octets
        while len(self._octets) >= MAX_DISCARDED:
            self._cut(MAX_DISCARDED)

    def _goes_on(self, reason: Defect, at: int) -> bool:
        if self.reason in {None, Defect.IDLE}:
            return reason is self.reason
        return reason is Defect.NOISE or at < self._covered

    def _cut(self, count: int) -> None:
        if self.reason is not None and self._octets:
            self._ready.append(Discarded(self.reason, bytes(self._octets[:count])))
            del self._octets[:count]

    def _end(self) -> None:
        """End the event at hand: what is dropped from here on is another one."""
        self._cut(len(self._octets))
        self.reason = None

    def take(self) -> list[Discarded]:
        """Take the events that are complete."""
        ready = self._ready
        if ready:
            self._ready = []
        return ready

    def close(self) -> list[Discarded]:
        """End the event at hand; take all there is."""
        if self.reason is not None:
            self._end()
        return self.take()


class Delimiter:
    """One direction of one line.

    The events are the same however the octets are cut into calls.
    """

    __slots__ = (
        "_after_flag",
        "_buffer",
        "_discards",
        "_header_size",
        "_offset",
        "_wanted",
        "partial",
    )

    def __init__(self) -> None:
        self.partial = False
        """Whether octets are held that more octets, or else a `flush`, will decide on."""
        self._buffer = bytearray()
        self._offset = 0  # of the buffer in the stream
        self._wanted = 0  # octets in the buffer that make another look worth while
        self._after_flag = False  # the octet before the buffer was a flag
        self._header_size = 0  # of the last frame that was taken out of the buffer
        self._discards = _Discards()

    def feed(self, octets: bytes) -> list[Delimited | Discarded]:
        """Take octets; return what is certain now."""
        events: list[Delimited | Discarded] = []
        if not self._buffer and self._discards.reason is None:
            start = 0
            while taken := take_whole(octets, start, self._header_size):
                frame, end = taken
                events.append(Delimited(frame, octets[start:end]))
                self._offset += end - start
                self._after_flag = True
                start = end
                if end == len(octets):
                    return events
            octets = octets[start:]
        self._buffer += octets
        if len(self._buffer) >= self._wanted:
            events += self._delimit()
        # What is held is either in the buffer or dropped but not told of.
        self.partial = bool(self._buffer) or self._discards.pending
        return events

    def flush(self) -> list[Delimited | Discarded]:
        """Give up waiting: the line fell silent."""
        events: list[Delimited | Discarded] = []
        while self._buffer:
            events += self._give_up()
            events += self._delimit()
        events += self._discards.close()
        self.partial = False
        return events

    def _delimit(self) -> list[Delimited | Discarded]:
        events: list[Delimited | Discarded] = []
        buffer = self._buffer
        position = 0
        self._wanted = 0
        while position < len(buffer):
            opening = buffer[position] == FLAG
            if not (opening or self._after_flag):
                position = self._drop(Defect.NOISE, position, position)
                continue
            start = position + opening
            header = survey(buffer, start)
            if header is None:
                break
            if isinstance(header, Defect):
                idle = buffer[start] == FLAG
                position = self._drop(Defect.IDLE if idle else header, position, start)
                continue
            end = start + header.length
            if len(buffer) <= end:
                self._wanted = end + 1 - position
                break
            position = self._close(events, position, start, header)
        del buffer[:position]
        self._offset += position
        events += self._discards.take()
        return events

    def _close(
        self, events: list[Delimited | Discarded], position: int, start: int, header: Header
    ) -> int:
        """Decide on a frame that is all there; return where to go on."""
        buffer = self._buffer
        end = start + header.length
        if buffer[end] != FLAG:
            return self._drop(Defect.LENGTH, position, start, end)
        octets = bytes(buffer[position : end + 1])
        frame = take(octets[start - position : -1], header)
        if frame is None:
            return self._drop(Defect.FRAME_CHECK, position, start, end + 1)
        events += self._discards.close()
        events.append(Delimited(frame, octets))
        self._after_flag = True
        self._header_size = header.control_at + 3
        return end + 1

    def _drop(self, reason: Defect, position: int, start: int, covered: int = 0) -> int:
        """Drop octets up to the next flag from `start` on; return where that is."""
        buffer = self._buffer
        after = buffer.find(FLAG, start)
        if after < 0:
            after = len(buffer)
        place = self._offset + position
        self._discards.drop(reason, buffer[position:after], place, self._offset + covered)
        self._after_flag = False
        return after

    def _give_up(self) -> list[Delimited | Discarded]:
        """Decide on what is at the head of the buffer, with no more octets to come."""
        buffer = self._buffer
        if buffer == b"\x7e":
            self._offset += self._drop(Defect.IDLE, 0, 1)
            self._after_flag = True
            buffer.clear()
            return []
        start = int(buffer[0] == FLAG)
        header = survey(buffer, start)
        if isinstance(header, Header) and start + header.length == len(buffer):
            # [field: the closing flag comes only with the next frame]
            frame = take(bytes(buffer[start:]), header)
            if frame is not None:
                return self._accept_unclosed(frame)
        position = self._drop(Defect.TRUNCATED, 0, start, len(buffer))
        del buffer[:position]
        self._offset += position
        return []

    def _accept_unclosed(self, frame: HdlcFrame) -> list[Delimited | Discarded]:
        events: list[Delimited | Discarded] = [*self._discards.close()]
        events.append(Delimited(frame, bytes(self._buffer)))
        self._offset += len(self._buffer)
        self._buffer.clear()
        self._after_flag = False
        return events
