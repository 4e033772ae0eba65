"""Waiting, outside any event loop, for what another process does."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LOOK_AGAIN = 0.02
"""Seconds between two looks at what no event announces."""


def eventually(look: Callable[[], T | None], what: str, within: float = 20.0) -> T:
    """Look until there is something true to see, and return it; fail after a deadline."""
    deadline = time.monotonic() + within
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"in {within:.0f} s there was no {what}; last: {seen!r}"
        time.sleep(_LOOK_AGAIN)
