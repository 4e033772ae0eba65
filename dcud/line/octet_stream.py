"""The end of an asyncio transport at which a port waits for octets."""

import asyncio
from collections.abc import Callable
from typing import cast

from dcud.line.errors import PortError
from dcud.line.port import Hear

_RECEIVE_LIMIT = 65_536
"""Octets kept while nobody reads; a line full of noise must not fill the memory."""


class OctetStream(asyncio.Protocol):
    """What a transport delivered and nobody has read yet, with the ways to wait for more.

    One reader and one writer at a time. `lost` turns the reason for which the transport went
    (None: the far end closed it) into the error that people see.
    """

    def __init__(self, lost: Callable[[Exception | None], PortError]) -> None:
        self._describe_loss = lost
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None
        self._reader: asyncio.Future[bool] | None = None
        self._hear: Hear | None = None  # has what arrives instead of the reader
        self._patience_ends = 0.0  # of the reader
        self._alarm: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._reading_paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._reason: Exception | None = None
        self.is_lost = False
        """Whether the transport is gone."""
        self.is_drained = True
        """Whether the transport stands and holds nothing back."""

    def loss(self) -> PortError:
        """Return the error that tells why the transport went."""
        return self._describe_loss(self._reason)

    async def read(self, within: float) -> bytes:
        """Return what has arrived, b"" after `within` seconds of silence, or raise `PortError`."""
        if not self._received and not self.is_lost:
            await self._wait(asyncio.get_running_loop().time() + within)
        if self._received:
            octets = bytes(self._received)
            self.discard()
            return octets
        if self.is_lost:
            raise self.loss()
        return b""

    async def listen(self, hear: Hear, until: float) -> None:
        """Give what arrives to `hear` until that wants no more, or it is the time it named last."""
        if self._received:
            octets = bytes(self._received)
            self.discard()
            wanted = hear(octets)
            if wanted is None:
                return
            until = wanted
        enough = False
        if not self.is_lost:
            self._hear = hear
            enough = await self._wait(until)
        if self.is_lost and not enough:
            raise self.loss()

    def discard(self) -> int:
        """Forget what arrived; returns how many octets that were."""
        count = len(self._received)
        self._received.clear()
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return count

    async def written(self) -> None:
        """Wait until the transport holds nothing more back, or raise `PortError`."""
        await self._writable.wait()
        if self.is_lost:
            raise self.loss()

    async def closed(self) -> None:
        """Wait until the transport is gone."""
        await self._lost.wait()

    async def _wait(self, until: float) -> bool:
        """Wait until there are octets to read, or enough was heard: True; for loss or `until`."""
        loop = asyncio.get_running_loop()
        reader: asyncio.Future[bool] = loop.create_future()
        self._reader = reader
        self._set_alarm(loop, until)
        try:
            return await reader
        finally:
            self._reader = self._hear = None

    def _set_alarm(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        """Make sure that the reader is thought of when its patience ends, or before.

        A timer for each read would cost more than the read: nearly all of them would be cancelled,
        and stay in the loop's queue until their time. So one that is set already is kept, and looks
        again when it rings too early.
        """
        self._patience_ends = until
        if self._alarm is not None:
            if self._rings_at <= until:
                return
            self._alarm.cancel()
        self._rings_at = until
        self._alarm = loop.call_at(until, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._reader is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._patience_ends:
            self._set_alarm(loop, self._patience_ends)
        else:
            self._wake_reader(enough=False)

    def _wake_reader(self, *, enough: bool) -> None:
        self._hear = None
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(enough)

    def _hand_over(self, hear: Hear, reader: asyncio.Future[bool], octets: bytes) -> None:
        """Let `hear` have octets while its task sleeps on, as long as it wants more."""
        try:
            until = hear(octets)
        except Exception as error:  # noqa: BLE001  # the task that listens is to have it
            self._hear = None
            reader.set_exception(error)
            return
        if until is None:
            self._wake_reader(enough=True)
        elif until < self._rings_at:
            self._set_alarm(asyncio.get_running_loop(), until)
        else:
            self._patience_ends = until

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, from itself."""
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        # A write counts as done once nothing is left here, so every octet held back is too many.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Take octets, from the transport."""
        hear, reader = self._hear, self._reader
        if hear is not None and reader is not None and not reader.done():
            self._hand_over(hear, reader, data)
            return
        self._received += data
        self._wake_reader(enough=True)
        if len(self._received) >= _RECEIVE_LIMIT and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Learn that the transport holds octets back."""
        self.is_drained = False
        self._writable.clear()

    def resume_writing(self) -> None:
        """Learn that the transport has handed all octets on."""
        self.is_drained = not self.is_lost
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the transport is gone."""
        self._reason = exc
        self._transport = None
        self.is_lost = True
        self.is_drained = False
        if self._alarm is not None:
            self._alarm.cancel()
        self._lost.set()
        self._writable.set()
        self._wake_reader(enough=False)
