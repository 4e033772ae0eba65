"""Scans of lines that are functions, on a virtual clock."""

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.hdlc.frame import CONTROLS, FrameKind, HdlcFrame
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.line.errors import PortBusyError, PortError
from dcud.line.scan.found import Found, SignedOn
from dcud.line.scan.hdlc_prober import HdlcProber
from dcud.line.scan.identification import Acquaintance
from dcud.line.scan.ranges import LineSetting, ScanRanges
from dcud.line.scan.scanner import Scanner, ScanParts
from dcud.line.scan.search import SearchState
from dcud.line.scan.timing import ScanTiming
from dcud.line.session import Watch
from dcud.line.tracer import NoTracer
from tests.support.answering_port import Answer, AnsweringPort, echoing, joined, silent
from tests.support.scanned_line import calling, meter

pytestmark = pytest.mark.looptime

AT_17 = ServerAddress(1, 17, 2)
AT_18_WIDE = ServerAddress(1, 18, 4)
LINES = (LineSetting(9600), LineSetting(19200))
RANGES = ScanRanges(
    lines=LINES, sizes=(2, 4), logicals=(1,), physicals=tuple(range(16, 24)), clients=(16, 1, 32)
)
TIMING = ScanTiming(listen=1.0, frames_per_second=100)


class Watcher:
    """Remembers what a scan tells."""

    def __init__(self) -> None:
        self.estimates: list[float] = []
        self.stations: list[Found] = []
        self.warnings: list[str] = []

    def moved(self, state: SearchState, seconds_left: float) -> None:
        self.estimates.append(seconds_left)

    def found(self, station: Found) -> None:
        self.stations.append(station)

    def warned(self, words: str) -> None:
        self.warnings.append(words)


class Line:
    """A line that says something at one setting, and is silent at all others."""

    def __init__(
        self, answer: Answer, setting: LineSetting = LINES[0], delay: float = 0.02
    ) -> None:
        self.answer = answer
        self.setting = setting
        self.delay = delay
        self.watcher = Watcher()
        self.ports: list[AnsweringPort] = []
        self.refused: dict[LineSetting, PortError] = {}

    def port(self, setting: LineSetting) -> AnsweringPort:
        if setting in self.refused:
            return _RefusingPort(self.refused[setting])
        there = self.answer if setting == self.setting else silent
        self.ports.append(AnsweringPort(there, delay=self.delay))
        return self.ports[-1]

    def scanner(
        self,
        ranges: ScanRanges = RANGES,
        state: SearchState | None = None,
        timing: ScanTiming = TIMING,
        *,
        force: bool = False,
    ) -> Scanner:
        tracer = NoTracer()
        return Scanner(
            ranges,
            state or SearchState.initial(ranges),
            ScanParts(
                open_port=self.port,
                prober=HdlcProber(timing, tracer=tracer, bus="b"),
                acquaintance=Acquaintance(
                    clients=ranges.clients,
                    wrapper=False,
                    response_timeout=0.5,
                    turnaround=0.0,
                    watch=Watch(tracer=tracer, bus="b", meter="scan"),
                ),
                observer=self.watcher,
            ),
            timing=timing,
            force=force,
        )

    async def scan(self, *, force: bool = False) -> list[Found]:
        scanner = self.scanner(force=force)
        await scanner.run()
        return list(scanner.state.found)

    def sent(self) -> list[HdlcFrame]:
        """Return all frames that were sent, in their order."""
        parts = [
            part
            for port in self.ports
            for part in Delimiter().feed(b"".join(octets for _, octets in port.written))
        ]
        return [part.frame for part in parts if isinstance(part, Delimited)]


class _RefusingPort(AnsweringPort):
    def __init__(self, error: PortError) -> None:
        super().__init__(silent)
        self._error = error

    async def open(self) -> None:
        raise self._error from ValueError("no such speed")


def places(found: list[Found]) -> list[tuple[str, str]]:
    return [(str(RANGES.lines[each.line]), str(each.address)) for each in found]


def names(found: list[Found]) -> list[str]:
    return [each.identity.logical_device_name for each in found if each.identity]


async def test_meters_of_different_address_lengths_are_found_at_their_speed() -> None:
    line = Line(joined(meter(AT_17), meter(AT_18_WIDE, 2)), LINES[1])
    found = await line.scan()
    assert places(found) == [("19200 8N1", "1/17 (2 octets)"), ("19200 8N1", "1/18 (4 octets)")]
    assert names(found) == ["SIM0000000000001", "SIM0000000000002"]
    assert line.watcher.stations == found
    who = found[0].identity
    assert who is not None
    assert who.serial_number == "00000001"
    assert [(each.client, each.standing) for each in who.clients] == [
        (16, "open"),
        (1, "open"),
        (32, "open"),
    ]


async def test_whoever_was_connected_by_a_question_is_disconnected_before_the_next() -> None:
    general = ServerAddress(1, 127, 2)
    at_18 = ServerAddress(1, 18, 2)
    line = Line(
        joined(calling(meter(AT_17), AT_17, general), calling(meter(at_18, 2), at_18, general))
    )
    await line.scan()
    kinds = [(frame.destination, frame.control.kind) for frame in line.sent()]
    for address in (general, AT_17, at_18):
        at = kinds.index((address.octets, FrameKind.SNRM))
        assert kinds[at + 1] == (address.octets, FrameKind.DISC)


async def test_clients_are_told_apart_by_what_the_meter_lets_them() -> None:
    locked = ServerParameters(authentication=LowLevelSecurity(Secret(b"12345678")))
    line = Line(joined(meter(AT_17, clients=(16, 32), parameters=locked)))
    (station,) = await line.scan()
    who = station.identity
    assert who is not None
    assert [(each.client, each.standing) for each in who.clients] == [
        (16, "refused"),
        (32, "refused"),
    ]
    assert "authentication" in who.clients[0].words
    assert who.logical_device_name == ""


async def test_a_meter_that_answers_a_general_call_is_found_by_its_own_address() -> None:
    at_99 = ServerAddress(1, 99, 2)
    line = Line(calling(meter(at_99), at_99, ServerAddress(1, 127, 2)))
    found = await line.scan()
    assert places(found) == [("9600 8N1", "1/99 (2 octets)")]
    assert line.sent()[0].destination == ServerAddress(1, 127, 2).octets


async def test_two_meters_at_one_address_are_told_of() -> None:
    line = Line(joined(meter(AT_17), meter(AT_17, 2)))
    (station, *_) = await line.scan()
    assert station.is_crowded


async def test_our_own_echo_is_no_meter() -> None:
    line = Line(echoing(silent))
    assert await line.scan() == []
    line = Line(echoing(meter(AT_17)))
    assert names(await line.scan()) == ["SIM0000000000001"]


async def test_an_answer_that_comes_damaged_is_asked_for_again() -> None:
    clean = meter(AT_17)
    heard: list[bytes] = []

    def noisy(octets: bytes, now: float) -> bytes:
        said = bytearray(clean(octets, now))
        if said:
            heard.append(bytes(said))
            said[-4] ^= 0x10 * (len(heard) == 1)
        return bytes(said)

    line = Line(noisy)
    assert names(await line.scan()) == ["SIM0000000000001"]


async def test_a_line_that_never_stops_babbling_is_gone_through_all_the_same() -> None:
    line = Line(lambda _octets, _now: bytes(range(1, 60)))
    scanner = line.scanner(replace(RANGES, physicals=(17,)))
    await scanner.run()
    assert scanner.state.found == ()
    assert scanner.state.lines[0].heard


@pytest.mark.parametrize("delay", [0.8, 1.5])
async def test_a_slow_meter_is_found_though_its_answers_come_late(delay: float) -> None:
    line = Line(meter(AT_17), delay=delay)
    assert [each.address for each in await line.scan()] == [AT_17]


async def test_another_master_stops_the_scan_before_anything_is_sent() -> None:
    line = Line(silent)
    master = HdlcFrame(AT_17.octets, b"\x41", CONTROLS[0x93]).build()
    asyncio.get_running_loop().call_later(0.5, lambda: line.ports[0].hear(master))
    with pytest.raises(PortBusyError, match=r"client 32 asking; server 1/17.*--force"):
        await line.scan()
    assert line.sent() == []


async def test_noise_that_may_be_another_master_at_another_speed_stops_it_as_well() -> None:
    line = Line(silent)
    asyncio.get_running_loop().call_later(0.5, lambda: line.ports[0].hear(b"\x55" * 9))
    with pytest.raises(PortBusyError, match="9 octets that are no frame"):
        await line.scan()


async def test_a_few_octets_of_noise_are_borne() -> None:
    line = Line(meter(AT_17))
    asyncio.get_running_loop().call_later(0.5, lambda: line.ports[0].hear(b"\x00\xff"))
    assert len(await line.scan()) == 1


async def test_who_says_so_goes_on_beside_another_master_warned_once() -> None:
    def with_master(octets: bytes, _now: float) -> bytes:
        return HdlcFrame(b"\x02\x2f", b"\x41", CONTROLS[0x93]).build()

    line = Line(joined(meter(AT_17), with_master))
    assert len(await line.scan(force=True)) == 1
    assert len(line.watcher.warnings) == 1
    assert "client 32" in line.watcher.warnings[0]


async def test_a_master_that_comes_in_the_midst_of_it_stops_it() -> None:
    def with_master(octets: bytes, _now: float) -> bytes:
        return HdlcFrame(AT_17.octets, b"\x41", CONTROLS[0x93]).build()

    line = Line(with_master)
    with pytest.raises(PortBusyError, match="client 32 asking"):
        await line.scan()
    assert [frame.control.kind for frame in line.sent()] == [FrameKind.SNRM, FrameKind.DISC]


async def test_the_pace_and_the_turnaround_are_kept() -> None:
    timing = replace(TIMING, frames_per_second=4, turnaround=0.05)
    line = Line(meter(AT_17))
    scanner = line.scanner(replace(RANGES, clients=(16,)), timing=timing)
    await scanner.run()
    sent = [
        (at, octets)
        for port in line.ports
        for at, octets in port.written
        if CONTROLS[octets[-4]].kind is FrameKind.SNRM
    ]
    pauses = [later - before for (before, _), (later, _) in pairwise(sent)]
    # An SNRM with parameters, in a session, is none of these: its check sequence stands elsewhere.
    assert min(pauses) >= 0.25 - 1e-6


async def test_the_estimate_holds_on_a_silent_line() -> None:
    line = Line(silent)
    scanner = line.scanner()
    expected = scanner.seconds_left()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await scanner.run()
    assert loop.time() - begun - TIMING.listen == pytest.approx(expected, rel=0.05)
    assert line.watcher.estimates == sorted(line.watcher.estimates, reverse=True)
    assert line.watcher.estimates[-1] == 0


async def test_a_stopped_scan_has_said_disc_and_goes_on_where_it_was() -> None:
    line = Line(meter(AT_17), delay=0.2)
    scanner = line.scanner()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(scanner.run())
        await asyncio.sleep(TIMING.listen + 7.0)  # in the midst of getting to know 1/17
        running.cancel()
    last = line.sent()[-1]
    assert last.control.kind is FrameKind.DISC
    assert not any(port.is_open for port in line.ports)
    resumed = line.scanner(state=scanner.state)
    await resumed.run()
    whole = Line(meter(AT_17), delay=0.2).scanner()
    await whole.run()
    assert resumed.state.lines == whole.state.lines
    assert [each.identity for each in resumed.state.found] == [
        each.identity for each in whole.state.found
    ]


async def test_a_scan_that_is_over_does_nothing_more() -> None:
    line = Line(silent)
    scanner = line.scanner()
    await scanner.run()
    again = Line(silent)
    await again.scanner(state=scanner.state).run()
    assert again.ports == []


async def test_a_speed_that_the_port_can_not_have_is_left_out() -> None:
    line = Line(meter(AT_17), LINES[1])
    line.refused[LINES[0]] = PortError("can't open at 9600")
    assert places(await line.scan()) == [("19200 8N1", "1/17 (2 octets)")]
    assert line.watcher.warnings == ["the port can't be set to 9600 8N1; left out"]


async def test_a_port_that_is_gone_ends_the_scan() -> None:
    line = Line(silent)
    line.refused[LINES[0]] = PortBusyError("it is in use")

    async def fail() -> None:
        raise line.refused[LINES[0]]

    line.port(LINES[0]).open = fail  # type: ignore[method-assign]  # a port like no other
    scanner = line.scanner()
    scanner._parts = replace(scanner._parts, open_port=lambda _: _Gone(silent))
    with pytest.raises(PortError, match="no such device"):
        await scanner.run()


class _Gone(AnsweringPort):
    async def open(self) -> None:
        raise PortError("no such device") from OSError(2, "no such file")


async def test_the_sign_on_is_asked_while_the_port_is_free() -> None:
    line = Line(silent)
    who = SignedOn(identification="/ABC5\\2X", manufacturer="ABC", baud=9600, hdlc=True)
    seen: list[bool] = []

    async def sign_on() -> SignedOn | None:
        seen.append(any(port.is_open for port in line.ports))
        return who

    ranges = replace(RANGES, mode_e=True)
    scanner = line.scanner(ranges)
    scanner._parts = replace(scanner._parts, sign_on=sign_on)
    await scanner.run()
    assert seen == [False]
    assert scanner.state.mode_e == who


async def test_without_anyone_to_ask_the_sign_on_is_passed_over() -> None:
    scanner = Line(silent).scanner(replace(RANGES, mode_e=True))
    await scanner.run()
    assert scanner.state.signed_on
    assert scanner.state.mode_e is None
