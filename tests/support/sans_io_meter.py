"""The server side of the stack as a function from octets to octets, for any line."""

from collections.abc import Callable

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.station import (
    ClientConnected,
    ClientDisconnected,
    HdlcStation,
    RequestReceived,
    StationParameters,
    ToldByClient,
)
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.dlms.wrapper import Wpdu, WrapperDelimiter

Values = dict[str, Data | bytes | DataAccessResult]
"""What each attribute holds, by "3/1.0.1.8.0.255/2": class, object, attribute."""


class HdlcMeter:
    """A meter on a bus."""

    def __init__(
        self,
        values: Values,
        *,
        server_address: ServerAddress,
        application: ServerParameters | None = None,
        station: StationParameters | None = None,
    ) -> None:
        self._station = HdlcStation(server_address=server_address, parameters=station)
        self._values = values
        self._parameters = application or ServerParameters()
        self._application: ServerApplication | None = None
        self.events: list[str] = []

    def reply(self, octets: bytes, now: float = 0.0) -> bytes:
        """Return what the meter sends after hearing `octets`; b"" where it isn't its turn."""
        for event in self._station.receive_data(octets, now):
            match event:
                case ClientConnected(client_sap=client_sap):
                    self.events.append("connected")
                    self._application = ServerApplication(
                        _read(self._values), self._parameters, client_sap
                    )
                case ClientDisconnected(reason=reason):
                    self.events.append(reason)
                    self._application = None
                case ToldByClient(apdu=apdu):
                    self.events.append(f"told {apdu.hex()}")
                case RequestReceived(apdu=apdu):
                    assert self._application is not None
                    answers = self._application.answers(apdu)
                    # DISC may have come in the same octets.
                    if answers and self._station.client_sap is not None:
                        self._station.send_stream(answers)
        return b"".join(frame.octets for frame in self._station.frames_to_send())


class WrapperMeter:
    """A meter at the far end of one TCP connection."""

    def __init__(self, values: Values, application: ServerParameters | None = None) -> None:
        self._delimiter = WrapperDelimiter()
        self._application = ServerApplication(
            _read(values), application or ServerParameters(), ClientSap(16)
        )

    def reply(self, octets: bytes) -> bytes:
        """Return what the meter sends after hearing `octets`."""
        answers = b""
        for unit in self._delimiter.feed(octets):
            assert isinstance(unit, Wpdu)
            for answer in self._application.answers(unit.apdu):
                answers += Wpdu(unit.destination, unit.source, answer).build()
        return answers


def _read(
    values: Values,
) -> Callable[[AttributeDescriptor, Selection | None, ClientSap], Data | bytes | DataAccessResult]:
    def read(
        attribute: AttributeDescriptor, selection: Selection | None, client_sap: ClientSap
    ) -> Data | bytes | DataAccessResult:
        assert selection is None
        assert client_sap == 16
        return values.get(str(attribute), DataAccessResult.OBJECT_UNDEFINED)

    return read
