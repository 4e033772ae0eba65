import asyncio
import sys
from collections.abc import Iterator

import pytest
import uvloop

from dcud.cli.event_loop import new_event_loop


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    made = new_event_loop()
    yield made
    made.close()


@pytest.fixture
def _without_uvloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)  # importing it fails


def test_it_is_the_one_of_uvloop(loop: asyncio.AbstractEventLoop) -> None:
    assert isinstance(loop, uvloop.Loop)


@pytest.mark.usefixtures("_without_uvloop")
def test_it_is_the_one_of_asyncio_where_uvloop_is_missing(loop: asyncio.AbstractEventLoop) -> None:
    assert isinstance(loop, asyncio.SelectorEventLoop)
    assert loop.run_until_complete(asyncio.sleep(0, "it runs")) == "it runs"
