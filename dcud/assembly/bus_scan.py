"""A scan of a line that is polled meanwhile."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from dcud.assembly.scanning import ScannedLine
from dcud.line.bus import Bus
from dcud.line.scan.found import Found, FoundMeter, meters
from dcud.line.scan.scanner import Scanner
from dcud.line.scan.search import SearchState

SLICE: Final = 5.0
"""Seconds for which the scan has the line, before the meters have their turn again.

The question that is asked then is asked to its end.
"""

_LISTEN: Final = 0.3
"""Seconds: nobody but we should be on this line."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan found out.

    Attributes:
        is_complete: whether all was tried.
    """

    meters: Sequence[FoundMeter]
    is_complete: bool


async def scan(bus: Bus, line: ScannedLine, seconds: float) -> Scanned:
    """Look who answers on the line of a bus; its meters have their turns in between.

    Args:
        bus: has the line.
        line: the same, with what is to be tried.
        seconds: how long to go on at most.

    Raises:
        PortError: the line can't be had, or another master is on it.
    """
    line = replace(line, timing=replace(line.timing, listen=_LISTEN))
    clock = asyncio.get_running_loop().time
    state, until = SearchState.initial(line.ranges), clock() + seconds
    while clock() < until:
        scanner = Scanner(
            line.ranges,
            state,
            line.parts(line.prober(), _Unobserved()),
            timing=line.timing,
            force=True,
        )
        async with bus.lent():
            await scanner.run(partial(_is_before, clock, clock() + SLICE))
        state = scanner.state
        if scanner.is_over():
            return Scanned(meters(state.found), is_complete=True)
    return Scanned(meters(state.found), is_complete=False)


def _is_before(clock: Callable[[], float], end: float) -> bool:
    return clock() < end


class _Unobserved:
    """Whoever asked is told in the end."""

    def moved(self, state: SearchState, seconds_left: float) -> None:
        """Ignore it."""

    def found(self, station: Found) -> None:
        """Ignore it."""

    def warned(self, words: str) -> None:
        """Ignore it."""
