"""The layouts of what carries APDUs: how each kind of frame is known, and taken apart."""

from collections.abc import Callable
from typing import Final, NamedTuple, get_args

from dcud.dlms import llc
from dcud.dlms.errors import DecodeError
from dcud.dlms.hdlc.address import ServerAddress, client_sap_from_octets
from dcud.dlms.hdlc.fcs import check_sequence
from dcud.dlms.hdlc.frame import CONTROLS, Control, Defect, FrameKind, Header, survey
from dcud.dlms.hdlc.frame_reject import FrameReject
from dcud.dlms.llc_432 import DL_DATA
from dcud.dlms.mode_e.identification import parse_identification
from dcud.dlms.mode_e.messages import ACK, BREAK, NAK, parse_option_select, parse_request
from dcud.dlms.octets import Cursor
from dcud.dlms.prime.messages import BASE_NODE_PORT, CONCENTRATOR_PORT, decode_message
from dcud.dlms.sfsk.ciase import Ciase, decode_ciase
from dcud.dlms.sfsk.framing import Framing, MacFrameHeard, TransmissionReported
from dcud.dlms.sfsk.line_framing import CODE_WORDS, LineFraming
from dcud.dlms.sfsk.modem_framing import MODEM, PADDED
from dcud.trace.apdu import describe_apdu
from dcud.trace.tree import Dissection, Payload, overlaps, within

Layout = Callable[[Dissection], None]

_CHECK_SIZE: Final = 2
_LLC_SIZE: Final = 3
_LLCS: Final = {llc.COMMAND: "command", llc.RESPONSE: "response", llc.BROADCAST: "broadcast"}


def describe_llc(d: Dissection) -> None:
    """Take apart what HDLC carries: logical link control, which may be missing, and an APDU."""
    words = _LLCS.get(bytes(d.octets[:_LLC_SIZE]))
    if words:
        d.raw("llc", _LLC_SIZE, words)
    describe_apdu(d)


# HDLC


class _Head(NamedTuple):
    """What a frame's header says of the rest."""

    control: Control
    segmented: bool
    stream: tuple[bytes, bytes]


def _hdlc(*, is_sent: bool) -> Layout:
    def describe(d: Dissection) -> None:
        start = int(d.octets[:1] == b"\x7e")
        if start:
            d.raw("flag", 1)
        header = survey(d.octets, start)
        if header is None or isinstance(header, Defect):
            raise DecodeError(f"no good HDLC header: {header or Defect.TRUNCATED}")
        head = _hdlc_header(d, header, start, is_sent=is_sent)
        if header.has_information:
            d.raw("header-check-sequence", _CHECK_SIZE, "right")
            size = start + header.length - _CHECK_SIZE - d.cursor.position
            _information(d, head, size)
        _frame_check(d, start)
        if d.cursor.remaining:
            d.raw("flag", 1)

    return describe


def _hdlc_header(d: Dissection, header: Header, start: int, *, is_sent: bool) -> _Head:
    octets = d.octets
    segmented = bool(octets[start] & 0x08)
    more = ", segmented" if segmented else ""
    d.raw("frame-format", 2, f"type 3, length {header.length}{more}")
    address_size = header.destination_end - 2
    destination = octets[start + 2 : start + header.destination_end]
    source = octets[start + header.destination_end : start + header.control_at]
    first, second = (_server_words, _client_words) if is_sent else (_client_words, _server_words)
    d.raw("destination-address", address_size, first(destination))
    d.raw("source-address", header.control_at - header.destination_end, second(source))
    control = CONTROLS[octets[start + header.control_at]]
    words = _control_words(control, is_sent=is_sent)
    at = d.cursor.position
    with d.group("control", words) as node:
        node.value = f"{control.octet:02X}"
        d.cursor.position = at + 1
        for name, value in (
            ("kind", control.kind.value),
            ("N(R)", control.receive_sequence),
            ("poll" if is_sent else "final", control.poll_final),
            ("N(S)", control.send_sequence),
        ):
            if value is not None:
                d.leaf(name, at, value)
    d.kinds += ["hdlc", control.kind.value.lower()]
    d.say(f"{words}{' segment' if segmented else ''}")
    return _Head(control, segmented, (destination, source))


def _control_words(control: Control, *, is_sent: bool) -> str:
    numbers = ""
    if control.send_sequence is not None:
        numbers += f" N(S)={control.send_sequence}"
    if control.receive_sequence is not None:
        numbers += f" N(R)={control.receive_sequence}"
    last = (" P" if is_sent else " F") if control.poll_final else ""
    return f"{control.kind.value}{numbers}{last}"


def _client_words(octets: bytes) -> str:
    try:
        return f"client {client_sap_from_octets(octets)}"
    except DecodeError:
        return _server_words(octets)


def _server_words(octets: bytes) -> str:
    # The header was judged before: these are addresses.
    return f"server {ServerAddress.from_octets(octets)}"


def _frame_check(d: Dissection, start: int) -> None:
    at = d.cursor.position
    right = check_sequence(d.octets[start:at])
    octets = d.cursor.take(_CHECK_SIZE)
    if overlaps(d.masked, start, d.cursor.position):
        words = "not known, for octets are masked"
    else:
        words = "right" if octets == right else f"wrong: {right.hex().upper()} would be right"
    node = d.leaf("frame-check-sequence", at, octets.hex().upper(), words)
    if words.startswith("wrong"):
        node.is_trouble = d.has_trouble = True
        d.say("with a wrong check sequence")


_PARAMETERS: Final = {
    5: "max-info-transmit",
    6: "max-info-receive",
    7: "window-transmit",
    8: "window-receive",
}
_SETTING_UP: Final = frozenset({FrameKind.SNRM, FrameKind.UA})
_CARRYING: Final = frozenset({FrameKind.I, FrameKind.UI})


def _information(d: Dissection, head: _Head, size: int) -> None:
    """Read the information field, which means what the control octet says."""
    kind = head.control.kind
    at = d.cursor.position
    if kind in _SETTING_UP:
        with d.group("information", "negotiation of HDLC parameters", end=at + size):
            _negotiation(d)
        return
    octets = d.raw("information", min(size, d.cursor.remaining), f"{size} octets")
    if len(octets) < size:
        raise DecodeError(f"{size} octets of information wanted, but {len(octets)} are left")
    if kind is FrameKind.FRMR:
        d.nodes[-1].meaning = str(FrameReject.parse(octets))
        d.say(d.nodes[-1].meaning)
    if kind in _CARRYING:
        d.payload = Payload(
            octets=octets,
            masked=within(d.masked, at, at + size),
            stream=head.stream,
            more=head.segmented,
            number=head.control.send_sequence,
            describe=describe_llc,
        )


def _negotiation(d: Dissection) -> None:
    """[IEC 62056-46: negotiation of HDLC parameters] Identifiers, lengths, values."""
    d.raw("format-identifier", 1)
    d.raw("group-identifier", 1)
    d.number("group-length", Cursor.u8)
    said = []
    while d.cursor.remaining:
        start = d.cursor.position
        identifier = d.cursor.u8()
        value = d.cursor.take(d.cursor.u8())
        name = _PARAMETERS.get(identifier, f"parameter {identifier:02X}")
        number = int.from_bytes(value, "big")
        d.leaf(name, start, number, "" if value else "left to its default")
        said.append(f"{name} {number}" if value else f"{name} default")
    d.say(", ".join(said))


# The wrapper

_WRAPPER_HEADER: Final = 8
_PRIME_PORTS: Final = {BASE_NODE_PORT, CONCENTRATOR_PORT}


def _wrapper(d: Dissection) -> None:
    d.kinds.append("wrapper")
    d.number("version", Cursor.u16)
    source = d.number("source-wport", Cursor.u16)
    destination = d.number("destination-wport", Cursor.u16)
    length = d.number("length", Cursor.u16)
    d.say(f"{source} to {destination}")
    at = d.cursor.position
    octets = d.raw("payload", length, f"{length} octets")
    layout = (
        _prime_message
        if {source, destination} == _PRIME_PORTS and _is_prime(octets)
        else describe_llc
    )
    d.payload = Payload(
        octets=octets,
        masked=within(d.masked, at, at + length),
        stream=(d.octets[4:6], d.octets[2:4]),
        describe=layout,
    )


def _is_prime(octets: bytes) -> bool:
    """Tell messages of a base node, whose kinds are small numbers, from APDUs over those ports."""
    return len(octets) > 0 and 1 <= octets[0] <= 6 and octets[0] != 5


def _prime_message(d: Dissection) -> None:
    """Read what base node and concentrator say of the network."""
    message = decode_message(d.octets)
    _as_dataclass(d, message)


def _as_dataclass(d: Dissection, message: object) -> None:
    """Note a message that is decoded as a whole: its fields, which have no place of their own."""
    d.cursor.position = d.cursor.end
    d.kinds.append(type(message).__name__)
    d.leaf("message", 0, type(message).__name__)
    said = []
    for name in getattr(message, "__slots__", ()):
        value = getattr(message, name)
        shown = value.hex().upper() if isinstance(value, bytes) else str(value)
        d.leaf(name, 0, shown, repr(value) if isinstance(value, bytes) and value.isascii() else "")
        said.append(f"{name} {shown}")
    d.say(f"{type(message).__name__} {', '.join(said)}".rstrip())


# Sign-on


def _request(d: Dissection) -> None:
    address = parse_request(d.octets).device_address
    _sign_on(d, "request", f"request to {address or 'any meter'} to identify itself")


def _identification(d: Dissection) -> None:
    told = parse_identification(d.octets)
    words = [f"made by {told.manufacturer}", f"mode {told.mode}"]
    words += [f"up to {told.baud} baud"] if told.baud else []
    words += ["mode E on offer"] if told.announces_mode_e else []
    _sign_on(d, "identification", f"identification {told}: {', '.join(words)}")


def _option_select(d: Dissection) -> None:
    told = parse_option_select(d.octets)
    mode = "mode E" if told.is_mode_e else f"protocol {told.protocol}, mode {told.mode}"
    _sign_on(d, "option-select", f"{mode} at baud character {told.baud_character}")


def _sign_on(d: Dissection, name: str, words: str) -> None:
    d.rest(name, words)
    d.kinds += ["sign-on", name]
    d.say(f"sign-on: {words}")


def _break(d: Dissection) -> None:
    _sign_on(d, "break", "break")


def _nak(d: Dissection) -> None:
    _sign_on(d, "nak", "not acknowledged")


# Power line

_FRAMINGS: Final[tuple[Framing, ...]] = (
    MODEM,
    MODEM.mirrored,
    PADDED,
    PADDED.mirrored,
    LineFraming(),
)


def _sfsk(d: Dissection) -> None:
    """Read a MAC frame, however it is wrapped; what modems say by themselves is told as it is."""
    d.kinds.append("s-fsk")
    for framing in _FRAMINGS:
        unit = framing.parse(d.octets)
        if isinstance(unit, MacFrameHeard):
            _mac_frame(d, unit, framing)
            return
        if isinstance(unit, TransmissionReported):
            d.rest("transmission-status", f"{unit.status:02X}")
            d.say(f"the modem reports {unit.status:02X}")
            return
    raise DecodeError("no S-FSK frame with a right check sequence")


def _mac_frame(d: Dissection, unit: MacFrameHeard, framing: Framing) -> None:
    frame = unit.frame
    header = framing.m_sdu_offset - 5
    d.raw("modem-header", header)
    d.raw("credits", 1, f"initial {frame.credits.initial}, current {frame.credits.current}")
    d.raw("addresses", 3, f"source {frame.source:03X}, destination {frame.destination:03X}")
    d.number("pad-length", Cursor.u8)
    start = d.cursor.position
    d.raw("m-sdu", len(frame.m_sdu), f"{len(frame.m_sdu)} octets")
    d.rest("padding and check sequence", "right")
    d.say(f"MAC {frame.source:03X} to {frame.destination:03X}")
    d.payload = Payload(
        octets=frame.m_sdu,
        masked=within(d.masked, start, start + len(frame.m_sdu)),
        stream=(frame.destination.to_bytes(2, "big"), frame.source.to_bytes(2, "big")),
        describe=None if frame.m_sdu[:1] == b"\x7e" else describe_m_sdu,
    )


def describe_m_sdu(d: Dissection) -> None:
    """Take apart what a MAC frame carries: 4-32 LLC with an APDU or a PDU of the network's."""
    control = d.number("llc-control", Cursor.u8, "data")
    if control != DL_DATA:
        raise DecodeError(f"LLC control {control:02X} is not that of data")
    d.number("destination-lsap", Cursor.u8)
    d.number("source-lsap", Cursor.u8)
    pdu = d.octets[d.cursor.position :]
    if pdu[:1] in _CIASE_TAGS:
        _as_dataclass(d, decode_ciase(pdu))
    else:
        describe_apdu(d)


_CIASE_TAGS: Final = frozenset(bytes((kind.TAG,)) for kind in get_args(Ciase))


# Recognition


def layout_of(octets: bytes, *, is_sent: bool) -> tuple[str, Layout]:
    """Return what kind of frame these octets are, and what takes them apart."""
    for title, is_such, layout in _KINDS:
        if is_such(octets):
            return title, layout
    if octets[:1] == b"\x7e" or (octets and octets[0] & 0xF0 == 0xA0):
        return "HDLC frame", _HDLC[is_sent]
    return "octets", _unknown


def _unknown(d: Dissection) -> None:
    d.rest("octets", "no kind of frame that is known")
    d.say(f"{len(d.octets)} octets of no known kind")


_HDLC: Final = {True: _hdlc(is_sent=True), False: _hdlc(is_sent=False)}
_CODES: Final = frozenset(word.to_bytes(2, "big") for word in CODE_WORDS)
_OPTION_SELECT_SIZE: Final = 6

_KINDS: Final[tuple[tuple[str, Callable[[bytes], bool], Layout], ...]] = (
    ("wrapper unit", lambda o: o[:2] == b"\x00\x01" and len(o) >= _WRAPPER_HEADER, _wrapper),
    ("sign-on", lambda o: o[:2] == b"/?", _request),
    ("sign-on", lambda o: o[:1] == b"/", _identification),
    ("sign-on", lambda o: o[:1] == bytes((ACK,)) and len(o) == _OPTION_SELECT_SIZE, _option_select),
    ("sign-on", lambda o: o == BREAK, _break),
    ("sign-on", lambda o: o == bytes((NAK,)), _nak),
    ("S-FSK frame", lambda o: o[:1] == b"\x02" or o[:2] in _CODES, _sfsk),
)
"""In the order in which they are tried; HDLC comes last, for it takes whatever looks like it."""
