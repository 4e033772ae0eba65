"""The gateway protocol, by which meters behind another concentrator are reached.

[IEC 62056-5-3: gateway protocol] Each APDU goes behind a prefix that names a device on one of the
concentrator's networks; the concentrator takes the prefix off, asks the device, and puts it before
the answer:

```
E6 | network id | length | device address | APDU     request
E7 | network id | length | device address | APDU     answer
```

The prefix is in the clear, also before a ciphered APDU. Over HDLC it stands behind the LLC header,
whose E6 is another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dcud.dlms.datalink import (
    ApduReceived,
    DataLink,
    Frame,
    LinkClosed,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
)
from dcud.dlms.errors import DecodeError, EncodeError, LinkError

REQUEST_TAG: Final = 0xE6
RESPONSE_TAG: Final = 0xE7

MAX_DEVICE_ADDRESS: Final = 0x7F
"""Octets of the longest device address: from 128 on sources differ on how the length is written."""

_TAGS: Final = frozenset({REQUEST_TAG, RESPONSE_TAG})
_HEADER: Final = 3
_OWN_REFUSALS: Final = frozenset((b"\xd8", b"\x0e"))
"""Exception-response and confirmed-service-error: a gateway may say these in its own name."""
_SMALLEST_PDU_SIZE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayAddress:
    """A device behind a gateway.

    Attributes:
        network_id: the gateway's network that the device is on, 0..255; 0 is the default one.
        device_address: the device's address there, 1..127 octets.
    """

    network_id: int = 0
    device_address: bytes

    def __post_init__(self) -> None:
        """Refuse what can't be written.

        Raises:
            EncodeError: the network or the address is out of range.
        """
        if not 0 <= self.network_id <= 0xFF:
            raise EncodeError(f"a gateway's network id is 0..255, not {self.network_id}")
        if not 0 < len(self.device_address) <= MAX_DEVICE_ADDRESS:
            raise EncodeError(
                f"a device address behind a gateway has 1..{MAX_DEVICE_ADDRESS} octets,"
                f" not {len(self.device_address)}"
            )

    def __str__(self) -> str:
        """Return the address as one reads it: "A1B2 on network 0"."""
        return f"{self.device_address.hex().upper()} on network {self.network_id}"

    def prefix(self, tag: int) -> bytes:
        """Return the octets before an APDU; `tag` is REQUEST_TAG or RESPONSE_TAG."""
        return bytes((tag, self.network_id, len(self.device_address))) + self.device_address

    def reduced(self, pdu_size: int) -> int:
        """Return the APDU size to propose so that with its prefix none exceeds `pdu_size`.

        Sizes that set no limit (0 or less) stay; no size becomes smaller than an APDU's smallest.
        """
        if pdu_size <= 0:
            return pdu_size
        return max(pdu_size - _HEADER - len(self.device_address), _SMALLEST_PDU_SIZE)


@dataclass(frozen=True, slots=True)
class Prefixed:
    """An APDU with the device that it is for or from; its tag tells which."""

    tag: int
    address: GatewayAddress
    apdu: bytes

    def build(self) -> bytes:
        """Return prefix and APDU."""
        return self.address.prefix(self.tag) + self.apdu


def decode(octets: bytes) -> Prefixed | None:
    """Return what stands behind a gateway's prefix; None where there is no prefix.

    Raises:
        DecodeError: the prefix is cut off, or its address empty or too long.
    """
    if not octets or octets[0] not in _TAGS:
        return None
    length = octets[2] if len(octets) >= _HEADER else 0
    end = _HEADER + length
    if not 0 < length <= MAX_DEVICE_ADDRESS or len(octets) < end:
        raise DecodeError(f"a gateway's prefix is malformed: {octets[:_HEADER].hex()}")
    address = GatewayAddress(network_id=octets[1], device_address=octets[_HEADER:end])
    return Prefixed(octets[0], address, octets[end:])


def without_prefix(octets: bytes) -> bytes:
    """Return the APDU behind a gateway's prefix, or all octets where there is no whole prefix."""
    try:
        prefixed = decode(octets)
    except DecodeError:
        return octets
    return octets if prefixed is None else prefixed.apdu


class GatewayLink:
    """A `DataLink` to one device behind the gateway that another link leads to.

    What comes from another device is never taken for the answer: it may be a late one, so the right
    one is waited for a while, and then the link fails with an error that names the other device.
    An APDU without prefix is the gateway's own; only its refusals count, anything else would
    be the gateway's data under the meter's name.

    Args:
        link: the link to the gateway.
        address: the device.
        patience: seconds that the right answer is waited for after another device's.
    """

    def __init__(self, link: DataLink, address: GatewayAddress, *, patience: float = 10.0) -> None:
        self._link = link
        self._address = address
        self._patience = patience
        self._prefix = address.prefix(REQUEST_TAG)
        self._other: LinkError | None = None  # that came in the answer's place
        self._deadline: float | None = None  # until which the answer is awaited after it
        self._failure: LinkError | None = None  # for which the link is being taken down

    def connect(self, now: float) -> None:
        """Begin to set up the link to the gateway."""
        self._other = self._deadline = self._failure = None
        self._link.connect(now)

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        """Queue one APDU for the device."""
        self._other = self._deadline = None
        shift = len(self._prefix)
        shifted = tuple((start + shift, end + shift) for start, end in secret)
        self._link.send_apdu(self._prefix + apdu, now, secret=shifted)

    def disconnect(self, now: float) -> None:
        """Begin to take down the link to the gateway."""
        self._deadline = None
        if self._failure is None:
            self._link.disconnect(now)

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take octets as they come."""
        return self._pass(self._link.receive_data(octets, now), now)

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        return self._link.frames_to_send()

    def frames_sent(self, now: float) -> None:
        """Tell that all the frames taken have left."""
        self._link.frames_sent(now)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        due = [t for t in (self._link.next_timeout(), self._deadline) if t is not None]
        return min(due, default=None)

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        """Act on time that has passed; harmless when called early."""
        events = self._pass(self._link.handle_timeout(now), now)
        if self._deadline is not None and self._other is not None and now >= self._deadline:
            self._fail(self._other, now)
        return events

    def _pass(self, link_events: list[LinkEvent], now: float) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        for event in link_events:
            match event:
                case ApduReceived(apdu=apdu):
                    events += self._answer(apdu, now)
                case NotificationReceived(apdu=apdu):
                    events += self._notification(apdu, now)
                case LinkClosed() | LinkFailed() if self._failure is not None:
                    events.append(LinkFailed(error=self._failure))
                    self._failure = None
                case _:
                    events.append(event)
        return events

    def _answer(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take what came in an answer's place."""
        if self._failure is not None:
            return []
        try:
            prefixed = decode(octets)
        except DecodeError as error:
            self._fail(LinkError(error.message, remedy="see the frame log"), now)
            return []
        if prefixed is None:
            return self._own_answer(octets, now)
        if prefixed.address != self._address:
            self._other = LinkError(
                f"the gateway answered for {prefixed.address} instead of {self._address}",
                remedy="check network_id and device_address of the meter",
            )
            self._deadline = now + self._patience
            return []
        self._other = self._deadline = None
        return [ApduReceived(apdu=prefixed.apdu)]

    def _own_answer(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take what the gateway says in its own name."""
        if octets[:1] in _OWN_REFUSALS:
            self._other = self._deadline = None
            return [ApduReceived(apdu=octets)]
        error = LinkError(
            f"the answer for {self._address} came without the gateway's prefix",
            remedy="check that the meter is behind a gateway, and that this is the gateway",
        )
        self._fail(error, now)
        return []

    def _notification(self, octets: bytes, now: float) -> list[LinkEvent]:
        """Take what came unasked; other devices' is none of ours."""
        try:
            prefixed = decode(octets)
        except DecodeError:
            return []
        if prefixed is None or prefixed.address != self._address:
            return []
        if self._deadline is not None:  # for the link the answer's place was taken before
            return self._answer(octets, now)
        return [NotificationReceived(apdu=prefixed.apdu)]

    def _fail(self, error: LinkError, now: float) -> None:
        """Take the link down; `error` is told when it is."""
        self._failure = error
        self._other = self._deadline = None
        self._link.disconnect(now)
