"""The layouts of what protects APDUs: headers in the clear, contents as they are.

[IEC 62056-5-3: protected APDUs]
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from dcud.dlms.octets import Cursor
from dcud.trace.layout import Part, date_time, octet_string, optional, sequence
from dcud.trace.tree import Dissection

_SUITE: Final = 0x0F
_FLAGS: Final = (
    (0x10, "authenticated"),
    (0x20, "encrypted"),
    (0x40, "broadcast key"),
    (0x80, "compressed"),
)
_AUTHENTICATED: Final = 0x10
_TAG_SIZE: Final = 12

_PLAIN: Final = {
    0x01: "initiate-request",
    0x05: "read-request",
    0x06: "write-request",
    0x08: "initiate-response",
    0x0C: "read-response",
    0x0D: "write-response",
    0x0E: "confirmed-service-error",
    0x16: "unconfirmed-write-request",
    0x18: "information-report-request",
}
_LATER: Final = {
    0: "get-request",
    1: "set-request",
    2: "event-notification-request",
    3: "action-request",
    4: "get-response",
    5: "set-response",
    7: "action-response",
}


def _security_header(d: Dissection) -> None:
    """Read security control and invocation counter, then what can't be read without keys."""
    control = _security_control(d)
    start = d.cursor.position
    counter = d.cursor.u32()
    d.leaf("invocation-counter", start, counter)
    tag_size = _TAG_SIZE if control & _AUTHENTICATED else 0
    text_size = max(d.cursor.remaining - tag_size, 0)
    name = "ciphertext" if control & 0x20 else "plaintext"
    if text_size:
        d.raw(name, text_size, f"{text_size} octets")
    d.rest("authentication-tag")
    d.say(f"IC {counter}, {text_size} octets of {name}")


def _security_control(d: Dissection) -> int:
    start = d.cursor.position
    control = d.cursor.u8()
    words = [f"suite {control & _SUITE}", *(name for bit, name in _FLAGS if control & bit)]
    d.leaf("security-control", start, f"{control:02X}", ", ".join(words))
    d.say(", ".join(words))
    return control


def _in_length(part: Part) -> Part:
    """Return a length, and what stands within it."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        length = d.cursor.count()
        d.leaf("length", start, length)
        with d.group("protected", end=d.cursor.position + length):
            part(d)

    return describe


def _signed(d: Dissection) -> None:
    start = d.cursor.position
    content = d.cursor.octet_string()
    d.leaf("content", start, content.hex().upper(), f"{len(content)} octets")
    octet_string("signature")(d)
    d.say(f"{len(content)} octets")


_ciphered: Final = _in_length(_security_header)
_general: Final = sequence(octet_string("system-title"), _ciphered)
_addressed: Final = sequence(
    octet_string("transaction-id"),
    octet_string("originator-system-title"),
    octet_string("recipient-system-title"),
    date_time,
    octet_string("other-information"),
)


def _key_info(d: Dissection) -> None:
    """Read how the key is told; [IEC 62056-5-3: Key-Info]."""
    start = d.cursor.position
    kind = d.cursor.u8()
    d.leaf("key-info", start, kind, _KEY_INFOS.get(kind, ("unknown", ()))[0])
    for part in _KEY_INFOS.get(kind, ("", (octet_string("key"),)))[1]:
        part(d)


def _u8(name: str) -> Part:
    def describe(d: Dissection) -> None:
        d.number(name, Cursor.u8)

    return describe


_KEY_INFOS: Final[Mapping[int, tuple[str, tuple[Part, ...]]]] = MappingProxyType(
    {
        0: ("identified-key", (_u8("key-id"),)),
        1: ("wrapped-key", (_u8("kek-id"), octet_string("key-ciphered-data"))),
        2: ("agreed-key", (octet_string("key-parameters"), octet_string("key-ciphered-data"))),
    }
)

SERVICE_CIPHERED: Final[Mapping[int, tuple[str, Part]]] = MappingProxyType(
    {
        **{tag + 0x20: (f"glo-{name}", _ciphered) for tag, name in _PLAIN.items()},
        **{tag + 0x40: (f"ded-{name}", _ciphered) for tag, name in _PLAIN.items()},
        **{0xC8 + n: (f"glo-{name}", _ciphered) for n, name in _LATER.items()},
        **{0xD0 + n: (f"ded-{name}", _ciphered) for n, name in _LATER.items()},
    }
)
"""Names and layouts by tag of the APDUs that are one service's, protected by a global or a
dedicated key."""

GENERAL_CIPHERED: Final[Mapping[int, tuple[str, Part]]] = MappingProxyType(
    {
        0xDB: ("general-glo-ciphering", _general),
        0xDC: ("general-ded-ciphering", _general),
        0xDD: (
            "general-ciphering",
            sequence(_addressed, optional("key-info present", _key_info), _ciphered),
        ),
        0xDF: ("general-signing", sequence(_addressed, _signed)),
    }
)
"""Likewise, of those that protect any APDU."""
