"""A port whose far end is a function from octets to octets, on any clock."""

import asyncio
from collections.abc import Callable

from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream

Answer = Callable[[bytes, float], bytes]
"""From what was written, and when, to what comes back; b"" for silence."""


def silent(_octets: bytes, _now: float) -> bytes:
    return b""


def joined(*answers: Answer) -> Answer:
    """Return what several stations on one line say, one after another."""

    def answer(octets: bytes, now: float) -> bytes:
        return b"".join(each(octets, now) for each in answers)

    return answer


def echoing(answer: Answer) -> Answer:
    """Return a line that also brings back what is sent."""
    return lambda octets, now: octets + answer(octets, now)


class AnsweringPort:
    """A port that takes no time, at a far end that takes `delay` seconds to answer."""

    def __init__(self, answer: Answer, *, delay: float = 0.02) -> None:
        self.answer = answer
        self.delay = delay
        self.written: list[tuple[float, bytes]] = []
        self._stream: OctetStream | None = None

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    async def open(self) -> None:
        self._stream = OctetStream(_lost)

    async def write(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.written.append((loop.time(), octets))
        said = self.answer(octets, loop.time())
        if said:
            loop.call_later(self.delay, self.hear, said)

    def hear(self, octets: bytes) -> None:
        """Let octets arrive, whoever sent them."""
        if self._stream is not None:
            self._stream.data_received(octets)

    async def read(self, within: float) -> bytes:
        assert self._stream is not None
        return await self._stream.read(within)

    def discard_input(self) -> int:
        return 0 if self._stream is None else self._stream.discard()

    async def close(self) -> None:
        self._stream = None


def _lost(_: Exception | None) -> PortError:
    return PortError("the device vanished")
