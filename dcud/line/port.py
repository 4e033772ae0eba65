"""The face that every port, serial and TCP alike, shows to the session that uses it."""

from collections.abc import Callable
from typing import Protocol, TypeGuard

Hear = Callable[[bytes], float | None]
"""Takes what arrived; returns until when (loop time) more is waited for, None for no longer."""


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


class PromptPort(Port, Protocol):
    """A port on which one can answer as soon as something is heard, with no task woken for it."""

    @property
    def is_drained(self) -> bool:
        """Whether all that was written has left, so that more can be written at once."""
        ...

    def write_at_once(self, octets: bytes) -> None:
        """Send `octets`; what can't leave at once leaves later, or the next `write` fails."""
        ...

    async def listen(self, hear: Hear, until: float) -> None:
        """Give what arrives to `hear` until that wants no more, or it is the time it named last.

        What `hear` raises is raised here; so is `PortError`, as in `read`.
        """
        ...


def is_prompt(port: Port) -> TypeGuard[PromptPort]:
    """Tell whether one can answer on it as soon as something is heard."""
    return hasattr(port, "listen")  # a runtime-checkable protocol costs more than an exchange
