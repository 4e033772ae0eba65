"""The reason codes of MQTT 5 in words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

UNSUPPORTED_PROTOCOL_VERSION: Final = 0x84
SESSION_TAKEN_OVER: Final = 0x8E

FOR_NOW: Final = frozenset({0x88, 0x89, 0x96, 0x97})
"""What a broker says that can take nothing at the moment, whatever the message is."""

_FIRST_ERROR: Final = 0x80

_WORDS: Mapping[int, str] = MappingProxyType(
    {
        0x80: "unspecified error",
        0x81: "malformed packet",
        0x82: "protocol error",
        0x83: "implementation specific error",
        0x84: "unsupported protocol version",
        0x85: "client identifier not valid",
        0x86: "bad user name or password",
        0x87: "not authorized",
        0x88: "server unavailable",
        0x89: "server busy",
        0x8A: "banned",
        0x8B: "server shutting down",
        0x8C: "bad authentication method",
        0x8D: "keep alive timeout",
        0x8E: "session taken over",
        0x90: "topic name invalid",
        0x93: "receive maximum exceeded",
        0x95: "packet too large",
        0x96: "message rate too high",
        0x97: "quota exceeded",
        0x98: "administrative action",
        0x99: "payload format invalid",
        0x9A: "retain not supported",
        0x9B: "QoS not supported",
        0x9C: "use another server",
        0x9D: "server moved",
        0x9F: "connection rate exceeded",
    }
)

_REMEDIES: Mapping[int, str] = MappingProxyType(
    {
        0x84: "let [mqtt] protocol be auto",
        0x85: "let [mqtt] client_id be one that the broker allows",
        0x86: "let [mqtt] username and the password in the key file be those that the broker knows",
        0x87: "let the broker's access rules allow this user to publish below dcud/v1",
        0x8A: "ask the broker's operator to lift the ban",
        0x8E: "give each gateway an [mqtt] client_id of its own",
        0x97: "raise the broker's quota for this user",
    }
)


def is_error(reason: int) -> bool:
    """Tell refusals from the many ways to say yes."""
    return reason >= _FIRST_ERROR


def words(reason: int) -> str:
    """Return what a reason code means, or the code itself where nobody knows."""
    return _WORDS.get(reason, f"reason code 0x{reason:02X}")


def remedy(reason: int) -> str:
    """Return what can be done about it, "" where nobody knows."""
    return _REMEDIES.get(reason, "")
