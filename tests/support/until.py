"""Waiting for what no event announces."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], within: float = 5.0) -> None:
    """Let the loop turn until `holds()`, or fail with `TimeoutError`."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110  # what is waited for signals no event
            await asyncio.sleep(0)
