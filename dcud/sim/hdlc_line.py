"""Simulated meters on one multi-drop HDLC bus."""

from collections.abc import Mapping
from dataclasses import dataclass

from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.station import (
    ClientConnected,
    ClientDisconnected,
    HdlcStation,
    RequestReceived,
    StationEvent,
    StationParameters,
    ToldByClient,
)
from dcud.dlms.server import ServerParameters
from dcud.sim.device import Application, Device, TellingDevice


@dataclass(slots=True, eq=False)
class _Drop:
    """One device on the bus: its station, and who is associated through it.

    `teller` is the device where it says something unasked.
    """

    station: HdlcStation
    device: Device
    teller: TellingDevice | None
    application: Application | None = None

    def answer(self, apdu: bytes) -> None:
        answers = self.application.answers(apdu) if self.application else []
        if answers:
            self.station.send_stream(answers)
        elif self.station.is_our_turn:
            self.station.acknowledge()

    def tell(self, client_sap: ClientSap) -> None:
        """Tell the client what it did not ask for."""
        for apdu in self.teller.notifications() if self.teller else ():
            self.station.send_notification(apdu, client_sap)


class HdlcLine:
    """Lets every meter hear every frame, and joins what they say."""

    def __init__(
        self,
        devices: Mapping[ServerAddress, Device],
        parameters: ServerParameters,
        link: StationParameters | None = None,
    ) -> None:
        self._parameters = parameters
        self._delimiter = Delimiter()
        self._drops = [
            _Drop(
                HdlcStation(server_address=address, parameters=link),
                device,
                device if isinstance(device, TellingDevice) else None,
            )
            for address, device in devices.items()
        ]

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what the meters say to these octets; `now` in seconds, monotonic."""
        said: list[bytes] = []
        for part in self._delimiter.feed(octets):
            if not isinstance(part, Delimited):
                continue
            for drop in self._drops:
                events = drop.station.handle_timeout(now)
                events += drop.station.receive_frame(part.frame, now)
                for event in events:
                    self._heed(drop, event)
                said += (frame.octets for frame in drop.station.frames_to_send())
        return b"".join(said)

    def _heed(self, drop: _Drop, event: StationEvent) -> None:
        match event:
            case ClientConnected(client_sap=client_sap):
                drop.application = drop.device.application(self._parameters, client_sap)
            case ClientDisconnected():
                drop.application = None
            case ToldByClient(apdu=apdu):
                if drop.application:
                    drop.application.answers(apdu)  # nobody waits for any
            case RequestReceived(client_sap=client_sap, apdu=apdu):
                drop.answer(apdu)
                drop.tell(client_sap)
