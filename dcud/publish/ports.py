"""What the publisher wants of the rooms around it."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from dcud.publish.errors import BrokerError
from dcud.publish.publication import Acknowledgement, Publication, Received, Subscription
from dcud.store.rows import OutboxRow, OutboxStats


class Outbox(Protocol):
    """Where the messages wait; `dcud.store.store.Store` is one."""

    async def oldest(self, limit: int, after: int | None = None) -> list[OutboxRow]:
        """Return the first rows after a row id; raise `StoreError`."""
        ...

    async def delete(self, row_ids: Iterable[int]) -> int:
        """Remove rows that the broker has; raise `StoreError`."""
        ...

    async def park(self, row_ids: Iterable[int]) -> None:
        """Put aside rows that the broker refuses for ever; raise `StoreError`."""
        ...

    async def unpark(self) -> int:
        """Have what was put aside wait once more; raise `StoreError`."""
        ...

    def stats(self) -> OutboxStats:
        """Return the outbox as of the last commit."""
        ...

    def notify(self, event: asyncio.Event) -> None:
        """Set `event` whenever messages were stored."""
        ...


class BrokerConnection(Protocol):
    """An accepted connection; it sets the event it was made with whenever it has news.

    Attributes:
        description: broker and version, for people.
        window: how many publications may wait for their acknowledgement.
        error: why the connection is no more; None while it stands.
    """

    description: str
    window: int
    error: BrokerError | None

    def publish(self, publication: Publication) -> int:
        """Hand a publication over; return the token of its acknowledgement."""
        ...

    def fits(self, publication: Publication) -> bool:
        """Tell whether the broker takes a packet of that size."""
        ...

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Have the broker send what is published there."""
        ...

    def received(self) -> list[Received]:
        """Take what came under the subscriptions."""
        ...

    def acknowledgements(self) -> list[Acknowledgement]:
        """Take what has been acknowledged."""
        ...

    async def disconnect(self, timeout: float) -> None:  # noqa: ASYNC109  # a part of the stop's time
        """Leave in order, within `timeout` seconds."""
        ...

    def abort(self) -> None:
        """Leave at once, if still there."""
        ...


class Broker(Protocol):
    """The way to the broker; `dcud.publish.mqtt.MqttBroker` is one."""

    async def connect(self, will: Publication, wake: asyncio.Event) -> BrokerConnection:
        """Return an accepted connection, or raise `BrokerError`."""
        ...


class PublishObserver(Protocol):
    """Who keeps the figures."""

    def broker_connected(self, connected: bool) -> None:  # noqa: FBT001  # a state, told as it is
        """Tell whether the broker accepted us and the connection still stands."""
        ...

    def published(self, messages: int = 1) -> None:
        """Count messages of the outbox that the broker acknowledged."""
        ...

    def dropped(self, reason: str, messages: int) -> None:
        """Count messages that had to be let go unpublished."""
        ...

    def parked(self, meter: str, message_id: str, reason: str) -> None:
        """Tell of a message that the broker refused again and again."""
        ...
