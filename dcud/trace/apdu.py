"""Any APDU as a tree: one table from tag to layout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.trace import acse, initiate, services
from dcud.trace.ciphering import GENERAL_CIPHERED, SERVICE_CIPHERED
from dcud.trace.layout import Part
from dcud.trace.tree import Block, Dissection, Node, Payload, Range, within


def _general_block_transfer(d: Dissection) -> None:
    """Read one block of any APDU. [IEC 62056-5-3: general block transfer]."""
    start = d.cursor.position
    control = d.cursor.u8()
    is_last = bool(control & 0x80)
    words = [f"window {control & 0x3F}", *(["last block"] if is_last else [])]
    words += ["streaming"] if control & 0x40 else []
    d.leaf("block-control", start, f"{control:02X}", ", ".join(words))
    start = d.cursor.position
    number = d.cursor.u16()
    d.leaf("block-number", start, number)
    acknowledged = d.number("block-number-ack", Cursor.u16)
    start = d.cursor.position
    octets = d.cursor.octet_string()
    end = d.cursor.position
    d.leaf("block-data", start, octets.hex().upper(), f"{len(octets)} octets")
    d.say(f"block {number}, acknowledges {acknowledged}, {len(octets)} octets")
    if octets:
        masked = within(d.masked, end - len(octets), end)
        d.block = Block(number, is_last, octets, masked, number <= 1, describe_apdu)


_GATEWAY_TAGS: Final = frozenset((b"\xe6", b"\xe7"))


def _gateway_prefix(d: Dissection) -> None:
    """Read which device behind a gateway an APDU is for or from, then the APDU."""
    d.number("network-id", Cursor.u8)
    start = d.cursor.position
    address = d.cursor.octet_string()
    d.leaf("physical-device-address", start, address.hex().upper())
    d.say(f"{address.hex().upper()}:")
    if d.octets[d.cursor.position : d.cursor.position + 1] in _GATEWAY_TAGS:
        raise DecodeError("a gateway's prefix within another")
    with d.group("apdu"):
        describe_apdu(d)


APDUS: Final[Mapping[int, tuple[str, Part]]] = MappingProxyType(
    {
        0x01: ("initiate-request", initiate.INITIATE_REQUEST),
        0x05: ("read-request", services.READ_REQUEST),
        0x06: ("write-request", services.WRITE_REQUEST),
        0x08: ("initiate-response", initiate.INITIATE_RESPONSE),
        0x0C: ("read-response", services.READ_RESPONSE),
        0x0D: ("write-response", services.WRITE_RESPONSE),
        0x0E: ("confirmed-service-error", initiate.CONFIRMED_SERVICE_ERROR),
        0x0F: ("data-notification", services.DATA_NOTIFICATION),
        0x10: ("data-notification-confirm", services.DATA_NOTIFICATION_CONFIRM),
        0x16: ("unconfirmed-write-request", services.WRITE_REQUEST),
        0x18: ("information-report-request", services.INFORMATION_REPORT),
        0x60: ("aarq", acse.AARQ),
        0x61: ("aare", acse.AARE),
        0x62: ("rlrq", acse.RLRQ),
        0x63: ("rlre", acse.RLRE),
        0xC0: ("get-request", services.GET_REQUEST),
        0xC1: ("set-request", services.SET_REQUEST),
        0xC2: ("event-notification-request", services.EVENT_NOTIFICATION),
        0xC3: ("action-request", services.ACTION_REQUEST),
        0xC4: ("get-response", services.GET_RESPONSE),
        0xC5: ("set-response", services.SET_RESPONSE),
        0xC7: ("action-response", services.ACTION_RESPONSE),
        0xD8: ("exception-response", initiate.EXCEPTION_RESPONSE),
        0xD9: ("access-request", services.ACCESS_REQUEST),
        0xDA: ("access-response", services.ACCESS_RESPONSE),
        0xE0: ("general-block-transfer", _general_block_transfer),
        0xE6: ("gateway-request", _gateway_prefix),
        0xE7: ("gateway-response", _gateway_prefix),
        **SERVICE_CIPHERED,
        **GENERAL_CIPHERED,
    }
)
"""Name and layout by tag."""


def describe_apdu(d: Dissection) -> None:
    """Take one APDU apart, from its tag on."""
    start = d.cursor.position
    tag = d.cursor.u8()
    known = APDUS.get(tag)
    if known is None:
        d.cursor.position = start
        raise DecodeError(f"tag {tag:02X} is no APDU's")
    name, part = known
    d.leaf("tag", start, f"{tag:02X}", name)
    d.kinds.append(name)
    d.say(name)
    part(d)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissected:
    """Octets taken apart.

    Attributes:
        title: what they are.
        octets: all of them.
        masked: the ranges of them that are not known.
        nodes: the trees.
        kinds: names of the APDUs within, outermost first.
        words: in one line.
        has_trouble: whether anything could not be read, or is wrong.
        subject: what a request asks about, "" for no request.
        of_list: whether it asks for several things at once.
        block: the part of something longer that they carry.
        payload: what they carry for the layer above, where they are a frame.
    """

    title: str
    octets: bytes
    masked: tuple[Range, ...]
    nodes: tuple[Node, ...]
    kinds: tuple[str, ...]
    words: str
    has_trouble: bool = False
    subject: str = ""
    of_list: bool = False
    block: Block | None = None
    payload: Payload | None = None


def dissect(
    title: str,
    octets: bytes,
    describe: Callable[[Dissection], None],
    *,
    masked: Sequence[Range] = (),
    answers_list: bool = False,
    is_brief: bool = False,
) -> Dissected:
    """Take octets apart by a layout; any octets give a tree, with a field that tells of trouble.

    Args:
        title: what they are.
        octets: all of them.
        describe: the layout.
        masked: half-open ranges that are not known.
        answers_list: whether they answer a request for several things at once.
        is_brief: whether only what is told in one line is wanted.
    """
    d = Dissection(octets, masked, is_brief=is_brief)
    d.of_list = answers_list
    d.run(describe)
    return Dissected(
        title=title,
        octets=octets,
        masked=tuple(masked),
        nodes=tuple(d.nodes),
        kinds=tuple(d.kinds),
        words=" ".join(d.words),
        has_trouble=d.has_trouble,
        subject=d.subject,
        of_list=d.of_list,
        block=d.block,
        payload=d.payload,
    )


def dissect_apdu(
    octets: bytes, *, masked: Sequence[Range] = (), answers_list: bool = False
) -> Dissected:
    """Take one APDU apart; as `dissect`."""
    return dissect("APDU", octets, describe_apdu, masked=masked, answers_list=answers_list)
