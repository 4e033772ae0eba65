"""Simulated meters behind the wrapper, on one TCP connection or on UDP."""

from collections.abc import Mapping

from dcud.dlms.datalink import ClientSap
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter, cut_datagram
from dcud.sim.device import Application, Device


class WrapperLine:
    """One connection: the meters are told apart by their server port.

    Like a real meter's, its associations end with the connection: a new one has a new line.
    [IEC 62056-4-7: wrapper]

    Args:
        devices: what stands at each server port.
        parameters: what they ask of a client.
    """

    def __init__(self, devices: Mapping[int, Device], parameters: ServerParameters) -> None:
        self._devices = devices
        self._parameters = parameters
        self._delimiter = WrapperDelimiter()
        self._applications: dict[tuple[int, int], Application] = {}

    def receive(self, octets: bytes, now: float) -> bytes | None:  # noqa: ARG002  # as every line
        """Return what to answer; None where the stream can't be read and is to be closed."""
        answers: list[bytes] = []
        for unit in self._delimiter.feed(octets):
            if isinstance(unit, Unreadable):
                return None
            answers.append(self._answer(unit))
        return b"".join(answers)

    def receive_datagram(self, octets: bytes) -> bytes:
        """Return the datagram to answer with; b"" where there is none to answer with."""
        unit = cut_datagram(octets)[0]
        return b"" if isinstance(unit, Unreadable) else self._answer(unit)

    def _answer(self, unit: Wpdu) -> bytes:
        device = self._devices.get(unit.destination)
        if device is None:
            # Nobody is at that port, so nobody answers.
            return b""
        key = (unit.source, unit.destination)
        application = self._applications.get(key)
        if application is None:
            application = device.application(self._parameters, ClientSap(unit.source))
            self._applications[key] = application
        answers = application.answers(unit.apdu)
        return b"".join(Wpdu(unit.destination, unit.source, each).build() for each in answers)
