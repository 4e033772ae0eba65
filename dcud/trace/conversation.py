"""What client and meter say, frame by frame, with what belongs together put together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from dcud.dlms.block_transfer import MAX_VALUE_OCTETS
from dcud.trace.apdu import Dissected, dissect
from dcud.trace.framing import Layout, describe_llc, layout_of
from dcud.trace.record import Mark, Record
from dcud.trace.tree import Block, Payload, Range

Stream = tuple[bytes, bytes]
"""Destination and source, as they stand in frames."""

MAX_APDU: Final = 1 << 20
"""Octets that the segments of one APDU may add up to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One line of the log, understood.

    Attributes:
        record: the line.
        parts: the frame, then what it completes: an APDU, a value; empty where there are no octets.
        kinds: what it is, in the words that can be asked for: "hdlc", "i", "get-request-normal".
        words: in one line.
    """

    record: Record
    parts: tuple[Dissected, ...] = ()
    kinds: tuple[str, ...] = ()
    words: str = ""

    @property
    def has_trouble(self) -> bool:
        """Whether something is wrong with it."""
        lost = self.record.mark in _TROUBLES
        return lost or any(part.has_trouble for part in self.parts)


_TROUBLES: Final = frozenset({Mark.DISCARDED, Mark.REPEATED, Mark.LOG})


@dataclass(slots=True)
class _Parts:
    """Octets that were cut, put together again as they come."""

    octets: bytearray = field(default_factory=bytearray)
    masked: list[Range] = field(default_factory=list)
    count: int = 0
    number: int | None = None
    first: int = 0
    describe: Layout | None = None

    def add(self, octets: bytes, masked: Iterable[Range], number: int | None) -> None:
        offset = len(self.octets)
        self.masked += [(offset + start, offset + end) for start, end in masked]
        self.octets += octets
        self.count += 1
        self.number = number


class _Joiner:
    """Puts segments and blocks together, by the stream that they come in."""

    def __init__(self) -> None:
        self._segments: dict[Stream, _Parts] = {}
        self._blocks: dict[Stream, _Parts] = {}

    def forget(self) -> None:
        """Forget what was begun."""
        self._segments.clear()
        self._blocks.clear()

    def forget_blocks(self) -> None:
        """Forget the blocks of an answer that is no longer awaited."""
        self._blocks.clear()

    def segment(self, payload: Payload) -> _Parts | str:
        """Return a whole APDU, or why there is none yet."""
        begun = self._segments.get(payload.stream)
        if begun is None:
            begun = _Parts()
        elif payload.number is not None and payload.number == begun.number:
            return "the same segment again"
        begun.add(payload.octets, payload.masked, payload.number)
        if not payload.more:
            self._segments.pop(payload.stream, None)
            return begun
        if len(begun.octets) > MAX_APDU:
            del self._segments[payload.stream]
            return f"segments of more than {MAX_APDU} octets: forgotten"
        self._segments[payload.stream] = begun
        return f"segment {begun.count}, {len(payload.octets)} octets"

    def block(self, block: Block, stream: Stream) -> _Parts | str:
        """Return what all the blocks make together, or why nothing yet; "" for no remark."""
        begun = self._blocks.get(stream)
        if begun is not None and begun.number == block.number:
            return "the same block again"
        follows = begun is not None and begun.number == block.number - 1
        if begun is None or not follows:
            before, begun = begun, _Parts(first=block.number, describe=block.describe)
            self._blocks[stream] = begun
            if before is not None and not block.begins:
                del self._blocks[stream]
                return f"block {block.number} came after block {before.number}"
        begun.add(block.octets, block.masked, block.number)
        too_long = len(begun.octets) > MAX_VALUE_OCTETS
        if not (block.is_last or too_long):
            return ""
        del self._blocks[stream]
        if too_long:
            return f"blocks of more than {MAX_VALUE_OCTETS} octets: forgotten"
        return begun if begun.first <= 1 else "the first blocks were not seen"


class Conversation:
    """Client and one meter.

    Args:
        is_brief: whether only what is told in one line is wanted.
    """

    def __init__(self, *, is_brief: bool = False) -> None:
        self._is_brief = is_brief
        self._joiner = _Joiner()
        self._subject = ""
        self._of_list = False
        self._asked: Stream | None = None

    def hear(self, record: Record) -> Heard:
        """Take the next line."""
        kind = _KIND_NAMES.get(record.mark, "empty")
        if not record.octets:
            return Heard(record=record, kinds=(kind,), words=record.note)
        parts = list(_frames(record, is_brief=self._is_brief))
        kinds = [kind for part in parts for kind in part.kinds]
        if not record.is_frame:
            words = f"{record.note}: {_joined(parts)}"
            return Heard(record=record, parts=tuple(parts), kinds=(kind, *kinds), words=words)
        if not _SETTING_UP.isdisjoint(kinds):
            self._joiner.forget()
        parts += self._above(parts[-1].payload, record)
        return Heard(
            record=record,
            parts=tuple(part for part in parts if part.nodes),
            kinds=tuple(kind for part in parts for kind in part.kinds),
            words=_joined(parts),
        )

    def hear_apdu(self, octets: bytes, *, is_sent: bool) -> tuple[Dissected, ...]:
        """Take an APDU that came without a frame; returns it with what it completes."""
        mark, payload = _BARE[is_sent]
        record = Record(at=0, bus="-", mark=mark, meter="-", octets=octets)
        whole = self._above(replace(payload, octets=octets), record)
        return tuple(part for part in whole if part.nodes)

    def _above(self, payload: Payload | None, record: Record) -> Iterator[Dissected]:
        """Yield what a frame carries, as far as it completes anything."""
        if payload is None or payload.describe is None:
            return
        destination, source = payload.stream
        if record.is_sent:
            self._asked = payload.stream
        ours = record.is_sent or self._asked in {None, (source, destination)}
        whole = self._joiner.segment(payload)
        if isinstance(whole, str):
            yield _remark(whole)
            return
        apdu = _dissect(
            "APDU" if whole.count == 1 else f"APDU, put together of {whole.count} segments",
            bytes(whole.octets),
            payload.describe,
            masked=tuple(whole.masked),
            answers_list=self._of_list and ours and not record.is_sent,
            is_brief=self._is_brief,
        )
        yield self._in_context(apdu, is_sent=record.is_sent, ours=ours)
        if apdu.block is not None and ours:
            yield from self._block(apdu.block, payload.stream)

    def _in_context(self, apdu: Dissected, *, is_sent: bool, ours: bool) -> Dissected:
        """Tell of a request what it asks; of its answer, what was asked."""
        if is_sent:
            if apdu.subject:
                self._subject, self._of_list = apdu.subject, apdu.of_list
                self._joiner.forget_blocks()
            return _worded(apdu, apdu.words, apdu.subject)
        if not ours:
            return _worded(apdu, "overheard:", apdu.words)
        answers = any(kind.startswith(_ANSWERS) for kind in apdu.kinds)
        subject = self._subject if answers else apdu.subject
        return _worded(apdu, apdu.words, f"for {subject}" if subject else "")

    def _block(self, block: Block, stream: Stream) -> Iterator[Dissected]:
        whole = self._joiner.block(block, stream)
        if isinstance(whole, str):
            yield _remark(whole)
            return
        yield dissect(
            f"put together of {whole.count} blocks",
            bytes(whole.octets),
            # That of the first block: the later ones don't tell whether it is a list.
            whole.describe or block.describe,
            masked=whole.masked,
            is_brief=self._is_brief,
        )


class Conversations:
    """All that a log tells of, each meter on its bus by itself; `is_brief` as in `Conversation`."""

    def __init__(self, *, is_brief: bool = False) -> None:
        self._is_brief = is_brief
        self._by_meter: dict[tuple[str, str], Conversation] = {}

    def hear(self, record: Record) -> Heard:
        """Take the next line."""
        key = record.bus, record.meter
        conversation = self._by_meter.get(key)
        if conversation is None:
            conversation = self._by_meter[key] = Conversation(is_brief=self._is_brief)
        return conversation.hear(record)


_often = lru_cache(maxsize=1024)(dissect)
"""What is asked is asked again and again."""


def _dissect(title: str, octets: bytes, layout: Layout, **how: Any) -> Dissected:
    """As `dissect`; what is short is remembered."""
    take_apart = _often if len(octets) <= _SHORT else dissect
    return take_apart(title, octets, layout, **how)


def _frames(record: Record, *, is_brief: bool) -> Iterator[Dissected]:
    """Yield the frame, and the one that it carries, where it carries one."""
    octets, masked = record.octets, record.masked
    while True:
        title, layout = layout_of(octets, is_sent=record.is_sent)
        frame = _dissect(title, octets, layout, masked=masked, is_brief=is_brief)
        yield frame
        if frame.payload is None or frame.payload.describe is not None:
            return
        octets, masked = frame.payload.octets, frame.payload.masked


def _joined(parts: Iterable[Dissected]) -> str:
    return ": ".join(part.words for part in parts if part.words)


def _remark(words: str) -> Dissected:
    return Dissected(title="", octets=b"", masked=(), nodes=(), kinds=(), words=words)


def _worded(apdu: Dissected, *words: str) -> Dissected:
    return replace(apdu, words=" ".join(filter(None, words)))


_CLIENT: Final = b"client"
_METER: Final = b"meter"
_BARE: Final = {
    is_sent: (mark, Payload(octets=b"", masked=(), stream=stream, describe=describe_llc))
    for is_sent, mark, stream in (
        (True, Mark.SENT, (_METER, _CLIENT)),
        (False, Mark.RECEIVED, (_CLIENT, _METER)),
    )
}
"""Who speaks to whom where no frame tells."""

_SHORT: Final = 64
"""Octets of what is remembered."""

_KIND_NAMES: Final = {
    Mark.DISCARDED: "discarded",
    Mark.REPEATED: "retransmission",
    Mark.LOG: "log",
}
_SETTING_UP: Final = frozenset({"snrm", "disc", "dm", "aarq", "sign-on"})
_ANSWERS: Final = (
    "get-response",
    "set-response",
    "action-response",
    "access-response",
    "read-response",
    "write-response",
)
