"""A meter below the application layer: it answers, but not always at once."""

from collections import deque
from contextlib import suppress

from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import MisuseError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.frame import FrameKind, parse, supervisory
from dcud.dlms.hdlc.station import HdlcStation, RequestReceived, StationParameters

SERVER = ServerAddress(1, 17)
CLIENT = ClientSap(16)


def request(serial: int, size: int, answer_size: int) -> bytes:
    """Return a request that is like no other, and asks for so many octets."""
    head = b"\xc3" + serial.to_bytes(4, "big") + answer_size.to_bytes(3, "big")
    return head + bytes(place % 251 for place in range(size))


def answer_to(apdu: bytes) -> bytes:
    """Return the one right answer."""
    size = int.from_bytes(apdu[5:8], "big")
    return b"\xc7" + apdu[1:5] + bytes((place * 7 + apdu[4]) % 256 for place in range(size))


class MoodyMeter:
    """Carries out requests and remembers which.

    Attributes:
        carried_out: every request, as often as it was carried out.
        moods: what to say to the next polls in place of an answer: "not yet" (RR) or "busy" (RNR).
    """

    def __init__(self, parameters: StationParameters) -> None:
        self._parameters = parameters
        self.carried_out: list[bytes] = []
        self.moods: deque[str] = deque()
        self._unsaid: bytes | None = None
        self.restart()

    def restart(self) -> None:
        """Lose the power for a moment."""
        self._station = HdlcStation(server_address=SERVER, parameters=self._parameters)
        self._unsaid = None

    def serve(self, octets: bytes, now: float) -> bytes:
        self._station.handle_timeout(now)
        self._make_ready()
        for event in self._station.receive_data(octets, now):
            if isinstance(event, RequestReceived):
                self.carried_out.append(event.apdu)
                self._unsaid = answer_to(event.apdu)
                if self.moods:
                    with suppress(MisuseError):  # it came twice in one go, and has its RR already
                        self._station.acknowledge()
                self._make_ready()
            else:
                self._unsaid = None
        return b"".join(self._colour(frame.octets) for frame in self._station.frames_to_send())

    def _make_ready(self) -> None:
        if self._unsaid is not None and not self.moods and self._station.client_sap is not None:
            self._station.send_apdu(self._unsaid)
            self._unsaid = None

    def _colour(self, octets: bytes) -> bytes:
        frame = parse(octets[1:-1])
        if frame.control.kind is not FrameKind.RR or not self.moods:
            return octets
        if self.moods.popleft() == "not yet":
            return octets
        number = frame.control.receive_sequence or 0
        busy = supervisory(FrameKind.RNR, receive_sequence=number)
        return frame._replace(control=busy).build()

    def push(self, apdu: bytes) -> bytes:
        """Return a notification in UI frames."""
        self._station.send_notification(apdu, CLIENT)
        return b"".join(frame.octets for frame in self._station.frames_to_send())
