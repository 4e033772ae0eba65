"""The sign-on on a real device, whose speed is looked at from the other end of it."""

import asyncio
import termios

import pytest

from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.mode_e.errors import NoIdentificationError
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.line.errors import PortError
from dcud.line.line_settings import LineSettings
from dcud.line.serial_port import SerialParameters, SerialPort
from dcud.line.session import Watch
from dcud.line.sign_on import SignOn, sign_on
from tests.support.pty_bus import PtyBus
from tests.support.scripted_line import Recorder

IDENTIFICATION = b"/LGZ5\\2ZMD\r\n"
OPTION = b"\x06252\r\n"
CHARACTER_AT_300 = 10 / 300


def how(parameters: ModeEParameters | None = None) -> SignOn:
    return SignOn.to(ClientSap(16), ServerAddress(1, 17), parameters or ModeEParameters())


def watch() -> Watch:
    return Watch(tracer=Recorder(), bus="b", meter="m")


class Meter:
    """Answers at the far end of a pseudo-terminal, in its own time, and watches the speed."""

    def __init__(self, bus: PtyBus) -> None:
        self.bus = bus
        self.loop = asyncio.get_running_loop()
        self.speeds: list[tuple[float, int]] = []
        self.option_began = 0.0
        bus.answer(self.hear)
        self.look()

    def look(self) -> None:
        if self.bus.descriptor < 0:
            return
        speed = int(termios.tcgetattr(self.bus.descriptor)[5])
        if not self.speeds or self.speeds[-1][1] != speed:
            self.speeds.append((self.loop.time(), speed))
        self.loop.call_later(0.001, self.look)

    def hear(self, octets: bytes) -> bytes:
        if octets == b"/?!\r\n":
            self.loop.call_later(5 * CHARACTER_AT_300 + 0.2, self.bus.write, IDENTIFICATION)
        elif octets == OPTION:
            self.option_began = self.loop.time()
            self.loop.call_later(6 * CHARACTER_AT_300 + 0.2, self.bus.write, OPTION)
        return b""


async def test_the_speed_changes_after_the_option_has_left_and_before_the_meter_answers() -> None:
    with PtyBus() as bus:
        meter = Meter(bus)
        port = SerialPort(SerialParameters(device=bus.device, baud=2400))
        assert isinstance(port, LineSettings)
        await port.open()
        began = meter.loop.time()
        done = await sign_on(port, how(), watch())
        took = meter.loop.time() - began
        await port.close()
    assert done.baud == 9600
    assert [speed for _, speed in meter.speeds][-2:] == [termios.B300, termios.B9600]
    switched = meter.speeds[-1][0] - meter.option_began
    # The terminal brings the option at once; on a line it takes 200 ms, and 200 ms later the
    # meter answers.
    assert 6 * CHARACTER_AT_300 <= switched < 6 * CHARACTER_AT_300 + 0.2
    # Had the confirmation come to the wrong speed, it would have been waited for.
    assert took < 2.0


async def test_a_meter_that_is_left_out_of_the_head_fails_in_time() -> None:
    with PtyBus() as bus:
        port = SerialPort(SerialParameters(device=bus.device))
        await port.open()
        hasty = how(ModeEParameters(attempts=1, answer_timeout=0.1, quiet=0.1, max_baud=600))
        async with asyncio.timeout(3.0):
            with pytest.raises(NoIdentificationError):
                await sign_on(port, hasty, watch())
        await port.close()


async def test_a_head_that_is_pulled_out_in_a_sign_on_is_a_port_error() -> None:
    bus = PtyBus()
    port = SerialPort(SerialParameters(device=bus.device))
    await port.open()
    asyncio.get_running_loop().call_later(0.3, bus.unplug)
    async with asyncio.timeout(3.0):
        with pytest.raises(PortError, match="vanished"):
            await sign_on(port, how(), watch())
    await port.close()
