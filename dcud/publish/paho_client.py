"""The face that paho-mqtt shows us, the same for its releases 1.6 and 2.

Release 1.6 calls back with other arguments, and swallows two things that we must know: the reason
code of a PUBACK (so that a refused message would pass for a delivered one), and the reason code of
a short DISCONNECT. For it alone both are taken from the received octets.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from paho.mqtt.client import Client

from dcud.publish.publication import Received

try:
    from paho.mqtt.enums import CallbackAPIVersion
except ImportError:  # release 1.6
    CallbackAPIVersion = None  # type: ignore[assignment,misc]  # told from release 2 by this

MQTT_3_1_1: Final = 4
MQTT_5: Final = 5

_REASON_OF_RETURN_CODE: Mapping[int, int] = MappingProxyType(
    {1: 0x84, 2: 0x85, 3: 0x88, 4: 0x86, 5: 0x87}
)
"""CONNACK return codes of MQTT 3.1.1 by their counterparts in MQTT 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCalls:
    """What the client tells, from its own thread.

    Attributes:
        connected: CONNACK came: reason code, properties of MQTT 5 by their names.
        acknowledged: PUBACK came: message id, reason code.
        disconnected: the connection ended: reason code of the broker's DISCONNECT, or 0.
        socket_opened: a connection is up, CONNECT is not sent yet.
        subscribed: SUBACK came: the reason codes, one for each topic filter.
        received: PUBLISH came.
    """

    connected: Callable[[int, Mapping[str, Any]], None]
    acknowledged: Callable[[int, int], None]
    disconnected: Callable[[int], None]
    socket_opened: Callable[[], None]
    subscribed: Callable[[Sequence[int]], None]
    received: Callable[[Received], None]


def new_client(client_id: str, protocol: int, calls: ClientCalls) -> Client:
    """Return a client that keeps no session, makes no connection by itself, sends from its thread.

    Whoever runs it calls `connect`, then `loop` until it returns other than 0.
    """
    if CallbackAPIVersion is not None:
        client = _release_2(client_id, protocol, calls)
    else:
        client = _release_1_6(client_id, protocol, calls)
    client.on_socket_open = lambda *_: calls.socket_opened()
    client.on_message = lambda _client, _data, message: calls.received(_received(message))
    # With this set, `publish` leaves the writing to the thread that runs `loop`.
    client.on_socket_register_write = lambda *_: None
    client.max_inflight_messages_set(0)  # the window is kept by those who publish
    return client


def release(client: Client) -> None:
    """Break the client's ties to its owner, so that it goes as soon as nobody uses it."""
    client.on_connect = client.on_publish = client.on_disconnect = None
    client.on_socket_open = client.on_socket_register_write = None
    client.on_message = client.on_subscribe = None


def _session(client_id: str, protocol: int) -> dict[str, Any]:
    """Return the arguments that both releases take; MQTT 5 tells `connect` of a clean start."""
    clean = {"clean_session": True} if protocol == MQTT_3_1_1 else {}
    return {
        "client_id": client_id,
        "protocol": protocol,
        "reconnect_on_failure": False,
        **clean,
    }


def _release_2(client_id: str, protocol: int, calls: ClientCalls) -> Client:
    """Return a client of paho-mqtt 2."""
    client = Client(CallbackAPIVersion.VERSION2, **_session(client_id, protocol))
    client.on_connect = lambda _client, _data, _flags, reason, properties: calls.connected(
        reason.value, _by_name(properties)
    )
    client.on_publish = lambda _client, _data, mid, reason, _properties: calls.acknowledged(
        mid, reason.value
    )
    client.on_disconnect = lambda _client, _data, flags, reason, _properties: calls.disconnected(
        reason.value if flags.is_disconnect_packet_from_server else 0
    )
    client.on_subscribe = lambda _client, _data, _mid, reasons, _properties: calls.subscribed(
        [reason.value for reason in reasons]
    )
    return client


def _release_1_6(client_id: str, protocol: int, calls: ClientCalls) -> Client:
    """Return a client of paho-mqtt 1.6."""
    client: Any = _OutspokenClient(**_session(client_id, protocol))
    client.on_connect = lambda _client, _data, _flags, reason, properties=None: calls.connected(
        _reason(reason, protocol), _by_name(properties)
    )
    client.on_publish = lambda client, _data, mid: calls.acknowledged(
        mid, client.last_octet(after=2)
    )
    client.on_disconnect = lambda client, _data, _reason, _properties=None: calls.disconnected(
        client.disconnect_reason
    )
    client.on_subscribe = lambda _client, _data, _mid, reasons, _properties=None: calls.subscribed(
        [int(getattr(reason, "value", reason)) for reason in reasons]
    )
    ready: Client = client
    return ready


class _OutspokenClient(Client):
    """A client of paho-mqtt 1.6 that keeps the reason codes which that release drops."""

    _in_packet: Any
    disconnect_reason = 0

    def last_octet(self, *, after: int) -> int:
        """Return the octet after the first `after` ones of the packet at hand, 0 if it ends."""
        packet: bytes = self._in_packet["packet"]
        return packet[after] if len(packet) > after else 0

    def _handle_disconnect(self) -> Any:
        """Keep the reason, then go on as usual."""
        self.disconnect_reason = self.last_octet(after=0)
        return super()._handle_disconnect()


def _reason(reason: Any, protocol: int) -> int:
    """Return 1.6's reason, which is an object or a number, as the reason code of MQTT 5."""
    code = int(getattr(reason, "value", reason))
    return _REASON_OF_RETURN_CODE.get(code, code) if protocol == MQTT_3_1_1 else code


def _received(message: Any) -> Received:
    """Return a message as it came; MQTT 3.1.1 has no properties."""
    properties = _by_name(getattr(message, "properties", None))
    return Received(
        topic=message.topic,
        payload=message.payload,
        retained=bool(message.retain),
        response_topic=properties.get("ResponseTopic"),
        correlation=properties.get("CorrelationData"),
    )


def _by_name(properties: Any) -> Mapping[str, Any]:
    """Return the properties of a packet, none if there are none."""
    return {} if properties is None else dict(vars(properties))
