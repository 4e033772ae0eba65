"""Counting of open file descriptors, to see that none leaks."""

import gc
from pathlib import Path


def open_descriptors() -> int:
    """Return how many descriptors this process holds, after collecting what only waits for it."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
