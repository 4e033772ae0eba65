"""Compression of APDUs before they are protected, loaded once something is compressed.

[IEC 62056-5-3: compression]
"""


def compressed(apdu: bytes) -> bytes | None:
    """Return the compressed APDU, None where it would not get shorter."""
    from dcud.dlms.v44 import compress  # noqa: PLC0415  # most meters compress nothing

    octets = compress(apdu)
    return octets if len(octets) < len(apdu) else None


def expanded(octets: bytes, limit: int) -> bytes:
    """Return the APDU that was compressed, of `limit` octets at most.

    Raises:
        CompressionError: it is malformed, or longer than that.
    """
    from dcud.dlms.v44 import expand  # noqa: PLC0415  # likewise

    return expand(octets, limit)
