"""The forms in which a buffer comes, and a year of quarters of an hour in each of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from dcud.collect.meter_memory import MeterMemory
from dcud.collect.profile_reader import ProfileReader
from dcud.cosem.profile_buffer import ProfileEntry
from dcud.cosem.profile_selection import TimeRange
from dcud.cosem.short_names import LearnedNames
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.connection import ClientConnection
from dcud.dlms.constructors import unsigned
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import WrapperLink
from dcud.line.far_end import FarEnd
from dcud.line.session import Session, SessionTiming, Watch
from dcud.line.tcp_port import TcpPort
from dcud.line.tracer import NoTracer
from dcud.sim.load_profile import BufferEncoding, Column, LoadProfile
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_tcp
from dcud.sim.short_named_meter import ShortNamedMeter
from dcud.sim.wrapper_line import WrapperLine

ROWS = 35_040
PERIOD = 900
END = 1_778_000_400 // PERIOD * PERIOD
YEAR = ROWS * PERIOD


def profile(encoding: BufferEncoding) -> LoadProfile:
    """Return a profile whose second column changes with every second entry."""
    column = Column(
        class_id=1,
        logical_name=Obis.parse("0.0.96.10.1.255"),
        attribute=2,
        value=lambda t: unsigned(int(t) // 120 % 2),
    )
    return LoadProfile([column], period=60, capacity=4, started=0.0, encoding=encoding)


@pytest.mark.parametrize(
    ("encoding", "octets"),
    [
        (
            BufferEncoding.PLAIN,
            (
                "0104"
                "0202 090C 07B2010104000000000000 00 1100"
                "0202 090C 07B2010104000100000000 00 1100"
                "0202 090C 07B2010104000200000000 00 1101"
                "0202 090C 07B2010104000300000000 00 1101"
            ),
        ),
        (
            BufferEncoding.NULL_DATA,
            "0104 0202 090C 07B2010104000000000000 00 1100 0202 00 00 0202 00 1101 0202 00 00",
        ),
        (
            BufferEncoding.COMPACT,
            (
                "13 0202 0911 38"
                "0C 07B2010104000000000000 00 00"
                "0C 07B2010104000100000000 00 00"
                "0C 07B2010104000200000000 00 01"
                "0C 07B2010104000300000000 00 01"
            ),
        ),
    ],
)
def test_a_buffer_in_each_form(encoding: BufferEncoding, octets: str) -> None:
    assert profile(encoding).buffer(180.0, None) == bytes.fromhex(octets)


@pytest.mark.parametrize("encoding", BufferEncoding)
def test_a_buffer_without_rows_is_an_empty_array(encoding: BufferEncoding) -> None:
    assert profile(encoding).buffer(-60.0, None) == b"\x01\x00"


@asynccontextmanager
async def session(
    encoding: BufferEncoding, conformance: Conformance = IMPLEMENTED, *, short_names: bool = False
) -> AsyncIterator[Session]:
    """Associate with a meter that has a year behind it."""
    parameters = MeterParameters(
        number=1, installed=END - YEAR + PERIOD, capacity=ROWS, buffer_encoding=encoding
    )
    make_meter = ShortNamedMeter if short_names else SimulatedMeter
    meter = make_meter(parameters, lambda: float(END))
    names = LearnedNames() if short_names else None
    context = ApplicationContext.SHORT_NAMES if short_names else ApplicationContext.LOGICAL_NAMES
    association = AssociationParameters(conformance=conformance, application_context=context)
    async with serve_tcp(lambda: WrapperLine({1: meter}, ServerParameters())) as (host, number):
        port = TcpPort(FarEnd(host=host, port=number))
        await port.open()
        link = WrapperLink(client_sap=ClientSap(16), server_sap=1)
        opened = Session(
            port,
            ClientConnection(link, association, names=names),
            watch=Watch(tracer=NoTracer(), bus="b", meter="m"),
            timing=SessionTiming(turnaround=0.0),
        )
        await opened.open()
        yield opened
        await opened.close()
        await port.close()


def reader() -> ProfileReader:
    return ProfileReader(
        logical_name=Obis.parse("1.0.99.1.0.255"), memory=MeterMemory(meter="m", bus="b")
    )


async def whole(
    encoding: BufferEncoding, conformance: Conformance = IMPLEMENTED, *, short_names: bool = False
) -> list[ProfileEntry]:
    async with session(encoding, conformance, short_names=short_names) as opened:
        return await reader().whole(opened)


async def in_days(encoding: BufferEncoding) -> list[ProfileEntry]:
    entries: list[ProfileEntry] = []
    profile = reader()
    day = timedelta(days=1)
    start = datetime.fromtimestamp(END - YEAR + PERIOD, UTC)
    async with session(encoding) as opened:
        for n in range(365):
            begin = start + n * day
            last = begin + day - timedelta(seconds=PERIOD)
            entries += await profile.by_range(opened, TimeRange(start=begin, end=last))
    return entries


@pytest.mark.no_cover  # which would take twice as long as the test, and shows nothing new
async def test_a_year_is_the_same_however_it_is_read() -> None:
    async with asyncio.timeout(120):
        plain = await whole(BufferEncoding.PLAIN)
        assert len(plain) == ROWS
        assert plain[-1].time == datetime.fromtimestamp(END, UTC)
        assert len({entry.time for entry in plain}) == ROWS
        for encoding in (BufferEncoding.COMPACT, BufferEncoding.NULL_DATA):
            same = await whole(encoding)
            assert [entry[:2] for entry in same] == [entry[:2] for entry in plain]
        in_get_blocks = IMPLEMENTED & ~Conformance.GENERAL_BLOCK_TRANSFER
        assert await whole(BufferEncoding.PLAIN, in_get_blocks) == plain
        assert await in_days(BufferEncoding.PLAIN) == plain
        in_read_blocks = IMPLEMENTED_BY_SHORT_NAMES & ~Conformance.GENERAL_BLOCK_TRANSFER
        assert await whole(BufferEncoding.PLAIN, in_read_blocks, short_names=True) == plain
