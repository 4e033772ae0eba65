"""The window of publications on one connection.

Rows go out in the order of the outbox, up to the window ahead of the broker's acknowledgements. A
row that the broker refuses, or an outbox that can't be read, pauses the sending; after the pause it
begins again from the oldest row. So nothing is lost, and what arrives twice bears the same message
id.
"""

import asyncio
import logging
from collections import deque
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
from dcud.publish.replies import Replies
from dcud.publish.states import StateBoard
from dcud.store.errors import StoreError
from dcud.store.rows import OutboxRow

_LOG = logging.getLogger("dcud.publish")

_FETCH_ROWS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a delivery draws on, and where it reports to; it outlives the connection.

    Attributes:
        backoff: pauses after refusals.
        complaint: tells of refusals.
    """

    outbox: Outbox
    states: StateBoard
    replies: Replies
    discharge: Discharge
    observer: PublishObserver
    backoff: Backoff
    complaint: Complaint


class Delivery:
    """Sends states and rows over one connection."""

    def __init__(self, connection: BrokerConnection, supply: Supply) -> None:
        self._connection = connection
        self._supply = supply
        self._clock = asyncio.get_running_loop().time
        self._in_flight: dict[int, OutboxRow | None] = {}  # by token; None: a state or an answer
        self._rows_in_flight: set[int] = set()
        self._fetched: deque[OutboxRow] = deque()
        self._after = 0
        self._resume_at: float | None = None

    @property
    def resume_at(self) -> float | None:
        """When the sending goes on, on the loop's clock; None while it does."""
        return self._resume_at

    @property
    def finished(self) -> bool:
        """Whether everything there was to send has been sent and acknowledged."""
        newest = self._supply.outbox.stats().newest_row_id
        return (
            not self._in_flight
            and not self._fetched
            and self._resume_at is None
            and self._after >= newest
            and self._supply.states.all_told
            and self._supply.replies.all_said
        )

    def take_acknowledgements(self) -> None:
        """Let go what the broker has, keep what it refused."""
        published = 0
        for answer in self._connection.acknowledgements():
            row = self._in_flight.pop(answer.token, None)
            self._supply.replies.acknowledged(answer.token)
            if reason_codes.is_error(answer.reason):
                self._refused(answer, row)
            elif row is not None:
                published += 1
                self._supply.discharge.add(row.row_id)
            if row is not None:
                self._rows_in_flight.discard(row.row_id)
        if published:
            self._supply.observer.published(published)
            if self._resume_at is None:
                self._supply.backoff.reset()
                self._supply.complaint.settle()

    async def fill(self) -> None:
        """Send what there is, as far as the window allows."""
        if self._resume_at is not None and self._clock() >= self._resume_at:
            self._resume_at = None
            self._fetched.clear()
            self._after = 0
        while len(self._in_flight) < self._connection.window and self._connection.error is None:
            state = self._supply.states.take()
            if state is not None:
                self._in_flight[self._connection.publish(state)] = None
                continue
            if self._reply():
                continue
            row = await self._next_row()
            if row is None:
                return
            self._in_flight[self._connection.publish(_publication(row))] = row
            self._rows_in_flight.add(row.row_id)

    def _reply(self) -> bool:
        """Send an answer, if one waits; one that the broker doesn't take is let go."""
        answer = self._supply.replies.take()
        if answer is None:
            return False
        if self._connection.fits(answer):
            token = self._connection.publish(answer)
            self._in_flight[token] = None
            self._supply.replies.sent(token, answer)
        else:
            _LOG.warning("an answer for %s is larger than the broker takes: dropped", answer.topic)
        return True

    async def _next_row(self) -> OutboxRow | None:
        """Return the next row to send, None if there is none now."""
        while self._resume_at is None and (self._fetched or await self._fetch()):
            row = self._fetched.popleft()
            if row.row_id in self._supply.discharge or row.row_id in self._rows_in_flight:
                continue  # it has been sent before the sending began again
            if self._connection.fits(_publication(row)):
                return row
            self._drop(row)
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
        """Pause, so that the row is tried again; a state waits for the next connection."""
        topic = "a state or an answer" if row is None else row.topic
        error = BrokerRefusedError(
            f"broker {self._connection.description} refused {topic}: "
            f"{reason_codes.words(answer.reason)}",
            reason=answer.reason,
            remedy=reason_codes.remedy(answer.reason),
        )
        if row is None:
            self._supply.complaint.say(error)
        elif self._resume_at is None:
            self._pause(error)

    def _pause(self, error: DcudError) -> None:
        """Send no rows for a while."""
        self._supply.complaint.say(error)
        self._resume_at = self._clock() + self._supply.backoff.next()


def _publication(row: OutboxRow) -> Publication:
    """Return a row as it is published."""
    return Publication(topic=row.topic, payload=row.payload)
