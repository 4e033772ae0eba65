"""Ports whose line can be given another speed and format while they are open."""

from typing import Protocol, runtime_checkable

from dcud.line.port import Port

_DATA_BITS = "78"
_PARITIES = "NEO"
_STOP_BITS = "12"


@runtime_checkable
class LineSettings(Port, Protocol):
    """A port that has a real line behind it, at its own or a server's UART."""

    async def set_line(self, baud: int, format: str) -> None:  # noqa: A002  # the field's own word
        """Give the line another speed and format, as 300 and "7E1"; what was written has left.

        Returns once they hold. They hold until the port is closed: opened again it has those that
        it was made with.

        Raises:
            PortError: the line can't have them, or is gone.
            ValueError: the format is none.
        """
        ...


def check_format(character_format: str) -> None:
    """Refuse what is no character format.

    Raises:
        ValueError: it isn't data bits, parity and stop bits, as "8N1".
    """
    tables = (_DATA_BITS, _PARITIES, _STOP_BITS)
    if len(character_format) != len(tables) or any(
        letter not in table for letter, table in zip(character_format, tables, strict=True)
    ):
        raise ValueError(f"{character_format!r} is no character format; write it as 8N1 or 7E1")


def line_time(octets: int, baud: int, character_format: str) -> float:
    """Return the seconds that so many octets need on a line of that speed and format."""
    data, parity, stop = tuple(character_format)
    return octets * (1 + int(data) + (parity != "N") + int(stop)) / baud
