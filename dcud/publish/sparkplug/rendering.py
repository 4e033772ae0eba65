"""How what a gateway says looks to Sparkplug hosts: an edge node with its meters as devices."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from dcud.publish.complaint import Complaint
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message
from dcud.publish.sparkplug.allowance import Allowance
from dcud.publish.sparkplug.edge_node import BD_SEQ_ALIAS, Device, EdgeNode
from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.payload import DataType, Metric, Payload, decode, encode
from dcud.publish.sparkplug.samples import (
    Sample,
    event_samples,
    message_samples,
    notification_samples,
    state_samples,
    version_sample,
)
from dcud.publish.sparkplug.topics import SparkplugTopics
from dcud.publish.state_payload import GatewayCondition, GatewayState, MeterCondition, MeterState

_LOG = logging.getLogger("dcud.publish")

_MEDIA_TYPE: Final = "application/x-protobuf"

_REBIRTH: Final = "Node Control/Rebirth"
"""What a host sets to have all births told again; it never has an alias."""


_NODE_METRICS: Final = event_samples("", "", "", 0)

_DEVICE_METRICS: Final = (*_NODE_METRICS, *notification_samples("", "", "", 0))
"""What every birth announces, so that nothing of it asks for another one."""

_REBIRTHS: Final = 10
"""That hosts may ask for at once, as several do that miss the same message."""

_REBIRTH_PAUSE: Final = 10.0
"""Seconds after which one more may be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkplugParameters:
    """Who speaks, and to whom.

    Attributes:
        group: the group's id.
        edge_node: the edge node's id, one of its kind in the group.
        version: dcud's.
        primary_host: the id of the host application without which nothing is said; "": there is
            none.
        qos: of births and data. 0 is the letter of the standard; with 1, what a broken connection
            swallowed is sent again.
        bd_seq: the number of the first session; should be another after each start.
        historical_after: how old a value may be to be news, in seconds.
    """

    group: str
    edge_node: str
    version: str
    primary_host: str = ""
    qos: int = 1
    bd_seq: int = 0
    historical_after: float = 900.0


class SparkplugRendering:
    """Publishes births, data and deaths; `Rendering` says what each method is for.

    Args:
        clock: seconds since 1970-01-01 UTC.
    """

    def __init__(self, parameters: SparkplugParameters, clock: Callable[[], float]) -> None:
        self._parameters = parameters
        self._clock = clock
        self._topics = SparkplugTopics(parameters.group, parameters.edge_node)
        self._node = EdgeNode(parameters.bd_seq)
        self._host_heard = 0
        self._complaint = Complaint()
        self._rebirths = Allowance(_REBIRTHS, _REBIRTH_PAUSE, clock)
        version = version_sample(parameters.version, self._now())
        self._node.metrics.learn((version, *_NODE_METRICS))
        self._node.metrics.note((version,))

    @property
    def subscriptions(self) -> Sequence[str]:
        """Hear commands to the edge node, and whether the primary host is there."""
        host = self._parameters.primary_host
        return (self._topics.node("NCMD"), *((self._topics.host(host),) if host else ()))

    @property
    def is_ready(self) -> bool:
        """Return whether the edge node was born, which waits for the primary host."""
        return self._node.is_born

    def will(self) -> Publication:
        """Begin a session; its number goes with its death and with its births."""
        self._node.begin_session()
        self._host_heard = 0
        return self._death()

    def connected(self) -> Sequence[Publication]:
        """Tell the births, unless they have to wait for the primary host."""
        return () if self._parameters.primary_host else self._births()

    def heard(self, topic: str, payload: bytes) -> Sequence[Publication]:
        """Tell the births again where a host wants that; live and die with the primary host."""
        if topic == self._topics.node("NCMD"):
            return self._rebirth() if self._node.is_born and self._wants_rebirth(payload) else ()
        if topic in self.subscriptions:
            return self._host_said(payload)
        return ()

    def message(self, message: Message) -> Sequence[Publication]:
        """Publish it as data, after the birth of what it is about where that is due."""
        samples = self._samples(message)
        if not samples:
            return ()
        newest = max(sample.timestamp for sample in samples)
        is_late = message.is_late or self._now() - newest > self._parameters.historical_after * 1000
        if message.meter:
            return self._device_data(message.meter, samples, is_late=is_late)
        self._node.metrics.learn(samples)
        births = () if self._node.metrics.is_announced else self._births()
        metrics = self._node.metrics.data(samples, self._now(), is_late=is_late)
        return (*births, self._say("NDATA", metrics))

    def gateway_state(self, state: GatewayState) -> Sequence[Publication]:
        """Tell the death before a disconnection; being online is told by the birth."""
        if state.condition is GatewayCondition.ONLINE or not self._node.is_born:
            return ()
        return self._die()

    def meter_state(self, meter: str, state: MeterState) -> Sequence[Publication]:
        """Tell the birth or the death of a device, or what has changed of its state."""
        device = self._node.device(meter)
        device.is_down = state.condition is MeterCondition.DOWN
        samples = state_samples(state)
        device.metrics.learn(samples)
        if not device.is_down and not device.needs_birth:
            changed = device.metrics.changed(samples)
            return (self._device_says(meter, device, changed, is_late=False),) if changed else ()
        device.metrics.note(samples)
        if device.is_down:
            return self._device_death(meter, device)
        return (self._device_birth(meter, device),) if self._node.is_born else ()

    def meter_gone(self, meter: str) -> Sequence[Publication]:
        """Tell the death of a device."""
        return self._device_death(meter, self._node.forget(meter))

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _samples(self, message: Message) -> tuple[Sample, ...]:
        """Return what a message says; that it can't be read where that is so."""
        try:
            return message_samples(message)
        except SparkplugError as error:
            _LOG.error("can't be shown to Sparkplug hosts: %s", error)
            return event_samples("message_not_understood", "error", str(error), self._now())

    def _host_said(self, payload: bytes) -> Sequence[Publication]:
        """Come and go with the primary host; what is older than what it said last says nothing."""
        said = _host_state(payload)
        if said is None or said[1] < self._host_heard:
            return ()
        is_online, self._host_heard = said
        if is_online == self._node.is_born:
            return ()
        return self._births() if is_online else self._die()

    def _rebirth(self) -> Sequence[Publication]:
        """Tell all births again, unless somebody wants that without end."""
        if self._rebirths.take():
            self._complaint.settle()
            return self._births()
        self._complaint.say(
            SparkplugError(
                f"hosts ask too often for the births of {self._topics.node('NBIRTH')}: ignored",
                remedy="look whether two gateways have that name",
            )
        )
        return ()

    def _wants_rebirth(self, payload: bytes) -> bool:
        """Return whether a command asks for all births; what is no command asks for nothing."""
        try:
            metrics = decode(payload).metrics
        except SparkplugError as error:
            _LOG.debug("a Sparkplug command can't be read: %s", error)
            topic = self._topics.node("NCMD")
            self._complaint.say(SparkplugError(f"what came for {topic} is no Sparkplug command"))
            return False
        return any(metric.name == _REBIRTH and metric.value is True for metric in metrics)

    def _births(self) -> Sequence[Publication]:
        """Tell the edge node and every device that is not down."""
        self._node.be_born()
        now = self._now()
        stated = (
            Metric(
                name="bdSeq",
                alias=BD_SEQ_ALIAS,
                data_type=DataType.INT64,
                value=self._node.bd_seq,
                timestamp=now,
            ),
            Metric(name=_REBIRTH, data_type=DataType.BOOLEAN, value=False, timestamp=now),
        )
        node = self._say("NBIRTH", (*stated, *self._node.metrics.birth(now)))
        devices = (self._device_birth(name, device) for name, device in self._node.living())
        return (node, *devices)

    def _death(self) -> Publication:
        """Return the edge node's death, which names the session, and has no number of its own."""
        metric = Metric(name="bdSeq", data_type=DataType.INT64, value=self._node.bd_seq)
        return Publication(
            topic=self._topics.node("NDEATH"),
            payload=encode(Payload(timestamp=self._now(), metrics=(metric,))),
            content_type=_MEDIA_TYPE,
        )

    def _die(self) -> Sequence[Publication]:
        self._node.die()
        return (self._death(),)

    def _device_data(
        self, name: str, samples: tuple[Sample, ...], *, is_late: bool
    ) -> Sequence[Publication]:
        """Tell data of a device, which lives no longer than for that where it is down."""
        device = self._node.device(name)
        device.metrics.learn(samples)
        births = (self._device_birth(name, device),) if device.needs_birth else ()
        data = self._device_says(name, device, samples, is_late=is_late)
        deaths = self._device_death(name, device) if device.is_down else ()
        return (*births, data, *deaths)

    def _device_birth(self, name: str, device: Device) -> Publication:
        device.metrics.learn(_DEVICE_METRICS)
        device.is_born = True
        return self._say("DBIRTH", device.metrics.birth(self._now()), name)

    def _device_says(
        self, name: str, device: Device, samples: tuple[Sample, ...], *, is_late: bool
    ) -> Publication:
        metrics = device.metrics.data(samples, self._now(), is_late=is_late)
        return self._say("DDATA", metrics, name)

    def _device_death(self, name: str, device: Device) -> Sequence[Publication]:
        if not device.is_born:
            return ()
        device.is_born = False
        return (self._say("DDEATH", (), name),)

    def _say(self, verb: str, metrics: tuple[Metric, ...], device: str = "") -> Publication:
        """Return a numbered message of the edge node, or of one of its devices."""
        topics = self._topics
        payload = Payload(timestamp=self._now(), metrics=metrics, seq=self._node.next_seq())
        return Publication(
            topic=topics.device(verb, device) if device else topics.node(verb),
            payload=encode(payload),
            qos=self._parameters.qos,
            content_type=_MEDIA_TYPE,
        )


def _host_state(payload: bytes) -> tuple[bool, int] | None:
    """Return whether a host is online, and since when; None for what says neither."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    match said:
        case {"online": bool(is_online), "timestamp": int(timestamp)}:
            return is_online, timestamp
        case _:
            return None
