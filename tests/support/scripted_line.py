"""A port and a connection without a meter: words instead of frames, on any clock.

The far end says words that end in ";" and stand for what the real machine would make of frames:
"opened;" "block 40;" "data CAFE;" "refused 03;" "broken;" "released;" "fail;" "frame 7E;"
"noise 00;" "hidden 00;" "fill 7E;" "echo 4F50454E;" "note 0F;" "acted 0F00;" "acted;" "denied 03;"
"undone;" "old 05;".
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.association import Associated
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
    SecurityRefused,
)
from dcud.dlms.datalink import (
    AnswerArriving,
    Frame,
    FrameReceived,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import (
    BlockTransferError,
    LinkLostError,
    MisuseError,
    NoAnswerError,
    ReplayError,
)
from dcud.dlms.exchange import Answered, BlockReceived, Message, Request, RequestFailed
from dcud.dlms.requests import Act, Get, GetMany, ReadVariable
from dcud.dlms.short_names import ShortNames
from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream
from dcud.line.port import Hear

OPENED = Opened(
    association=Associated(conformance=Conformance.GET, server_max_receive_pdu_size=0xFFFF)
)

EVENTS: dict[str, Callable[[bytes], ConnectionEvent]] = {
    "opened": lambda _: OPENED,
    "block": lambda argument: BlockReceived(total=argument[0]),
    "data": lambda argument: Answered(answer=argument),
    "refused": lambda argument: Answered(answer=DataAccessResult(argument[0])),
    "broken": lambda _: RequestFailed(error=BlockTransferError("a block is missing")),
    "acted": lambda argument: Answered(answer=argument or None),
    "denied": lambda argument: Answered(answer=ActionResult(argument[0])),
    "undone": lambda _: RequestFailed(error=BlockTransferError("a block is missing")),
    "old": lambda argument: SecurityRefused(
        error=ReplayError("old", counter=argument[0], floor=argument[0] + 1)
    ),
    "released": lambda _: Released(),
    "fail": lambda _: ConnectionFailed(error=NoAnswerError("the meter is silent")),
    "frame": lambda argument: FrameReceived(frame=Frame(octets=argument)),
    "noise": lambda argument: OctetsDiscarded(reason="noise", octets=argument),
    "hidden": lambda argument: OctetsDiscarded(reason="noise", octets=argument, withheld=True),
    "fill": lambda argument: OctetsDiscarded(reason="idle", octets=argument),
    "echo": lambda argument: FrameReceived(frame=Frame(octets=argument, secret=((0, 4),))),
    "more": lambda _: AnswerArriving(),
    "lost": lambda _: ConnectionFailed(error=LinkLostError("the meter forgot the link")),
    "note": lambda argument: NotificationReceived(apdu=argument),
}

OVERHEARD = {"frame", "noise", "hidden", "fill", "echo", "more", "note", "old"}
"""What is no answer, so that it goes on being waited for."""


class ScriptedConnection:
    """Turns words into events, asks for the next block, repeats itself once, then fails."""

    names: ShortNames | None = None

    def __init__(self, response_timeout: float = 2.0, *, secret: bool = False) -> None:
        self._response_timeout = response_timeout
        self._secret = secret
        self._heard = b""
        self._pending: list[Frame] = []
        self._last: list[Frame] = []
        self._deadline: float | None = None
        self._repeats_left = 0
        self._busy = False
        self._is_ending = False

    def open(self, now: float) -> None:
        self._say(b"OPEN")

    def ask(self, request: Request[object], now: float) -> None:
        match request:
            case Get(attribute=attribute, selection=selection):
                part = "" if selection is None else f" part {selection.selector}"
                self._say(f"GET {attribute}{part}".encode())
            case GetMany(targets=targets):
                self._say(" ".join(["GETMANY", *[str(t.attribute) for t in targets]]).encode())
            case Act(call=call):
                self._say(f"ACT {call.method} {(call.parameter or b'').hex()}".encode())
            case ReadVariable(name=name):
                self._say(f"READ {name:04X}".encode())
            case _:
                raise AssertionError(request)

    def tell(self, message: Message, now: float) -> None:
        self._pending = [Frame(octets=b"TELL")]

    def release(self, now: float) -> None:
        if self._busy:
            raise MisuseError("a GET is in progress")
        self._say(b"RELEASE")

    def abort(self, now: float) -> None:
        self._say(b"ABORT")
        self._is_ending = True

    def receive_data(
        self,
        octets: bytes,
        now: float,
    ) -> Sequence[ConnectionEvent]:
        self._heard += octets
        *words, self._heard = self._heard.split(b";")
        return [event for word in words for event in self._understand(word.decode())]

    def frames_to_send(self) -> Sequence[Frame]:
        frames, self._pending = self._pending, []
        return frames

    def frames_sent(self, now: float) -> None:
        self._deadline = now + self._response_timeout

    def next_timeout(self) -> float | None:
        return self._deadline

    def handle_timeout(self, now: float) -> Sequence[ConnectionEvent]:
        if self._deadline is None or now < self._deadline:
            return []
        self._deadline = None
        if not self._repeats_left:
            return [ConnectionFailed(error=NoAnswerError("the meter is silent"))]
        self._repeats_left -= 1
        self._pending = self._last
        return [Retransmitted(frames=len(self._last))]

    def _understand(self, word: str) -> list[ConnectionEvent]:
        name, _, argument = word.partition(" ")
        if name not in OVERHEARD:
            self._deadline, self._busy = None, False
        if name == "block":
            self._say(b"NEXT")
        if self._is_ending and name not in {*OVERHEARD, "released"}:
            return []
        return [EVENTS[name](bytes.fromhex(argument))]

    def _say(self, octets: bytes) -> None:
        self._busy = octets != b"OPEN"
        secret = ((0, len(octets)),) if self._secret and octets == b"OPEN" else ()
        self._last = [Frame(octets=octets, secret=secret)]
        self._pending = list(self._last)
        self._deadline = None
        self._repeats_left = 1


class ScriptedPort:
    """Answers each write from a script, octets and pauses as written.

    `answers` maps what is written to what comes back, as (seconds to wait, octets) after the write;
    what is not in it is met with silence. An answer of None is the port vanishing.
    """

    def __init__(
        self, answers: Mapping[bytes, Sequence[tuple[float, bytes | None]]], write_time: float = 0.0
    ) -> None:
        self.answers = dict(answers)
        self.written: list[tuple[float, bytes]] = []
        self.opened = 0
        self.closed = 0
        self.discarded = 0
        self.refusals = 0
        self._write_time = write_time
        self._stream: OctetStream | None = None

    @property
    def is_open(self) -> bool:
        return self._stream is not None and not self._stream.is_lost

    async def open(self) -> None:
        if self.is_open:
            return
        if self.refusals:
            self.refusals -= 1
            raise PortError("no such device", remedy="check the cable")
        self.opened += 1
        self._stream = OctetStream(_lost)

    async def write(self, octets: bytes) -> None:
        await self._opened().written()
        await asyncio.sleep(self._write_time)
        self._carry(octets)

    def _carry(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.written.append((loop.time(), octets))
        moment = 0.0
        for pause, answer in self.answers.get(octets, ()):
            moment += pause
            loop.call_later(moment, self.hear, answer)

    def hear(self, octets: bytes | None) -> None:
        if self._stream is None:
            return
        if octets is None:
            self._stream.connection_lost(None)
        else:
            self._stream.data_received(octets)

    async def read(self, within: float) -> bytes:
        return await self._opened().read(within)

    def discard_input(self) -> int:
        discarded = 0 if self._stream is None else self._stream.discard()
        self.discarded += discarded
        return discarded

    async def close(self) -> None:
        self.closed += 1
        self._stream = None

    def _opened(self) -> OctetStream:
        assert self._stream is not None, "the port is used while it is closed"
        return self._stream


class PromptScriptedPort(ScriptedPort):
    """One on which one can answer at once; what was answered so is in `at_once`, too."""

    def __init__(self, answers: Mapping[bytes, Sequence[tuple[float, bytes | None]]]) -> None:
        super().__init__(answers)
        self.is_drained = True
        self.listened = 0
        self.at_once: list[bytes] = []

    def write_at_once(self, octets: bytes) -> None:
        self.at_once.append(octets)
        self._carry(octets)

    async def listen(self, hear: Hear, until: float) -> None:
        self.listened += 1
        await self._opened().listen(hear, until)


def _lost(_: Exception | None) -> PortError:
    return PortError("the device vanished", remedy="check the cable")


def octet_by_octet(octets: bytes, pause: float) -> list[tuple[float, bytes | None]]:
    """Return the arrival of `octets` one at a time."""
    return [(pause, bytes((octet,))) for octet in octets]


class Recorder:
    """Watches a line, and remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.busy: list[bool] = []
        self.answer_times: list[float] = []

    def frame(
        self,
        bus: str,
        direction: str,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        shown = f"withheld {list(secret)}" if secret else repr(octets)[2:-1]
        self.told.append(f"{bus} {direction} {meter} {shown}")

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        self.told.append(f"{bus} discarded {meter} {reason} {octets.hex() or 'withheld'}")

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        self.told.append(f"{bus} retransmitted {meter} {frames}")

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        self.answer_times.append(seconds)

    def bus_up(self, bus: str, up: bool) -> None:  # noqa: FBT001  # a state, told as it is
        self.told.append(f"{bus} {'up' if up else 'down'}")

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # likewise
        self.busy.append(busy)
