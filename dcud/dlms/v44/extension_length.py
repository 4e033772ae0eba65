"""How many octets a string goes on for, as a code of variable length.

```
1             1
2 to 4        0, length - 1 in 2 bits
5 to 12       0000, length - 5 in 3 bits
13 and more   0001, length - 13 in 8 bits
```

[ITU-T V.44: string-extension length]
"""

LONGEST = 253
"""The shortest string that can go on has 2 octets, and no string has more than 255."""

_SHORT_SIZE = 7
_SHORT_MASK = 0x7F
_LONG_PREFIX = 0b1000
_LONG_PREFIX_SIZE = 4
_LONG_MASK = 0xFF
_LONG_SIZE = 12
_FIRST_LONG = 13


def encode_length(length: int) -> tuple[int, int]:
    """Return the code of a length, 1 to 253, with its size in bits."""
    return _CODES[length]


def decode_length(window: int) -> tuple[int, int]:
    """Return the length whose code is in the least significant bits, with the code's size in bits.

    What a code can say goes a little beyond the longest, up to 268.
    """
    return _SHORT_ONES[window & _SHORT_MASK] or (
        (window >> _LONG_PREFIX_SIZE & _LONG_MASK) + _FIRST_LONG,
        _LONG_SIZE,
    )


def _encode(length: int) -> tuple[int, int]:
    if length == 1:
        return 1, 1
    if length < 5:
        return (length - 1) << 1, 3
    if length < _FIRST_LONG:
        return (length - 5) << 4, _SHORT_SIZE
    return (length - _FIRST_LONG) << _LONG_PREFIX_SIZE | _LONG_PREFIX, _LONG_SIZE


def _short_one(window: int) -> tuple[int, int] | None:
    """Return what begins in these seven bits, None where it goes on beyond them."""
    for length in range(1, _FIRST_LONG):
        code, size = _encode(length)
        if window & ((1 << size) - 1) == code:
            return length, size
    return None


_CODES = ((0, 0), *[_encode(length) for length in range(1, LONGEST + 1)])
_SHORT_ONES = tuple([_short_one(window) for window in range(_SHORT_MASK + 1)])
