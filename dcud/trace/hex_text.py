"""Octets in hex as people paste them, read with an eye for where it goes wrong."""

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from dcud.errors import DcudError

_BLANKS: Final = re.compile(r"[\s,;:._-]+|0[xX]")
_DIGITS: Final = re.compile(r"[0-9A-Fa-f]+")


class HexTextError(DcudError):
    """A text that is no octets in hex.

    Attributes:
        line: where, from 1.
        column: where in the line, from 1.
        octet: how many octets stand before it.
    """

    code: ClassVar[str] = "usage"

    def __init__(self, message: str, *, line: int, column: int, octet: int) -> None:
        super().__init__(
            f"line {line}, column {column}, after {octet} octets: {message}",
            remedy="write pairs of hexadecimal digits; spaces, commas and 0x may stand between",
        )
        self.line = line
        self.column = column
        self.octet = octet


def parse_hex_lines(text: str) -> list[list[bytes]]:
    """Return the octets of each line, those with no empty line between them together.

    Raises:
        HexTextError: a character is none of hex, or a digit has no partner in its line.
    """
    paragraphs: list[list[bytes]] = [[]]
    total = 0
    for number, line in enumerate(text.splitlines(), 1):
        octets = _octets(line, number, total)
        total += len(octets)
        if octets:
            paragraphs[-1].append(octets)
        elif paragraphs[-1]:
            paragraphs.append([])
    return [paragraph for paragraph in paragraphs if paragraph]


def _octets(line: str, number: int, before: int) -> bytes:
    found = bytearray()
    for column, digits in _words(line, number, before, found):
        if len(digits) % 2:
            raise HexTextError(
                f"{digits[-8:]!r} ends with half an octet",
                line=number,
                column=column + len(digits),
                octet=before + len(found) + len(digits) // 2,
            )
        found += bytes.fromhex(digits)
    return bytes(found)


def _words(line: str, number: int, before: int, found: bytearray) -> Iterator[tuple[int, str]]:
    """Yield the runs of digits, each with its index; `found` is what was made of those before."""
    at = 0
    while at < len(line):
        blank = _BLANKS.match(line, at)
        if blank:
            at = blank.end()
            continue
        digits = _DIGITS.match(line, at)
        if digits is None:
            raise HexTextError(
                f"{line[at]!r} is no hexadecimal digit",
                line=number,
                column=at + 1,
                octet=before + len(found),
            )
        yield at, digits[0]
        at = digits.end()
