"""A simulated concentrator that passes requests on to meters behind it.

It does what the gateway protocol asks of one: takes the prefix off, asks the meter that it names,
and puts it before the answer.
"""

from collections.abc import Mapping

from dcud.dlms.apdu import exception_response
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import DecodeError
from dcud.dlms.gateway import RESPONSE_TAG, GatewayAddress, Prefixed, decode
from dcud.dlms.server import ServerParameters
from dcud.sim.device import Application, Device

_UNREACHABLE = ExceptionResponse(
    state_error=exception_response.SERVICE_NOT_ALLOWED,
    service_error=exception_response.OPERATION_NOT_POSSIBLE,
).encode()


class SimulatedGateway:
    """Devices behind one address.

    Args:
        devices: those on the gateway's networks.
        own: what the gateway serves itself, to requests without prefix; None for nothing.
    """

    def __init__(self, devices: Mapping[GatewayAddress, Device], own: Device | None = None) -> None:
        self._devices = devices
        self._own = own

    def application(
        self, parameters: ServerParameters, client_sap: ClientSap
    ) -> "_GatewayApplication":
        """Return what one client speaks to; its SAP is the one that the meters see."""
        return _GatewayApplication(self._devices, self._own, parameters, client_sap)


class _GatewayApplication:
    """One client of a gateway, with its associations with the meters behind."""

    def __init__(
        self,
        devices: Mapping[GatewayAddress, Device],
        own: Device | None,
        parameters: ServerParameters,
        client_sap: ClientSap,
    ) -> None:
        self._devices = devices
        self._own = None if own is None else own.application(parameters, client_sap)
        self._parameters = parameters
        self._client_sap = client_sap
        self._applications: dict[GatewayAddress, Application] = {}

    def answers(self, apdu: bytes) -> list[bytes]:
        """Return what the meter that the prefix names answers, behind its prefix."""
        try:
            prefixed = decode(apdu)
        except DecodeError:
            return [_UNREACHABLE]
        if prefixed is None:
            return [_UNREACHABLE] if self._own is None else self._own.answers(apdu)
        application = self._application(prefixed.address)
        answers = [_UNREACHABLE] if application is None else application.answers(prefixed.apdu)
        return [Prefixed(RESPONSE_TAG, prefixed.address, answer).build() for answer in answers]

    def _application(self, address: GatewayAddress) -> Application | None:
        device = self._devices.get(address)
        if device is not None and address not in self._applications:
            self._applications[address] = device.application(self._parameters, self._client_sap)
        return self._applications.get(address)
