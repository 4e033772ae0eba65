"""What secured meters say between sessions, with real counters in a file."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dcud.assembly.secured_hearing import SecuredHearing
from dcud.assembly.secured_meters import SecuredMeters, open_counters
from dcud.assembly.security import SecuredAccess
from dcud.assembly.ways import Told
from dcud.config import model
from dcud.dlms.errors import SecurityError
from tests.assembly.test_security import Keys
from tests.support.protected_apdus import (
    ANSWER,
    AUTHENTICATION,
    EVENT,
    METER,
    NOTIFICATION,
    UNICAST,
    Protected,
)
from tests.support.small_configuration import configured

SECURED = (
    'authentication = "hls-gmac"\nclient_sap = 1\nkey_file = "k"\n'
    'client_system_title = "4443550000000001"\n'
)
CIPHERED = f'security = {{ server_system_title = "{METER.hex()}" }}'


class Site:
    """One meter with whom hears it; what was told of it."""

    def __init__(self, directory: Path, security: str = CIPHERED) -> None:
        self.heard: list[bytes] = []
        self.refused: list[str] = []
        self.directory = directory
        _, self.meter = configured(
            directory,
            'framing = "hdlc"\ntcp = { host = "localhost", port = 1 }',
            SECURED + security,
        )
        self.keys = Keys(unicast_key=UNICAST, authentication_key=AUTHENTICATION)

    def security_refused(self, bus: str, meter: str, error: SecurityError) -> None:
        assert (bus, meter) == ("b", self.meter.id)
        self.refused.append(error.code)

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        raise AssertionError

    async def hears(self, *apdus: bytes) -> None:
        """Start the daemon's part anew, let it hear these, and let it end."""
        gateway = model.Gateway(id="gw", state_directory=str(self.directory))
        async with await open_counters(gateway, lambda: 0.0, exclusive=True) as counters:
            secured = SecuredMeters(
                gateway, counters, fetch=self.fetch, observer=self, clock=lambda: 0.0
            )
            hear = secured.hearer("b", self.meter, self.heard.append)
            for apdu in apdus:
                hear(apdu)
            await everything_is_done()

    async def fetch(self, _: model.Meter) -> Keys:
        return self.keys


async def everything_is_done() -> None:
    own = asyncio.current_task()
    while others := [task for task in asyncio.all_tasks() if task is not own]:
        await asyncio.wait(others)


def general(counter: int, content: bytes = NOTIFICATION) -> bytes:
    return Protected(counter=counter).general(content)


async def test_what_is_verified_is_handed_on(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.hears(general(1), Protected(counter=2).service(0xCA, EVENT))
    assert site.heard == [NOTIFICATION, EVENT]
    assert site.refused == []


async def test_nothing_is_taken_twice(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.hears(general(5), general(5), general(4), general(6))
    assert site.heard == [NOTIFICATION] * 2
    assert site.refused == ["replay"] * 2


async def test_not_even_by_a_daemon_that_was_started_anew(tmp_path: Path) -> None:
    site = Site(tmp_path)
    await site.hears(general(5))
    await site.hears(general(5), general(6))
    assert site.heard == [NOTIFICATION] * 2
    assert site.refused == ["replay"]


@pytest.mark.parametrize(
    "apdu",
    [
        NOTIFICATION,
        general(1)[:-1] + b"\x00",
        general(1, ANSWER),
        general(1)[:9],
        b"",
    ],
)
async def test_what_cannot_be_trusted(tmp_path: Path, apdu: bytes) -> None:
    site = Site(tmp_path)
    await site.hears(apdu)
    assert site.heard == []
    assert len(site.refused) == 1


async def test_a_meter_that_ciphers_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path, "")
    await site.hears(NOTIFICATION, ANSWER)
    assert site.heard == [NOTIFICATION]
    assert site.refused == ["security"]


async def test_keys_that_cannot_be_had(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.keys = Keys()
    await site.hears(general(1))
    assert site.heard == []
    assert site.refused == ["key_missing"]


class Slow(SecuredAccess):
    """Has nothing at hand; `settle` fails where that is told."""

    def __init__(self, listener: Callable[[], Awaitable[None]], *, fails: bool = False) -> None:
        self._listener = listener
        self._fails = fails

    async def listener(self) -> None:
        await self._listener()

    async def settle(self) -> None:
        if self._fails:
            raise SecurityError("the disk is full")


async def test_a_flood_is_refused() -> None:
    refused: list[SecurityError] = []
    heard: list[bytes] = []
    hearing = SecuredHearing(
        Slow(lambda: asyncio.sleep(0)), Told(refused=refused.append, notified=heard.append)
    )
    for _ in range(300):
        hearing.hear(NOTIFICATION)
    await everything_is_done()
    assert len(heard) == 256
    assert len(refused) == 44


async def test_a_store_that_refuses_holds_up_nothing() -> None:
    refused: list[SecurityError] = []
    heard: list[bytes] = []
    hearing = SecuredHearing(
        Slow(lambda: asyncio.sleep(0), fails=True),
        Told(refused=refused.append, notified=heard.append),
    )
    hearing.hear(NOTIFICATION)
    await everything_is_done()
    assert heard == [NOTIFICATION]
    assert [error.message for error in refused] == ["the disk is full"]
