"""A simulated meter that demands security of every client but the public one."""

from collections.abc import Callable
from dataclasses import replace

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.authentication import NO_SECURITY
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.server import Acted, ServerApplication, ServerParameters
from dcud.sim.device import Application
from dcud.sim.faults import Fault, faulty_aare
from dcud.sim.meter import Attributes, MeterParameters, SimulatedMeter
from dcud.sim.security import FRAME_COUNTER, MeterSecurity, SecurityDemand
from dcud.sim.security_state import StateFile

PUBLIC_CLIENT = ClientSap(16)

PUBLIC_OBJECTS = frozenset(
    {
        Obis.parse("0.0.42.0.0.255"),
        Obis.parse("0.0.96.1.0.255"),
        Obis.parse("0.0.1.0.0.255"),
        Obis.parse("0.0.40.0.0.255"),
        FRAME_COUNTER,
    }
)
"""What the public client may read: name, serial number, clock, this list, the frame counter."""

_POWER_FAILURES = frozenset({Fault.LOSE_TRANSFER, Fault.LOSE_TRANSFER_ANSWER})
_CONFORMANCE = (
    IMPLEMENTED
    | Conformance.GENERAL_PROTECTION
    | Conformance.ACTION
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
)


class SecuredMeter:
    """A simulated meter with a Security setup.

    Args:
        parameters: what tells it from others.
        clock: unix seconds.
        demand: what it demands, and its keys when it was new.
        system_title: 8 octets.
        state: keeps what must outlive the meter's power.

    Raises:
        KeyMissingError: a key or secret is missing that the demand takes.
    """

    def __init__(
        self,
        parameters: MeterParameters,
        clock: Callable[[], float],
        demand: SecurityDemand,
        system_title: bytes,
        state: StateFile | None = None,
    ) -> None:
        self._state = state or StateFile(None)
        self._power_failed = False
        self._name = parameters.logical_device_name
        self.security = MeterSecurity(demand, system_title, self._state.of(self._name))
        extra = {key: _read(told) for key, told in self.security.attributes().items()}
        self._meter = SimulatedMeter(parameters, clock, extra)
        self.security.check()

    @property
    def parameters(self) -> MeterParameters:
        """What tells it from others."""
        return self._meter.parameters

    def application(self, parameters: ServerParameters, client_sap: ClientSap) -> Application:
        """Return what one client speaks to, not associated yet."""
        if client_sap == PUBLIC_CLIENT:
            public = replace(
                parameters, authentication=NO_SECURITY, system_title=self._system_title
            )
            return ServerApplication(self._serve_public, public, client_sap)
        security = self.security
        demanded = replace(
            parameters,
            authentication=security.authentication,
            protection=security.protection,
            conformance=_CONFORMANCE,
            system_title=self._system_title,
        )
        server = ServerApplication(
            self._meter.serve, demanded, client_sap, self._act, self._meter.take
        )
        return _KeptApplication(server, security.fault, self.keep)

    def keep(self) -> bool:
        """Keep what must outlive the meter's power; tell whether that has failed meanwhile."""
        self._state.keep(self._name, self.security.state())
        failed, self._power_failed = self._power_failed, False
        return failed

    @property
    def _system_title(self) -> bytes:
        return self.security.setup.system_title

    def _serve_public(
        self, attribute: AttributeDescriptor, selection: Selection | None, _client: ClientSap
    ) -> Data | bytes | DataAccessResult:
        if attribute.logical_name not in PUBLIC_OBJECTS:
            return DataAccessResult.READ_WRITE_DENIED
        if attribute.class_id == 15 and attribute.attribute == 2:  # object_list
            return self._meter.object_list(PUBLIC_OBJECTS)
        return self._meter.read(attribute, selection)

    def _act(self, method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
        if self._meter.has_method(method):
            return self._meter.act(method, parameter, client)
        acted = self.security.act(method, parameter)
        fault = self.security.fault
        if acted.afterwards is None or fault not in _POWER_FAILURES:
            return acted
        self._power_failed = True
        return replace(acted, afterwards=None) if fault is Fault.LOSE_TRANSFER else acted


class _KeptApplication:
    """Keeps the meter's state before an answer goes out, as a real meter does."""

    def __init__(
        self, server: ServerApplication, fault: Fault | None, keep: Callable[[], bool]
    ) -> None:
        self._server = server
        self._fault = fault
        self._keep = keep

    def answers(self, apdu: bytes) -> list[bytes]:
        answers = self._server.answers(apdu)
        power_failed = self._keep()
        faulty = [] if power_failed else [faulty_aare(each, self._fault) for each in answers]
        return [answer for answer in faulty if answer is not None]


def _read(told: dict[int, Callable[[], Data]]) -> Attributes:
    def attribute(tell: Callable[[], Data]) -> Callable[[float, Selection | None], Data]:
        return lambda _now, _selection: tell()

    return {index: attribute(tell) for index, tell in told.items()}
