"""What comes from the raw TCP port of a serial server."""

from collections.abc import Callable

from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream
from dcud.line.tcp_connection import acknowledge
from dcud.line.telnet import looks_like_telnet


class SerialServerStream(OctetStream):
    """An `OctetStream` that doesn't make the server wait, and notices one that isn't raw.

    Args:
        lost: as `OctetStream` has it.
        greeted: called where the connection begins with telnet's negotiation: such a server doubles
            each 0xFF and drops some of ours, so that frames go wrong now and then.
    """

    def __init__(
        self, lost: Callable[[Exception | None], PortError], greeted: Callable[[], None]
    ) -> None:
        super().__init__(lost)
        self._greeted = greeted
        self._is_first = True

    def data_received(self, data: bytes) -> None:
        """Take octets, from the transport."""
        if self._transport is not None:
            acknowledge(self._transport)
        if self._is_first:
            self._is_first = False
            if looks_like_telnet(data):
                self._greeted()
        super().data_received(data)
