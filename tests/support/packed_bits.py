"""Packets of compression put together bit by bit, without any of the code that is tested."""


def number(value: int, size: int) -> str:
    """The bits of a number in the order of transmission: the least significant one first."""
    return f"{value:0{size}b}"[::-1]


def codeword(value: int, size: int = 6) -> str:
    return "1" + number(value, size)


def packed(*codes: str) -> bytes:
    """Octets of bits in the order of transmission; blanks are for the reader."""
    bits = "".join(codes).replace(" ", "")
    return bytes([int(bits[start : start + 8][::-1], 2) for start in range(0, len(bits), 8)])


FLUSH = codeword(1)
