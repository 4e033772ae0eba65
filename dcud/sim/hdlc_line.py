"""Simulated meters on one multi-drop HDLC bus."""

from collections.abc import Mapping
from dataclasses import dataclass

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
from dcud.sim.device import Application, Device


@dataclass(slots=True, eq=False)
class _Drop:
    """One device on the bus: its station, and who is associated through it."""

    station: HdlcStation
    device: Device
    application: Application | None = None


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
            _Drop(HdlcStation(server_address=address, parameters=link), device)
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
            case RequestReceived(apdu=apdu):
                answers = drop.application.answers(apdu) if drop.application else []
                if answers:
                    drop.station.send_stream(answers)
                elif drop.station.is_our_turn:
                    drop.station.acknowledge()
