"""The end of an asyncio transport at which a port waits for octets."""

import asyncio
from collections.abc import Callable
from typing import cast

from dcud.line.errors import PortError

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
        self._reader: asyncio.Future[None] | None = None
        self._patience_ends = 0.0  # of the reader
        self._alarm: asyncio.TimerHandle | None = None
        self._reading_paused = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._lost = asyncio.Event()
        self._reason: Exception | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the transport is gone."""
        return self._lost.is_set()

    def loss(self) -> PortError:
        """Return the error that tells why the transport went."""
        return self._describe_loss(self._reason)

    async def read(self, within: float) -> bytes:
        """Return what has arrived, b"" after `within` seconds of silence, or raise `PortError`."""
        if not self._received and not self.is_lost:
            await self._wait_for_octets(within)
        if self._received:
            octets = bytes(self._received)
            self.discard()
            return octets
        if self.is_lost:
            raise self.loss()
        return b""

    def discard(self) -> int:
        """Forget what arrived; returns how many octets that were."""
        count = len(self._received)
        self._received.clear()
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()
        return count

    @property
    def is_drained(self) -> bool:
        """Whether the transport stands and holds nothing back."""
        return self._writable.is_set() and not self.is_lost

    async def written(self) -> None:
        """Wait until the transport holds nothing more back, or raise `PortError`."""
        await self._writable.wait()
        if self.is_lost:
            raise self.loss()

    async def closed(self) -> None:
        """Wait until the transport is gone."""
        await self._lost.wait()

    async def _wait_for_octets(self, within: float) -> None:
        loop = asyncio.get_running_loop()
        reader = self._reader = loop.create_future()
        self._patience_ends = loop.time() + within
        self._set_alarm(loop)
        try:
            await reader
        finally:
            self._reader = None

    def _set_alarm(self, loop: asyncio.AbstractEventLoop) -> None:
        """Make sure that the reader is thought of when its patience ends, or before.

        A timer for each read would cost more than the read: nearly all of them would be cancelled,
        and stay in the loop's queue until their time. So one that is set already is kept, and looks
        again when it rings too early.
        """
        if self._alarm is not None:
            if self._alarm.when() <= self._patience_ends:
                return
            self._alarm.cancel()
        self._alarm = loop.call_at(self._patience_ends, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._reader is None:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._patience_ends:
            self._set_alarm(loop)
        else:
            self._wake_reader()

    def _wake_reader(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, from itself."""
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        # A write counts as done once nothing is left here, so every octet held back is too many.
        self._transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Take octets, from the transport."""
        self._received += data
        self._wake_reader()
        if len(self._received) >= _RECEIVE_LIMIT and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def pause_writing(self) -> None:
        """Learn that the transport holds octets back."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Learn that the transport has handed all octets on."""
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Learn that the transport is gone."""
        self._reason = exc
        self._transport = None
        if self._alarm is not None:
            self._alarm.cancel()
        self._lost.set()
        self._writable.set()
        self._wake_reader()
