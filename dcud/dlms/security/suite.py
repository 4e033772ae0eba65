"""The security suites: which algorithms go together, with which sizes."""

from enum import IntEnum


class SecuritySuite(IntEnum):
    """A registered suite, valued with its id as the security control octet carries it.

    [IEC 62056-5-3: security suites]
    """

    SUITE_0 = 0
    SUITE_1 = 1
    SUITE_2 = 2

    @property
    def key_size(self) -> int:
        """Return the octets of every symmetric key."""
        return 32 if self is SecuritySuite.SUITE_2 else 16

    @property
    def coordinate_size(self) -> int:
        """Return the octets of a coordinate or a private key on the suite's curve.

        0 in suite 0, which has no curve; a point and a signature are twice as long.
        """
        return _COORDINATE_SIZES[self]

    @property
    def compresses(self) -> bool:
        """Tell whether the suite knows compression."""
        return self is not SecuritySuite.SUITE_0


_COORDINATE_SIZES = {
    SecuritySuite.SUITE_0: 0,
    SecuritySuite.SUITE_1: 32,
    SecuritySuite.SUITE_2: 48,
}
