"""The layouts of what makes and ends an association.

[IEC 62056-5-3: ACSE APDUs] Their fields are BER elements, told apart by tag, in whatever order;
what they carry is A-XDR.
"""

from collections.abc import Callable, Mapping
from typing import Final

from dcud.dlms import ber
from dcud.dlms.apdu.aare import AssociateResponse, DiagnosticSource
from dcud.dlms.application_context import context_words
from dcud.dlms.authentication import mechanism_words
from dcud.trace.ciphering import GENERAL_CIPHERED, SERVICE_CIPHERED
from dcud.trace.initiate import CONFIRMED_SERVICE_ERROR, INITIATE_REQUEST, INITIATE_RESPONSE
from dcud.trace.layout import Part, choice
from dcud.trace.tree import Dissection

_RESULTS: Final = {0: "accepted", 1: "rejected-permanent", 2: "rejected-transient"}
_RELEASE_REASONS: Final = {0: "normal", 1: "urgent", 30: "user-defined"}
_RELEASE_ANSWERS: Final = {0: "normal", 1: "not-finished", 30: "user-defined"}

_Fields = Mapping[int, tuple[str, Part]]


def _header(d: Dissection) -> tuple[int, int]:
    """Read tag and length of the element at the cursor; returns tag, and where it ends."""
    element = ber.decode_element(d.cursor)
    end = d.cursor.position
    d.cursor.position = end - len(element.content)
    return element.tag, end


def _apdu(fields: _Fields) -> Part:
    """Return an APDU that is one element of fields, by tag; the cursor stands behind its tag."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        length = d.cursor.count()
        d.leaf("length", start, length)
        end = d.cursor.position + length
        while d.cursor.position < end:
            _field(d, fields)

    return describe


def _field(d: Dissection, fields: _Fields) -> None:
    start = d.cursor.position
    tag, end = _header(d)
    name, part = fields.get(tag, (f"field {tag:02X}", _raw))
    with d.group(name, end=end) as node:
        node.start = start
        part(d)


def _explicit(part: Part) -> Part:
    """Return an element within an element; what it holds is all there is."""

    def describe(d: Dissection) -> None:
        _header(d)
        part(d)

    return describe


def _raw(d: Dissection) -> None:
    d.rest("octets")


def _name(words: Callable[[bytes], str]) -> Part:
    """Return the content of an object identifier that has a name."""

    def describe(d: Dissection) -> None:
        octets = d.cursor.octets[d.cursor.position : d.cursor.end]
        d.rest("object-identifier", words(bytes(octets)))
        d.say(words(bytes(octets)))

    return describe


def _integer(names: Mapping[int, str]) -> Part:
    """Return the content of an INTEGER."""

    def describe(d: Dissection) -> None:
        start = d.cursor.position
        value = ber.decode_integer(d.cursor.rest())
        d.leaf("integer", start, value, names.get(value, ""))
        if names:
            d.say(names.get(value, str(value)))

    return describe


def _text(d: Dissection) -> None:
    """Read a password, or a challenge."""
    octets = bytes(d.cursor.octets[d.cursor.position : d.cursor.end])
    d.rest("charstring", repr(octets.decode()) if octets.isascii() else "")


_SOURCES: Final = {
    int(DiagnosticSource.ACSE_SERVICE_USER): DiagnosticSource.ACSE_SERVICE_USER,
    int(DiagnosticSource.ACSE_SERVICE_PROVIDER): DiagnosticSource.ACSE_SERVICE_PROVIDER,
}


def _diagnostic(d: Dissection) -> None:
    """Read who gives the diagnostic, then its number, which means what its giver says."""
    start = d.cursor.position
    tag, _ = _header(d)
    source = _SOURCES.get(tag)
    words = source.name.lower().replace("_", "-") if source else "unknown source"
    d.leaf("source", start, f"{tag:02X}", words)
    _header(d)
    start = d.cursor.position
    number = ber.decode_integer(d.cursor.rest())
    meaning = AssociateResponse(source=source, diagnostic=number).diagnostic_words if source else ""
    d.leaf("diagnostic", start, number, meaning)
    if number:
        d.say(meaning or str(number))


_user_information: Final = choice(
    "apdu",
    {
        0x01: ("initiate-request", INITIATE_REQUEST),
        0x08: ("initiate-response", INITIATE_RESPONSE),
        0x0E: ("confirmed-service-error", CONFIRMED_SERVICE_ERROR),
        **SERVICE_CIPHERED,
        **GENERAL_CIPHERED,
    },
)

_object_identifier: Final = _explicit(_name(context_words))
_octet_string: Final = _explicit(_raw)
_number: Final = _explicit(_integer({}))
_USER_INFORMATION: Final = {0xBE: ("user-information", _explicit(_user_information))}
_VERSION: Final = {0x80: ("protocol-version", _raw)}
_CONTEXT: Final = {0xA1: ("application-context-name", _object_identifier)}
_LAST: Final = {0xBD: ("implementation-information", _raw), **_USER_INFORMATION}

AARQ: Final = _apdu(
    {
        **_VERSION,
        **_CONTEXT,
        0xA2: ("called-AP-title", _octet_string),
        0xA3: ("called-AE-qualifier", _octet_string),
        0xA4: ("called-AP-invocation-id", _number),
        0xA5: ("called-AE-invocation-id", _number),
        0xA6: ("calling-AP-title", _octet_string),
        0xA7: ("calling-AE-qualifier", _octet_string),
        0xA8: ("calling-AP-invocation-id", _number),
        0xA9: ("calling-AE-invocation-id", _number),
        0x8A: ("sender-acse-requirements", _raw),
        0x8B: ("mechanism-name", _name(mechanism_words)),
        0xAC: ("calling-authentication-value", _explicit(_text)),
        **_LAST,
    }
)
AARE: Final = _apdu(
    {
        **_VERSION,
        **_CONTEXT,
        0xA2: ("result", _explicit(_integer(_RESULTS))),
        0xA3: ("result-source-diagnostic", _diagnostic),
        0xA4: ("responding-AP-title", _octet_string),
        0xA5: ("responding-AE-qualifier", _octet_string),
        0xA6: ("responding-AP-invocation-id", _number),
        0xA7: ("responding-AE-invocation-id", _number),
        0x88: ("responder-acse-requirements", _raw),
        0x89: ("mechanism-name", _name(mechanism_words)),
        0xAA: ("responding-authentication-value", _explicit(_text)),
        **_LAST,
    }
)
RLRQ: Final = _apdu({0x80: ("reason", _integer(_RELEASE_REASONS)), **_USER_INFORMATION})
RLRE: Final = _apdu({0x80: ("reason", _integer(_RELEASE_ANSWERS)), **_USER_INFORMATION})
