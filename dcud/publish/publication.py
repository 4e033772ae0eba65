"""What goes to the broker, with what comes back for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message for the broker.

    Attributes:
        retain: whether the broker keeps it for those who come later. What is retained never
            expires.
        qos: 1, or 0 for what is delivered once it is sent.
        content_type: the media type of the payload.
    """

    topic: str
    payload: bytes = field(repr=False)
    retain: bool = False
    qos: int = 1
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The broker's answer to a publication.

    Attributes:
        token: what `publish` returned for it.
        reason: the reason code of MQTT 5; 0 where the broker speaks 3.1.1.
    """

    token: int
    reason: int
