"""Proofs of identity, as the association object takes the client's and returns the meter's.

[IEC 62056-6-2: association LN, reply_to_HLS_authentication]
"""

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu import aare
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import decode_data
from dcud.dlms.errors import AssociationRejectedError, MeterNotAuthenticError, ProtocolError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor

CURRENT_ASSOCIATION = Obis.parse("0.0.40.0.0.255")

_CLASS_ID = 15
_REPLY_TO_HLS_AUTHENTICATION = 1


def reply_to_hls_authentication(association_object: Obis) -> MethodDescriptor:
    """Return the method that takes the client's proof."""
    return MethodDescriptor(_CLASS_ID, association_object, _REPLY_TO_HLS_AUTHENTICATION)


def proof_returned(
    returned: bytes | DataAccessResult | ActionResult | ProtocolError | None,
) -> bytes:
    """Return the meter's proof out of what that method came to.

    Args:
        returned: the encoding of one Data; else why there is none.

    Raises:
        ProtocolError: as given: the method could not be called.
        AssociationRejectedError: the meter did not accept the client's proof.
        MeterNotAuthenticError: it accepted that and gave none of its own.
        DecodeError: what it returned is no Data.
    """
    if isinstance(returned, ProtocolError):
        raise returned
    if isinstance(returned, ActionResult):
        raise AssociationRejectedError(
            f"the meter did not accept our proof of identity: {returned.words}",
            result=aare.REJECTED_PERMANENT,
            source="acse-service-user",
            diagnostic=aare.AUTHENTICATION_FAILURE,
            remedy="check the secret, or the keys, and the association object",
        )
    if not isinstance(returned, bytes):
        reason = "nothing" if returned is None else returned.words
        raise MeterNotAuthenticError(f"the meter returns {reason} where it had to prove itself")
    cursor = Cursor(returned)
    data = decode_data(cursor)
    cursor.expect_end()
    if not isinstance(data.value, bytes):
        raise MeterNotAuthenticError("the meter's proof of its identity is no octet-string")
    return data.value
