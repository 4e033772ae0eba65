"""The speeds that baud characters stand for.

[IEC 62056-21: baud rate identification]
"""

from typing import Final

from dcud.dlms.errors import EncodeError

BAUD: Final = {"0": 300, "1": 600, "2": 1200, "3": 2400, "4": 4800, "5": 9600, "6": 19_200}
"""Of the modes C and E, in which the client chooses."""

MODE_B: Final = "ABCDEFGHI"
"""Characters of mode B, in which the meter changes its speed by itself and sends its data."""

_CHARACTER: Final = {baud: character for character, baud in BAUD.items()}


def baud_character(baud: int) -> str:
    """Return the character of a speed.

    Raises:
        EncodeError: it has none.
    """
    character = _CHARACTER.get(baud)
    if character is None:
        known = ", ".join(str(rate) for rate in _CHARACTER)
        raise EncodeError(f"mode E doesn't know {baud} baud", remedy=f"choose one of {known}")
    return character


def fastest(offered: int, limit: int) -> int:
    """Return the highest speed that neither the meter's offer nor our limit rules out."""
    return max((baud for baud in _CHARACTER if baud <= min(offered, limit)), default=300)
