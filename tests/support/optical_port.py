"""A port with an optical head and a simulated meter behind it, on any clock."""

import asyncio

from dcud.line.errors import PortError
from dcud.line.line_settings import line_time
from dcud.line.octet_stream import OctetStream
from dcud.sim.serving import TimedLine


class FixedPort:
    """Carries octets at the speed that it was made with, in the time that they need.

    Either end hears only what the other says at its own speed. `echo` is a head that brings back
    what it sends.
    """

    def __init__(
        self,
        meter: TimedLine,
        baud: int = 300,
        character_format: str = "7E1",
        *,
        echo: bool = False,
    ) -> None:
        self.meter = meter
        self.baud = baud
        self.format = character_format
        self.written: list[tuple[float, int, bytes]] = []
        self.lost = False
        self.is_open = False
        self._echo = echo
        self._stream = OctetStream(_lost)
        self._timer: asyncio.TimerHandle | None = None

    async def open(self) -> None:
        self.is_open = True

    async def write(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self.lost:
            raise _lost(None)
        if self.baud == self.meter.baud:
            self._hear(self.meter.receive(octets, loop.time()) or b"")
        await asyncio.sleep(line_time(len(octets), self.baud, self.format))
        self.written.append((loop.time(), self.baud, octets))
        if self._echo:
            self._stream.data_received(octets)

    async def read(self, within: float) -> bytes:
        return await self._stream.read(within)

    def discard_input(self) -> int:
        return self._stream.discard()

    async def close(self) -> None:
        self.is_open = False

    def _hear(self, said: bytes) -> None:
        if self.baud == self.meter.baud and said:
            time = line_time(len(said), self.baud, self.format)
            asyncio.get_running_loop().call_later(time, self._stream.data_received, said)
        if self._timer is not None:
            self._timer.cancel()
        due = self.meter.next_timeout()
        loop = asyncio.get_running_loop()
        self._timer = None if due is None else loop.call_at(due, self._speak)

    def _speak(self) -> None:
        self._hear(self.meter.handle_timeout(asyncio.get_running_loop().time()))


class OpticalPort(FixedPort):
    """A port whose speed and format can be set."""

    def __init__(self, meter: TimedLine, *, echo: bool = False) -> None:
        super().__init__(meter, 9600, "8N1", echo=echo)
        self.settings: list[tuple[float, int, str]] = []

    async def set_line(self, baud: int, format: str) -> None:  # noqa: A002  # the protocol's name
        if self.lost:
            raise _lost(None)
        self.baud, self.format = baud, format
        self.settings.append((asyncio.get_running_loop().time(), baud, format))


def _lost(_: Exception | None) -> PortError:
    return PortError("the head is gone", remedy="check the cable")
