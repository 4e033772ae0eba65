"""Carries out a scan: one port, one question at a time."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

from dcud.dlms.hdlc.delimiter import Delimiter
from dcud.line.errors import PortBusyError, PortError
from dcud.line.port import Port
from dcud.line.scan.found import Found, SignedOn
from dcud.line.scan.hearing import Traffic
from dcud.line.scan.identification import Acquaintance
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.search import (
    LineProgress,
    Probe,
    ProbeKind,
    SearchState,
    SignOn,
    Verdict,
    after,
    identified,
    next_question,
    next_unidentified,
    signed_on,
)
from dcud.line.scan.timing import ScanTiming, seconds_left

_NOISE_BORNE = 8
"""Octets of noise that a quiet line may bring forth while it is listened to."""
_REPETITIONS = 2
"""Of a question whose answer came damaged."""

OpenPort = Callable[[LineSetting], Port]
"""Makes the port for a setting of the line, not opened yet."""
AskForSignOn = Callable[[], Awaitable[SignedOn | None]]
"""Asks who speaks mode E; the line is free for it meanwhile."""


class Prober(Protocol):
    """Who puts questions to addresses."""

    traffic: Traffic
    echoes: int

    async def ask(self, port: Port, setting: LineSetting, probe: Probe, patience: float) -> Verdict:
        """Return what came of one question."""
        ...

    async def stop(self) -> None:
        """Leave nobody connected; never fails."""
        ...


class ScanObserver(Protocol):
    """Who is told how a scan gets on."""

    def moved(self, state: SearchState, seconds_left: float) -> None:
        """Take the state after each question."""
        ...

    def found(self, station: Found) -> None:
        """Take a station that has said who it is."""
        ...

    def warned(self, words: str) -> None:
        """Take something that people should know."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanParts:
    """What a scan works with.

    Attributes:
        open_port: makes ports.
        prober: puts questions.
        acquaintance: asks stations who they are.
        observer: is told how it gets on.
        sign_on: asks who speaks mode E; None where nobody can.
    """

    open_port: OpenPort
    prober: Prober
    acquaintance: Acquaintance
    observer: ScanObserver
    sign_on: AskForSignOn | None = None


class Scanner:
    """One scan.

    Args:
        ranges: what to try.
        state: where to go on.
        parts: what to work with.
        timing: how patient to be.
        force: whether to go on where another master is heard.

    Attributes:
        state: where the scan stands.
    """

    def __init__(
        self,
        ranges: ScanRanges,
        state: SearchState,
        parts: ScanParts,
        *,
        timing: ScanTiming,
        force: bool = False,
    ) -> None:
        self.state = state
        self._ranges = ranges
        self._parts = parts
        self._timing = timing
        self._force = force
        self._warned = False
        self._port: Port | None = None
        self._setting: LineSetting | None = None
        self._slowest: float | None = None

    async def run(self, may_go_on: Callable[[], bool] = lambda: True) -> None:
        """Go through all that is left; cancelled, leave nobody connected.

        Args:
            may_go_on: asked before each further question.

        Raises:
            PortBusyError: another program has the port, or another master is on the line.
            PortError: the port can't be had.
        """
        try:
            if self.is_over():
                return
            await self._listen()
            while True:
                await self._step()
                self._parts.observer.moved(self.state, self.seconds_left())
                if self.is_over() or not may_go_on():
                    return
        finally:
            await self._parts.prober.stop()
            await self._close()

    def seconds_left(self) -> float:
        """Return how long the rest will take, if nothing more is found."""
        return seconds_left(self._ranges, self.state, self._timing, self._slowest)

    def is_over(self) -> bool:
        """Tell whether nothing is left to be tried."""
        question = next_question(self._ranges, self.state)
        return question is None and next_unidentified(self.state) is None

    async def _step(self) -> None:
        station = next_unidentified(self.state)
        question = next_question(self._ranges, self.state)
        if station is not None:
            await self._identify(station)
        elif isinstance(question, SignOn):
            await self._sign_on()
        elif question is not None:
            await self._ask(question)

    async def _ask(self, probe: Probe) -> None:
        setting = self._ranges.lines[probe.line]
        port = await self._at(setting)
        if port is None:
            self._skip(probe.line)
            return
        verdict = await self._repeat(port, setting, probe)
        if verdict.seconds is not None:
            self._slowest = max(self._slowest or 0.0, verdict.seconds)
        self.state = after(self.state, probe, verdict)
        self._beware(self._parts.prober.traffic)

    async def _repeat(self, port: Port, setting: LineSetting, probe: Probe) -> Verdict:
        """Ask, and ask again where the answer may have come but was damaged."""
        patience = self._timing.patience_for(probe.kind, self._slowest)
        verdict = await self._parts.prober.ask(port, setting, probe, patience)
        damaged = verdict.damaged
        for _ in range(_REPETITIONS):
            if verdict.answer or not verdict.damaged or probe.kind is ProbeKind.HAIL:
                break
            verdict = await self._parts.prober.ask(port, setting, probe, patience)
            damaged += verdict.damaged
        return replace(verdict, damaged=damaged)

    async def _identify(self, station: Found) -> None:
        setting = self._ranges.lines[station.line]
        port = await self._at(setting)
        if port is None:
            raise PortError(f"the line can no more be set to {setting}")

        async def ask(client: int) -> str:
            probe = Probe(ProbeKind.DIRECT, station.line, client, station.address)
            patience = self._timing.patience_for(ProbeKind.SWEEP, self._slowest)
            return (await self._parts.prober.ask(port, setting, probe, patience)).answer

        who = await self._parts.acquaintance.identify(port, station, ask)
        self.state = identified(self._ranges, self.state, station, who)
        self._parts.observer.found(replace(station, identity=who))

    async def _sign_on(self) -> None:
        who: SignedOn | None = None
        if self._parts.sign_on is not None:
            await self._close()
            who = await self._parts.sign_on()
        self.state = signed_on(self.state, who)

    async def _listen(self) -> None:
        """Hear whether anybody uses the line.

        Raises:
            PortBusyError: somebody does.
        """
        if self._ranges.wrapper or not self._timing.listen:
            return
        port = await self._at(self._ranges.lines[0])
        if port is None:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + self._timing.listen
        delimiter, traffic = Delimiter(), Traffic()
        parts = []
        while (rest := until - loop.time()) > 0:
            parts += delimiter.feed(await port.read(rest))
        for part in (*parts, *delimiter.flush()):
            traffic.take(part)
        if traffic.frames or traffic.damaged > _NOISE_BORNE:
            self._refuse(traffic)

    def _beware(self, traffic: Traffic) -> None:
        """Stop where another master shows up in the midst of it."""
        if traffic.masters:
            self._refuse(traffic)

    def _refuse(self, traffic: Traffic) -> None:
        heard = f"the line is in use: heard {traffic.words}"
        if not self._force:
            raise PortBusyError(
                heard, remedy="stop the other master, or its noise, for the scan; or add --force"
            )
        if not self._warned:
            self._warned = True
            self._parts.observer.warned(f"{heard}; going on, as told")

    async def _at(self, setting: LineSetting) -> Port | None:
        """Return the open port at a setting; None where its driver can't have that."""
        if self._port is not None and self._port.is_open and self._setting == setting:
            return self._port
        await self._close()
        port = self._parts.open_port(setting)
        try:
            await port.open()
        except PortError as error:
            if _is_unsupported(error):
                return None
            raise
        self._port, self._setting = port, setting
        return port

    def _skip(self, line: int) -> None:
        """Leave a setting out that the port can't have."""
        ranges, state = self._ranges, self.state
        self._parts.observer.warned(f"the port can't be set to {ranges.lines[line]}; left out")
        done = LineProgress(len(ranges.hails), ranges.sweep_length)
        lines = (*state.lines[:line], done, *state.lines[line + 1 :])
        waiting = tuple(each for each in state.waiting if each.line != line)
        self.state = replace(state, lines=lines, waiting=waiting)

    async def _close(self) -> None:
        port, self._port = self._port, None
        if port is not None:
            await port.close()


def _is_unsupported(error: PortError) -> bool:
    """Tell whether a port is there, but doesn't know the speed or the format."""
    cause = error.__cause__
    return isinstance(cause, ValueError) or (
        isinstance(cause, OSError) and cause.errno == errno.EINVAL
    )
