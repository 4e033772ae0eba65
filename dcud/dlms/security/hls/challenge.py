"""The limits within which a challenge must stay."""

from dcud.dlms.authentication import Mechanism

LONGEST = 64

_SHORTEST = 8
_SHORTEST_SIGNED = 32


def shortest(mechanism: Mechanism) -> int:
    """Return the fewest octets of a challenge.

    [IEC 62056-5-3: HLS authentication mechanisms]
    """
    return _SHORTEST_SIGNED if mechanism is Mechanism.HLS_ECDSA else _SHORTEST


def fault(mechanism: Mechanism, challenge: bytes, *, short_too: bool = False) -> str:
    """Return what is wrong with the length of a challenge, in words; empty where nothing is.

    Args:
        mechanism: the one that it is for.
        challenge: as it was drawn.
        short_too: whether any octet at all will do. [field: meters that draw fewer]
    """
    least = 1 if short_too else shortest(mechanism)
    if least <= len(challenge) <= LONGEST:
        return ""
    return f"a challenge of {len(challenge)} octets; it has {least} to {LONGEST}"
