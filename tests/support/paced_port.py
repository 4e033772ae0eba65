"""A port whose line takes its time, with a function from octets to octets at its far end."""

import asyncio
from collections import deque
from collections.abc import Callable

from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream


class PacedPort:
    """Answers what is written as `answer(octets, now)` says, so many seconds for each octet."""

    def __init__(
        self,
        answer: Callable[[bytes, float], bytes],
        *,
        octet_time: float = 0.0,
        answer_time: float = 0.01,
    ) -> None:
        self._answer = answer
        self._octet_time = octet_time
        self._answer_time = answer_time
        self._underway: deque[bytes] = deque()
        self._free_at = 0.0
        self._stream: OctetStream | None = None
        self.written = 0

    @property
    def is_open(self) -> bool:
        return self._stream is not None

    async def open(self) -> None:
        self._stream = OctetStream(lambda _: PortError("gone", remedy="check the cable"))

    async def write(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        if self._octet_time:
            await asyncio.sleep(self._octet_time * len(octets))
        self.written += 1
        if answer := self._answer(octets, loop.time()):
            began = max(loop.time() + self._answer_time, self._free_at)
            self._free_at = began + self._octet_time * len(answer)
            self._underway.append(answer)
            loop.call_at(self._free_at, self._arrive)

    def _arrive(self) -> None:
        octets = self._underway.popleft()
        if self._stream is not None:
            self._stream.data_received(octets)

    async def read(self, within: float) -> bytes:
        assert self._stream is not None
        return await self._stream.read(within)

    def discard_input(self) -> int:
        return self._stream.discard() if self._stream is not None else 0

    async def close(self) -> None:
        self._stream = None
