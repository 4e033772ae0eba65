"""Runs a coroutine until it ends or the user stops it."""

import asyncio
import signal
from collections.abc import Coroutine

from dcud.cli.event_loop import new_event_loop


def until_stopped(doing: Coroutine[None, None, None]) -> bool:
    """Run `doing` on an event loop of its own; returns whether SIGINT or SIGTERM cancelled it."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(_until_stopped(doing))


async def _until_stopped(doing: Coroutine[None, None, None]) -> bool:
    loop = asyncio.get_running_loop()
    running = asyncio.current_task()
    assert running is not None  # noqa: S101  # a coroutine runs in a task
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        running.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        await doing
    except asyncio.CancelledError:
        if not stopped:
            raise
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return stopped
