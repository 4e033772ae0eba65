import asyncio

from dcud.dlms.server import ServerParameters
from dcud.line.far_end import FarEnd
from dcud.line.udp_port import UdpPort
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.udp_serving import serve_udp
from dcud.sim.wrapper_line import WrapperLine

METER = SimulatedMeter(MeterParameters(number=1, installed=0.0), lambda: 1_800_000_000.0)

# gurux-dlms 1.0.203: an AARQ of client 16 to server 1 without authentication
AARQ = bytes.fromhex(
    "000100100001001f601da109060760857405080101be10040e01000000065f1f0400401e5dffff"
)
GET = bytes.fromhex("000100100001000dc001c1000100002a0000ff0200")
NAME = bytes.fromhex("0001000100100016c401c1000910") + b"SIM0000000000001"


def line() -> WrapperLine:
    return WrapperLine({1: METER}, ServerParameters())


async def test_each_datagram_is_answered_by_one() -> None:
    async with serve_udp(line) as (host, number):
        port = UdpPort(FarEnd(host=host, port=number))
        await port.open()
        await port.write(AARQ)
        assert (await port.read(1.0))[8] == 0x61
        await port.write(GET + b"behind the end")
        assert await port.read(1.0) == NAME
        await port.close()


async def test_each_client_has_its_own_association() -> None:
    async with serve_udp(line) as (host, number):
        first, second = (UdpPort(FarEnd(host=host, port=number)) for _ in range(2))
        await first.open()
        await second.open()
        await first.write(AARQ)
        assert await first.read(1.0)
        await second.write(GET)
        assert (await second.read(1.0))[8:9] == b"\xd8"
        await first.close()
        await second.close()


async def test_what_is_no_unit_is_not_answered_and_harms_nothing() -> None:
    async with serve_udp(line) as (host, number):
        port = UdpPort(FarEnd(host=host, port=number))
        await port.open()
        for octets in (AARQ[:20], b"\x7e\xa0", b"\x00\x01\x00\x10\x00\x05\x00\x00"):
            await port.write(octets)
        await port.write(AARQ)
        assert (await port.read(1.0))[8] == 0x61
        assert await port.read(0.01) == b""
        await port.close()
        await asyncio.sleep(0)
