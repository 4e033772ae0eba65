"""UDP datagrams by which meters push."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias, cast

from dcud.dlms.wrapper import Unreadable, Wpdu, cut_datagram
from dcud.line.pushes import (
    Address,
    ListenerBounds,
    ListenerObserver,
    PushReception,
    PushRefusedError,
    PushTaker,
    address_of,
)

_LOG = logging.getLogger("dcud.line")

Peer: TypeAlias = tuple[Any, ...]
"""What a socket calls the other end: host and port first."""

Start: TypeAlias = Callable[[Coroutine[Any, Any, None]], object]
"""Has something run beside whoever calls it."""


class PushDatagrams(asyncio.DatagramProtocol):
    """Takes each meter's datagrams one after the other, and different meters' side by side.

    Args:
        start: has what takes a meter's datagrams run.
    """

    def __init__(
        self,
        reception: PushReception,
        bounds: ListenerBounds,
        observer: ListenerObserver,
        start: Start,
    ) -> None:
        self._reception = reception
        self._bounds = bounds
        self._observer = observer
        self._start = start
        self._waiting: dict[PushTaker, deque[tuple[Wpdu, Peer]]] = {}
        self._waiting_octets = 0
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport, from itself."""
        # asyncio types it too widely, and not every loop's transport derives from asyncio's.
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Peer) -> None:
        """Take a datagram, from the transport."""
        address = address_of(addr)
        try:
            self._put(address, data, addr)
        except PushRefusedError as error:
            self._observer.push_refused("udp", str(address), error)

    def error_received(self, exc: Exception) -> None:
        """Learn that an answer could not be delivered; the meter asks again if it wants one."""
        _LOG.debug("an answer by UDP could not be delivered: %s", exc)

    def _put(self, address: Address, octets: bytes, peer: Peer) -> None:
        if not self._reception.admits(address):
            raise PushRefusedError("unknown_sender")
        unit = cut_datagram(octets)[0]
        if isinstance(unit, Unreadable):
            raise PushRefusedError(unit.reason, octets)
        if len(unit.apdu) > self._bounds.longest_apdu:
            raise PushRefusedError("size", octets)
        taker = self._reception.taker(address, unit.source)
        if taker is None:
            raise PushRefusedError("unknown_meter", octets)
        queue = self._waiting.get(taker)
        if queue is None:
            queue = self._waiting[taker] = deque()
            self._start(self._take_all(taker, queue))
        elif not self._has_room(queue):
            raise PushRefusedError("flood")
        queue.append((unit, peer))
        self._waiting_octets += len(unit.apdu)

    def _has_room(self, queue: deque[tuple[Wpdu, Peer]]) -> bool:
        if self._waiting_octets >= self._bounds.waiting_octets:
            return not queue
        return len(queue) < self._bounds.waiting_datagrams

    async def _take_all(self, taker: PushTaker, queue: deque[tuple[Wpdu, Peer]]) -> None:
        try:
            while queue:
                unit, peer = queue.popleft()
                self._waiting_octets -= len(unit.apdu)
                await self._take(taker, unit, peer)
        finally:
            del self._waiting[taker]

    async def _take(self, taker: PushTaker, unit: Wpdu, peer: Peer) -> None:
        sender = str(address_of(peer))
        try:
            answer = await taker.take(unit, "udp")
        except PushRefusedError as error:
            self._observer.push_refused("udp", sender, error)
        except Exception:  # noqa: BLE001  # a fault of ours costs this datagram, no other
            _LOG.exception("a datagram of %s failed", sender)
        else:
            if answer is not None and self._transport is not None:
                self._transport.sendto(answer.build(), peer)
