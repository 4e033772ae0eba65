import asyncio
import logging
import os
import sys
from collections.abc import Callable, Iterator
from functools import cache

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("deep", max_examples=2000, deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_sessionstart() -> None:
    """Leave no event loop for pytest-asyncio to make by itself, which it would never close."""
    asyncio.set_event_loop(None)


_PURE = ("dcud.dlms.", "dcud.cosem.", "dcud.trace.")


@cache
def _caches() -> list[Callable[[], None]]:
    """Return what clears each cache of the pure rooms; all of them are imported by then."""
    modules = [module for name, module in sys.modules.items() if name.startswith(_PURE)]
    values = [value for module in modules for value in vars(module).values()]
    return [value.cache_clear for value in values if hasattr(value, "cache_clear")]


def pytest_runtest_setup() -> None:
    """Cache nothing from test to test: pure modules are covered by their own, whoever ran first."""
    for clear in _caches():
        clear()


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    """Take back what `dcud run` changes for its whole process."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
