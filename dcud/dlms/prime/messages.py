"""The messages by which base node and concentrator speak of the network itself.

[field: PRIME base nodes, DLMS over TCP] They stand in wrapper units, from port 0 to port 1 towards
the concentrator and from 1 to 0 towards the base node. A first octet tells the kind; what follows
is as told by two independent public programs, a base node's and a client's, which agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.octets import Cursor

BASE_NODE_PORT: Final = 0
CONCENTRATOR_PORT: Final = 1
EUI48_SIZE: Final = 6

_MAX_ID: Final = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A node is in the network; told when it joins, and for each when reporting starts.

    Attributes:
        device_id: its number, 1..65535; it changes whenever the node joins anew.
        capabilities: 16 flags; 0001 for repetition (ARQ).
        identifier: its name in DLMS, usually 13 characters of manufacturer and serial number.
        eui48: its hardware address, six octets.
    """

    KIND: ClassVar[int] = 1
    device_id: int
    capabilities: int
    identifier: bytes
    eui48: bytes

    def __post_init__(self) -> None:
        """Refuse what the fields don't hold."""
        check_field("device id", self.device_id, 0, _MAX_ID)
        check_field("capabilities", self.capabilities, 0, 0xFFFF)
        check_field("length of the identifier", len(self.identifier), 0, 0xFF)
        if len(self.eui48) != EUI48_SIZE:
            raise EncodeError(f"an EUI-48 has {EUI48_SIZE} octets, not {len(self.eui48)}")

    def encode(self) -> bytes:
        """Return the octets that the wrapper carries."""
        numbers = self.device_id.to_bytes(2, "big") + self.capabilities.to_bytes(2, "big")
        name = bytes((len(self.identifier),)) + self.identifier
        return bytes((self.KIND,)) + numbers + name + self.eui48


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDevice:
    """A message that names a node and no more."""

    KIND: ClassVar[int]
    device_id: int

    def __post_init__(self) -> None:
        """Refuse what two octets don't hold."""
        check_field("device id", self.device_id, 0, _MAX_ID)

    def encode(self) -> bytes:
        """Return the octets that the wrapper carries."""
        return bytes((self.KIND,)) + self.device_id.to_bytes(2, "big")


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDevice(_OfDevice):
    """A node has left the network."""

    KIND: ClassVar[int] = 2


@dataclass(frozen=True, slots=True)
class StartReporting:
    """Asks the base node for all its nodes, and to tell of changes and pass data from now on."""

    KIND: ClassVar[int] = 3

    def encode(self) -> bytes:
        """Return the octets that the wrapper carries."""
        return bytes((self.KIND,))


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteDevice(_OfDevice):
    """Asks the base node to close its connection to a node."""

    KIND: ClassVar[int] = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableAutoClose(_OfDevice):
    """Asks the base node to close its connection to a node when the concentrator goes."""

    KIND: ClassVar[int] = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableAutoClose(_OfDevice):
    """Takes `EnableAutoClose` back."""

    KIND: ClassVar[int] = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownMessage:
    """A message of a kind that nobody told of.

    Attributes:
        octets: all of it.
    """

    octets: bytes

    def encode(self) -> bytes:
        """Return the octets that the wrapper carries."""
        return self.octets


Message = (
    NewDevice
    | RemoveDevice
    | StartReporting
    | DeleteDevice
    | EnableAutoClose
    | DisableAutoClose
    | UnknownMessage
)


def decode_message(octets: bytes) -> Message:
    """Return what a unit between ports 0 and 1 says.

    Raises:
        DecodeError: it is empty, or its kind is known and the rest isn't what the kind says.
    """
    if octets[:1] == b"":
        raise DecodeError("a message of a PRIME base node is empty")
    decode = _DECODERS.get(octets[0])
    if decode is None:
        return UnknownMessage(octets=octets)
    cursor = Cursor(octets)
    cursor.u8()
    message = decode(cursor)
    cursor.expect_end()
    return message


def _new_device(cursor: Cursor) -> NewDevice:
    return NewDevice(
        device_id=cursor.u16(),
        capabilities=cursor.u16(),
        identifier=cursor.take(cursor.u8()),
        eui48=cursor.take(EUI48_SIZE),
    )


_DECODERS: Final[dict[int, Callable[[Cursor], Message]]] = {
    NewDevice.KIND: _new_device,
    RemoveDevice.KIND: lambda cursor: RemoveDevice(device_id=cursor.u16()),
    StartReporting.KIND: lambda _: StartReporting(),
    DeleteDevice.KIND: lambda cursor: DeleteDevice(device_id=cursor.u16()),
    EnableAutoClose.KIND: lambda cursor: EnableAutoClose(device_id=cursor.u16()),
    DisableAutoClose.KIND: lambda cursor: DisableAutoClose(device_id=cursor.u16()),
}
