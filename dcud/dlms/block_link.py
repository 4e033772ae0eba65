"""A data link on which APDUs of any length go in blocks, as both sides have agreed.

[IEC 62056-5-3: general block transfer]

It stands between connection and link, and shows the face of a link. What is protected is protected
before it is cut. The link below repeats what gets lost.
"""

from collections.abc import Sequence

from dcud.dlms.apdu.general_block_transfer import MAX_WINDOW, TAG
from dcud.dlms.block_transfer import MAX_VALUE_OCTETS
from dcud.dlms.datalink import (
    AnswerBroken,
    ApduReceived,
    BlockArrived,
    DataLink,
    Frame,
    FrameReceived,
    LinkEvent,
    is_streaming,
    is_telling,
)
from dcud.dlms.errors import BlockTransferError, MisuseError
from dcud.dlms.general_block_transfer import (
    ApduWhole,
    BlockTaken,
    BlockTransferParameters,
    GeneralBlockLayer,
    TransferEvent,
    TransferFailed,
)

_BLOCK = bytes((TAG,))


class BlockLink:
    """Wraps a link that is up.

    Args:
        link: carries the blocks.
        room: octets of an APDU that the server takes; 0 for any.
        window: blocks taken in one go, 1..63, where the link carries several on end.
        max_apdu_octets: size of the largest APDU that is put together.
        patience: seconds that more is waited for where the link believes to have its answer.
    """

    def __init__(
        self,
        link: DataLink,
        room: int,
        *,
        window: int,
        max_apdu_octets: int = MAX_VALUE_OCTETS,
        patience: float = 30.0,
    ) -> None:
        self._link = link
        self._stream = link if is_streaming(link) and link.streams else None
        streams = self._stream is not None and window > 1
        self._layer = GeneralBlockLayer(
            BlockTransferParameters(
                room=room,
                window=window if streams else 1,
                burst=MAX_WINDOW if streams else 1,
                max_apdu_octets=max_apdu_octets,
            )
        )
        self._room = room
        self._is_awaited = False  # whether an answer is still to come
        self._is_whole = False  # whether neither request nor answer have come to be in blocks
        self._is_our_turn = False  # whether something came, and nothing has gone out since
        self._is_secret = False  # what goes out
        self._patience = patience
        self._deadline: float | None = None

    def connect(self, now: float) -> None:
        """Begin to set the link up."""
        self._link.connect(now)

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one whole APDU, or its first blocks, each of which is as secret as a part of it."""
        self._is_our_turn = False
        self._deadline = None
        self._is_awaited = True
        self._is_whole = not self._room or len(apdu) <= self._room
        if self._is_whole:
            self._link.send_apdu(apdu, now, secret=secret)
            return
        self._is_secret = bool(secret)
        self._layer.send(apdu, now)
        self._send_blocks(self._layer.apdus_to_send(), now)

    @property
    def tells(self) -> bool:
        """Whether the link carries what wants no answer."""
        return is_telling(self._link) and self._link.tells

    def tell(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one whole APDU that is not answered; it goes whole.

        Raises:
            MisuseError: the link carries no such thing.
        """
        if not is_telling(self._link):
            raise MisuseError("this link carries nothing that wants no answer")
        self._link.tell(apdu, now, secret=secret)

    def disconnect(self, now: float) -> None:
        """Begin to take the link down."""
        self._is_awaited = self._is_whole = False
        self._deadline = None
        self._link.disconnect(now)

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come, cut anywhere."""
        told = self._link.receive_data(octets, now)
        if len(told) == 1 and isinstance(told[0], FrameReceived):  # the most frequent by far
            return told
        return self._pass_on(told, now)

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        return self._link.frames_to_send()

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left."""
        self._link.frames_sent(now)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        link = self._link.next_timeout()
        if link is None or self._deadline is None:
            return self._deadline if link is None else link
        return min(link, self._deadline)

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        events = self._pass_on(self._link.handle_timeout(now), now)
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._is_awaited = False
            events.append(AnswerBroken(error=BlockTransferError("the blocks of an answer stopped")))
        return events

    def _pass_on(self, told: list[LinkEvent], now: float) -> list[LinkEvent]:
        if self._is_whole:
            if self._is_without_blocks(told):
                return told
            self._begin_blocks()
        events: list[LinkEvent] = []
        for event in told:
            events += self._heard(event, now)
        self._go_on(now)
        return events

    def _begin_blocks(self) -> None:
        """Have the answer to a request that went out whole put together."""
        self._is_whole = self._is_secret = False
        self._layer.asked_whole()

    def _is_without_blocks(self, told: list[LinkEvent]) -> bool:
        """Tell whether events can be passed on as they are, while nothing has come in blocks."""
        for event in told:
            if isinstance(event, ApduReceived):
                if event.apdu[:1] == _BLOCK:
                    return False
                self._is_awaited = self._is_whole = False
        return True

    def _heard(self, event: LinkEvent, now: float) -> list[LinkEvent]:
        if not isinstance(event, ApduReceived) or not self._is_awaited:
            return [event]
        self._is_our_turn = True
        heard = self._layer.receive(event.apdu, now)
        return [said for each in heard if (said := self._answer(each)) is not None]

    def _answer(self, event: TransferEvent) -> LinkEvent | None:
        match event:
            case ApduWhole(octets=octets, is_pushed=False):
                self._is_awaited = False
                self._deadline = None
                return ApduReceived(apdu=octets)
            case BlockTaken(total=total):
                return BlockArrived(total=total)
            case TransferFailed(error=error):
                self._is_awaited = False
                self._deadline = None
                return AnswerBroken(error=error)
            case _:
                return None  # what is pushed comes as a notification, else it is no answer

    def _go_on(self, now: float) -> None:
        """Say once, after all that came on end, what is to be said to it; else hear the rest."""
        said = self._layer.apdus_to_send()
        if not (self._is_our_turn and self._is_awaited):
            return
        self._is_our_turn = False
        self._deadline = None
        if said:
            self._send_blocks(said, now)
        elif self._stream is not None and self._layer.awaits_stream:
            self._stream.listen(now)
        else:
            self._deadline = now + self._patience

    def _send_blocks(self, apdus: list[bytes], now: float) -> None:
        if self._stream is not None and len(apdus) > 1:
            self._stream.send_stream(apdus, now, withheld=self._is_secret)
        else:  # of several acknowledgements the last one says all
            last = apdus[-1]
            secret = ((0, len(last)),) if self._is_secret else ()
            self._link.send_apdu(last, now, secret=secret)
