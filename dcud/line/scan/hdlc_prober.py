"""Puts single questions to HDLC addresses, and leaves nobody connected."""

import asyncio
import contextlib

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Discarded
from dcud.dlms.hdlc.frame import Defect, FrameKind
from dcud.errors import DcudError
from dcud.line.port import Port
from dcud.line.scan.hearing import Hearing, Traffic
from dcud.line.scan.ranges import LineSetting, is_shared
from dcud.line.scan.search import Probe, Verdict
from dcud.line.scan.timing import LONGEST_ANSWER, ScanTiming
from dcud.line.tracer import FrameTracer

_OCTETS_APART = 6
"""Octet times of silence that end an answer."""
_LEAST_GAP = 0.05
"""The same in seconds, for USB adapters deliver in lumps."""
_SECOND_ANSWER = 0.1
"""Seconds in which another station at the same address would have begun to answer as well."""
_GOODBYE_LIMIT = 1.0
"""Seconds that a scan which is being stopped takes to send DISC."""


class HdlcProber:
    """Asks with SNRM, and takes down with DISC what that has set up.

    Attributes:
        traffic: what was heard of other masters so far.
        echoes: how many of our own frames came back.
    """

    def __init__(self, timing: ScanTiming, *, tracer: FrameTracer, bus: str) -> None:
        self.traffic = Traffic()
        self.echoes = 0
        self._timing = timing
        self._tracer = tracer
        self._bus = bus
        self._heard_at = float("-inf")
        self._sent_at = float("-inf")
        self._goodbye: tuple[Port, bytes, str] | None = None

    async def ask(self, port: Port, setting: LineSetting, probe: Probe, patience: float) -> Verdict:
        """Return what came of one SNRM; `patience` in seconds, for an answer to begin.

        Raises:
            PortError: the line is gone.
        """
        hearing = Hearing(probe.client, probe.address, self.traffic)
        name = station_name(probe.address)
        self._goodbye = (port, hearing.disc, name)
        self._heard_at = asyncio.get_running_loop().time()  # perhaps by somebody else
        await self._send(port, hearing.snrm, name)
        verdict = await self._hear(port, setting, hearing, patience, others=_SECOND_ANSWER)
        self.echoes += hearing.echoes
        if verdict.heard and (verdict.answer != FrameKind.DM or verdict.answers > 1):
            farewell = Hearing(probe.client, probe.address, self.traffic)
            await self._send(port, farewell.disc, name)
            await self._hear(port, setting, farewell, patience, others=0.0)
        self._goodbye = None
        return verdict

    async def stop(self) -> None:
        """Send DISC to whoever may be connected, within a limit; never fails."""
        goodbye, self._goodbye = self._goodbye, None
        if goodbye is None:
            return
        port, disc, name = goodbye
        with contextlib.suppress(DcudError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_LIMIT):
                await asyncio.sleep(self._timing.turnaround)
                self._tracer.frame(self._bus, "tx", name, disc, ())
                await port.write(disc)

    async def _send(self, port: Port, octets: bytes, name: str) -> None:
        loop = asyncio.get_running_loop()
        allowed_at = max(
            self._heard_at + self._timing.turnaround,
            self._sent_at + 1 / self._timing.frames_per_second,
        )
        if allowed_at > loop.time():
            await asyncio.sleep(allowed_at - loop.time())
        self._sent_at = loop.time()
        self._tracer.frame(self._bus, "tx", name, octets, ())
        await port.write(octets)

    async def _hear(
        self, port: Port, setting: LineSetting, hearing: Hearing, patience: float, *, others: float
    ) -> Verdict:
        """Listen until the answer is there, and `others` had time for theirs, or patience ends."""
        loop = asyncio.get_running_loop()
        asked_at = loop.time()
        name = station_name(hearing.address)
        gap = max(_LEAST_GAP, _OCTETS_APART * setting.octet_time)
        until = asked_at + patience + 2 * setting.octet_time
        at_most = until + LONGEST_ANSWER * setting.octet_time + gap
        waits_for_others = is_shared(hearing.address)
        while (now := loop.time()) < min(until, at_most):
            octets = await port.read(min(until, at_most) - now)
            if not octets:
                break
            now = self._heard_at = loop.time()
            self._trace(hearing.receive(octets, now - asked_at), name)
            if hearing.is_answered and hearing.is_between_frames and not waits_for_others:
                until = now + max(others, gap)
            else:
                until = max(until, now + gap)
        self._trace(hearing.give_up(), name)
        return hearing.verdict

    def _trace(self, parts: list[Delimited | Discarded], name: str) -> None:
        for part in parts:
            if isinstance(part, Delimited):
                self._tracer.frame(self._bus, "rx", name, part.octets, ())
            elif part.reason is not Defect.IDLE:
                self._tracer.discarded(self._bus, name, part.reason, part.octets)


def station_name(address: ServerAddress) -> str:
    """Return the name under which frames to an address are shown, without spaces."""
    if address.physical is None:
        return str(address.logical)
    return f"{address.logical}/{address.physical}"
