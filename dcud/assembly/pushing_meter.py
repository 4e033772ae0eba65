"""What one meter pushes over the network, kept before it is acknowledged."""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from dcud.assembly.jobs import meter_memory
from dcud.assembly.notices import notice
from dcud.assembly.refused_pushes import LISTENER
from dcud.config import model
from dcud.dlms.apdu.general_block_transfer import TAG, GeneralBlockTransfer
from dcud.dlms.confirmation import confirmation_of
from dcud.dlms.datalink import OctetsDiscarded
from dcud.dlms.errors import DecodeError
from dcud.dlms.pushed_blocks import PushedBlocks
from dcud.dlms.wrapper import NOTIFICATION_TAGS, Wpdu
from dcud.line.pace import Pace
from dcud.line.pushes import PushRefusedError, Transport
from dcud.line.tracer import FrameTracer
from dcud.notice import Notice

_LOG = logging.getLogger("dcud")

KEPT_WITHIN: Final = 30.0
"""Seconds that a notification may take to become durable; later it is not acknowledged."""

MOST_GATHERED: Final = 256 * 1024
"""Octets of the blocks that make one push."""

_BLOCK: Final = bytes((TAG,))

_BURST: Final = 30
"""Pushes that may come at once: an hour's captures after an outage."""


class Keeping(Protocol):
    """Whoever makes notices durable."""

    async def keep(self, notice: Notice) -> bool:
        """Take a notice; return once it is durable, or false once it had to be dropped."""
        ...


class Hearing(Protocol):
    """Whoever verifies what a secured meter says; `SecuredHearing` is such."""

    async def verified(self, apdu: bytes) -> bytes | None:
        """Return the APDU within one that came, None where it can't be trusted."""
        ...

    async def protected(self, answer: bytes) -> bytes | None:
        """Return an answer as it goes out, None where it can't be protected."""
        ...

    async def settle(self) -> None:
        """Make durable that what was verified was taken."""
        ...


class PushObserver(Protocol):
    """Who wants to know what is pushed."""

    def pushed(self, transport: str) -> None:
        """A notification is kept."""
        ...

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        """A meter said something that nobody can read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMeans:
    """What pushes are taken with.

    Attributes:
        hearing: what verifies what a meter says; None for one that secures nothing.
        clock: unix seconds.
        monotonic: monotonic seconds.
        pushes_per_minute: of one meter, in the long run.
    """

    notices: Keeping
    observer: PushObserver
    tracer: FrameTracer
    hearing: Callable[[model.Meter], Hearing | None]
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    pushes_per_minute: int


class PushingMeter:
    """Takes what one meter pushes, whichever way it comes."""

    def __init__(self, meter: model.Meter, means: PushMeans) -> None:
        self._meter = meter
        self._means = means
        self._convention = meter_memory(meter).convention
        self._hearing = means.hearing(meter)
        self._pace = Pace(means.pushes_per_minute / 60, _BURST, means.monotonic)
        self._blocks = PushedBlocks()
        self._gathered = 0
        self._confirmed: tuple[bytes, bytes] | None = None  # the last one's digest, and the answer

    async def take(self, unit: Wpdu, transport: Transport) -> Wpdu | None:
        """Take a unit; return the confirmation, once what it says is durable.

        Raises:
            PushRefusedError: it is not to be trusted, can't be read, or can't be kept.
        """
        pause = self._pace.pause()
        if pause:
            await asyncio.sleep(pause)
        self._means.tracer.frame(LISTENER, "rx", self._meter.id, unit.build(), ())
        answer = None
        for apdu in self._whole(unit.apdu):
            answer = await self._take(apdu, transport)
        if answer is None:
            return None
        reply = Wpdu(unit.destination, unit.source, answer)
        self._means.tracer.frame(LISTENER, "tx", self._meter.id, reply.build(), ())
        return reply

    def _whole(self, apdu: bytes) -> list[bytes]:
        """Return what an APDU makes whole: itself, or what came in blocks."""
        if apdu[:1] == _BLOCK:
            _expect_push(apdu)
        self._gathered += len(apdu)
        if self._gathered > MOST_GATHERED:
            self._blocks, self._gathered = PushedBlocks(), 0
            raise PushRefusedError("size")
        whole = []
        for each in self._blocks.take(apdu):
            self._gathered = 0
            if isinstance(each, OctetsDiscarded):
                raise PushRefusedError("blocks")
            whole.append(each.apdu)
        return whole

    async def _take(self, apdu: bytes, transport: Transport) -> bytes | None:
        if self._hearing is not None:
            return await self._take_secured(self._hearing, apdu, transport)
        if not apdu or apdu[0] not in NOTIFICATION_TAGS:
            raise PushRefusedError("service")
        await self._keep(apdu, transport)
        return confirmation_of(apdu)

    async def _take_secured(
        self, hearing: Hearing, apdu: bytes, transport: Transport
    ) -> bytes | None:
        digest = hashlib.sha256(apdu).digest()
        if self._confirmed is not None and self._confirmed[0] == digest:
            # The meter didn't hear the answer. It gets the same once more; nothing is taken.
            return self._confirmed[1]
        plain = await hearing.verified(apdu)
        if plain is None:
            raise PushRefusedError("security")
        await self._keep(plain, transport)
        await hearing.settle()
        confirmation = confirmation_of(plain)
        if confirmation is None:
            return None
        answer = await hearing.protected(confirmation)
        self._confirmed = None if answer is None else (digest, answer)
        return answer

    async def _keep(self, plain: bytes, transport: Transport) -> None:
        meter, means = self._meter, self._means
        received = datetime.fromtimestamp(means.clock(), UTC)
        try:
            told = notice(
                plain,
                meter=meter.id,
                bus=meter.bus,
                received=received,
                convention=self._convention,
            )
        except DecodeError as error:
            means.observer.not_understood(LISTENER, meter.id, error.message)
            raise PushRefusedError("unreadable") from error
        try:
            async with asyncio.timeout(KEPT_WITHIN):
                kept = await means.notices.keep(told)
        except TimeoutError:
            kept = False
        if not kept:
            raise PushRefusedError("store")
        _LOG.info("meter %s pushed a %s over %s", meter.id, told.kind, transport.upper())
        means.observer.pushed(transport)


def _expect_push(apdu: bytes) -> None:
    """Refuse what is no block, and blocks of which each wants an answer."""
    try:
        block = GeneralBlockTransfer.decode(apdu)
    except DecodeError as error:
        raise PushRefusedError("blocks") from error
    if not block.streaming or block.window:
        raise PushRefusedError("blocks")
