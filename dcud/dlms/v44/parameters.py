"""The parameters of compression, which DLMS/COSEM never negotiates, and the control codes.

[ITU-T V.44: parameters, packet method]
"""

MAX_CODEWORDS = 1525
"""N2: codewords, the control codes among them; the last codeword is one less."""

MAX_STRING = 255
"""N7: octets of the longest string in the dictionary."""

FIRST_CODEWORD = 4
"""N5: the first codeword that stands for a string."""

CODEWORD_SIZE = 6
"""Bits of a codeword at first (C2)."""

MAX_CODEWORD_SIZE = (MAX_CODEWORDS - 1).bit_length()

ORDINAL_SIZE = 7
"""Bits of an ordinal at first (C5)."""

MAX_ORDINAL_SIZE = 8

ENTER_TRANSPARENT_MODE = 0
FLUSH = 1
STEP_UP = 2
REINITIALIZE = 3
