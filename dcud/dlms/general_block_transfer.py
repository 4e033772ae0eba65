"""General block transfer: the layer between protection and data link that cuts APDUs into blocks.

[IEC 62056-5-3: general block transfer]

APDUs that fit pass as they are. A longer one goes in blocks, counted from 1 in each direction of an
exchange (a request with its answer, or a push). Its sender sends as many as the other side takes in
one go, its window, then waits for an acknowledgement: that number up to which everything came. An
acknowledgement is a block, too, mostly an empty one, with a number of its own. Before the first
word of the other side its window is taken for 1. The answer acknowledges the last block of a
request, nothing that of an answer.

What is missing at the end of a window is asked for with a window of 1; whether the other side
repeats that block alone or everything from it on makes no difference, since what came already is
passed over. Who began the exchange sees to it that it goes on: it repeats itself when nothing comes
for a while, a limited number of times, and is deaf to repetitions. The other side answers to
repetitions, and has a clock only while it sends. So no repetition ever makes for another one.

Blocks that stream without a window and acknowledge nothing are pushes that nobody acknowledges.
They are put together beside any exchange.

```
                 first block of ours                 last block of ours
        +------+ -----------------> +---------+ -------------------> +------+
        | IDLE |                    | SENDING |                      | SENT |
        +------+ <---+              +---------+                      +------+
            |        | all blocks are there | a block of the peer      | a block of the peer
            |        +-------------- +-----------+ <------------------+
            +----------------------> | RECEIVING |
              a block of the peer    +-----------+        whatever goes wrong: BROKEN
```
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from dcud.dlms.apdu import confirmed_service_error, exception_response
from dcud.dlms.apdu.general_block_transfer import (
    MAX_BLOCK_NUMBER,
    MAX_WINDOW,
    TAG,
    GeneralBlockTransfer,
)
from dcud.dlms.block_assembly import BlockAssembly
from dcud.dlms.block_cutting import CutApdu, block_octets
from dcud.dlms.block_transfer import MAX_VALUE_OCTETS
from dcud.dlms.errors import BlockTransferError, DecodeError, ProtocolError
from dcud.dlms.fields import check_field

_REFUSALS: Final = frozenset(
    bytes((tag,)) for tag in (exception_response.TAG, confirmed_service_error.TAG)
)
"""What ends a transfer that it interrupts."""
_ABORT: Final = GeneralBlockTransfer(
    last_block=True, streaming=False, window=0, block_number=0, block_number_ack=0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTransferParameters:
    """How blocks are sent and taken.

    Attributes:
        room: octets of an APDU that the peer takes, 8..; 0 where it sets no limit.
        window: blocks that we take in one go, 1..63.
        burst: blocks that we send in one go at most, 1..63, whatever the peer takes.
        max_apdu_octets: size of the largest APDU that is put together.
        patience: seconds that the peer is waited for before we repeat ourselves.
        attempts: how often that is done without anything new before the transfer is given up.
    """

    room: int
    window: int = 5
    burst: int = MAX_WINDOW
    max_apdu_octets: int = MAX_VALUE_OCTETS
    patience: float = 5.0
    attempts: int = 3

    def __post_init__(self) -> None:
        check_field("window", self.window, 1, MAX_WINDOW)
        check_field("burst", self.burst, 1, MAX_WINDOW)
        if self.room:
            block_octets(self.room)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApduWhole:
    """An APDU is there with all of its octets.

    Attributes:
        is_pushed: whether it came in blocks that nobody acknowledges.
    """

    octets: bytes = field(repr=False)
    is_pushed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockTaken:
    """A part of an APDU came; `total` counts the octets of it until now."""

    total: int


@dataclass(frozen=True, slots=True)
class PushDelivered:
    """The peer has acknowledged all of a push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushDamaged:
    """A push that nobody acknowledges can't be put together; the exchange goes on."""

    error: ProtocolError


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed:
    """The exchange broke down, and nothing more of it is looked at."""

    error: ProtocolError


TransferEvent = ApduWhole | BlockTaken | PushDelivered | PushDamaged | TransferFailed


class State(Enum):
    """Where an exchange stands."""

    IDLE = auto()
    SENDING = auto()
    SENT = auto()
    RECEIVING = auto()
    BROKEN = auto()


class Happening(Enum):
    """What can happen to an exchange."""

    STREAMED = auto()  # a block that others follow at once
    WINDOW_END = auto()  # a block after which the peer waits, be it the last one
    ACKNOWLEDGEMENT = auto()  # an empty block while no APDU of the peer is in progress
    REPETITION = auto()  # a block that came before, after which the peer waits
    ECHO = auto()  # a block that came before, which others follow at once
    ABORT = auto()
    REFUSAL = auto()  # a whole APDU that refuses what was asked
    WHOLE = auto()  # any other whole APDU
    TIMEOUT = auto()


class Reaction(Enum):
    """What is done about it."""

    TAKE = auto()  # keep the block
    ANSWER = auto()  # keep the block; acknowledge, or ask for what is missing
    GO_ON = auto()  # send what is not acknowledged
    REPEAT = auto()  # say it again, if it wasn't us who began
    URGE = auto()  # say it again, in any case
    END = auto()  # nothing is in progress any more
    FAIL = auto()  # tell that the peer gave up
    IGNORE = auto()


TRANSITIONS: Final[dict[tuple[State, Happening], Reaction]] = {
    (State.IDLE, Happening.STREAMED): Reaction.TAKE,
    (State.IDLE, Happening.WINDOW_END): Reaction.ANSWER,
    (State.IDLE, Happening.ACKNOWLEDGEMENT): Reaction.IGNORE,
    (State.IDLE, Happening.REPETITION): Reaction.REPEAT,
    (State.IDLE, Happening.ECHO): Reaction.IGNORE,
    (State.IDLE, Happening.ABORT): Reaction.IGNORE,
    (State.IDLE, Happening.REFUSAL): Reaction.END,
    (State.IDLE, Happening.WHOLE): Reaction.END,
    (State.IDLE, Happening.TIMEOUT): Reaction.IGNORE,
    (State.SENDING, Happening.STREAMED): Reaction.TAKE,
    (State.SENDING, Happening.WINDOW_END): Reaction.ANSWER,
    (State.SENDING, Happening.ACKNOWLEDGEMENT): Reaction.GO_ON,
    (State.SENDING, Happening.REPETITION): Reaction.REPEAT,
    (State.SENDING, Happening.ECHO): Reaction.IGNORE,
    (State.SENDING, Happening.ABORT): Reaction.FAIL,
    (State.SENDING, Happening.REFUSAL): Reaction.END,
    (State.SENDING, Happening.WHOLE): Reaction.END,
    (State.SENDING, Happening.TIMEOUT): Reaction.URGE,
    (State.SENT, Happening.STREAMED): Reaction.TAKE,
    (State.SENT, Happening.WINDOW_END): Reaction.ANSWER,
    (State.SENT, Happening.ACKNOWLEDGEMENT): Reaction.GO_ON,
    (State.SENT, Happening.REPETITION): Reaction.REPEAT,
    (State.SENT, Happening.ECHO): Reaction.IGNORE,
    (State.SENT, Happening.ABORT): Reaction.FAIL,
    (State.SENT, Happening.REFUSAL): Reaction.END,
    (State.SENT, Happening.WHOLE): Reaction.END,
    (State.SENT, Happening.TIMEOUT): Reaction.URGE,
    (State.RECEIVING, Happening.STREAMED): Reaction.TAKE,
    (State.RECEIVING, Happening.WINDOW_END): Reaction.ANSWER,
    (State.RECEIVING, Happening.ACKNOWLEDGEMENT): Reaction.ANSWER,
    (State.RECEIVING, Happening.REPETITION): Reaction.REPEAT,
    (State.RECEIVING, Happening.ECHO): Reaction.IGNORE,
    (State.RECEIVING, Happening.ABORT): Reaction.FAIL,
    (State.RECEIVING, Happening.REFUSAL): Reaction.END,
    (State.RECEIVING, Happening.WHOLE): Reaction.IGNORE,
    (State.RECEIVING, Happening.TIMEOUT): Reaction.URGE,
    (State.BROKEN, Happening.STREAMED): Reaction.IGNORE,
    (State.BROKEN, Happening.WINDOW_END): Reaction.IGNORE,
    (State.BROKEN, Happening.ACKNOWLEDGEMENT): Reaction.IGNORE,
    (State.BROKEN, Happening.REPETITION): Reaction.IGNORE,
    (State.BROKEN, Happening.ECHO): Reaction.IGNORE,
    (State.BROKEN, Happening.ABORT): Reaction.IGNORE,
    (State.BROKEN, Happening.REFUSAL): Reaction.IGNORE,
    (State.BROKEN, Happening.WHOLE): Reaction.IGNORE,
    (State.BROKEN, Happening.TIMEOUT): Reaction.IGNORE,
}
"""Every happening in every state."""


class GeneralBlockLayer:
    """One end of general block transfer.

    After each call that may have produced output the owner takes `apdus_to_send()`.

    Args:
        answers: whether this is the server's end, whose `send` answers what came; the client's
            begins an exchange each time, and forgets what was before.

    Attributes:
        state: where the exchange stands.
    """

    def __init__(self, parameters: BlockTransferParameters, *, answers: bool = False) -> None:
        self._parameters = parameters
        self._answers = answers
        self._to_send: list[bytes] = []
        self._pushed = BlockAssembly(parameters.max_apdu_octets)
        self._reactions: dict[
            Reaction, Callable[[GeneralBlockTransfer, float], list[TransferEvent]]
        ] = {
            Reaction.TAKE: self._take,
            Reaction.ANSWER: self._take_and_answer,
            Reaction.GO_ON: self._go_on,
            Reaction.REPEAT: self._repeat,
            Reaction.FAIL: self._aborted,
            Reaction.IGNORE: self._ignore,
        }
        self._begin(drives=False)

    def _begin(self, *, drives: bool) -> None:
        """Forget the exchange; the next one is begun by us if `drives`."""
        self.state = State.IDLE
        self._drives = drives
        self._is_pushing = False
        self._in_blocks = False
        self._assembly = BlockAssembly(self._parameters.max_apdu_octets)
        self._first: GeneralBlockTransfer | None = None  # what opened the peer's direction
        self._cut: CutApdu | None = None
        self._number = 0  # the highest of ours that was sent
        self._acknowledged = 0  # the highest of ours that the peer has
        self._peer_window = 1
        self._acknowledgement: GeneralBlockTransfer | None = None
        self._deadline: float | None = None
        self._attempts = 0
        self._is_streamed = False  # whether the peer goes on after its last block

    def reset(self) -> None:
        """Forget everything that is in progress, since the link is gone or nobody waits for it."""
        self._begin(drives=False)
        self._pushed = BlockAssembly(self._parameters.max_apdu_octets)
        self._to_send.clear()

    def abort(self) -> None:
        """Tell the peer that what is in progress is given up."""
        self._to_send.append(_ABORT.encode())
        self._begin(drives=False)
        self.state = State.BROKEN

    def asked_whole(self) -> None:
        """Learn (the client) that a request went out whole, past this layer."""
        self._begin(drives=True)

    def send(self, apdu: bytes, now: float) -> None:
        """Send a request (the client) or an answer (the server), whole where that can be.

        Raises:
            EncodeError: not even the greatest number of blocks is enough.
        """
        if not self._answers:
            self._begin(drives=True)
        if self._in_blocks or len(apdu) > (self._parameters.room or len(apdu)):
            self._send_in_blocks(apdu, now)
        else:
            self._to_send.append(apdu)

    def push(self, apdu: bytes, now: float, *, confirmed: bool = False) -> None:
        """Send what nobody asked for, in blocks, each window acknowledged if `confirmed`.

        A confirmed push ends in `PushDelivered` or `TransferFailed`.

        Raises:
            EncodeError: not even the greatest number of blocks is enough.
        """
        if confirmed:
            self._begin(drives=True)
            self._is_pushing = True
            self._send_in_blocks(apdu, now)
            return
        cut = CutApdu(apdu, self._block_octets(apdu))
        for number in range(1, cut.last + 1):
            block = GeneralBlockTransfer(
                last_block=number == cut.last,
                streaming=True,
                window=0,
                block_number=number,
                block_number_ack=0,
                octets=cut.block(number),
            )
            self._to_send.append(block.encode())

    def receive(self, octets: bytes, now: float) -> list[TransferEvent]:
        """Take an APDU of the peer."""
        if octets[:1] != bytes((TAG,)):
            return self._receive_whole(octets)
        try:
            block = GeneralBlockTransfer.decode(octets)
        except DecodeError as error:
            return self._fail(error)
        if _is_unconfirmed(block):
            return self._take_pushed(block)
        if self._is_anew(block):
            self._begin(drives=False)
        reaction = TRANSITIONS[self.state, self._happening(block)]
        if reaction is not Reaction.IGNORE and block.block_number_ack > self._number:
            return self._fail(
                BlockTransferError(
                    f"block {block.block_number_ack} of ours was acknowledged, "
                    f"but only {self._number} were sent"
                )
            )
        return self._reactions[reaction](block, now)

    def apdus_to_send(self) -> list[bytes]:
        """Take (and forget) the APDUs that are to go out now."""
        taken, self._to_send = self._to_send, []
        return taken

    @property
    def awaits_stream(self) -> bool:
        """Whether the peer has more to send without being asked: our turn has not come."""
        return self.state is State.RECEIVING and self._is_streamed and not self._to_send

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        waits = self._drives or self.state is State.SENDING
        return self._deadline if waits else None

    def handle_timeout(self, now: float) -> list[TransferEvent]:
        """Act on time that has passed; harmless when called early."""
        due = self.next_timeout()
        urges = TRANSITIONS[self.state, Happening.TIMEOUT] is Reaction.URGE
        return self._urge(now) if due is not None and now >= due and urges else []

    # What comes

    def _receive_whole(self, octets: bytes) -> list[TransferEvent]:
        """Pass an APDU on; a request begins an exchange, an answer ends one."""
        happening = Happening.REFUSAL if octets[:1] in _REFUSALS else Happening.WHOLE
        if self._answers:
            self._begin(drives=False)
        elif TRANSITIONS[self.state, happening] is Reaction.END:
            self._end()  # it may be no answer after all: the numbers stay
        return [ApduWhole(octets=octets)]

    def _is_anew(self, block: GeneralBlockTransfer) -> bool:
        """Tell whether the peer begins another exchange."""
        if block.block_number != 1 or block.block_number_ack != 0:
            return False
        if self.state is State.BROKEN:
            return True
        if self._assembly.received == 0 or block == self._first:
            return False
        return self.state is State.IDLE or not self._drives

    def _happening(self, block: GeneralBlockTransfer) -> Happening:
        if block.block_number == 0 and block.last_block and not block.octets:
            return Happening.ABORT
        if self.state is not State.RECEIVING and not block.octets:
            return Happening.ACKNOWLEDGEMENT
        goes_on = block.streaming and not block.last_block
        if self._assembly.has(block.block_number):
            return Happening.ECHO if goes_on else Happening.REPETITION
        return Happening.STREAMED if goes_on else Happening.WINDOW_END

    def _ignore(self, _block: GeneralBlockTransfer, _now: float) -> list[TransferEvent]:
        return []

    def _aborted(self, _block: GeneralBlockTransfer, _now: float) -> list[TransferEvent]:
        return self._fail(BlockTransferError("the peer aborted the block transfer"))

    def _fail(self, error: ProtocolError) -> list[TransferEvent]:
        self._begin(drives=False)
        self.state = State.BROKEN
        return [TransferFailed(error=error)]

    def _end(self) -> None:
        self.state = State.IDLE
        self._cut = None
        self._deadline = None

    def _progress(self, now: float) -> None:
        self._attempts = 0
        self._deadline = now + self._parameters.patience

    # Receiving

    def _take(self, block: GeneralBlockTransfer, now: float) -> list[TransferEvent]:
        """Keep a block; the peer's first one tells that it has ended listening."""
        error = self._assembly.take(block)
        if error is not None:
            return self._fail(error)
        if block.block_number == 1:
            self._first = block
        self.state = State.RECEIVING
        self._cut = None
        self._in_blocks = True
        self._is_streamed = block.streaming and not block.last_block
        self._heed(block)
        self._progress(now)
        taken = BlockTaken(total=self._assembly.size)
        apdu = self._assembly.complete()
        return [taken] if apdu is None else [taken, self._received(apdu)]

    def _take_and_answer(self, block: GeneralBlockTransfer, now: float) -> list[TransferEvent]:
        events = self._take(block, now)
        if self.state is State.RECEIVING:
            self._acknowledge()
        return events

    def _received(self, apdu: bytes) -> ApduWhole:
        """Take note that all of it came; nobody else will tell the peer so of its push."""
        self._end()
        if not (self._drives or self._answers):
            self._acknowledge()
        return ApduWhole(octets=apdu)

    def _acknowledge(self) -> None:
        """Tell up to where everything came; word for word as before where that is no news."""
        window = 1 if self._assembly.has_gap else self._parameters.window
        said = self._acknowledgement
        news = (window, self._assembly.received)
        if said is None or (said.window, said.block_number_ack) != news:
            self._number = min(self._number + 1, MAX_BLOCK_NUMBER)
            said = GeneralBlockTransfer(
                last_block=not self._answers,  # the server's answer is still to come
                streaming=False,
                window=window,
                block_number=self._number,
                block_number_ack=self._assembly.received,
            )
            self._acknowledgement = said
        self._to_send.append(said.encode())

    def _take_pushed(self, block: GeneralBlockTransfer) -> list[TransferEvent]:
        """Take a block of a push that nobody acknowledges; the first one begins another push."""
        events: list[TransferEvent] = []
        if block.block_number == 1:
            if self._pushed.size:
                events.append(_damaged(f"it ends after {self._pushed.received} blocks"))
            self._pushed = BlockAssembly(self._parameters.max_apdu_octets)
        if self._pushed.has(block.block_number):
            return events
        error = self._pushed.take(block)
        if error is not None:
            self._pushed = BlockAssembly(self._parameters.max_apdu_octets)
            return [*events, PushDamaged(error=error)]
        apdu = self._pushed.complete()
        return events if apdu is None else [*events, ApduWhole(octets=apdu, is_pushed=True)]

    # Sending

    def _block_octets(self, apdu: bytes) -> int:
        return block_octets(self._parameters.room) if self._parameters.room else max(len(apdu), 1)

    def _send_in_blocks(self, apdu: bytes, now: float) -> None:
        first = self._number + 1
        self._cut = CutApdu(apdu, self._block_octets(apdu), first)
        self._in_blocks = True
        self._progress(now)
        self._send_window(self._cut, first)

    def _send_window(self, cut: CutApdu, first: int) -> None:
        """Send the blocks from this one on, as many as the peer takes."""
        window = min(self._peer_window, self._parameters.burst)
        end = min(first + window - 1, cut.last)
        for number in range(first, end + 1):
            block = GeneralBlockTransfer(
                last_block=number == cut.last,
                streaming=number < end,
                window=self._parameters.window,
                block_number=number,
                block_number_ack=self._assembly.received,
                octets=cut.block(number),
            )
            self._to_send.append(block.encode())
        self._number = max(self._number, end)
        self.state = State.SENT if self._number == cut.last else State.SENDING

    def _heed(self, block: GeneralBlockTransfer) -> bool:
        """Take note of what a block acknowledges; tell whether that is more than before."""
        self._peer_window = max(block.window, 1)
        before = self._acknowledged
        self._acknowledged = max(before, block.block_number_ack)
        return self._acknowledged > before

    def _go_on(self, block: GeneralBlockTransfer, now: float) -> list[TransferEvent]:
        """Send what an acknowledgement leaves to be sent, unless it was heard before."""
        is_new = block.block_number > self._assembly.received
        error = self._assembly.pass_over(block.block_number)
        if error is not None:
            return self._fail(error)
        if self._heed(block):
            self._progress(now)
        elif self._drives and not is_new:
            return []
        else:
            self._attempts += self._drives
        if self._attempts > self._parameters.attempts:
            return self._fail(_not_getting_on(self._acknowledged))
        return self._send_rest()

    def _send_rest(self) -> list[TransferEvent]:
        """Send from the first block on that is not acknowledged."""
        cut = self._cut
        if cut is not None and self._acknowledged < cut.last:
            self._send_window(cut, self._acknowledged + 1)
        elif self._is_pushing:
            self._begin(drives=False)
            return [PushDelivered()]
        return []

    def _repeat(self, block: GeneralBlockTransfer, _now: float) -> list[TransferEvent]:
        """Answer to a peer that heard nothing of us; who began is deaf until all is there."""
        if self._drives and self.state is not State.IDLE:
            return []
        self._heed(block)
        if self._cut is not None:
            return self._send_rest()
        self._acknowledge()
        return []

    def _urge(self, now: float) -> list[TransferEvent]:
        """Repeat ourselves, a limited number of times."""
        attempts = self._attempts + 1
        if attempts > self._parameters.attempts:
            return self._fail(_not_getting_on(self._acknowledged))
        self._progress(now)
        self._attempts = attempts
        if self._cut is None:
            self._acknowledge()
        else:
            self._send_window(self._cut, min(self._acknowledged + 1, self._cut.last))
        return []


def _is_unconfirmed(block: GeneralBlockTransfer) -> bool:
    return block.streaming and block.window == 0 and block.block_number_ack == 0


def _damaged(words: str) -> PushDamaged:
    return PushDamaged(error=BlockTransferError(f"a push can't be put together: {words}"))


def _not_getting_on(acknowledged: int) -> BlockTransferError:
    return BlockTransferError(
        f"the block transfer does not get on; the peer has {acknowledged} blocks of ours",
        remedy="ask again; if it happens often, look for losses on the line",
    )
