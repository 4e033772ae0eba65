"""What is exchanged with a broker."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message for the broker.

    Attributes:
        retain: whether the broker keeps it for those who come later. What is retained never
            expires.
        qos: 1, or 0 for what is delivered once it is sent.
        content_type: the media type of the payload.
        correlation: what the one who asked gave to recognise the answer by (MQTT 5).
    """

    topic: str
    payload: bytes = field(repr=False)
    retain: bool = False
    qos: int = 1
    content_type: str = "application/json"
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The broker's answer to a publication.

    Attributes:
        token: what `publish` returned for it.
        reason: the reason code of MQTT 5; 0 where the broker speaks 3.1.1.
    """

    token: int
    reason: int


@dataclass(frozen=True, slots=True)
class Subscription:
    """What is to be heard.

    Attributes:
        topics: a topic filter.
        retained: whether what the broker keeps is wanted, too.
    """

    topics: str
    retained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message that came under a subscription.

    Attributes:
        retained: whether the broker had kept it: nobody says it now.
        response_topic: where the answer is wanted (MQTT 5).
        correlation: what the answer is to bear (MQTT 5).
    """

    topic: str
    payload: bytes = field(repr=False)
    retained: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None
