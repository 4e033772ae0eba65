"""An event loop on which hours pass in the time that their work takes."""

import asyncio
import selectors
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

_PATIENCE = 20.0
"""Real seconds for which the clock is held for what goes on beside the loop, at most."""
_LOOK_AGAIN = 0.02
"""Real seconds after which what holds the clock is looked at again, unless the loop is woken."""
_RESOLUTION = 1e-6
"""Seconds by which a timer may go off early: far more than a float loses in a year."""

Hold = Callable[[], bool]
"""Tells whether something goes on beside the loop that the clock has to wait for."""


class VirtualClockLoop(asyncio.SelectorEventLoop):
    """A loop whose clock stands still while there is anything to do, and then leaps.

    Where nothing is ready, and nothing holds the clock, the time is at once that of the next timer.
    So sleeping costs nothing, and computing takes no time: a line that needs a second for its
    octets needs a second of this clock, however slow or busy the machine is. Threads and sockets
    know nothing of it; whoever has work out with them says so by a hold.

    Args:
        start: seconds that the clock shows at first.

    Attributes:
        leapt: called with the new time after each leap.
        impatient: how often a hold was given up.
    """

    def __init__(self, start: float = 0.0) -> None:
        self.impatient = 0
        self.leapt: Callable[[float], None] = _unheard
        self._now = start
        self._holds: list[Hold] = []
        self._executing: set[asyncio.Future[Any]] = set()
        self._selector_of_time = _LeapingSelector(self)
        super().__init__(self._selector_of_time)
        self._clock_resolution = _RESOLUTION
        self.hold_while(lambda: bool(self._executing))

    def time(self) -> float:
        """Return the seconds of the virtual clock; from any thread."""
        return self._now

    def hold_while(self, hold: Hold) -> None:
        """Keep the clock from leaping while `hold()` is true.

        Whatever ends that has to wake the loop by `call_soon_threadsafe`, or costs some time.
        """
        self._holds.append(hold)

    def run_in_executor(  # type: ignore[override]  # typed by the class, made by its base
        self, executor: Executor | None, func: Callable[..., Any], *args: Any
    ) -> "asyncio.Future[Any]":
        """Run it in a thread, and hold the clock for so long."""
        future = super().run_in_executor(executor, func, *args)
        self._executing.add(future)
        future.add_done_callback(self._executing.discard)
        return future

    def _is_held(self) -> bool:
        return any(hold() for hold in self._holds)

    def _leap(self, seconds: float) -> None:
        self._now += seconds
        self.leapt(self._now)


class _LeapingSelector(selectors.DefaultSelector):
    """Waits for nothing but what holds the clock; what it should have waited for, it leaps over."""

    def __init__(self, loop: VirtualClockLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, after a leap if that is nothing."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            return super().select(None)
        ready = self._wait_for_holds()
        if not ready:
            self._loop._leap(timeout)
        return ready

    def _wait_for_holds(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what becomes ready while something holds the clock."""
        if not self._loop._is_held():
            return []
        until = time.monotonic() + _PATIENCE
        while self._loop._is_held():
            if time.monotonic() >= until:
                self._loop.impatient += 1
                break
            ready = super().select(_LOOK_AGAIN)
            if ready:
                return ready
        return super().select(0)


def _unheard(_now: float) -> None:
    """Do nothing."""
