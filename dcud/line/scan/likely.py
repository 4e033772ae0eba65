"""What meters are usually set to.

[IEC 62056-46: reserved addresses] 16 is the first free physical address; lower ones are met as
well. [field: makers derive the physical address from the serial number: its last digits, or these
plus 1000 or plus 16]
"""

from collections.abc import Sequence

from dcud.line.scan.ranges import HIGHEST, LineSetting

SETTINGS = tuple(LineSetting(baud) for baud in (9600, 19200, 2400, 4800, 38400, 57600, 115200))
"""Of serial lines that carry HDLC without a sign-on."""

CLIENTS = (16, 1, 32, 48)
"""The public one, management, reader and configurator of several countries' rules."""
MORE_CLIENTS = (2, 3, 4, 5, 7, 64, 80, 96, 100, 102)
"""Those of single makes and countries."""

LOGICALS = (1,)

SERVER_PORTS = (1, *range(16, 33), *range(2, 16))
"""Over the wrapper: the management device first."""

PHYSICALS = (*range(16, 126), *range(1, 16), *range(1000, 1100))
"""The free ones, the reserved ones, and those of short serial numbers plus 1000."""
MORE_PHYSICALS = (*range(126, 1000), *range(1100, 11_000))
"""All that four digits make, plus 1000 at most."""

_OFFSETS = (0, 1000, 16)
_DIGITS = (100, 1000, 10_000)


def physicals_of(numbers: Sequence[int]) -> list[int]:
    """Return the physical addresses that meters with these serial numbers are likely to have."""
    found = [
        number % digits + offset for number in numbers for digits in _DIGITS for offset in _OFFSETS
    ]
    return [each for each in dict.fromkeys(found) if 0 < each < HIGHEST[4] - 1]
