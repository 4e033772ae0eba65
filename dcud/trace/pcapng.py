"""The blocks of a capture file, as Wireshark reads them.

[pcapng: section header, interface description, name resolution, enhanced packet] Each block bears
its length at both ends; everything is padded to 4 octets. Numbers are in little-endian order.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from struct import Struct
from typing import Final

MAX_COMMENT: Final = 32_000
"""Characters; an option can't be longer than 65,535 octets."""

_SECTION_HEADER: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_NAMES: Final = 4
_PACKET: Final = 6

_ORDER: Final = 0x1A2B3C4D
_END: Final = bytes(4)
_COMMENT: Final = 1
_FLAGS: Final = 2
_INTERFACE_NAME: Final = 2
_INTERFACE_DESCRIPTION: Final = 3
_RESOLUTION: Final = 9
_APPLICATION: Final = 4
_MILLISECONDS: Final = b"\x03"
_IPV4_NAME: Final = 1

_HEADER: Final = Struct("<II")
_OPTION: Final = Struct("<HH")
_SECTION: Final = Struct("<IHHq")
_INTERFACE_FIXED: Final = Struct("<HHI")
_PACKET_FIXED: Final = Struct("<IIIII")


class LinkType(IntEnum):
    """What packets of an interface begin with."""

    RAW = 101
    """An IPv4 header."""
    UPPER_PDU = 252
    """Tags that name Wireshark's dissector and fill its columns."""


def section_header(application: str) -> bytes:
    """Return what a file begins with."""
    fixed = _SECTION.pack(_ORDER, 1, 0, -1)
    return _block(_SECTION_HEADER, fixed + _options({_APPLICATION: application.encode()}))


def interface(link_type: LinkType, name: str, description: str) -> bytes:
    """Return an interface; the first has the number 0. Its times are in milliseconds."""
    options = {
        _INTERFACE_NAME: name.encode(),
        _INTERFACE_DESCRIPTION: description.encode(),
        _RESOLUTION: _MILLISECONDS,
    }
    return _block(_INTERFACE, _INTERFACE_FIXED.pack(link_type, 0, 0) + _options(options))


def ipv4_names(names: Iterable[tuple[bytes, str]]) -> bytes:
    """Return the names of addresses of 4 octets."""
    records = b""
    for address, name in names:
        value = address + name.encode() + b"\x00"
        records += _OPTION.pack(_IPV4_NAME, len(value)) + _padded(value)
    return _block(_NAMES, records + _END)


def packet(
    interface_number: int, milliseconds: int, octets: bytes, *, is_sent: bool, comment: str = ""
) -> bytes:
    """Return one packet; `milliseconds` since the Unix epoch."""
    high, low = milliseconds >> 32, milliseconds & 0xFFFFFFFF
    fixed = _PACKET_FIXED.pack(interface_number, high, low, len(octets), len(octets))
    options = {_FLAGS: (2 if is_sent else 1).to_bytes(4, "little")}
    if comment:
        options[_COMMENT] = comment[:MAX_COMMENT].encode()[:0xFFFF]
    return _block(_PACKET, fixed + _padded(octets) + _options(options))


def _options(options: Mapping[int, bytes]) -> bytes:
    return b"".join(_OPTION.pack(code, len(o)) + _padded(o) for code, o in options.items()) + _END


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return _HEADER.pack(kind, length) + body + length.to_bytes(4, "little")
