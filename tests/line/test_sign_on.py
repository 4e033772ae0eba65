import asyncio
from dataclasses import replace

import pytest

from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.mode_e.errors import ModeEUnavailableError, NoIdentificationError
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.parameters import Head, ModeEParameters
from dcud.dlms.mode_e.station import ModeEStationParameters
from dcud.line.errors import PortError
from dcud.line.line_settings import LineSettings
from dcud.line.session import Watch
from dcud.line.sign_on import SignOn, say_goodbye, sign_on
from dcud.sim.mode_e_line import ModeELine
from tests.support.optical_port import FixedPort, OpticalPort
from tests.support.sans_io_meter import HdlcMeter
from tests.support.scripted_line import Recorder

pytestmark = pytest.mark.looptime

AT_17 = ServerAddress(1, 17)
# DISC from client 16 to logical device 1, physical device 17 in two octets: 0x53, then the check.
DISC = bytes.fromhex("7EA00802232153B1A27E")
STATION = ModeEStationParameters(
    identification=Identification(
        manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD"
    )
)
OPTION = b"\x06252\r\n"


class Hdlc:
    """A meter's HDLC, as a line."""

    def __init__(self) -> None:
        self.meter = HdlcMeter({}, server_address=AT_17)

    def receive(self, octets: bytes, now: float) -> bytes | None:
        return self.meter.reply(octets, now)


def meter(station: ModeEStationParameters = STATION) -> ModeELine:
    return ModeELine(Hdlc(), station)


def how(**choices: object) -> SignOn:
    parameters = ModeEParameters(**choices)  # type: ignore[arg-type]  # by keyword
    return SignOn.to(ClientSap(16), AT_17, parameters)


def watch(recorder: Recorder | None = None) -> Watch:
    return Watch(tracer=recorder or Recorder(), bus="b", meter="m")


def now() -> float:
    return asyncio.get_running_loop().time()


def leave_in_hdlc(line: ModeELine) -> None:
    """Do what a session does that ends without DISC."""
    line.receive(b"/?!\r\n", 0.0)
    line.handle_timeout(1.0)
    line.receive(OPTION, 1.0)
    line.handle_timeout(2.0)
    assert line.baud == 9600


def test_what_ends_hdlc_is_a_disc() -> None:
    assert how().disconnect == DISC


async def test_the_line_is_switched_after_the_option_has_left_and_before_the_meter_answers() -> (
    None
):
    recorder, port = Recorder(), OpticalPort(meter())
    assert isinstance(port, LineSettings)
    done = await sign_on(port, how(), watch(recorder))
    assert (done.baud, done.identification.name) == (9600, "ZMD")
    assert [(baud, form) for _, baud, form in port.settings] == [(300, "7E1"), (9600, "8N1")]
    left_at, baud, octets = port.written[-1]
    assert (baud, octets) == (300, OPTION)
    switched_at = port.settings[-1][0]
    assert left_at + 0.01 < switched_at < left_at + 0.2
    assert recorder.told == [
        "b tx m /?!\\r\\n",
        "b rx m /LGZ5\\\\2ZMD\\r\\n",
        "b tx m \\x06252\\r\\n",
        "b rx m \\x06252\\r\\n",
    ]


@pytest.mark.parametrize("echo", [False, True])
@pytest.mark.parametrize("confirms", [False, True])
async def test_with_and_without_echo_and_confirmation(echo: bool, confirms: bool) -> None:  # noqa: FBT001  # columns
    port = OpticalPort(meter(replace(STATION, confirms=confirms)), echo=echo)
    done = await sign_on(port, how(), watch())
    assert done.baud == port.baud == port.meter.baud == 9600


async def test_a_meter_left_in_hdlc_is_told_disc_at_the_speed_where_it_was_left() -> None:
    line, recorder = meter(), Recorder()
    leave_in_hdlc(line)
    port = OpticalPort(line)
    done = await sign_on(port, how(attempts=2), watch(recorder), left_at=9600)
    assert done.baud == 9600
    goodbyes = [baud for _, baud, octets in port.written if octets == DISC]
    assert goodbyes == [9600]
    # A disconnected mode answers DISC: the meter was never in a link.
    assert len([told for told in recorder.told if told.startswith("b rx m ~")]) == 1


async def test_where_nobody_knows_the_speed_the_likely_ones_are_tried() -> None:
    line = meter()
    leave_in_hdlc(line)
    port = OpticalPort(line)
    await sign_on(port, how(attempts=1), watch())
    goodbyes = [baud for _, baud, octets in port.written if octets == DISC]
    assert goodbyes == [19_200, 9600]


async def test_its_own_goodbye_is_no_answer() -> None:
    port = OpticalPort(meter(), echo=True)
    began = now()
    assert not await say_goodbye(port, how(), watch())
    assert now() - began > 0.5


async def test_a_meter_that_is_not_there_is_named() -> None:
    port = OpticalPort(meter(replace(STATION, initial_baud=9600)))
    recorder = Recorder()
    with pytest.raises(NoIdentificationError) as caught:
        await sign_on(port, how(max_baud=4800), watch(recorder))
    assert caught.value.message.startswith("meter m: the meter at the head doesn't identify")
    assert "head, cable and device address" in caught.value.remedy
    goodbyes = [baud for _, baud, octets in port.written if octets == DISC]
    assert goodbyes == [4800, 2400, 1200, 600]
    assert now() < 20.0


async def test_other_errors_name_the_meter_as_well() -> None:
    with pytest.raises(ModeEUnavailableError, match="meter m: /LGZ5ZMD doesn't announce mode E"):
        await sign_on(
            OpticalPort(
                meter(replace(STATION, identification=replace(STATION.identification, escapes=())))
            ),
            how(),
            watch(),
        )


async def test_a_port_of_one_speed_wants_a_head_of_one_speed() -> None:
    with pytest.raises(ModeEUnavailableError) as caught:
        await sign_on(FixedPort(meter()), how(), watch())
    assert "meter m: mode E changes the line's speed, and bus b can't" in caught.value.message
    assert "RFC 2217" in caught.value.remedy
    assert "mode_e.head" in caught.value.remedy


async def test_a_port_of_one_speed_makes_parity_in_software() -> None:
    recorder = Recorder()
    port = FixedPort(meter(), 300, "8N1")
    done = await sign_on(port, how(head=Head.FIXED), watch(recorder))
    assert done.baud == 300
    assert [octets for _, _, octets in port.written] == [
        bytes.fromhex("AF3F218D0A"),
        bytes.fromhex("06B230B28D0A"),
    ]
    assert recorder.told[0] == "b tx m /?!\\r\\n"  # as a port in 7E1 has it


async def test_a_meter_left_in_hdlc_at_a_fixed_speed() -> None:
    line = meter(replace(STATION, initial_baud=9600))
    leave_in_hdlc(line)
    port = FixedPort(line, 9600, "8N1")
    await sign_on(port, how(head=Head.FIXED, initial_baud=9600, attempts=1), watch())
    assert DISC in [octets for _, _, octets in port.written]
    leave_in_hdlc(line)
    settable = OpticalPort(line)
    await sign_on(settable, how(head=Head.FIXED, initial_baud=9600, attempts=1), watch())
    assert (9600, "8N1") in [(baud, form) for _, baud, form in settable.settings]


async def test_noise_is_accounted_for_and_does_not_hold_us() -> None:
    class Babbling(OpticalPort):
        async def read(self, within: float) -> bytes:
            await asyncio.sleep(min(within, 0.05))
            return b"\x55"

    recorder = Recorder()
    with pytest.raises(NoIdentificationError, match="is no identification"):
        await sign_on(Babbling(meter()), how(attempts=1), watch(recorder), left_at=9600)
    assert "b discarded m sign_on 55" in recorder.told
    assert now() < 30.0


async def test_noise_in_the_midst_of_a_goodbye_is_accounted_for() -> None:
    class Noisy(OpticalPort):
        async def read(self, within: float) -> bytes:
            await asyncio.sleep(min(within, 0.25))
            return b"\x55" * 3 + b"\x7e"

    recorder = Recorder()
    assert not await say_goodbye(Noisy(meter()), how(), watch(recorder))
    assert [told for told in recorder.told if "discarded" in told]


async def test_a_head_that_goes_is_a_port_error() -> None:
    port = OpticalPort(meter())
    port.lost = True
    with pytest.raises(PortError, match="gone"):
        await sign_on(port, how(), watch())
