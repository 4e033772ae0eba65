"""The brokers of a configuration, each with a publisher of its own."""

import asyncio
import random
from collections.abc import Callable, Iterable

import dcud
from dcud.assembly.broker import mqtt_parameters
from dcud.assembly.telling import BrokerTold
from dcud.config import model
from dcud.config.key_ring import Secrets
from dcud.observe.metrics import Metrics
from dcud.publish.incidents import Incidents
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.mqtt import MqttBroker
from dcud.publish.publisher import Publisher, PublisherParameters
from dcud.publish.rendering import MessageKind, Rendering
from dcud.publish.replies import Hearing
from dcud.publish.state_payload import MeterState
from dcud.store.rows import Uplink
from dcud.store.store import Store

_KINDS = {
    "readings": MessageKind.READING,
    "events": MessageKind.EVENT,
    "notifications": MessageKind.NOTIFICATION,
}


def stored_for(configuration: model.Configuration) -> list[Uplink]:
    """Return the brokers as the store must know them."""
    return [
        Uplink(name, frozenset(str(_KINDS[word]) for word in broker.send if word in _KINDS))
        for name, broker in configuration.brokers()
    ]


class Uplinks:
    """Tells all brokers; each at its own pace.

    Args:
        configuration: names them.
        secrets: their passwords.
        store: what waits for them.
        told: metrics, with those who tell subscribers of what goes wrong.
        clock: unix seconds.
    """

    def __init__(
        self,
        configuration: model.Configuration,
        secrets: Secrets,
        store: Store,
        told: tuple[Metrics, Incidents],
        clock: Callable[[], float],
    ) -> None:
        self._gateway = configuration.gateway.id
        self._secrets = secrets
        self._store = store
        self._metrics, self._incidents = told
        self._takes_requests = configuration.commands.enabled
        self._clock = clock
        self._publishers = {
            name: self._publisher(name, broker) for name, broker in configuration.brokers()
        }
        self._hearing = {name for name, broker in configuration.brokers() if broker.hear}

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until `stopping` is set, and flush."""
        async with asyncio.TaskGroup() as group:
            for name, publisher in self._publishers.items():
                group.create_task(publisher.run(stopping), name=f"publisher {name}")

    def listen(self, hearing: Hearing) -> None:
        """Have what comes from the brokers taken that are to be heard."""
        for name in self._hearing:
            self._publishers[name].listen(hearing)

    def show_meter_state(self, meter: str, state: MeterState) -> None:
        """Publish how a meter does, now and on every new connection."""
        for publisher in self._publishers.values():
            publisher.show_meter_state(meter, state)

    def forget_meters(self, meters: Iterable[str]) -> None:
        """Take back all that is retained of meters that are no longer configured."""
        for meter in meters:
            for publisher in self._publishers.values():
                publisher.forget_meter(meter)

    def _publisher(self, name: str, broker: model.Mqtt) -> Publisher:
        self._metrics.add_broker(name)
        parameters = PublisherParameters(
            version=dcud.__version__,
            rendering=self._rendering(broker),
            with_states="states" in broker.send,
            reconnect_maximum=broker.reconnect_pause,
        )
        return Publisher(
            parameters,
            broker=MqttBroker(
                mqtt_parameters(
                    broker,
                    self._secrets.passwords.get(name),
                    takes_requests=self._takes_requests and broker.hear,
                )
            ),
            outbox=self._store.uplink(name),
            observer=BrokerTold(name, self._metrics, self._incidents),
            clock=self._clock,
            draw=random.random,
        )

    def _rendering(self, broker: model.Mqtt) -> Rendering:
        if broker.payload == "sparkplug-b":
            return self._sparkplug(broker.sparkplug)
        if broker.payload == "home-assistant":
            from dcud.publish.home_assistant import (  # noqa: PLC0415  # few want it
                HomeAssistantRendering,
            )

            prefix = broker.discovery_prefix
            return HomeAssistantRendering(self._gateway, dcud.__version__, prefix)
        if broker.payload == "cbor":
            from dcud.publish.cbor_rendering import CborRendering  # noqa: PLC0415  # few want it

            return CborRendering(self._gateway, dcud.__version__)
        return JsonRendering(self._gateway, dcud.__version__)

    def _sparkplug(self, told: model.Sparkplug) -> Rendering:
        from dcud.publish.sparkplug.rendering import (  # noqa: PLC0415  # few want it
            SparkplugParameters,
            SparkplugRendering,
        )

        parameters = SparkplugParameters(
            group=told.group,
            edge_node=told.edge_node or self._gateway,
            version=dcud.__version__,
            primary_host=told.primary_host or "",
            qos=told.qos,
            bd_seq=int(self._clock()) % 256,  # another one than before the start, most likely
            historical_after=told.historical_after,
        )
        return SparkplugRendering(parameters, self._clock)
