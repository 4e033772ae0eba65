"""Codes to bits: how each one begins, and how long it must be by now."""

from dcud.dlms.v44.bit_writer import BitWriter
from dcud.dlms.v44.extension_length import encode_length
from dcud.dlms.v44.parameters import CODEWORD_SIZE, FLUSH, ORDINAL_SIZE, STEP_UP

_EXTENSION = 0b10
_EXTENSION_SIZE = 2


class CodeWriter:
    """Writes one code after the other.

    [ITU-T V.44: code transfer, STEPUP]
    """

    __slots__ = ("_after_codeword", "_bits", "_codeword_size", "_ordinal_size")

    def __init__(self) -> None:
        self._bits = BitWriter()
        self._codeword_size = CODEWORD_SIZE
        self._ordinal_size = ORDINAL_SIZE
        self._after_codeword = False

    def ordinal(self, octet: int) -> None:
        """Write an octet as it is."""
        if octet >> self._ordinal_size:
            self._control(STEP_UP)
            self._ordinal_size += 1
        prefix = 2 if self._after_codeword else 1
        self._bits.write(octet << prefix, prefix + self._ordinal_size)
        self._after_codeword = False

    def codeword(self, codeword: int) -> None:
        """Write a string of the dictionary."""
        while codeword >> self._codeword_size:
            self._control(STEP_UP)
            self._codeword_size += 1
        self._bits.write(codeword << 1 | 1, self._codeword_size + 1)
        self._after_codeword = True

    def extension(self, length: int) -> None:
        """Write how far the string goes on whose codeword was written last; 1 to 253 octets."""
        code, size = encode_length(length)
        self._bits.write(code << _EXTENSION_SIZE | _EXTENSION, size + _EXTENSION_SIZE)
        self._after_codeword = False

    def flush(self) -> bytes:
        """Write the end; return all the octets."""
        self._control(FLUSH)
        return self._bits.octets()

    def _control(self, code: int) -> None:
        self._bits.write(code << 1 | 1, self._codeword_size + 1)
        self._after_codeword = False
