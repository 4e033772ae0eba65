"""A data link that does nothing but write down what it is told, and tell what the test gives it."""

from collections.abc import Sequence

from dcud.dlms.datalink import ApduReceived, Frame, LinkEvent


class ScriptedLink:
    """Give it events with `tell`; the next `receive_data` or `handle_timeout` hands them out."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.sent: list[bytes] = []
        self.secrets: list[tuple[tuple[int, int], ...]] = []
        self.timeout: float | None = None
        self.frames: list[Frame] = []
        self._events: list[LinkEvent] = []

    def tell(self, *events: LinkEvent | bytes) -> None:
        self._events += [ApduReceived(apdu=e) if isinstance(e, bytes) else e for e in events]

    def connect(self, now: float) -> None:
        self.calls.append(f"connect {now}")

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        self.calls.append(f"send {now}")
        self.sent.append(apdu)
        self.secrets.append(tuple(secret))

    def disconnect(self, now: float) -> None:
        self.calls.append(f"disconnect {now}")

    def receive_data(self, octets: bytes, now: float) -> list[LinkEvent]:
        self.calls.append(f"receive {octets.hex()} {now}")
        return self._take()

    def frames_to_send(self) -> list[Frame]:
        frames, self.frames = self.frames, []
        return frames

    def frames_sent(self, now: float) -> None:
        self.calls.append(f"sent {now}")

    def next_timeout(self) -> float | None:
        return self.timeout

    def handle_timeout(self, now: float) -> list[LinkEvent]:
        self.calls.append(f"timeout {now}")
        return self._take()

    def _take(self) -> list[LinkEvent]:
        events, self._events = self._events, []
        return events
