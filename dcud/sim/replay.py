"""A recorded conversation that answers again, as the meter did.

Each frame of the client's is looked for in the record: first at the place where the conversation
stands, then anywhere after it, then from the beginning on; first as it stands, then by what it
means, sequence numbers, invoke id and sizes aside, then by the attribute that it asks for. What the
line said after it in the record is said again, damaged octets and silence included, with the
numbers of the client's own frame. Octets that the record masks match any.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from dcud.dlms import llc
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import (
    CONTROLS,
    Control,
    FrameKind,
    HdlcFrame,
    Header,
    numbered,
    supervisory,
    survey,
)
from dcud.dlms.wrapper import Wpdu, WrapperDelimiter
from dcud.trace.conversation import Conversation
from dcud.trace.record import Mark, Record

_FLAG: Final = b"\x7e"
_WRAPPER: Final = b"\x00\x01"
_WRAPPER_HEADER: Final = 8
_AARQ: Final = 0x60
_WITH_INVOKE_ID: Final = frozenset((0xC0, 0xC1, 0xC3, 0xC4, 0xC5, 0xC7))
_INVOKE_ID_AT: Final = 2
_GET_NORMAL: Final = b"\xc0\x01"
_ATTRIBUTE: Final = 9
"""Octets of an attribute descriptor."""
_INVOKE_ID: Final = 0x0F
_NUMBERED: Final = frozenset({FrameKind.I, FrameKind.RR, FrameKind.RNR})
_WAITING: Final = frozenset({FrameKind.RR, FrameKind.RNR})
_SAID: Final = frozenset({Mark.RECEIVED, Mark.DISCARDED})
_SIGN_ON: Final = frozenset(b"/\x06\x01\x15")
_IDLE: Final = "idle"


class _Numbers(NamedTuple):
    """By how much the client's numbers are ahead of the recorded ones, and its invoke id."""

    sent: int = 0
    received: int = 0
    invoke_id: int | None = None


Meaning = tuple[object, ...]
"""What two frames have in common that ask for the same."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A frame of the client's in the record, or on the line.

    Attributes:
        octets: the frame.
        meaning: what it asks.
        gist: likewise, whichever part of an attribute it asks for.
        control: its control octet, where it is of HDLC.
        invoke_id: of the APDU in it.
    """

    octets: bytes
    meaning: Meaning
    gist: Meaning
    control: Control | None
    invoke_id: int | None


@dataclass(frozen=True, slots=True)
class _Step:
    """A recorded request, with what the line said after it: milliseconds later, octets."""

    record: Record
    request: _Request
    answers: tuple[tuple[int, bytes], ...]

    def is_exactly(self, octets: bytes) -> bool:
        """Tell whether these octets are the recorded ones, as far as these are known."""
        recorded = self.record.octets
        if not self.record.masked or len(octets) != len(recorded):
            return octets == recorded
        end = 0
        for start, masked_end in self.record.masked:
            if octets[end:start] != recorded[end:start]:
                return False
            end = masked_end
        return octets[end:] == recorded[end:]


class RecordedMeter:
    """What one meter said, in order."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._steps = list(_steps(records))
        self._next = 0
        self._ahead = _Numbers()
        # After a request that nothing was recorded for, asking on is in vain, too.
        self._is_lost = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever asked of it."""
        return not self._steps

    @property
    def speaks_wrapper(self) -> bool:
        """Whether it was spoken to in the wrapper."""
        return any(step.record.octets.startswith(_WRAPPER) for step in self._steps)

    def answer(self, octets: bytes) -> list[tuple[int, bytes]] | None:
        """Return what was said then: milliseconds after it, octets; None if it wasn't asked."""
        request = _understood(octets)
        kind = None if request.control is None else request.control.kind
        if self._is_lost and kind in _WAITING:
            return []
        index = self._find(request)
        self._is_lost = index is None and kind is FrameKind.I
        if index is None:
            return None
        step = self._steps[index]
        self._next = index + 1
        self._ahead = _ahead(step.request, request, self._ahead)
        return [(after, _adapted(said, self._ahead)) for after, said in step.answers]

    def _find(self, request: _Request) -> int | None:
        """Return the place of a request, the next one first."""
        count = len(self._steps)
        here = self._next if self._next < count else 0
        order = [*range(here, count), *range(here)]
        tests: tuple[Callable[[_Step], bool], ...] = (
            lambda step: step.is_exactly(request.octets),
            lambda step: step.request.meaning == request.meaning,
            lambda step: step.request.gist == request.gist,
        )
        searches = [(order[:1], test) for test in tests[:2]] + [(order, test) for test in tests]
        found = (each for places, test in searches for each in places if test(self._steps[each]))
        return next(found, None)


def _steps(records: Iterable[Record]) -> Iterator[_Step]:
    """Put what was said behind what was asked; what was masked can't be said again."""
    asked: Record | None = None
    answers: list[tuple[int, bytes]] = []
    for record in records:
        if record.mark is Mark.SENT:
            if asked is not None:
                yield _step(asked, answers)
            asked, answers = record, []
        elif asked is not None and _can_be_said(record):
            answers.append((max(record.at - asked.at, 0), record.octets))
    if asked is not None:
        yield _step(asked, answers)


def _can_be_said(record: Record) -> bool:
    is_known = record.octets != b"" and not record.masked
    return record.mark in _SAID and record.note != _IDLE and is_known


def _step(asked: Record, answers: Sequence[tuple[int, bytes]]) -> _Step:
    return _Step(asked, _understood(asked.octets), tuple(answers))


def _understood(octets: bytes) -> _Request:
    """Return what a frame asks, whether or not its check sequence is known."""
    if octets.startswith(_WRAPPER):
        apdu = octets[_WRAPPER_HEADER:]
        ports = octets[2:6]
        return _Request(
            octets, (ports, *_meaning(apdu)), (ports, *_gist(apdu)), None, _invoke_id(apdu)
        )
    frame = _hdlc(octets)
    if frame is None:
        return _Request(octets, (octets,), (octets,), None, None)
    head = (frame.destination, frame.source, frame.control.kind, frame.segmented)
    if frame.control.kind is not FrameKind.I:
        return _Request(octets, head, head, frame.control, None)
    apdu = llc.strip(frame.information)
    meaning, gist = (*head, *_meaning(apdu)), (*head, *_gist(apdu))
    return _Request(octets, meaning, gist, frame.control, _invoke_id(apdu))


def _hdlc(octets: bytes) -> HdlcFrame | None:
    start = int(octets.startswith(_FLAG))
    header = survey(octets, start)
    if not isinstance(header, Header) or len(octets) < start + header.length:
        return None
    body = octets[start : start + header.length]
    return HdlcFrame(
        body[2 : header.destination_end],
        body[header.destination_end : header.control_at],
        CONTROLS[body[header.control_at]],
        body[header.control_at + 3 : -2] if header.has_information else b"",
        bool(body[0] & 0x08),
    )


def _gist(apdu: bytes) -> Meaning:
    """Return of a GET the attribute alone, so that another stretch of a profile is found."""
    if apdu[:2] != _GET_NORMAL:
        return _meaning(apdu)
    return _GET_NORMAL, apdu[_INVOKE_ID_AT + 1 :][:_ATTRIBUTE]


def _meaning(apdu: bytes) -> Meaning:
    """Return an APDU without its invoke id; of a wish for an association that it is one."""
    if apdu[:1] == bytes((_AARQ,)):
        return (_AARQ,)
    if _invoke_id(apdu) is None:
        return (apdu,)
    return apdu[:_INVOKE_ID_AT], apdu[_INVOKE_ID_AT + 1 :]


def _invoke_id(apdu: bytes) -> int | None:
    has_one = len(apdu) > _INVOKE_ID_AT and apdu[0] in _WITH_INVOKE_ID
    return apdu[_INVOKE_ID_AT] & _INVOKE_ID if has_one else None


def _ahead(recorded: _Request, actual: _Request, before: _Numbers) -> _Numbers:
    """Return how the client's numbers differ now from the recorded ones."""
    invoke_id = None if actual.invoke_id == recorded.invoke_id else actual.invoke_id
    if recorded.control is None or actual.control is None:
        return _Numbers(invoke_id=invoke_id)
    if actual.control.kind not in _NUMBERED:
        return _Numbers()
    return _Numbers(
        _difference(actual.control.send_sequence, recorded.control.send_sequence, before.sent),
        _difference(
            actual.control.receive_sequence, recorded.control.receive_sequence, before.received
        ),
        invoke_id,
    )


def _difference(actual: int | None, recorded: int | None, otherwise: int) -> int:
    """Return the difference modulo 8 of numbers that not all frames have."""
    return otherwise if actual is None or recorded is None else actual - recorded & 7


def _adapted(octets: bytes, ahead: _Numbers) -> bytes:
    """Return what was said with the client's numbers; what is no good frame stays as it was."""
    if ahead == _Numbers():
        return octets
    if octets.startswith(_WRAPPER):
        return octets[:_WRAPPER_HEADER] + _with_invoke_id(octets[_WRAPPER_HEADER:], ahead.invoke_id)
    heard = Delimiter().feed(octets if octets.startswith(_FLAG) else _FLAG + octets)
    if len(heard) != 1 or not isinstance(heard[0], Delimited):
        return octets
    frame = heard[0].frame
    if frame.control.kind not in _NUMBERED:
        return octets
    information = frame.information
    has_llc = information[:3] in {llc.COMMAND, llc.RESPONSE}
    if frame.control.kind is FrameKind.I and has_llc:
        information = information[:3] + _with_invoke_id(information[3:], ahead.invoke_id)
    control = _renumbered(frame.control, ahead)
    return frame._replace(control=control, information=information).build()


def _renumbered(control: Control, ahead: _Numbers) -> Control:
    """Return a control octet of the meter's, whose N(S) the client acknowledges by its N(R)."""
    receive_sequence = (control.receive_sequence or 0) + ahead.sent & 7
    if control.send_sequence is None:
        return supervisory(
            control.kind, receive_sequence=receive_sequence, poll_final=control.poll_final
        )
    return numbered(
        send_sequence=control.send_sequence + ahead.received & 7,
        receive_sequence=receive_sequence,
        poll_final=control.poll_final,
    )


def _with_invoke_id(apdu: bytes, invoke_id: int | None) -> bytes:
    if invoke_id is None or _invoke_id(apdu) is None:
        return apdu
    octet = apdu[_INVOKE_ID_AT] & ~_INVOKE_ID | invoke_id
    return apdu[:_INVOKE_ID_AT] + bytes((octet,)) + apdu[_INVOKE_ID_AT + 1 :]


class ReplayLine:
    """A line on which recorded meters answer; one for each connection, as any line.

    Args:
        meters: those that answer.
        pace: what the recorded pauses are multiplied with; 0 answers at once.
        tell: told in words of what nothing was recorded for, and that stays unanswered.
    """

    def __init__(
        self,
        meters: Sequence[RecordedMeter],
        *,
        pace: float = 1.0,
        tell: Callable[[str], None] = lambda words: None,  # noqa: ARG005  # nobody listens
    ) -> None:
        self._meters = meters
        self._pace = pace
        self._tell = tell
        self._cutter = _Cutter(wrapper=any(meter.speaks_wrapper for meter in meters))
        self._due: list[tuple[float, bytes]] = []

    @property
    def baud(self) -> int | None:
        """None: it speaks and understands at any speed."""
        return None

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Take octets as they come; return what is to be said at once."""
        for frame in self._cutter.feed(octets):
            self._ask(frame, now)
        return self.handle_timeout(now)

    def next_timeout(self) -> float | None:
        """Return when there is more to say."""
        return self._due[0][0] if self._due else None

    def handle_timeout(self, now: float) -> bytes:
        """Return what is to be said by now."""
        said = b""
        while self._due and self._due[0][0] <= now:
            said += self._due.pop(0)[1]
        return said

    def _ask(self, frame: bytes, now: float) -> None:
        for meter in self._meters:
            answers = meter.answer(frame)
            if answers is not None:
                # What was said to something before is overtaken: a meter has one answer at a time.
                self._due = [(now + after / 1000 * self._pace, said) for after, said in answers]
                return
        record = Record(at=0, bus="-", mark=Mark.SENT, meter="-", octets=frame)
        words = Conversation(is_brief=True).hear(record).words
        self._tell(f"nothing was recorded after {words}; it stays unanswered")


class _Cutter:
    """Cuts what the client says into frames, whichever kind they are."""

    def __init__(self, *, wrapper: bool) -> None:
        self._units = WrapperDelimiter() if wrapper else None
        self._frames = Delimiter()
        self._text = b""

    def feed(self, octets: bytes) -> list[bytes]:
        """Return the frames that are whole now."""
        if self._units is not None:
            units = self._units.feed(octets)
            return [unit.build() for unit in units if isinstance(unit, Wpdu)]
        if not self._frames.partial and (self._text or (octets and octets[0] in _SIGN_ON)):
            return self._message(octets)
        heard = self._frames.feed(octets)
        return [part.octets for part in heard if isinstance(part, Delimited)]

    def _message(self, octets: bytes) -> list[bytes]:
        """Return a message of a sign-on, which a line feed ends."""
        message, end, rest = (self._text + octets).partition(b"\n")
        if not end:
            self._text = message
            return []
        self._text = b""
        return [message + end, *(self.feed(rest) if rest else [])]


def recorded_meters(records: Iterable[Record], meter: str | None = None) -> list[RecordedMeter]:
    """Return the meters that a log tells of, or that one; those that were never asked left out."""
    by_meter: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        if meter in {None, record.meter}:
            by_meter.setdefault((record.bus, record.meter), []).append(record)
    meters = [RecordedMeter(each) for each in by_meter.values()]
    return [each for each in meters if not each.is_empty]
