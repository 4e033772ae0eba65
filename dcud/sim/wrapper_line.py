"""Simulated meters behind one TCP connection with the wrapper."""

from collections.abc import Mapping

from dcud.dlms.datalink import ClientSap
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter
from dcud.sim.meter import SimulatedMeter


class WrapperLine:
    """One connection: the meters are told apart by their server port.

    Like a real meter's, its associations end with the connection: a new one has a new line.
    [IEC 62056-4-7: wrapper]
    """

    def __init__(self, meters: Mapping[int, SimulatedMeter], parameters: ServerParameters) -> None:
        self._meters = meters
        self._parameters = parameters
        self._delimiter = WrapperDelimiter()
        self._applications: dict[tuple[int, int], ServerApplication] = {}

    def receive(self, octets: bytes, now: float) -> bytes | None:  # noqa: ARG002  # as every line
        """Return what to answer; None where the stream can't be read and is to be closed."""
        answers: list[bytes] = []
        for unit in self._delimiter.feed(octets):
            if isinstance(unit, Unreadable):
                return None
            answers.append(self._answer(unit))
        return b"".join(answers)

    def _answer(self, unit: Wpdu) -> bytes:
        meter = self._meters.get(unit.destination)
        if meter is None:
            # Nobody is at that port, so nobody answers.
            return b""
        key = (unit.source, unit.destination)
        application = self._applications.get(key)
        if application is None:
            application = ServerApplication(meter.serve, self._parameters, ClientSap(unit.source))
            self._applications[key] = application
        answer = application.answer(unit.apdu)
        if answer is None:
            return b""
        return Wpdu(unit.destination, unit.source, answer).build()
