"""Compression of APDUs before they are protected, loaded once something is compressed.

[IEC 62056-5-3: compression]
"""

from importlib import import_module


def compressed(apdu: bytes) -> bytes | None:
    """Return the compressed APDU, None where it would not get shorter."""
    octets: bytes = import_module("dcud.dlms.v44").compress(apdu)
    return octets if len(octets) < len(apdu) else None


def expanded(octets: bytes, limit: int) -> bytes:
    """Return the APDU that was compressed, of `limit` octets at most.

    Raises:
        CompressionError: it is malformed, or longer than that.
    """
    apdu: bytes = import_module("dcud.dlms.v44").expand(octets, limit)
    return apdu
