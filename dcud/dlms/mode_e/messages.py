"""What a client says in a sign-on, octet by octet.

[IEC 62056-21: request message, acknowledgement and option select message, break]
"""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import DecodeError, EncodeError

SOH: Final = 0x01
STX: Final = 0x02
ETX: Final = 0x03
ACK: Final = 0x06
LF: Final = 0x0A
CR: Final = 0x0D
NAK: Final = 0x15
SLASH: Final = 0x2F

BREAK: Final = bytes((SOH, 0x42, 0x30, ETX, 0x71))
"""SOH "B0" ETX with its block check: the client ends the sign-on."""

LONGEST_ADDRESS: Final = 32

HDLC_PROCEDURE: Final = "2"
"""Protocol control: 0 the normal procedure, 1 the secondary one, 2 HDLC."""
BINARY_MODE: Final = "2"
"""Mode control: 0 data readout, 1 programming, 2 binary (HDLC), 6 to 9 the manufacturer's."""

_OPTION_SELECT_SIZE: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOnRequest:
    """Asks a meter to identify itself: the one with this device address, or any if it is empty.

    Raises:
        EncodeError: the address is none.
    """

    device_address: str = ""

    def __post_init__(self) -> None:
        """Refuse what would not be read as it is meant."""
        address = self.device_address
        if len(address) > LONGEST_ADDRESS or not address.isascii() or not address.isprintable():
            raise EncodeError(
                f"{address!r} is no device address", remedy="write up to 32 digits or letters"
            )
        if "/" in address or "!" in address:
            raise EncodeError(f"device address {address!r} holds a / or !", remedy="leave it out")

    def build(self) -> bytes:
        """Return the whole message."""
        return f"/?{self.device_address}!\r\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionSelect:
    """Chooses what follows the identification, and how fast; the meter confirms with the same.

    Attributes:
        protocol: one character; "2" is HDLC.
        baud_character: of the speed that both switch to.
        mode: one character; "2" is binary.
    """

    protocol: str = HDLC_PROCEDURE
    baud_character: str
    mode: str = BINARY_MODE

    def __post_init__(self) -> None:
        """Refuse what is not one character each."""
        characters = self.protocol + self.baud_character + self.mode
        parts = (self.protocol, self.baud_character, self.mode)
        if any(len(part) != 1 for part in parts) or not (
            characters.isascii() and characters.isprintable()
        ):
            raise EncodeError(f"{characters!r} is no option to select")

    @property
    def is_mode_e(self) -> bool:
        """Whether HDLC follows."""
        return self.protocol == HDLC_PROCEDURE and self.mode == BINARY_MODE

    def build(self) -> bytes:
        """Return the whole message."""
        characters = self.protocol + self.baud_character + self.mode
        return bytes((ACK,)) + characters.encode() + bytes((CR, LF))


def parse_request(octets: bytes) -> SignOnRequest:
    """Return what a message asks, from its "/" to its line feed.

    Raises:
        DecodeError: it is no request.
    """
    if octets[:2] != b"/?" or octets[-3:] != b"!\r\n":
        raise DecodeError(f"{octets!r} is no request to identify")
    try:
        return SignOnRequest(device_address=octets[2:-3].decode("ascii", "replace"))
    except EncodeError as error:
        raise DecodeError(error.message) from None


def parse_option_select(octets: bytes) -> OptionSelect:
    """Return what a message selects, from its ACK to its line feed.

    Raises:
        DecodeError: it is no option select message.
    """
    if len(octets) != _OPTION_SELECT_SIZE or octets[0] != ACK or octets[4:] != b"\r\n":
        raise DecodeError(f"{octets!r} selects no option")
    said = octets[1:4].decode("ascii", "replace")
    try:
        return OptionSelect(protocol=said[0], baud_character=said[1], mode=said[2])
    except EncodeError as error:
        raise DecodeError(error.message) from None
