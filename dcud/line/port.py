"""The face that every port, serial and TCP alike, shows to the session that uses it."""

from typing import Protocol


class Port(Protocol):
    """A two-way stream of octets with one user at a time.

    Every method may be cancelled: the port is then as usable, or as closed, as it was.
    """

    @property
    def is_open(self) -> bool:
        """Whether the port was opened and, as far as is known, still stands."""
        ...

    async def open(self) -> None:
        """Open the port unless it is open; `PortError` names the device and the remedy."""
        ...

    async def write(self, octets: bytes) -> None:
        """Send all of `octets`, returning once the last has left; `PortError` if they can't."""
        ...

    async def read(self, within: float) -> bytes:
        """Return what has arrived, or b"" if nothing does within so many seconds.

        What arrived before the device went is still delivered; after that it is `PortError`.
        """
        ...

    def discard_input(self) -> int:
        """Forget what arrived and was not read; returns how many octets that were."""
        ...

    async def close(self) -> None:
        """Close the port, dropping what has not left; never fails, and may be repeated."""
        ...
