"""A simulated PRIME base node with meters in its network."""

from collections.abc import Iterable
from dataclasses import dataclass

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.prime.messages import (
    BASE_NODE_PORT,
    CONCENTRATOR_PORT,
    DeleteDevice,
    DisableAutoClose,
    EnableAutoClose,
    Message,
    NewDevice,
    RemoveDevice,
    StartReporting,
    decode_message,
)
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter
from dcud.sim.device import Application, Device


@dataclass(frozen=True, slots=True)
class PrimeMeter:
    """A meter and what the network knows of it."""

    meter: Device
    node: NewDevice


class PrimeBaseNode:
    """One connection to the base node; nothing is told or passed on before it is asked to report.

    Attributes:
        auto_close: numbers of the nodes whose connections end with this one.
    """

    def __init__(self, meters: Iterable[PrimeMeter], parameters: ServerParameters) -> None:
        self._meters = {each.node.device_id: each for each in meters}
        self._parameters = parameters
        self._delimiter = WrapperDelimiter()
        self._applications: dict[tuple[int, int], Application] = {}
        self._is_reporting = False
        self._unsaid: list[Message] = []
        self.auto_close: set[int] = set()

    def join(self, meter: PrimeMeter) -> None:
        """Let a meter join; told with the next answer."""
        self._meters[meter.node.device_id] = meter
        self._unsaid.append(meter.node)

    def leave(self, device_id: int) -> None:
        """Let a meter leave; told with the next answer."""
        self._meters.pop(device_id, None)
        self._applications = {
            key: application
            for key, application in self._applications.items()
            if key[1] != device_id
        }
        self._unsaid.append(RemoveDevice(device_id=device_id))

    def receive(self, octets: bytes, now: float) -> bytes | None:  # noqa: ARG002  # as every line
        """Return what to answer; None where the stream can't be read and is to be closed."""
        said: list[bytes] = []
        for unit in self._delimiter.feed(octets):
            if isinstance(unit, Unreadable):
                return None
            if (unit.source, unit.destination) == (CONCENTRATOR_PORT, BASE_NODE_PORT):
                self._obey(unit.apdu)
            elif self._is_reporting:
                said.append(self._answer(unit))
        return self._report() + b"".join(said)

    def _obey(self, octets: bytes) -> None:
        try:
            message = decode_message(octets)
        except DecodeError:
            return
        match message:
            case StartReporting():
                self._is_reporting = True
                self._unsaid = [each.node for each in self._meters.values()]
            case DeleteDevice(device_id=device_id):
                self.leave(device_id)
            case EnableAutoClose(device_id=device_id):
                self.auto_close.add(device_id)
            case DisableAutoClose(device_id=device_id):
                self.auto_close.discard(device_id)
            case _:  # what a concentrator doesn't say
                pass

    def _report(self) -> bytes:
        if not self._is_reporting:
            return b""
        messages, self._unsaid = self._unsaid, []
        return b"".join(
            Wpdu(BASE_NODE_PORT, CONCENTRATOR_PORT, each.encode()).build() for each in messages
        )

    def _answer(self, unit: Wpdu) -> bytes:
        meter = self._meters.get(unit.destination)
        if meter is None:
            return b""  # nobody has that number
        key = (unit.source, unit.destination)
        application = self._applications.get(key)
        if application is None:
            client_sap = ClientSap(unit.source)
            application = meter.meter.application(self._parameters, client_sap)
            self._applications[key] = application
        answers = application.answers(unit.apdu)
        return b"".join(Wpdu(unit.destination, unit.source, each).build() for each in answers)
