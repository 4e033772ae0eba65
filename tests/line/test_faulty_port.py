import asyncio
from random import Random

import pytest

from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.line.faulty_port import FaultyPort
from dcud.line.impairment import ImpairedWay, Impairment
from dcud.line.port import Port
from tests.support.paced_port import PacedPort

pytestmark = pytest.mark.looptime

FRAMES = [HdlcFrame(b"\x03", b"\x21", CONTROLS[number << 5 | 0x11]).build() for number in range(3)]
THREE = b"".join(FRAMES)


def faulty(
    outward: Impairment | None = None, inward: Impairment | None = None
) -> tuple[Port, list[bytes]]:
    """Return a port whose far end repeats what it hears, and what that heard."""
    heard: list[bytes] = []

    def answer(octets: bytes, _: float) -> bytes:
        heard.append(octets)
        return octets

    port = FaultyPort(
        PacedPort(answer, octet_time=0.001),
        outward=ImpairedWay(outward or Impairment(), Random(1)),  # noqa: S311  # a seed is the point
        inward=ImpairedWay(inward or Impairment(), Random(2)),  # noqa: S311  # likewise
    )
    return port, heard


async def arrivals(port: Port, within: float = 5.0) -> list[tuple[float, bytes]]:
    loop = asyncio.get_running_loop()
    came = []
    while octets := await port.read(within):
        came.append((loop.time(), octets))
    return came


async def test_a_good_line_is_a_port_like_any_other() -> None:
    port, heard = faulty()
    states = [port.is_open]
    await port.open()
    states.append(port.is_open)
    await port.write(THREE)
    assert heard == FRAMES
    assert b"".join(octets for _, octets in await arrivals(port)) == THREE
    assert await port.read(0.5) == b""
    await port.close()
    assert [*states, port.is_open] == [False, True, False]


async def test_frames_are_lost_on_the_way_out() -> None:
    port, heard = faulty(outward=Impairment(loss=1.0))
    await port.open()
    await port.write(THREE)
    assert heard == []
    began = asyncio.get_running_loop().time()
    assert await port.read(2.0) == b""
    assert asyncio.get_running_loop().time() == pytest.approx(began + 2.0)


async def test_frames_are_lost_on_the_way_in() -> None:
    port, heard = faulty(inward=Impairment(loss=1.0))
    await port.open()
    await port.write(THREE)
    assert heard == FRAMES
    assert await port.read(2.0) == b""


async def test_what_is_cut_to_nothing_is_not_written() -> None:
    port, heard = faulty(outward=Impairment(truncation=1.0))
    await port.open()
    for _ in range(40):
        await port.write(FRAMES[0])
    assert 0 < len(heard) < 40
    assert all(FRAMES[0].startswith(octets) for octets in heard)


async def test_late_frames_stay_in_order() -> None:
    port, heard = faulty(
        outward=Impairment(delay=1.0, longest_delay=1.0),
        inward=Impairment(delay=1.0, longest_delay=3.0),
    )
    await port.open()
    began = asyncio.get_running_loop().time()
    await port.write(THREE)
    assert asyncio.get_running_loop().time() - began > 0.3
    assert heard == FRAMES
    came = await arrivals(port)
    assert b"".join(octets for _, octets in came) == THREE
    assert came[-1][0] - began > 1.0


async def test_a_wait_for_a_late_frame_ends_in_time() -> None:
    port, _ = faulty(inward=Impairment(delay=1.0, longest_delay=30.0))
    await port.open()
    await port.write(FRAMES[0])
    began = asyncio.get_running_loop().time()
    assert await port.read(1.0) == b""
    assert asyncio.get_running_loop().time() == pytest.approx(began + 1.0)
    assert port.discard_input() == len(FRAMES[0])
    assert await port.read(60.0) == b""


async def test_what_is_late_when_the_port_closes_is_gone() -> None:
    port, _ = faulty(inward=Impairment(delay=1.0, longest_delay=30.0))
    await port.open()
    await port.write(FRAMES[0])
    assert await port.read(0.1) == b""
    await port.close()
    await port.open()
    assert await port.read(60.0) == b""
