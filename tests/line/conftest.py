"""The real ports are tried on both event loops that the daemon may run on."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

LoopFactories = Mapping[str, Callable[[], asyncio.AbstractEventLoop]]

ASYNCIO: LoopFactories = {"asyncio": asyncio.new_event_loop}
BOTH: LoopFactories = {**ASYNCIO, "uvloop": uvloop.new_event_loop}
ON_BOTH = {
    "test_push_connections.py",
    "test_push_listener.py",
    "test_rfc2217_port.py",
    "test_serial_port.py",
    "test_session_pty.py",
    "test_tcp_port.py",
    "test_udp_port.py",
}


def pytest_asyncio_loop_factories(item: pytest.Item) -> LoopFactories:
    virtual_clock = item.get_closest_marker("looptime")
    return BOTH if item.path.name in ON_BOTH and not virtual_clock else ASYNCIO
