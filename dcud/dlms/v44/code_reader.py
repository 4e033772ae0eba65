"""Bits to codes: what each one is, and how long it may have become by now."""

from enum import IntEnum

from dcud.dlms.errors import CompressionError
from dcud.dlms.v44.bit_reader import BitReader
from dcud.dlms.v44.extension_length import decode_length
from dcud.dlms.v44.parameters import (
    CODEWORD_SIZE,
    ENTER_TRANSPARENT_MODE,
    FIRST_CODEWORD,
    FLUSH,
    MAX_CODEWORD_SIZE,
    MAX_ORDINAL_SIZE,
    ORDINAL_SIZE,
    REINITIALIZE,
    STEP_UP,
)


class Kind(IntEnum):
    """What a code is; its value is told beside it."""

    ORDINAL = 0
    """An octet."""

    CODEWORD = 1
    """A string of the dictionary, or the one that it will have next."""

    EXTENSION = 2
    """How many octets the last string goes on for, 1 to 268."""

    REINITIALIZE = 3
    """The dictionary is to be forgotten."""

    FLUSH = 4
    """The end."""


_CONTROLS = {FLUSH: Kind.FLUSH, REINITIALIZE: Kind.REINITIALIZE}


class CodeReader:
    """Reads one code after the other; extensions come directly after codewords only.

    [ITU-T V.44: code transfer, STEPUP]
    """

    __slots__ = ("_after_codeword", "_bits", "_codeword_size", "_ordinal_size")

    def __init__(self, octets: bytes) -> None:
        self._bits = BitReader(octets)
        self._start()

    def read(self) -> tuple[Kind, int]:
        """Return the next code and its value; 0 where it has none.

        Raises:
            CompressionError: there is no code, or one that has no place here.
        """
        while True:
            window = self._bits.peek()
            if not window & 1:
                return self._read_string_or_ordinal(window)
            size = self._codeword_size
            value = window >> 1 & (1 << size) - 1
            self._bits.skip(size + 1)
            if value >= FIRST_CODEWORD:
                self._after_codeword = True
                return Kind.CODEWORD, value
            if value != STEP_UP:
                return self._control(value), 0
            self._step_up()

    def _start(self) -> None:
        self._codeword_size = CODEWORD_SIZE
        self._ordinal_size = ORDINAL_SIZE
        self._after_codeword = False

    def _read_string_or_ordinal(self, window: int) -> tuple[Kind, int]:
        """Read what begins with 0: another bit tells what it is after a codeword."""
        prefix = 1
        if self._after_codeword:
            self._after_codeword = False
            prefix = 2
            if window & 2:
                length, size = decode_length(window >> prefix)
                self._bits.skip(prefix + size)
                return Kind.EXTENSION, length
        size = self._ordinal_size
        self._bits.skip(prefix + size)
        return Kind.ORDINAL, window >> prefix & (1 << size) - 1

    def _control(self, value: int) -> Kind:
        if value == ENTER_TRANSPARENT_MODE:
            raise CompressionError("a compressed APDU asks for the transparent mode")
        self._start()
        return _CONTROLS[value]

    def _step_up(self) -> None:
        """Make those codes longer of which one comes next, as its first bit tells."""
        self._after_codeword = False
        if self._bits.peek() & 1:
            self._codeword_size += 1
        else:
            self._ordinal_size += 1
        if self._codeword_size > MAX_CODEWORD_SIZE or self._ordinal_size > MAX_ORDINAL_SIZE:
            raise CompressionError("a compressed APDU makes its codes longer than they can be")
