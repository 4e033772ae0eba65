"""A raw pseudo-terminal pair: one end is a serial device, a test drives the other."""

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Self


class PtyBus:
    """The far end of a serial line, octet by octet.

    `device` is the path that the program under test opens. Everything here works without waiting,
    except `read_exactly`; `unplug` does what pulling the adapter out does.
    """

    def __init__(self) -> None:
        self._far_end, device = os.openpty()
        tty.setraw(device)
        self.device = os.ttyname(device)
        # One descriptor of the device stays open, so that its settings outlive whoever opens it.
        self._device = device
        os.set_blocking(self._far_end, False)

    @property
    def descriptor(self) -> int:
        """The descriptor of the far end, for termios and select."""
        return self._far_end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.unplug()

    def write(self, octets: bytes) -> None:
        """Put `octets` on the line, towards the device."""
        assert os.write(self._far_end, octets) == len(octets)

    def read(self) -> bytes:
        """Return what has arrived from the device so far."""
        try:
            return os.read(self._far_end, 65_536)
        except BlockingIOError:
            return b""

    async def read_exactly(self, count: int, within: float = 5.0) -> bytes:
        """Return `count` octets from the device, waiting for them on the running loop."""
        octets = b""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within):
            while len(octets) < count:
                readable = loop.create_future()
                loop.add_reader(self._far_end, _wake, readable)
                try:
                    await readable
                finally:
                    loop.remove_reader(self._far_end)
                octets += os.read(self._far_end, count - len(octets))
        return octets

    def answer(self, reply: Callable[[bytes], bytes]) -> None:
        """From now on, write what `reply` makes of each chunk that arrives, on the running loop."""
        asyncio.get_running_loop().add_reader(self._far_end, self._reply, reply)

    def _reply(self, reply: Callable[[bytes], bytes]) -> None:
        octets = self.read()
        answer = reply(octets) if octets else b""
        if answer:
            self.write(answer)

    def unplug(self) -> None:
        """Make the device vanish, as when the adapter is pulled out; may be repeated."""
        if self._far_end < 0:
            return
        with contextlib.suppress(RuntimeError):  # no loop runs, so nothing was added to it
            asyncio.get_running_loop().remove_reader(self._far_end)
        os.close(self._device)
        os.close(self._far_end)
        self._far_end = self._device = -1


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
