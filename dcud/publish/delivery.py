"""The window of publications on one connection.

Rows go out in the order of the outbox, up to the window ahead of the broker's acknowledgements. A
row that the broker refuses is tried again after a pause, before the next ones of its meter; others
go on. One that is refused again and again while others pass is parked. Where the broker can take
nothing for now, or the outbox can't be read, the sending pauses; after the pause it begins again
from the oldest row. So nothing is lost, and what arrives twice bears the same message id.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.errors import DcudError
from dcud.publish import reason_codes
from dcud.publish.backoff import Backoff
from dcud.publish.complaint import Complaint
from dcud.publish.discharge import Discharge
from dcud.publish.errors import BrokerRefusedError
from dcud.publish.ports import BrokerConnection, Outbox, PublishObserver
from dcud.publish.publication import Acknowledgement, Publication
from dcud.publish.refusals import Refusals
from dcud.publish.rendering import Message, MessageKind, Rendering
from dcud.publish.replies import Replies
from dcud.publish.state_payload import GatewayState, MeterState
from dcud.publish.states import StateBoard
from dcud.store.errors import StoreError
from dcud.store.rows import OutboxRow

_LOG = logging.getLogger("dcud.publish")

_FETCH_ROWS: Final = 200

_LATE: Final = 300.0
"""Seconds after which a message that waited is no news any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a delivery draws on, and where it reports to; it outlives the connection.

    Attributes:
        backoff: pauses while the broker takes nothing, or the store gives nothing.
        complaint: tells of refusals.
        clock: unix seconds.
    """

    outbox: Outbox
    rendering: Rendering
    states: StateBoard
    replies: Replies
    refusals: Refusals
    discharge: Discharge
    observer: PublishObserver
    backoff: Backoff
    complaint: Complaint
    clock: Callable[[], float]


@dataclass(slots=True, eq=False)
class _Sending:
    """What becomes of one thing that is said by one or several publications.

    Attributes:
        row: None where it is a state or an answer.
        answer: what is said once more on the next connection if it isn't acknowledged on this.
        left: publications that are not acknowledged yet.
        refusal: the broker's first error.
    """

    row: OutboxRow | None = None
    answer: Publication | None = None
    left: int = 1
    refusal: Acknowledgement | None = None


class Delivery:
    """Sends states, answers and rows over one connection."""

    def __init__(self, connection: BrokerConnection, supply: Supply) -> None:
        self._connection = connection
        self._supply = supply
        self._clock = asyncio.get_running_loop().time
        self._in_flight: dict[int, _Sending] = {}  # by token
        self._rows_in_flight: set[int] = set()
        self._outgoing: deque[tuple[Publication, _Sending]] = deque()
        self._fetched: deque[OutboxRow] = deque()
        self._parking: list[int] = []
        self._after = 0
        self._resume_at: float | None = None
        supply.refusals.begin_again(self._clock())
        self.say(supply.rendering.connected())

    @property
    def resume_at(self) -> float | None:
        """When there is more to be sent, on the loop's clock; None while nothing is held back."""
        moments = (self._resume_at, self._supply.refusals.next_at())
        return min((moment for moment in moments if moment is not None), default=None)

    @property
    def finished(self) -> bool:
        """Whether everything there was to send has been sent and acknowledged."""
        newest = self._supply.outbox.stats().newest_row_id
        is_idle = not (self._in_flight or self._outgoing or self._fetched or self._parking)
        return (
            is_idle
            and self.resume_at is None
            and self._after >= newest
            and self._supply.states.all_told
            and self._supply.replies.all_said
        )

    def take_acknowledgements(self) -> None:
        """Let go what the broker has, keep what it refused."""
        published = 0
        for answer in self._connection.acknowledgements():
            sending = self._in_flight.pop(answer.token, None)
            self._supply.replies.acknowledged(answer.token)
            if sending is None:
                continue
            sending.left -= 1
            if reason_codes.is_error(answer.reason):
                sending.refusal = sending.refusal or answer
            if not sending.left:
                published += self._settle(sending)
        if published:
            self._supply.observer.published(published)
            if self._resume_at is None:
                self._supply.backoff.reset()
                self._supply.complaint.settle()

    async def fill(self) -> None:
        """Send what there is, as far as the window allows."""
        await self._park()
        self._resume()
        while len(self._in_flight) < self._connection.window and self._connection.error is None:
            if not self._outgoing and not await self._queue_next():
                return
            if not self._outgoing:
                continue
            publication, sending = self._outgoing.popleft()
            token = self._connection.publish(publication)
            self._in_flight[token] = sending
            if sending.answer is not None:
                self._supply.replies.sent(token, sending.answer)

    def _resume(self) -> None:
        """Begin again from the oldest row where the time for that has come."""
        now = self._clock()
        is_due = self._resume_at is not None and now >= self._resume_at
        if is_due:
            self._resume_at = None
        if self._supply.refusals.let_go(now) or is_due:
            self._fetched.clear()
            self._after = 0

    async def _queue_next(self) -> bool:
        """Have the next thing to be said go out; tell whether there is any."""
        state = self._supply.states.take()
        if state is not None:
            self.say(_rendered(self._supply.rendering, *state))
            return True
        answer = self._supply.replies.take()
        if answer is not None:
            self._answer(answer)
            return True
        row = await self._next_row()
        if row is None:
            return False
        self._queue_row(row)
        return True

    def say(self, publications: Iterable[Publication]) -> None:
        """Have what is said on this connection alone go out, behind what was rendered before."""
        for publication in publications:
            self._queue(publication, _Sending())

    def _answer(self, answer: Publication) -> None:
        self._queue(answer, _Sending(answer=answer))

    def _queue(self, publication: Publication, sending: _Sending) -> None:
        if self._connection.fits(publication):
            self._outgoing.append((publication, sending))
        else:
            _LOG.warning(
                "what there is to say at %s is larger than the broker takes: dropped; raise the "
                "broker's maximum packet size",
                publication.topic,
            )

    def _queue_row(self, row: OutboxRow) -> None:
        """Have a row's publications go out; it may have none here, and be done."""
        publications = self._rendered(row)
        if not all(map(self._connection.fits, publications)):
            self._drop(row)
        elif not publications:
            self._supply.discharge.add(row.row_id)
        else:
            sending = _Sending(row=row, left=len(publications))
            self._outgoing.extend((publication, sending) for publication in publications)
            self._rows_in_flight.add(row.row_id)

    def _rendered(self, row: OutboxRow) -> Sequence[Publication]:
        message = Message(
            kind=MessageKind(row.kind),
            message_id=row.message_id,
            meter=row.meter,
            topic=row.topic,
            payload=row.payload,
            is_late=self._supply.clock() - row.stored_at > _LATE,
        )
        return self._supply.rendering.message(message)

    async def _next_row(self) -> OutboxRow | None:
        """Return the next row to send, None if there is none now."""
        if not self._supply.rendering.is_ready:
            return None
        while self._resume_at is None and (self._fetched or await self._fetch()):
            row = self._fetched.popleft()
            if row.row_id in self._supply.discharge or row.row_id in self._rows_in_flight:
                continue  # it has been sent before the sending began again
            if row.row_id not in self._parking and not self._supply.refusals.is_held(row):
                return row
        return None

    async def _fetch(self) -> bool:
        """Get more rows; tell whether there were any."""
        newest = self._supply.outbox.stats().newest_row_id
        if self._after >= newest or self._supply.discharge.congested:
            return False
        try:
            rows = await self._supply.outbox.oldest(_FETCH_ROWS, self._after)
        except StoreError as error:
            self._pause(error)
            return False
        self._after = rows[-1].row_id if rows else newest
        self._fetched.extend(rows)
        return bool(rows)

    def _settle(self, sending: _Sending) -> int:
        """Let go what is done with; return how many rows the broker has."""
        row, refusal = sending.row, sending.refusal
        if row is not None:
            self._rows_in_flight.discard(row.row_id)
        if refusal is not None:
            self._refused(refusal, row)
        elif row is not None:
            self._supply.refusals.passed(row)
            self._supply.discharge.add(row.row_id)
            return 1
        return 0

    def _drop(self, row: OutboxRow) -> None:
        """Let go a row that the broker will never take."""
        _LOG.warning(
            "message %s for %s (%d octets) is larger than the broker takes: dropped; raise the "
            "broker's maximum packet size",
            row.message_id,
            row.topic,
            len(row.payload),
        )
        self._supply.observer.dropped("too_large", 1)
        self._supply.discharge.add(row.row_id)

    def _refused(self, answer: Acknowledgement, row: OutboxRow | None) -> None:
        """Have a row tried again, or parked; a state waits for the next connection."""
        topic = "a state or an answer" if row is None else row.topic
        error = BrokerRefusedError(
            f"broker {self._connection.description} refused {topic}: "
            f"{reason_codes.words(answer.reason)}",
            reason=answer.reason,
            remedy=reason_codes.remedy(answer.reason),
        )
        if row is None:
            self._supply.complaint.say(error)
        elif answer.reason in reason_codes.FOR_NOW:
            if self._resume_at is None:
                self._pause(error)
        elif self._supply.refusals.refused(row, self._clock()):
            self._parking.append(row.row_id)
            self._supply.observer.parked(row.meter, row.message_id, str(error))
        else:
            self._supply.complaint.say(error)

    async def _park(self) -> None:
        """Put aside what the broker won't take."""
        if not self._parking:
            return
        try:
            await self._supply.outbox.park(self._parking)
        except StoreError as error:
            self._pause(error)
        else:
            self._parking = []

    def _pause(self, error: DcudError) -> None:
        """Send no rows for a while."""
        self._supply.complaint.say(error)
        self._resume_at = self._clock() + self._supply.backoff.next()


def _rendered(
    rendering: Rendering, name: str, state: GatewayState | MeterState | None
) -> Sequence[Publication]:
    """Return a state as it is published."""
    match state:
        case GatewayState():
            return rendering.gateway_state(state)
        case MeterState():
            return rendering.meter_state(name, state)
        case None:
            return rendering.meter_gone(name)
