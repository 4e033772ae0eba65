"""A Sparkplug host application that follows one edge node, with Google's decoder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paho.mqtt import publish

from tests.support.google_sparkplug import google_decoded, google_payload
from tests.support.subscriber import Heard

_SEQUENCES: Final = 256


@dataclass(slots=True)
class Followed:
    """What a host knows after what it heard.

    Attributes:
        sessions: the bdSeq of each birth of the edge node.
        births: the names of devices, each time that one was born.
        deaths: likewise.
        history: what was told as historical: device ("" is the edge node), metric, time, value.
        current: what was told as current, likewise.
        is_online: whether the edge node was born, and did not die since.
        faults: what no edge node may do.
    """

    sessions: list[int] = field(default_factory=list)
    births: list[str] = field(default_factory=list)
    deaths: list[str] = field(default_factory=list)
    history: list[tuple[str, str, int, object]] = field(default_factory=list)
    current: list[tuple[str, str, int, object]] = field(default_factory=list)
    is_online: bool = False
    faults: list[str] = field(default_factory=list)


class _Follower:
    """Follows message by message."""

    def __init__(self) -> None:
        self.followed = Followed()
        self._next: int | None = None
        self._names: dict[str, dict[int, str]] = {}

    def take(self, message: Heard) -> None:
        _, _, verb, _, *rest = message.topic.split("/")
        device = rest[0] if rest else ""
        payload = google_decoded(message.payload)
        if message.retain:
            self.followed.faults.append(f"{message.topic} was retained")
        if verb == "NDEATH":
            self._died(payload)
            return
        if verb == "NBIRTH":
            self._born(payload)
        self._count(message.topic, payload.seq)
        if verb in {"NBIRTH", "DBIRTH"}:
            self._names[device] = {each.alias: each.name for each in payload.metrics if each.alias}
        if verb == "DBIRTH":
            self.followed.births.append(device)
        elif verb == "DDEATH":
            self.followed.deaths.append(device)
            del self._names[device]
        elif verb in {"NDATA", "DDATA"}:
            self._data(device, payload)

    def _born(self, payload: Any) -> None:
        (session,) = [each.long_value for each in payload.metrics if each.name == "bdSeq"]
        self.followed.sessions.append(session)
        self.followed.is_online = True
        self._names = {}
        self._next = 0

    def _died(self, payload: Any) -> None:
        (metric,) = payload.metrics
        if self.followed.sessions and metric.long_value == self.followed.sessions[-1]:
            self.followed.is_online = False
            self._names = {}
        if payload.HasField("seq"):
            self.followed.faults.append("a death had a sequence number")

    def _count(self, topic: str, seq: int) -> None:
        if seq != self._next:
            self.followed.faults.append(f"{topic} has number {seq} instead of {self._next}")
        self._next = (seq + 1) % _SEQUENCES

    def _data(self, device: str, payload: Any) -> None:
        if not self.followed.is_online or device not in self._names:
            self.followed.faults.append(f"data of {device or 'the edge node'}, which was not born")
            return
        for metric in payload.metrics:
            name = self._names[device].get(metric.alias)
            if name is None:
                self.followed.faults.append(f"alias {metric.alias} of {device} was not announced")
                continue
            arm = metric.WhichOneof("value")
            told = (device, name, metric.timestamp, None if arm is None else getattr(metric, arm))
            (self.followed.history if metric.is_historical else self.followed.current).append(told)


def follow(heard: Sequence[Heard]) -> Followed:
    """Return what a host knows that heard everything from the first message on."""
    follower = _Follower()
    for message in heard:
        if "/STATE/" not in message.topic and "/NCMD/" not in message.topic:
            follower.take(message)
    return follower.followed


def ask_for_rebirth(port: int, topic: str) -> None:
    """Ask the edge node that listens under this topic for all births."""
    payload = google_payload()
    payload.metrics.add(name="Node Control/Rebirth", datatype=11, boolean_value=True)
    publish.single(topic, payload.SerializeToString(), qos=0, hostname="127.0.0.1", port=port)


def tell_host_state(port: int, host: str, timestamp: int, *, online: bool) -> None:
    """Tell whether a host is there, as the host itself would."""
    state = json.dumps({"online": online, "timestamp": timestamp})
    publish.single(
        f"spBv1.0/STATE/{host}", state, qos=1, retain=True, hostname="127.0.0.1", port=port
    )
