"""What stands on a simulated line: a meter, or a gateway to others."""

from typing import Protocol, runtime_checkable

from dcud.dlms.datalink import ClientSap
from dcud.dlms.server import ServerParameters


class Application(Protocol):
    """The application layer that one client of a device speaks to."""

    def answers(self, apdu: bytes) -> list[bytes]:
        """Return what goes out on end in answer to an APDU of the client."""
        ...


class Device(Protocol):
    """What can be put on a line; `SimulatedMeter` and `SimulatedGateway` are such."""

    def application(self, parameters: ServerParameters, client_sap: ClientSap) -> Application:
        """Return a fresh application for a client whose link was just set up."""
        ...


@runtime_checkable
class TellingDevice(Device, Protocol):
    """A device that has something to say without being asked."""

    def notifications(self) -> list[bytes]:
        """Take (and forget) what it says unasked now, as APDUs."""
        ...
