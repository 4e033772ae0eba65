"""Codes to octets, with the dictionary as the receiver builds it.

A string of the dictionary is a place in what was expanded so far: where it ends, and how long it
is. It is learnt once the next code is known: the string before, with the first octet after it.
"""

from collections.abc import Callable

from dcud.dlms.errors import CompressionError
from dcud.dlms.v44.code_reader import CodeReader, Kind
from dcud.dlms.v44.parameters import FIRST_CODEWORD, MAX_CODEWORDS, MAX_STRING


def expand(octets: bytes, limit: int) -> bytes:
    """Return what was compressed.

    Stops one string behind `limit` at the latest; the time that it takes grows with the number of
    octets in and out alone.

    Args:
        octets: the packet; whatever stands after its end is ignored.
        limit: octets that may come of it at most.

    Raises:
        CompressionError: the octets are no packet, or more would come of them.
    """
    return _Expander(octets, limit).expand()


class _Expander:
    """Expands one packet.

    `_string` is how many octets the string before has, with which the dictionary's next one would
    begin; 0 where none can. `_match` is where the last codeword's string ended when it was learnt.
    """

    __slots__ = ("_codes", "_ends", "_expanded", "_lengths", "_limit", "_match", "_string")

    def __init__(self, octets: bytes, limit: int) -> None:
        self._codes = CodeReader(octets)
        self._expanded = bytearray()
        self._limit = limit
        self._forget()

    def expand(self) -> bytes:
        """Return all of it; errors as of the function."""
        take: tuple[Callable[[int], None], ...] = (
            self._take_ordinal, self._take_codeword, self._take_extension, self._forget
        )  # fmt: skip  # in the order of `Kind`
        read, expanded, limit = self._codes.read, self._expanded, self._limit
        while True:
            kind, value = read()
            if kind is Kind.FLUSH:
                return bytes(expanded)
            take[kind](value)
            if len(expanded) > limit:
                raise CompressionError(f"a compressed APDU expands to more than {limit} octets")

    def _forget(self, _: int = 0) -> None:
        self._ends = [0] * FIRST_CODEWORD
        self._lengths = [0] * FIRST_CODEWORD
        self._string = 0
        self._match = 0

    def _take_ordinal(self, octet: int) -> None:
        self._learn(1)
        self._expanded.append(octet)
        self._string = 1

    def _take_codeword(self, codeword: int) -> None:
        start = len(self._expanded)
        known = len(self._ends)
        self._learn(1)
        if codeword >= len(self._ends):
            raise CompressionError(
                f"a compressed APDU uses the string {codeword} before it is known"
            )
        length = self._lengths[codeword]
        self._match = self._ends[codeword]
        first = self._match - length
        self._expanded += self._expanded[first : self._match]
        if codeword == known:
            # The string that was learnt just now ends with the first octet of itself.
            self._expanded.append(self._expanded[start])
        self._string = length

    def _take_extension(self, length: int) -> None:
        if self._string + length > MAX_STRING:
            raise CompressionError("a compressed APDU makes a string longer than any can be")
        source = self._expanded[self._match : self._match + length]
        repeats = -(-length // len(source))
        self._expanded += (source * repeats)[:length]
        if len(self._ends) < MAX_CODEWORDS:
            self._ends.append(len(self._expanded))
            self._lengths.append(self._string + length)
        self._string = 0

    def _learn(self, octets: int) -> None:
        """Learn the string before with so many octets more, which are about to be appended."""
        length = self._string + octets
        if self._string and length <= MAX_STRING and len(self._ends) < MAX_CODEWORDS:
            self._ends.append(len(self._expanded) + octets)
            self._lengths.append(length)
