"""The layouts of what an association is negotiated with, or refused by.

[IEC 62056-5-3: xDLMS InitiateRequest, InitiateResponse, ConfirmedServiceError, ExceptionResponse]
"""

from typing import Final

from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.apdu.initiate import LOGICAL_NAMES_VAA, SHORT_NAMES_VAA
from dcud.dlms.conformance import decode_conformance
from dcud.dlms.octets import Cursor
from dcud.trace.layout import Part, number, octet_string, optional, sequence
from dcud.trace.tree import Dissection

_VAA_NAMES: Final = {LOGICAL_NAMES_VAA: "logical names", SHORT_NAMES_VAA: "short names"}
_BOOLEANS: Final = {0: "false", 1: "true"}


def _conformance(d: Dissection) -> None:
    """Read the services that one side speaks, a bit each."""
    start = d.cursor.position
    told = decode_conformance(d.cursor)
    node = d.leaf("conformance", start, f"{int(told):06X}", told.words)
    d.say(f"conformance {node.value}")


def _max_pdu_size(name: str) -> Part:
    def describe(d: Dissection) -> None:
        start = d.cursor.position
        size = d.cursor.u16()
        d.leaf(name, start, size, "" if size else "any")
        d.say(f"max PDU {size or 'any'}")

    return describe


_quality: Final = optional("quality-of-service present", number("quality-of-service", Cursor.i8))
_version: Final = number("dlms-version-number", Cursor.u8)

INITIATE_REQUEST: Final = sequence(
    optional("dedicated-key present", octet_string("dedicated-key", lambda _: "a key")),
    optional("response-allowed present", number("response-allowed", Cursor.u8, _BOOLEANS)),
    _quality,
    _version,
    _conformance,
    _max_pdu_size("client-max-receive-pdu-size"),
)
INITIATE_RESPONSE: Final = sequence(
    _quality,
    _version,
    _conformance,
    _max_pdu_size("server-max-receive-pdu-size"),
    number("vaa-name", Cursor.u16, _VAA_NAMES),
)


def _confirmed_service_error(d: Dissection) -> None:
    """Read three octets, of which the later ones mean what the earlier ones say."""
    start = d.cursor.position
    service, error_class, value = d.cursor.take(3)
    words = ConfirmedServiceError(service=service, error_class=error_class, value=value).words
    d.cursor.position = start
    for name in ("service", "error-class", "value"):
        d.number(name, Cursor.u8, words)
    d.say(words)


def _exception_response(d: Dissection) -> None:
    """Read two octets, and a counter where the counter is what is wrong."""
    start = d.cursor.position
    state_error, service_error = d.cursor.take(2)
    words = ExceptionResponse(state_error=state_error, service_error=service_error).words
    d.cursor.position = start
    state, _, service = words.partition(", ")
    d.number("state-error", Cursor.u8, state)
    d.number("service-error", Cursor.u8, service)
    d.say(words)
    if d.cursor.remaining:
        d.number("invocation-counter", Cursor.u32)


CONFIRMED_SERVICE_ERROR: Final[Part] = _confirmed_service_error
EXCEPTION_RESPONSE: Final[Part] = _exception_response
