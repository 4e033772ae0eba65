"""How what a gateway says looks on one broker."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from dcud.publish.publication import Publication
from dcud.publish.state_payload import GatewayState, MeterState


class MessageKind(StrEnum):
    """What a message of the outbox tells."""

    READING = "reading"
    EVENT = "event"
    NOTIFICATION = "notification"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message of the outbox, as it was stored.

    Attributes:
        message_id: the same for every copy.
        meter: whom it is about; empty: the gateway itself.
        topic: where its JSON goes.
        payload: canonical JSON by the schema of its kind.
        is_late: whether it waited for long, so that receivers should not take it for news.
    """

    kind: MessageKind
    message_id: str
    meter: str
    topic: str
    payload: bytes = field(repr=False)
    is_late: bool = False


class Rendering(Protocol):
    """What is published for what there is to say; one for each broker, called in sending order.

    A message may become several publications, or none. It has been delivered once all of them are
    acknowledged. After a lost connection, or a refusal, it is rendered again. All that is returned
    goes out in the order of the calls, and on the connection of the call alone: a form may number
    what it says.
    """

    @property
    def subscriptions(self) -> Sequence[str]:
        """The topic filters of what it wants to hear, and of what the broker keeps under them."""
        ...

    @property
    def is_ready(self) -> bool:
        """Whether messages of the outbox may go out now; they wait while they may not."""
        ...

    def will(self) -> Publication:
        """Return what the broker is to say should we break off; called before each attempt."""
        ...

    def connected(self) -> Sequence[Publication]:
        """Return what goes before all else on a new connection."""
        ...

    def heard(self, topic: str, payload: bytes) -> Sequence[Publication]:
        """Return what is said to what came under a subscription; what makes no sense is ignored."""
        ...

    def message(self, message: Message) -> Sequence[Publication]:
        """Return a message of the outbox as it is published."""
        ...

    def gateway_state(self, state: GatewayState) -> Sequence[Publication]:
        """Return the gateway's state as it is published."""
        ...

    def meter_state(self, meter: str, state: MeterState) -> Sequence[Publication]:
        """Return how a meter does as it is published."""
        ...

    def meter_gone(self, meter: str) -> Sequence[Publication]:
        """Return what takes back all that is retained of a meter that is no longer configured."""
        ...
