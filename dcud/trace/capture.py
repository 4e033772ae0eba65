"""What was heard as packets that Wireshark dissects.

APDUs become a TCP conversation on port 4059, the port that Wireshark's DLMS/COSEM dissector (of 4.6
and later) is registered for: a unit of the wrapper goes as it is, an APDU that came over anything
else is put into one, whole. Frames of other links are packets of an interface of their own, as
exported PDUs whose columns and comment say what is in them, so that any Wireshark shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from dcud.dlms import llc
from dcud.dlms.errors import DecodeError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.wrapper import MAX_APDU, Wpdu
from dcud.trace import pcapng
from dcud.trace.conversation import Heard
from dcud.trace.pcapng import LinkType
from dcud.trace.rendering import tree

DLMS_PORT: Final = 4059

_FIRST_CLIENT_PORT: Final = 49_152
_CLIENT_ADDRESS: Final = bytes((10, 0, 0, 1))
_MOST_METERS: Final = 0xFFFF

_IPV4: Final = Struct(">BBHHHBBH4s4s")
_TCP: Final = Struct(">HHIIBBHHH")
_TCP_PROTOCOL: Final = 6
_PSH_ACK: Final = 0x18
_WINDOW: Final = 0xFFFF
_LONGEST_SEGMENT: Final = 0xFFFF - _IPV4.size - _TCP.size

_TAG: Final = Struct(">HH")
_DISSECTOR: Final = 12
_SOURCE: Final = 20
_DESTINATION: Final = 21
_PROTOCOL_COLUMN: Final = 33
_DIRECTION: Final = 35
_INFO_COLUMN: Final = 36

_LONGEST_INFO: Final = 1000

_WRAPPER: Final = "wrapper unit"


@dataclass(slots=True, kw_only=True)
class _Stream:
    """One meter in the capture.

    Attributes:
        name: bus and meter.
        frames: the number of its interface for frames, None until it is needed.
        apdus: likewise, for APDUs.
        address: the IPv4 address that stands for the meter.
        port: that of the client.
        sent: octets that went to the meter.
        received: octets that came from it.
    """

    name: str
    address: bytes
    port: int
    frames: int | None = None
    apdus: int | None = None
    sent: int = 0
    received: int = 0


class Capture:
    """Turns what was heard into a capture file, block by block.

    Args:
        application: told in the file's header.
    """

    def __init__(self, application: str) -> None:
        self._application = application
        self._streams: dict[tuple[str, str], _Stream] = {}
        self._interfaces = 0

    def header(self) -> bytes:
        """Return what the file begins with."""
        names = pcapng.ipv4_names([(_CLIENT_ADDRESS, "dcud")])
        return pcapng.section_header(self._application) + names

    def blocks(self, heard: Heard) -> Iterator[bytes]:
        """Yield the blocks for one line of the log; none for a line without octets."""
        record = heard.record
        if not heard.parts:
            return
        stream = self._streams.get((record.bus, record.meter))
        if stream is None:
            stream = self._stream(record.bus, record.meter)
            yield pcapng.ipv4_names([(stream.address, stream.name.replace("/", "."))])
        if heard.parts[0].title == _WRAPPER and record.is_frame:
            yield from self._unit(heard, stream, record.octets)
            return
        yield from self._frame(heard, stream)
        unit = _rewrapped(heard)
        if unit:
            yield from self._unit(heard, stream, unit)

    def _stream(self, bus: str, meter: str) -> _Stream:
        number = len(self._streams) % _MOST_METERS + 1
        stream = _Stream(
            name=f"{bus}/{meter}",
            address=bytes((10, 1)) + number.to_bytes(2, "big"),
            port=_FIRST_CLIENT_PORT + number % (0x10000 - _FIRST_CLIENT_PORT),
        )
        self._streams[bus, meter] = stream
        return stream

    def _interface(self, link_type: LinkType, name: str, description: str) -> tuple[int, bytes]:
        number = self._interfaces
        self._interfaces += 1
        return number, pcapng.interface(link_type, name, description)

    def _frame(self, heard: Heard, stream: _Stream) -> Iterator[bytes]:
        if stream.frames is None:
            stream.frames, block = self._interface(
                LinkType.UPPER_PDU, stream.name, "frames as they stood on the line"
            )
            yield block
        record = heard.record
        protocol = heard.parts[0].title.partition(" ")[0]
        tags = _tags(protocol, heard.words, stream.address, is_sent=record.is_sent)
        yield pcapng.packet(
            stream.frames,
            record.at,
            tags + record.octets,
            is_sent=record.is_sent,
            comment="\n".join(tree(heard)),
        )

    def _unit(self, heard: Heard, stream: _Stream, octets: bytes) -> Iterator[bytes]:
        if stream.apdus is None:
            stream.apdus, block = self._interface(
                LinkType.RAW, f"{stream.name} APDUs", "APDUs in the wrapper, on TCP"
            )
            yield block
        record = heard.record
        comment = "\n".join(tree(heard))
        for start in range(0, len(octets), _LONGEST_SEGMENT):
            segment = octets[start : start + _LONGEST_SEGMENT]
            datagram = _datagram(stream, segment, is_sent=record.is_sent)
            yield pcapng.packet(
                stream.apdus, record.at, datagram, is_sent=record.is_sent, comment=comment
            )


def _rewrapped(heard: Heard) -> bytes:
    """Return the APDU that a frame completes as a unit of the wrapper; b"" where there is none."""
    carriers = [part.payload for part in heard.parts if part.payload is not None]
    apdus = [part for part in heard.parts if part.title.startswith("APDU")]
    if not (carriers and apdus and heard.record.is_frame):
        return b""
    apdu = llc.strip(apdus[-1].octets)
    if len(apdu) > MAX_APDU:
        return b""
    destination, source = carriers[-1].stream
    return Wpdu(_wport(source), _wport(destination), apdu).build()


def _wport(address: bytes) -> int:
    """Return what stands for an address of another link: of HDLC's, client or logical device."""
    try:
        return ServerAddress.from_octets(address).logical
    except DecodeError:
        return int.from_bytes(address[-2:], "big")


def _tags(protocol: str, words: str, meter: bytes, *, is_sent: bool) -> bytes:
    """Return the tags before an exported PDU: who dissects it, and what the columns show."""
    source, destination = (_CLIENT_ADDRESS, meter) if is_sent else (meter, _CLIENT_ADDRESS)
    values = (
        (_DISSECTOR, b"data"),
        (_PROTOCOL_COLUMN, protocol.encode()),
        (_INFO_COLUMN, words.encode()[:_LONGEST_INFO]),
        (_SOURCE, source),
        (_DESTINATION, destination),
        (_DIRECTION, (0 if is_sent else 1).to_bytes(4, "big")),
    )
    tags = b""
    for tag, value in values:
        padded = value + bytes(-len(value) % 4)
        tags += _TAG.pack(tag, len(padded)) + padded
    return tags + _TAG.pack(0, 0)


def _datagram(stream: _Stream, octets: bytes, *, is_sent: bool) -> bytes:
    """Return octets behind headers of IPv4 and TCP, and count them."""
    ends = (_CLIENT_ADDRESS, stream.port, stream.sent), (stream.address, DLMS_PORT, stream.received)
    (source, source_port, number), (destination, destination_port, other) = (
        ends if is_sent else ends[::-1]
    )
    length = _IPV4.size + _TCP.size + len(octets)
    fields = (0x45, 0, length, 0, 0, 64, _TCP_PROTOCOL)
    checksum = _checksum(_IPV4.pack(*fields, 0, source, destination))
    header = _IPV4.pack(*fields, checksum, source, destination)
    numbers = ((1 + number) & 0xFFFFFFFF, (1 + other) & 0xFFFFFFFF)
    tcp = (source_port, destination_port, *numbers, _TCP.size << 2, _PSH_ACK, _WINDOW)
    pseudo = source + destination + bytes((0, _TCP_PROTOCOL))
    pseudo += (_TCP.size + len(octets)).to_bytes(2, "big")
    checksum = _checksum(pseudo + _TCP.pack(*tcp, 0, 0) + octets)
    if is_sent:
        stream.sent += len(octets)
    else:
        stream.received += len(octets)
    return header + _TCP.pack(*tcp, checksum, 0) + octets


def _checksum(octets: bytes) -> int:
    """[RFC 1071] Ones' complement of the ones' complement sum of all 16-bit words."""
    padded = octets + bytes(len(octets) % 2)
    total: int = sum(Struct(f">{len(padded) // 2}H").unpack(padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
