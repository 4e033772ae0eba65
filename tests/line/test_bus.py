import asyncio
import logging

import pytest

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.connection import ClientConnection
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.parameters import HdlcParameters
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.dlms.obis import Obis
from dcud.line.bus import Bus, BusParameters, Target
from dcud.line.errors import PortError
from dcud.line.sign_on import SignOn
from dcud.sim.mode_e_line import ModeELine
from tests.support.optical_port import OpticalPort
from tests.support.sans_io_meter import HdlcMeter
from tests.support.scripted_line import Recorder, ScriptedConnection, ScriptedPort

pytestmark = pytest.mark.looptime

AT_17 = ServerAddress(1, 17)
ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
GET = b"GET 3/1.0.1.8.0.255/2"


def answering() -> ScriptedPort:
    return ScriptedPort(
        {
            b"OPEN": [(0.1, b"opened;")],
            GET: [(0.1, b"data 01;")],
            b"RELEASE": [(0.1, b"released;")],
        }
    )


def bus_over(
    port: ScriptedPort, recorder: Recorder, parameters: BusParameters | None = None
) -> Bus:
    return Bus("b", port, tracer=recorder, observer=recorder, parameters=parameters)


def meter(name: str) -> Target:
    return Target(meter=name, connect=ScriptedConnection)


def now() -> float:
    return asyncio.get_running_loop().time()


async def fails_to_open(bus: Bus) -> PortError:
    with pytest.raises(PortError) as caught:
        async with bus.session(meter("m")):
            pass
    return caught.value


async def test_the_first_session_opens_the_port_and_the_others_find_it_open() -> None:
    port, recorder = answering(), Recorder()
    bus = bus_over(port, recorder)
    assert bus.name == "b"
    for name in ("m1", "m2"):
        async with bus.session(meter(name)) as session:
            assert await session.get(ENERGY) == b"\x01"
    assert port.opened == 1
    assert port.closed == 0
    assert recorder.told.count("b up") == 1
    assert [octets for _, octets in port.written] == [b"OPEN", GET, b"RELEASE"] * 2
    await bus.close()
    assert not port.is_open


async def test_a_bus_is_busy_as_long_as_a_session_has_it() -> None:
    port, recorder = answering(), Recorder()
    bus = bus_over(port, recorder)
    async with bus.session(meter("m1")):
        assert recorder.busy == [True]
    assert recorder.busy == [True, False]
    with pytest.raises(ZeroDivisionError):
        async with bus.session(meter("m2")):
            raise ZeroDivisionError
    assert recorder.busy == [True, False] * 2


async def test_sessions_take_turns_in_the_order_in_which_they_asked() -> None:
    port, recorder = answering(), Recorder()
    bus = bus_over(port, recorder)

    async def read(name: str) -> None:
        async with bus.session(meter(name)) as session:
            await session.get(ENERGY)

    names = [f"m{number}" for number in range(5)]
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            tasks.create_task(read(name))
    assert [told.split()[2] for told in recorder.told if told.endswith("OPEN")] == names
    assert [octets for _, octets in port.written] == [b"OPEN", GET, b"RELEASE"] * 5


async def test_a_gap_of_silence_stands_between_two_sessions() -> None:
    port = answering()
    bus = bus_over(port, Recorder(), BusParameters(gap=0.5))
    async with bus.session(meter("m1")):
        pass
    ended = now()
    async with bus.session(meter("m2")):
        pass
    assert port.written[2][0] >= ended + 0.5
    await asyncio.sleep(10.0)
    asked = now()
    async with bus.session(meter("m3")):
        pass
    assert port.written[4][0] == pytest.approx(asked + 0.01)


async def test_a_silent_meter_delays_the_next_one_by_its_own_timeouts_alone() -> None:
    port = answering()
    bus = bus_over(port, Recorder())
    silent, port.answers[b"OPEN"] = port.answers[b"OPEN"], []
    with pytest.raises(NoAnswerError):
        async with bus.session(meter("silent")):
            pass
    assert now() == pytest.approx(4.0, abs=0.05)  # two response timeouts of 2 s
    port.answers[b"OPEN"] = silent
    async with bus.session(meter("m")) as session:
        assert await session.get(ENERGY) == b"\x01"
    assert port.opened == 1


async def test_a_port_closes_after_use_where_it_shall() -> None:
    port, recorder = answering(), Recorder()
    bus = bus_over(port, recorder, BusParameters(keep_open=False))
    for _ in range(2):
        async with bus.session(meter("m")):
            assert port.is_open
        assert not port.is_open
    assert port.opened == 2
    assert "b down" not in recorder.told


async def test_a_port_that_does_not_open_is_tried_again_after_growing_pauses() -> None:
    port, recorder = answering(), Recorder()
    port.refusals = 1000
    bus = bus_over(port, recorder, BusParameters(first_pause=1.0, longest_pause=8.0))
    tried: list[float] = []
    while now() < 40.0:
        before = port.refusals
        await fails_to_open(bus)
        if port.refusals != before:
            tried.append(now())
        await asyncio.sleep(0.5)
    assert tried == [0.0, 1.0, 3.0, 7.0, 15.0, 23.0, 31.0, 39.0]
    assert recorder.told == ["b down"]
    port.refusals = 0
    await asyncio.sleep(8.0)
    async with bus.session(meter("m")) as session:
        assert session.is_open
    assert recorder.told[:2] == ["b down", "b up"]


async def test_sessions_during_a_pause_fail_at_once_with_cause_and_remedy() -> None:
    port = answering()
    port.refusals = 1
    bus = bus_over(port, Recorder())
    first = await fails_to_open(bus)
    assert first.message == "no such device"
    again = await fails_to_open(bus)
    assert str(again) == "bus b is down: no such device; check the cable (next try in 1 s)"
    assert now() == 0.0


async def test_a_port_that_vanishes_in_the_middle_of_a_read_is_opened_again() -> None:
    port, recorder = answering(), Recorder()
    good, port.answers[GET] = port.answers[GET], [(0.1, None)]
    bus = bus_over(port, recorder)
    with pytest.raises(PortError):
        async with bus.session(meter("m")) as session:
            await session.get(ENERGY)
    assert port.closed == 1
    port.answers[GET] = good
    await fails_to_open(bus)
    await asyncio.sleep(1.0)
    async with bus.session(meter("m")) as session:
        assert await session.get(ENERGY) == b"\x01"
    assert [told for told in recorder.told if told.split()[1] in {"up", "down"}] == [
        "b up",
        "b down",
        "b up",
    ]


async def test_a_port_that_opens_but_carries_nothing_is_not_opened_ever_faster() -> None:
    port = answering()
    port.answers[b"OPEN"] = [(0.0, None)]
    bus = bus_over(port, Recorder(), BusParameters(first_pause=1.0, longest_pause=8.0))
    while now() < 30.0:
        await fails_to_open(bus)
        await asyncio.sleep(0.25)
    assert port.opened == 6  # at 0, 1, 3, 7, 15, 23
    assert port.closed == 6


async def test_a_session_that_opened_makes_the_next_pause_short_again() -> None:
    port = answering()
    port.refusals = 3
    bus = bus_over(port, Recorder())
    while now() < 7.0:
        await fails_to_open(bus)
        await asyncio.sleep(0.5)
    async with bus.session(meter("m")):
        pass
    port.hear(None)
    port.refusals = 1
    await fails_to_open(bus)
    assert "(next try in 1 s)" in str(await fails_to_open(bus))


async def test_a_port_that_vanished_while_nobody_used_it_is_opened_without_a_pause() -> None:
    port, recorder = answering(), Recorder()
    bus = bus_over(port, recorder)
    async with bus.session(meter("m")):
        pass
    port.hear(None)
    async with bus.session(meter("m")) as session:
        assert session.is_open
    assert port.opened == 2


async def test_an_outage_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    port = answering()
    port.refusals = 2
    port.answers[b"OPEN"], good = [(0.0, None)], port.answers[b"OPEN"]
    bus = bus_over(port, Recorder())
    while now() < 30.0:  # at first the port does not open, then it does and carries nothing
        await fails_to_open(bus)
        await asyncio.sleep(0.6)
    port.answers[b"OPEN"] = good
    await asyncio.sleep(60.0)
    async with bus.session(meter("m")):
        pass
    assert [record.getMessage() for record in caplog.records] == [
        "bus b: no such device; check the cable",
        "bus b: the line works again",
    ]


async def test_cancelling_a_session_releases_it_and_gives_up_the_turn() -> None:
    port = answering()
    port.answers |= {GET: [(30.0, b"data 01;")], b"ABORT": [(0.1, b"released;")]}
    bus = bus_over(port, Recorder())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0), bus.session(meter("m1")) as session:
            await session.get(ENERGY)
    assert [octets for _, octets in port.written] == [b"OPEN", GET, b"ABORT"]
    async with bus.session(meter("m2")) as session:
        assert session.is_open
    assert port.opened == 1


async def test_cancelling_who_waits_for_a_turn_disturbs_nobody() -> None:
    port = answering()
    bus = bus_over(port, Recorder())
    async with bus.session(meter("m1")) as session:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1), bus.session(meter("m2")):
                pass
        assert await session.get(ENERGY) == b"\x01"


async def test_what_goes_wrong_in_the_body_passes_and_the_session_is_released() -> None:
    port = answering()
    bus = bus_over(port, Recorder())
    with pytest.raises(ZeroDivisionError):
        async with bus.session(meter("m")):
            raise ZeroDivisionError
    assert port.written[-1][1] == b"RELEASE"
    assert port.is_open


async def test_notifications_reach_who_asked_for_them() -> None:
    port, notes = answering(), list[bytes]()
    port.answers[b"OPEN"] = [(0.1, b"note 0F01;opened;")]
    bus = bus_over(port, Recorder())
    target = Target(meter="m", connect=ScriptedConnection, notified=notes.append)
    async with bus.session(target):
        pass
    assert notes == [b"\x0f\x01"]


async def test_closing_waits_for_the_session_under_way() -> None:
    port = answering()
    bus = bus_over(port, Recorder())

    async def read() -> None:
        async with bus.session(meter("m")) as session:
            await session.get(ENERGY)

    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(read())
        await asyncio.sleep(0.15)
        await bus.close()
        assert reading.done()
    assert port.written[-1][1] == b"RELEASE"


async def test_a_port_that_went_unnoticed_is_opened_again_in_the_same_session() -> None:
    class Replugged(ScriptedPort):
        async def open(self) -> None:
            await super().open()
            self.answers[b"OPEN"] = [(0.1, b"opened;")]

    port, recorder = Replugged(answering().answers), Recorder()
    bus = bus_over(port, recorder)
    async with bus.session(meter("m")):
        pass
    port.answers[b"OPEN"] = [(0.0, None)]
    async with bus.session(meter("m")) as session:
        assert await session.get(ENERGY) == b"\x01"
    assert port.opened == 2
    assert recorder.told.count("b up") == 1
    assert "b down" not in recorder.told


async def test_a_port_that_went_unnoticed_is_opened_again_once_only() -> None:
    port = answering()
    bus = bus_over(port, Recorder())
    async with bus.session(meter("m")):
        pass
    port.answers[b"OPEN"] = [(0.0, None)]
    await fails_to_open(bus)
    assert port.opened == 2
    assert "(next try in 1 s)" in str(await fails_to_open(bus))
    assert port.opened == 2


async def test_a_port_that_stays_away_is_told_by_why_it_does_not_open() -> None:
    port = answering()
    bus = bus_over(port, Recorder())
    async with bus.session(meter("m")):
        pass
    port.answers[b"OPEN"] = [(0.0, None)]
    port.refusals = 1
    assert (await fails_to_open(bus)).message == "no such device"


async def test_a_port_on_which_no_meter_answers_any_more_is_opened_anew() -> None:
    port, recorder = answering(), Recorder()
    good, port.answers[b"OPEN"] = port.answers[b"OPEN"], []
    bus = bus_over(port, recorder, BusParameters(silent_sessions=3))
    for opened in (1, 1, 1, 2, 2, 2):
        with pytest.raises(NoAnswerError):
            async with bus.session(meter("silent")):
                pass
        assert port.opened == opened
    port.answers[b"OPEN"] = good
    async with bus.session(meter("m")):
        pass
    assert port.opened == 3
    assert "b down" not in recorder.told


async def test_one_silent_meter_among_others_opens_nothing_anew() -> None:
    port = answering()
    bus = bus_over(port, Recorder(), BusParameters(silent_sessions=2))
    good = port.answers[b"OPEN"]
    for _ in range(4):
        port.answers[b"OPEN"] = []
        with pytest.raises(NoAnswerError):
            async with bus.session(meter("silent")):
                pass
        port.answers[b"OPEN"] = good
        async with bus.session(meter("m")):
            pass
    assert port.opened == 1


async def test_a_device_that_is_plugged_in_during_the_pause_is_opened_at_once() -> None:
    class Pluggable(ScriptedPort):
        has_returned = False

    port = Pluggable({b"OPEN": [(0.1, b"opened;")], b"RELEASE": [(0.1, b"released;")]})
    port.refusals = 1
    bus = bus_over(port, Recorder(), BusParameters(first_pause=60.0))
    await fails_to_open(bus)
    await fails_to_open(bus)
    port.has_returned = True
    async with bus.session(meter("m")):
        pass
    assert now() < 1.0


def optical(
    bus_line: tuple[int, str] | None = None, **station: object
) -> tuple[OpticalPort, Bus, Recorder, Target]:
    identification = Identification(
        manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD"
    )
    parameters = ModeEStationParameters(identification=identification, **station)  # type: ignore[arg-type]  # by keyword
    hdlc = HdlcMeter({str(ENERGY): b"\x06\x00\x00\x00\x2a"}, server_address=AT_17)
    port, recorder = OpticalPort(ModeELine(Speaking(hdlc), parameters)), Recorder()
    bus = Bus(
        "b", port, tracer=recorder, observer=recorder, parameters=BusParameters(line=bus_line)
    )

    def connect() -> ClientConnection:
        link = HdlcLink(
            client_sap=ClientSap(16),
            server_address=AT_17,
            parameters=HdlcParameters(response_timeout=1.0, connect_retries=1),
        )
        return ClientConnection(link, AssociationParameters())

    how = SignOn.to(ClientSap(16), AT_17, ModeEParameters(attempts=1))
    return port, bus, recorder, Target(meter="m", connect=connect, sign_on=how)


class Speaking:
    """A meter's HDLC, as a line; deaf where it shall be."""

    def __init__(self, meter: HdlcMeter) -> None:
        self.meter = meter
        self.is_deaf = False

    def receive(self, octets: bytes, now: float) -> bytes | None:
        return b"" if self.is_deaf else self.meter.reply(octets, now)


async def test_a_meter_signs_on_before_each_session_and_the_line_is_given_back() -> None:
    port, bus, _, target = optical((2400, "8N1"))
    for _ in range(2):
        async with bus.session(target) as session:
            assert await session.get(ENERGY) == b"\x06\x00\x00\x00\x2a"
            assert port.baud == 9600
        assert (port.baud, port.format) == (2400, "8N1")
    assert [baud for _, baud, octets in port.written if octets == b"/?!\r\n"] == [300, 300]


async def test_without_a_line_of_its_own_the_bus_leaves_it_as_it_is() -> None:
    port, bus, _, target = optical()
    async with bus.session(target):
        pass
    assert (port.baud, port.format) == (9600, "8N1")


async def test_a_meter_that_falls_silent_after_the_sign_on_is_told_goodbye() -> None:
    port, bus, _, target = optical((300, "7E1"))
    meter_line = port.meter
    assert isinstance(meter_line, ModeELine)
    speaking = meter_line._hdlc
    assert isinstance(speaking, Speaking)
    speaking.is_deaf = True
    with pytest.raises(NoAnswerError):
        async with bus.session(target):
            pass
    assert target.sign_on is not None
    assert port.written[-1][1:] == (9600, target.sign_on.disconnect)
    assert (port.baud, port.format) == (300, "7E1")


async def test_a_head_that_goes_with_the_session_takes_the_bus_down() -> None:
    port, bus, recorder, target = optical((300, "7E1"))
    async with bus.session(target) as session:
        port.lost = True
        with pytest.raises(PortError, match="gone"):
            await session.get(ENERGY)
    assert recorder.told[-1] == "b down"
    assert not port.is_open


async def test_what_comes_in_between_sessions_is_overheard() -> None:
    overheard: list[bytes] = []
    port = answering()
    bus = bus_over(port, Recorder(), BusParameters(overheard=overheard.append))
    for _ in range(2):
        async with bus.session(meter("m")):
            pass
        port.hear(b"push;")
    assert overheard == [b"push;"]
