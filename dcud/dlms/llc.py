"""The three octets of logical link control before every APDU in HDLC.

[IEC 62056-46: LLC sublayer] Destination LSAP E6, source LSAP E6 in commands or E7 in responses,
quality 00. They stand once per APDU, in the first of its frames.
"""

from typing import Final

COMMAND: Final = b"\xe6\xe6\x00"
RESPONSE: Final = b"\xe6\xe7\x00"
BROADCAST: Final = b"\xe6\xff\x00"

_PREFIXES: Final = frozenset((COMMAND, RESPONSE, BROADCAST))


def add_command(apdu: bytes) -> bytes:
    """Return what a client sends to carry `apdu`."""
    return COMMAND + apdu


def add_response(apdu: bytes) -> bytes:
    """Return what a server sends to carry `apdu`."""
    return RESPONSE + apdu


def strip(octets: bytes) -> bytes:
    """Return the APDU.

    [field: servers that answer with the command's octets, or with none] Octets that don't begin
    with logical link control are the APDU already: no APDU begins with E6 E6 00 or E6 E7 00.
    """
    return octets[3:] if octets[:3] in _PREFIXES else octets
