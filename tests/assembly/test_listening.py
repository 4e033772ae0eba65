"""From a configuration to sockets on loopback."""

import asyncio
import logging
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from dcud.assembly.listening import Listening, PushingMeters, bounds, where
from dcud.assembly.pushing_meter import PushMeans
from dcud.config import model
from dcud.config.kind import SocketAddress
from dcud.config.load import load
from dcud.line.push_listener import Listened
from dcud.line.pushes import ListenerBounds
from dcud.line.tracer import NoTracer
from dcud.notice import Notice
from tests.assembly.test_refused_pushes import Counts

CONFIRMED = bytes.fromhex("0001 0001 0010 000B 0F40000001000600000007")
CONFIRMATION = bytes.fromhex("0001 0010 0001 0006 10 40000001 00")


def pushing(name: str, logical: int, *networks: str) -> model.Meter:
    return model.Meter(
        id=name,
        bus="b",
        server_address=model.ServerAddress(logical=logical),
        push_from=tuple(map(ip_network, networks)),
    )


ALLOWED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))
KNOWN = PushingMeters(
    ALLOWED,
    [
        pushing("host", 1, "10.0.0.1"),
        pushing("beside", 2, "10.0.0.1"),
        pushing("wide", 3, "10.0.0.0/16", "2001:db8:1::/48"),
        pushing("far", 1, "192.0.2.7"),
    ],
)


@pytest.mark.parametrize(
    ("address", "source", "meter"),
    [
        ("10.0.0.1", 1, "host"),
        ("10.0.0.1", 2, "beside"),
        ("10.0.0.1", 3, "wide"),
        ("10.0.7.1", 3, "wide"),
        ("2001:db8:1::9", 3, "wide"),
        ("10.0.0.1", 4, None),
        ("10.0.7.1", 1, None),
        ("10.1.0.1", 3, None),
        ("2001:db8:2::9", 3, None),
        ("192.0.2.7", 1, None),
    ],
)
def test_which_meter_a_sender_is(address: str, source: int, meter: str | None) -> None:
    found = KNOWN.meter(ip_address(address), source)
    assert (found.id if found else None) == meter


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("10.0.0.1", True),
        ("10.0.200.1", True),
        ("2001:db8:1::9", True),
        ("10.1.0.1", False),
        ("192.0.2.7", False),
        ("2001:db8:2::9", False),
    ],
)
def test_who_is_admitted(address: str, *, admitted: bool) -> None:
    assert KNOWN.admits(ip_address(address)) is admitted


def test_where_and_how_much() -> None:
    configured = model.Listener(
        enabled=True,
        listen=SocketAddress(host="192.0.2.1", port=4059),
        udp=False,
        connections=5,
        connections_per_address=2,
        max_apdu_size=1024,
        idle_timeout=60.0,
    )
    assert where(configured) == Listened(host="192.0.2.1", port=4059, transports=("tcp",))
    assert where(model.Listener()) == Listened(host="127.0.0.1", port=4059)
    assert bounds(configured) == ListenerBounds(
        connections=5, connections_per_address=2, longest_apdu=1024, idle_timeout=60.0
    )


class Site:
    """Keeps notices in memory."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.counts = Counts()

    async def keep(self, notice: Notice) -> bool:
        self.kept.append(notice.meter)
        return True

    def pushed(self, transport: str) -> None:
        self.counts.pushed(transport)

    def not_understood(self, bus: str, meter: str, reason: str) -> None:
        raise AssertionError

    def listening(self, configuration: model.Configuration) -> Listening:
        means = PushMeans(
            notices=self,
            observer=self,
            tracer=NoTracer(),
            hearing=lambda _: None,
            clock=lambda: 0.0,
            monotonic=asyncio.get_running_loop().time,
            pushes_per_minute=60,
        )
        return Listening(configuration, means, self.counts)


async def push(port: int, octets: bytes = CONFIRMED) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(octets)
    try:
        writer.write_eof()
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.transport.abort()


def configuration(meters: Sequence[model.Meter]) -> model.Configuration:
    return model.Configuration(
        gateway=model.Gateway(id="gw"),
        listener=model.Listener(
            enabled=True, listen=SocketAddress(host="127.0.0.1", port=0), udp=False
        ),
        meters=tuple(meters),
    )


async def test_a_known_meter_is_heard() -> None:
    site = Site()
    async with site.listening(configuration([pushing("m", 1, "127.0.0.1")])).open() as ports:
        assert await push(ports["tcp"]) == CONFIRMATION
        assert await push(ports["tcp"]) == CONFIRMATION
    assert site.kept == ["m", "m"]
    assert site.counts.refusals == {}


async def test_other_meters_are_heard_after_a_change() -> None:
    site = Site()
    first, second = pushing("m", 1, "127.0.0.1"), pushing("n", 1, "127.0.0.1")
    listening = site.listening(configuration([first]))
    async with listening.open() as ports:
        assert await push(ports["tcp"]) == CONFIRMATION
        listening.change(configuration([second]), lambda _: False)
        assert await push(ports["tcp"]) == CONFIRMATION
        listening.change(configuration([]), lambda _: True)
        assert await push(ports["tcp"]) == b""
        listening.change(configuration([first]), lambda _: False)
        assert await push(ports["tcp"]) == CONFIRMATION
    assert site.kept == ["m", "n", "m"]
    assert site.counts.refusals == {("tcp", "unknown_sender"): 1}


async def test_a_listener_that_knows_nobody_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "dcud"):
        Site().listening(configuration([]))
    assert "push_from" in caplog.text


def test_nothing_listens_unless_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "dcud.toml"
    path.write_text('[gateway]\nid = "gw"\n')
    listener = load(path).listener
    assert not listener.enabled
    assert listener.listen == SocketAddress(host="127.0.0.1", port=4059)
