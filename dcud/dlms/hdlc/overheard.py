"""What was heard instead of an answer."""

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError, NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Discarded
from dcud.dlms.hdlc.frame import Defect

_MAX_STATIONS = 4
"""How many other stations an error names."""


class Overheard:
    """Gathers what helps to find out why nobody answers."""

    __slots__ = ("_damaged", "_echoes", "_stations")

    def __init__(self) -> None:
        self._stations: dict[bytes, None] = {}
        self._damaged = 0
        self._echoes = 0

    def echo(self) -> None:
        """Count our own frame come back."""
        self._echoes += 1

    def stranger(self, source: bytes) -> None:
        """Note another station by its address octets."""
        if len(self._stations) < _MAX_STATIONS:
            self._stations[source] = None

    def damaged(self, discarded: Discarded) -> None:
        """Count octets that were no good frame."""
        if discarded.reason is not Defect.IDLE:
            self._damaged += len(discarded.octets)

    def clear(self) -> None:
        """Begin anew."""
        self._stations.clear()
        self._damaged = 0
        self._echoes = 0

    def no_answer(
        self, *, client_sap: ClientSap, server_address: ServerAddress, attempts: int, timeout: float
    ) -> NoAnswerError:
        """Return the error that tells who was asked, how often, and what came instead."""
        heard, remedy = self._findings()
        times = "once" if attempts == 1 else f"{attempts} times"
        return NoAnswerError(
            f"no answer from server address {server_address} to client {client_sap}, asked {times},"
            f" {timeout:g} s each; {heard}",
            remedy=remedy,
        )

    def _findings(self) -> tuple[str, str]:
        if self._stations:
            names = ", ".join(map(_name, self._stations))
            return (
                f"heard instead: {names}",
                "check the server address and its size; dcud scan finds both",
            )
        if self._damaged:
            return (
                f"heard instead: {self._damaged} octets that are no good frame",
                "check baud rate, parity and the line's termination; dcud scan tries other speeds",
            )
        if self._echoes:
            return (
                "heard only the echo of what was sent",
                "check the wiring beyond the converter, the meter's power, and its address",
            )
        return (
            "heard nothing at all",
            "check power and wiring; dcud scan finds baud rate, server address and its size",
        )


def _name(source: bytes) -> str:
    try:
        return str(ServerAddress.from_octets(source))
    except DecodeError:
        return source.hex()
