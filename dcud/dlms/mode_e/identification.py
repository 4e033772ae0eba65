r"""What a meter answers to a request: who made it, how fast it can be, and its name.

[IEC 62056-21: identification message] `/XXXZ\Wname CR LF`: three letters of the manufacturer, the
baud character, any number of escape pairs, the name. `\2` says that mode E is on offer; many meters
offer it without saying so. A third letter in lower case says that the meter reacts within 20 ms.
"""

from dataclasses import dataclass
from typing import Final

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.mode_e.baud import BAUD, MODE_B

_MODE_E: Final = "2"
_ESCAPE: Final = "\\"
_SHORTEST: Final = len("/XXXZ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """One identification message.

    Attributes:
        manufacturer: three letters, as sent.
        baud_character: of the fastest speed on offer, or of another mode.
        escapes: what follows each backslash; "2" is mode E, the others are kept as they came.
        name: the manufacturer's free text, mostly the type; 16 characters by the standard, more
            where a meter says more.
    """

    manufacturer: str
    baud_character: str
    escapes: tuple[str, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        """Return the message as it stands on the line, without its end."""
        pairs = "".join(_ESCAPE + escape for escape in self.escapes)
        return f"/{self.manufacturer}{self.baud_character}{pairs}{self.name}"

    @property
    def announces_mode_e(self) -> bool:
        """Whether the meter says that it speaks HDLC after the sign-on."""
        return _MODE_E in self.escapes

    @property
    def baud(self) -> int | None:
        """The fastest speed on offer; None where the meter doesn't let the client choose one."""
        return BAUD.get(self.baud_character)

    @property
    def mode(self) -> str:
        """The protocol mode that the baud character stands for: "A", "B", or "C" with E."""
        if self.baud is not None:
            return "C"
        return "B" if self.baud_character in MODE_B else "A"

    @property
    def is_quick(self) -> bool:
        """Whether the meter reacts, and lets itself be answered, after 20 ms instead of 200."""
        return self.manufacturer[2].islower()

    def build(self) -> bytes:
        """Return the whole message.

        Raises:
            EncodeError: it would not be read as it is meant.
        """
        octets = f"{self}\r\n".encode("ascii", "replace")
        try:
            same = parse_identification(octets) == self
        except DecodeError:
            same = False
        if not same:
            raise EncodeError(f"{self} is no identification that could be told from another")
        return octets


def parse_identification(octets: bytes) -> Identification:
    """Return what a message says, from its "/" to its line feed, parity bits removed.

    Raises:
        DecodeError: it is no identification, or a damaged one.
    """
    line = octets.decode("ascii", "replace").removesuffix("\n").removesuffix("\r")
    if not line.isascii() or not line.isprintable() or len(line) < _SHORTEST:
        raise DecodeError(f"{octets!r} is no identification")
    manufacturer, baud_character, rest = line[1:4], line[4], line[5:]
    if line[0] != "/" or not manufacturer.isalpha() or "/" in rest or "!" in rest:
        raise DecodeError(f"{octets!r} is no identification")
    escapes = []
    while len(rest) > 1 and rest[0] == _ESCAPE:
        escapes.append(rest[1])
        rest = rest[2:]
    return Identification(
        manufacturer=manufacturer,
        baud_character=baud_character,
        escapes=tuple(escapes),
        name=rest,
    )
