"""TCP connections by which meters push."""

import asyncio
import logging
from collections import Counter
from typing import Final

from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter
from dcud.line.pushes import (
    Address,
    ListenerBounds,
    ListenerObserver,
    PushReception,
    PushRefusedError,
    address_of,
)

_LOG = logging.getLogger("dcud.line")

_CHUNK: Final = 4096
"""Octets read at once. Nothing more is read until what they held is taken, so that whoever sends
faster than that is slowed down by TCP itself."""


class PushConnections:
    """Reads units from connections, each as fast as they are taken, and answers them."""

    def __init__(
        self, reception: PushReception, bounds: ListenerBounds, observer: ListenerObserver
    ) -> None:
        self._reception = reception
        self._bounds = bounds
        self._observer = observer
        self._standing: Counter[Address] = Counter()

    async def attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a connection to its end, or refuse it."""
        peer = writer.get_extra_info("peername")
        try:
            if peer:  # else it went before it was accepted
                await self._serve(address_of(peer), reader, writer)
        finally:
            writer.transport.abort()

    async def _serve(
        self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            self._expect_room(address)
        except PushRefusedError as error:
            self._observer.push_refused("tcp", str(address), error)
            return
        self._count(address, 1)
        try:
            await self._converse(address, reader, writer)
        except PushRefusedError as error:
            self._observer.push_refused("tcp", str(address), error)
        except OSError as error:
            _LOG.debug("the connection of %s ended: %s", address, error)
        except Exception:  # noqa: BLE001  # a fault of ours costs this connection, no other
            _LOG.exception("the connection of %s failed", address)
        finally:
            self._count(address, -1)

    def _expect_room(self, address: Address) -> None:
        if not self._reception.admits(address):
            raise PushRefusedError("unknown_sender")
        bounds = self._bounds
        full = self._standing.total() >= bounds.connections
        if full or self._standing[address] >= bounds.connections_per_address:
            raise PushRefusedError("connections")

    def _count(self, address: Address, change: int) -> None:
        self._standing[address] += change
        if not self._standing[address]:
            del self._standing[address]
        self._observer.push_connections(self._standing.total())

    async def _converse(
        self, address: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.transport.set_write_buffer_limits(high=0)
        delimiter = WrapperDelimiter(self._bounds.longest_apdu)
        while units := await self._next_units(reader, delimiter):
            for unit in units:
                answer = await self._take(address, unit)
                if answer is not None:
                    await self._answer(writer, answer)

    async def _next_units(
        self, reader: asyncio.StreamReader, delimiter: WrapperDelimiter
    ) -> list[Wpdu | Unreadable]:
        """Return what comes next; nothing at the connection's end."""
        try:
            async with asyncio.timeout(self._bounds.idle_timeout):
                while octets := await reader.read(_CHUNK):
                    if units := delimiter.feed(octets):
                        return units
        except TimeoutError:
            raise PushRefusedError("idle") from None
        if delimiter.partial:
            raise PushRefusedError("truncated")
        return []

    async def _take(self, address: Address, unit: Wpdu | Unreadable) -> Wpdu | None:
        if isinstance(unit, Unreadable):
            raise PushRefusedError(unit.reason, unit.octets)
        taker = self._reception.taker(address, unit.source)
        if taker is None:
            raise PushRefusedError("unknown_meter", unit.build())
        return await taker.take(unit, "tcp")

    async def _answer(self, writer: asyncio.StreamWriter, answer: Wpdu) -> None:
        writer.write(answer.build())
        try:
            async with asyncio.timeout(self._bounds.idle_timeout):
                await writer.drain()
        except TimeoutError:
            raise PushRefusedError("idle") from None
