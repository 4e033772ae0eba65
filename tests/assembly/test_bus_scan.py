"""A scan of a line that is polled meanwhile, on a pseudo-terminal with simulated meters."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from dcud.assembly import bus_scan
from dcud.assembly.bus_scan import Scanned, scan
from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, plain_target
from dcud.assembly.ports import port
from dcud.assembly.scanning import ScannedLine, usual_timing
from dcud.config import model
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.line.bus import Bus
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.tracer import NoTracer
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_pty

WALL_CLOCK = time.time  # noqa: TID251  # the simulated meters' own


class Unobserved:
    """Ignores how a bus does."""

    def bus_up(self, bus: str, up: bool) -> None: ...  # noqa: FBT001  # as the port has it

    def bus_busy(self, bus: str, busy: bool) -> None: ...  # noqa: FBT001  # likewise


@asynccontextmanager
async def site(tmp_path: Path) -> AsyncIterator[tuple[Bus, Links, model.Bus]]:
    """A bus with meters at the physical addresses 17 and 18."""
    meters = {
        ServerAddress(logical=1, physical=16 + number): SimulatedMeter(
            MeterParameters(number=number, installed=WALL_CLOCK() - 3600), WALL_CLOCK
        )
        for number in (1, 2)
    }
    async with serve_pty(HdlcLine(meters, ServerParameters()), tmp_path / "line") as device:
        configured = model.Bus(id="b", serial=model.Serial(device=str(device)), turnaround=0.0)
        links = Links(configured)
        bus = Bus(
            "b",
            port(configured),
            tracer=NoTracer(),
            observer=Unobserved(),
            parameters=bus_parameters(configured, links),
        )
        try:
            yield bus, links, configured
        finally:
            await bus.close()


def scanned_line(configured: model.Bus, last: int) -> ScannedLine:
    ranges = ScanRanges(
        lines=(LineSetting(9600, "8N1"),),
        sizes=(1, 2, 4),
        logicals=(1,),
        physicals=tuple(range(16, last + 1)),
        clients=(16,),
    )
    return ScannedLine(
        bus=configured, ranges=ranges, timing=usual_timing(configured), tracer=NoTracer()
    )


def addresses(scanned: Scanned) -> set[int | None]:
    return {meter.best.address.physical for meter in scanned.meters}


async def test_the_meters_have_their_turns_between_the_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_scan, "SLICE", 0.5)
    async with site(tmp_path) as (bus, links, configured):
        meter = model.Meter(
            id="m1", bus="b", server_address=model.ServerAddress(logical=1, physical=17)
        )
        polls = 0

        async def poll() -> None:
            nonlocal polls
            while True:
                async with bus.session(plain_target(links, meter, None)):
                    polls += 1

        async with asyncio.TaskGroup() as group:
            polling = group.create_task(poll())
            scanned = await scan(bus, scanned_line(configured, 20), 60)
            polling.cancel()
    assert scanned.is_complete
    assert addresses(scanned) == {17, 18}
    assert polls >= 3


async def test_it_ends_in_time_with_what_it_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bus_scan, "SLICE", 0.5)
    async with site(tmp_path) as (bus, _, configured):
        began = asyncio.get_running_loop().time()
        scanned = await scan(bus, scanned_line(configured, 120), 2)
        assert asyncio.get_running_loop().time() - began < 8
    assert not scanned.is_complete
