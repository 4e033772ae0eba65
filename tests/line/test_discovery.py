"""Discovery on real ports, with simulated meters at the other end."""

import pytest

from dcud.dlms.server import ServerParameters
from dcud.dlms.sfsk.ciase import DiscoverRequest
from dcud.dlms.sfsk.discovery import (
    Discovery,
    DiscoveryFinished,
    DiscoveryParameters,
    MeterDiscovered,
    MeterRegistered,
)
from dcud.dlms.sfsk.mac import NEW, Credits
from dcud.dlms.sfsk.parameters import SfskParameters
from dcud.dlms.sfsk.timing import SlotTiming
from dcud.line.discovery import Finding, discover
from dcud.line.far_end import FarEnd
from dcud.line.port import Port
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import Watch
from dcud.line.tcp_port import TcpPort
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_pty, serve_tcp
from dcud.sim.sfsk_line import SfskLine, SfskMeter
from tests.support.scripted_line import Recorder

TITLES = (b"SIM\x00\x00\x01", b"SIM\x00\x00\x02")
# a line that costs no time, and a margin that a busy machine keeps
SWIFT = SfskParameters(
    credits=Credits(initial=0, current=0),
    timing=SlotTiming(bit_rate=360_000, server_delay=0.01, margin=0.5),
    inter_octet_timeout=0.02,
)


class Noisy(SfskLine):
    """Begins what it says with two octets that are nothing, and ends it with one."""

    def receive(self, octets: bytes, now: float) -> bytes | None:
        said = super().receive(octets, now)
        return b"\xaa\xaa" + said + b"\xaa" if said else said


def line() -> Noisy:
    return Noisy(
        [
            SfskMeter(
                meter=SimulatedMeter(MeterParameters(number=n, installed=0.0), lambda: 1e9),
                system_title=title,
            )
            for n, title in enumerate(TITLES, 1)
        ],
        ServerParameters(),
    )


async def findings(port: Port, recorder: Recorder) -> list[Finding]:
    parameters = DiscoveryParameters(
        initiator_title=b"DCU\x00\x00\x01",
        link=SWIFT,
        request=DiscoverRequest(allowed_time_slots=2),
        quiet_rounds=1,
    )
    found: list[Finding] = []
    await port.open()
    try:
        await discover(
            port,
            Discovery(parameters, range(1, 9)),
            watch=Watch(tracer=recorder, bus="b", meter="*"),
            found=found.append,
        )
    finally:
        await port.close()
    return found


EXPECTED = [
    MeterDiscovered(system_title=TITLES[0], alarm=None, mac_address=NEW),
    MeterDiscovered(system_title=TITLES[1], alarm=None, mac_address=NEW),
    MeterRegistered(system_title=TITLES[0], mac_address=1),
    MeterRegistered(system_title=TITLES[1], mac_address=2),
    DiscoveryFinished(rounds=2),
]


@pytest.mark.parametrize("on", ["tcp", "pty"])
async def test_new_meters_are_found_and_registered(on: str) -> None:
    recorder = Recorder()
    if on == "tcp":
        async with serve_tcp(line) as (host, port):
            found = await findings(TcpPort(FarEnd(host=host, port=port)), recorder)
    else:
        async with serve_pty(line()) as device:
            found = await findings(SerialPort(SerialParameters(device=str(device))), recorder)
    assert found == EXPECTED
    # two rounds, two registrations, two pings; two reports and two answers, noise before and after
    kinds = [told.split()[1] for told in recorder.told]
    assert kinds.count("tx") == 6
    assert kinds.count("rx") == 4
    noise = "".join(told.split()[-1] for told in recorder.told if " discarded " in told)
    assert noise == "aa" * 9
