"""A meter at an optical head, on a virtual clock."""

import asyncio
from collections.abc import Sequence

import pytest

from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import FrameKind
from dcud.dlms.mode_e.actions import Action, SetLine, Transmit
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.station import ModeEStation, ModeEStationParameters
from dcud.line.scan.found import SignedOn
from dcud.line.scan.hdlc_prober import HdlcProber
from dcud.line.scan.identification import Acquaintance
from dcud.line.scan.mode_e_scout import SETTING, ModeEScout
from dcud.line.scan.ranges import LineSetting
from dcud.line.scan.timing import ScanTiming
from dcud.line.session import Watch
from dcud.line.tracer import NoTracer
from tests.support.answering_port import AnsweringPort, silent
from tests.support.scanned_line import meter

pytestmark = pytest.mark.looptime

# What a meter with mode E typically says.
ZMD = Identification(manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD3104407.B32")

DISC = FrameKind.DISC


class OpticalPort(AnsweringPort):
    """A port at a head; the meter understands only those at its own speed."""

    def __init__(self, parameters: ModeEStationParameters, address: ServerAddress) -> None:
        super().__init__(silent, delay=0.05)
        self._station = ModeEStation(parameters)
        self._hdlc = meter(address)
        self.setting = SETTING

    async def set_line(self, baud: int, format: str) -> None:  # noqa: A002  # the protocol's own
        self.setting = LineSetting(baud, format)

    async def write(self, octets: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.written.append((loop.time(), octets))
        if self.setting.baud != self._station.baud:
            return
        if not self._station.is_binary:
            self._do(self._station.receive_data(octets, loop.time()))
            return
        loop.call_later(self.delay, self.hear, self._hdlc(octets, loop.time()))
        if any(kind is FrameKind.DISC for kind in kinds(octets)):
            self._do(self._station.end_binary())

    def _do(self, actions: Sequence[Action]) -> None:
        loop = asyncio.get_running_loop()
        for action in actions:
            if isinstance(action, Transmit):
                self.hear(action.octets)
            elif isinstance(action, SetLine):
                continue
        timeout = self._station.next_timeout()
        if timeout is not None:
            loop.call_at(timeout, lambda: self._do(self._station.handle_timeout(loop.time())))


def kinds(octets: bytes) -> list[FrameKind]:
    parts = Delimiter().feed(octets)
    return [part.frame.control.kind for part in parts if isinstance(part, Delimited)]


def scout(port: AnsweringPort) -> ModeEScout:
    tracer = NoTracer()

    def open_port(setting: LineSetting) -> AnsweringPort:
        assert setting == SETTING
        return port

    return ModeEScout(
        open_port=open_port,
        prober=HdlcProber(ScanTiming(), tracer=tracer, bus="b"),
        acquaintance=Acquaintance(
            clients=(16, 1, 32),
            wrapper=False,
            response_timeout=1.0,
            turnaround=0.0,
            watch=Watch(tracer=tracer, bus="b", meter="scan"),
        ),
        clients=(16, 1, 32),
        patience=0.5,
    )


async def test_the_meter_at_a_head_is_found_with_its_address_and_name() -> None:
    port = OpticalPort(ModeEStationParameters(identification=ZMD), ServerAddress(1, 17, 2))
    who = await scout(port).ask()
    assert who is not None
    assert (who.identification, who.manufacturer) == ("/LGZ5\\2ZMD3104407.B32", "LGZ")
    assert (who.baud, who.hdlc) == (9600, True)
    assert (who.address, who.client) == (ServerAddress(1, 17, 2), 16)
    assert who.identity is not None
    assert who.identity.logical_device_name == "SIM0000000000001"
    assert [each.client for each in who.identity.clients] == [16]
    assert not port.is_open
    # It is left as it was found: back at 300 baud.
    assert kinds(port.written[-1][1]) == [FrameKind.DISC]


async def test_a_meter_that_answers_at_no_usual_address_is_known_by_its_identification() -> None:
    port = OpticalPort(ModeEStationParameters(identification=ZMD), ServerAddress(7, 77, 4))
    assert await scout(port).ask() == SignedOn(
        identification=str(ZMD), manufacturer="LGZ", baud=9600, hdlc=True
    )


async def test_a_meter_that_announces_no_mode_e_is_not_led_into_it() -> None:
    plain = Identification(manufacturer="ABC", baud_character="5", name="X")
    port = OpticalPort(ModeEStationParameters(identification=plain), ServerAddress(1, 17, 2))
    assert await scout(port).ask() == SignedOn(
        identification="/ABC5X", manufacturer="ABC", baud=9600, hdlc=False
    )


async def test_a_meter_that_signs_on_but_once_is_known_by_its_address() -> None:
    port = OpticalPort(ModeEStationParameters(identification=ZMD), ServerAddress(1, 17, 2))
    hear = port.hear

    def once(octets: bytes) -> None:
        if DISC not in {kind for _, sent in port.written for kind in kinds(sent)}:
            hear(octets)
        else:
            hear(b"\x15?")  # NAK and noise

    port.hear = once  # type: ignore[method-assign]  # a port like no other
    who = await scout(port).ask()
    assert who is not None
    assert who.address == ServerAddress(1, 17, 2)
    assert who.identity is None


async def test_where_nobody_is_nobody_is_found() -> None:
    port = OpticalPort(
        ModeEStationParameters(identification=ZMD, device_address="1", initial_baud=600),
        ServerAddress(1, 17, 2),
    )
    assert await scout(port).ask() is None
    assert not port.is_open
