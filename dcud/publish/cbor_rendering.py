"""dcud's own form on a broker in CBOR: the same topics and members as in JSON, fewer octets."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from dcud.errors import DcudError
from dcud.publish.json_rendering import JsonRendering
from dcud.publish.publication import Publication
from dcud.publish.rendering import Message
from dcud.publish.state_payload import GatewayState, MeterState

CONTENT_TYPE: Final = "application/cbor"

_TIMES: Final = frozenset({"read_time", "capture_time", "received", "since", "last_success"})
"""Members that hold an instant wherever they stand; a `time` may have no offset."""
_DATE_TIME: Final = 0
"""[RFC 8949: 3.4.1]"""


class CborMissingError(DcudError):
    """What makes CBOR is not installed."""

    code: ClassVar[str] = "cbor_missing"


class CborRendering:
    """Publishes what is stored in CBOR, deterministically encoded. [RFC 8949: 4.2.1].

    Message ids are UUIDs, instants tagged text, physical quantities decimal fractions, which are
    exact; all else is as in JSON.

    Args:
        gateway: the configured gateway id.
        version: dcud's.

    Raises:
        CborMissingError: cbor2 is not installed.
    """

    subscriptions: Sequence[str] = ()
    is_ready = True

    def __init__(self, gateway: str, version: str) -> None:
        try:
            import cbor2  # noqa: PLC0415  # an extra: few brokers want it
        except ImportError:
            raise CborMissingError(
                "a broker wants CBOR, and cbor2 is not installed",
                remedy="apt install python3-cbor2, or pip install dcud[cbor]",
            ) from None
        self._json = JsonRendering(gateway, version)
        self._tag: Callable[[int, str], Any] = cbor2.CBORTag
        self._dumps: Callable[..., bytes] = cbor2.dumps

    def will(self) -> Publication:
        """Say that the gateway is offline."""
        return self._encoded(self._json.will())

    def connected(self) -> Sequence[Publication]:
        """Say nothing; the states follow."""
        return ()

    def heard(self, topic: str, payload: bytes) -> Sequence[Publication]:  # noqa: ARG002  # none is wanted
        """Say nothing."""
        return ()

    def message(self, message: Message) -> Sequence[Publication]:
        """Publish it in CBOR."""
        return [self._encoded(each) for each in self._json.message(message)]

    def gateway_state(self, state: GatewayState) -> Sequence[Publication]:
        """Retain it under the gateway."""
        return [self._encoded(each) for each in self._json.gateway_state(state)]

    def meter_state(self, meter: str, state: MeterState) -> Sequence[Publication]:
        """Retain it under the meter."""
        return [self._encoded(each) for each in self._json.meter_state(meter, state)]

    def meter_gone(self, meter: str) -> Sequence[Publication]:
        """Take the meter's state back."""
        return self._json.meter_gone(meter)

    def _encoded(self, publication: Publication) -> Publication:
        body = self._members(json.loads(publication.payload))
        payload = self._dumps(body, canonical=True)
        return replace(publication, payload=payload, content_type=CONTENT_TYPE)

    def _members(self, members: Mapping[str, Any]) -> dict[str, Any]:
        is_quantity = bool(members.get("unit"))
        return {name: self._member(name, value, is_quantity) for name, value in members.items()}

    def _member(self, name: str, value: Any, is_quantity: bool) -> Any:  # noqa: FBT001  # a fact
        if isinstance(value, dict):
            return self._members(value)
        if isinstance(value, list):
            return [self._member("", each, False) for each in value]
        if isinstance(value, str):
            return self._text(name, value, is_quantity)
        return value

    def _text(self, name: str, text: str, is_quantity: bool) -> Any:  # noqa: FBT001  # a fact
        if name == "message_id":
            return UUID(text)
        if name in _TIMES:
            return self._tag(_DATE_TIME, text)
        return Decimal(text) if name == "value" and is_quantity else text
