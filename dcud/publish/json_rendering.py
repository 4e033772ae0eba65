"""dcud's own form on a broker: one topic for each thing, JSON as it was stored."""

from collections.abc import Sequence

from dcud.publish.publication import Publication
from dcud.publish.rendering import Message
from dcud.publish.state_payload import (
    GatewayCondition,
    GatewayState,
    MeterState,
    gateway_state_payload,
    meter_state_payload,
)
from dcud.publish.topics import Topics


class JsonRendering:
    """Publishes what is stored, verbatim; `Rendering` says what each method is for.

    Args:
        gateway: the configured gateway id.
        version: dcud's.
    """

    subscriptions: Sequence[str] = ()
    is_ready: bool = True

    def __init__(self, gateway: str, version: str) -> None:
        self._gateway = gateway
        self._version = version
        self._topics = Topics(gateway)

    def will(self) -> Publication:
        """Say that the gateway is offline; nobody knows since when."""
        state = GatewayState(
            condition=GatewayCondition.OFFLINE, version=self._version, reason="connection_lost"
        )
        (publication,) = self.gateway_state(state)
        return publication

    def connected(self) -> Sequence[Publication]:
        """Say nothing; the states follow."""
        return ()

    def heard(self, topic: str, payload: bytes) -> Sequence[Publication]:  # noqa: ARG002  # none is wanted
        """Say nothing."""
        return ()

    def message(self, message: Message) -> Sequence[Publication]:
        """Publish it as it was stored."""
        return (Publication(topic=message.topic, payload=message.payload),)

    def gateway_state(self, state: GatewayState) -> Sequence[Publication]:
        """Retain it under the gateway."""
        payload = gateway_state_payload(state, self._gateway)
        return (Publication(topic=self._topics.gateway_state(), payload=payload, retain=True),)

    def meter_state(self, meter: str, state: MeterState) -> Sequence[Publication]:
        """Retain it under the meter."""
        payload = meter_state_payload(state, self._gateway, meter)
        return (Publication(topic=self._topics.meter_state(meter), payload=payload, retain=True),)

    def meter_gone(self, meter: str) -> Sequence[Publication]:
        """Take the meter's state back."""
        return (Publication(topic=self._topics.meter_state(meter), payload=b"", retain=True),)
