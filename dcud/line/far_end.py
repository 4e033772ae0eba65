"""Where a connection through the network leads."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnd:
    """A meter, concentrator or serial server in the network.

    Attributes:
        host: name or address.
        port: TCP or UDP port; 4059 is the wrapper's own in both.
        connect_timeout: seconds until its name must be resolved and a connection must stand.
    """

    host: str
    port: int
    connect_timeout: float = 10.0

    def __str__(self) -> str:
        """Return host and port as one writes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def reason_of(error: Exception) -> str:
    """Return why the network refused something, in the operating system's words."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(error) or type(error).__name__
