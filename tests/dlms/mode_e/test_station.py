from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.mode_e.actions import Action, Done, SetLine, Transmit
from dcud.dlms.mode_e.errors import ModeEUnavailableError, NoIdentificationError
from dcud.dlms.mode_e.identification import Identification
from dcud.dlms.mode_e.parameters import ModeEParameters
from dcud.dlms.mode_e.sign_on import SignOn
from dcud.dlms.mode_e.station import READOUT, ModeEStation, ModeEStationParameters

LANDIS = Identification(manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD")
USUAL = ModeEStationParameters(identification=LANDIS, device_address="0012")
REQUEST = b"/?!\r\n"
OPTION = b"\x06252\r\n"


def named(parameters: ModeEStationParameters = USUAL) -> ModeEStation:
    """Return a meter that has just said who it is."""
    station = ModeEStation(parameters)
    station.receive_data(REQUEST, 0.0)
    assert station.handle_timeout(0.2) == [Transmit(b"/LGZ5\\2ZMD\r\n")]
    return station


def test_a_sign_on_as_the_standard_has_it() -> None:
    station = named()
    assert station.receive_data(OPTION, 1.0) == []
    assert station.baud == 300
    assert station.next_timeout() == pytest.approx(1.2)
    assert station.handle_timeout(1.1) == []
    assert station.handle_timeout(1.2) == [
        SetLine(9600, "7E1"),
        Transmit(OPTION),
        SetLine(9600, "8N1"),
    ]
    assert station.is_binary
    assert station.baud == 9600
    assert station.next_timeout() is None
    assert station.handle_timeout(9.0) == []
    assert station.end_binary() == [SetLine(300, "7E1")]
    assert station.baud == 300


@pytest.mark.parametrize(
    ("address", "heeded"), [(b"", True), (b"12", True), (b"00012", True), (b"13", False)]
)
def test_whom_it_heeds(address: bytes, heeded: bool) -> None:  # noqa: FBT001  # a column
    station = ModeEStation(USUAL)
    station.receive_data(b"/?" + address + b"!\r\n", 0.0)
    assert (station.next_timeout() is not None) is heeded


def test_a_confirmation_may_be_left_out() -> None:
    station = named(replace(USUAL, confirms=False))
    station.receive_data(OPTION, 1.0)
    assert station.handle_timeout(1.2) == [SetLine(9600, "8N1")]
    assert station.is_binary


@pytest.mark.parametrize("option", [b"\x06262\r\n", b"\x06292\r\n"])
def test_a_speed_that_it_does_not_have_is_refused(option: bytes) -> None:
    assert named().receive_data(option, 1.0) == [Transmit(b"\x15")]


@pytest.mark.parametrize(
    ("parameters", "option"), [(replace(USUAL, speaks_hdlc=False), OPTION), (USUAL, b"\x06050\r\n")]
)
def test_what_is_not_hdlc_is_a_readout(parameters: ModeEStationParameters, option: bytes) -> None:
    station = named(parameters)
    station.receive_data(option, 1.0)
    assert station.handle_timeout(1.2) == [
        SetLine(9600, "7E1"),
        Transmit(READOUT),
        SetLine(300, "7E1"),
    ]
    assert not station.is_binary
    check = 0
    for octet in READOUT[1:-1]:
        check ^= octet
    assert check == READOUT[-1]


def test_it_does_not_wait_for_ever() -> None:
    station = named()
    assert station.handle_timeout(3.2) == [SetLine(300, "7E1")]
    assert station.receive_data(OPTION, 4.0) == []
    assert station.next_timeout() is None


def test_a_break_ends_the_sign_on() -> None:
    station = named()
    assert station.receive_data(bytes.fromhex("0142300371"), 1.0) == [SetLine(300, "7E1")]


def test_what_it_does_not_understand_it_does_not_answer() -> None:
    station = named()
    assert station.receive_data(b"\x15/LGZ5\r\n\x0625\r\n", 1.0) == []
    assert ModeEStation(USUAL).receive_data(OPTION, 0.0) == []


@given(st.lists(st.sampled_from([REQUEST, OPTION, b"\x15"]) | st.binary(max_size=20), max_size=20))
def test_it_bears_anything(pieces: list[bytes]) -> None:
    station = ModeEStation(USUAL)
    for number, octets in enumerate(pieces):
        if station.is_binary:
            station.end_binary()
        station.receive_data(octets, float(number))
        station.handle_timeout(number + 0.5)


class Line:
    """A client and a meter on one virtual clock; what is said at another speed is not heard."""

    def __init__(self, client: ModeEParameters, meter: ModeEStationParameters) -> None:
        self.client = SignOn(client)
        self.meter = ModeEStation(meter)
        self.now = 0.0
        self.port_baud = 0
        self.last: Action | None = None

    def run(self) -> Action | None:
        self.client_does(self.client.start(self.now))
        while moments := [
            deadline
            for deadline in (self.client.next_timeout(), self.meter.next_timeout())
            if deadline is not None
        ]:
            self.now = min(moments)
            self.meter_does(self.meter.handle_timeout(self.now))
            self.client_does(self.client.handle_timeout(self.now))
        return self.last

    def client_does(self, actions: list[Action]) -> None:
        for action in actions:
            self.last = action
            if isinstance(action, SetLine):
                self.port_baud = action.baud
            elif isinstance(action, Transmit):
                self.now += len(action.octets) * 10 / self.port_baud
                if self.port_baud == self.meter.baud:
                    self.meter_does(self.meter.receive_data(action.octets, self.now))
                self.client_does(self.client.transmitted(self.now))

    def meter_does(self, actions: list[Action]) -> None:
        spoken = self.meter.baud
        for action in actions:
            if isinstance(action, SetLine):
                spoken = action.baud
            elif isinstance(action, Transmit) and spoken == self.port_baud:
                self.client_does(self.client.receive_data(action.octets, self.now))


@pytest.mark.parametrize("limit", [300, 600, 1200, 2400, 4800, 9600, 19_200])
@pytest.mark.parametrize("confirms", [True, False])
def test_client_and_meter_come_to_terms(limit: int, confirms: bool) -> None:  # noqa: FBT001  # a column
    meter = replace(USUAL, confirms=confirms)
    line = Line(ModeEParameters(device_address="12", max_baud=limit), meter)
    done = line.run()
    assert isinstance(done, Done)
    assert done.identification == LANDIS
    assert done.baud == line.port_baud == line.meter.baud == min(limit, 9600)
    assert line.meter.is_binary
    assert line.now < (2.5 if confirms else 4.5)


def test_a_quick_meter_and_a_quick_client_come_to_terms() -> None:
    quick = replace(USUAL, identification=replace(LANDIS, manufacturer="LGz"), reaction_time=0.025)
    done = Line(ModeEParameters(), quick).run()
    assert isinstance(done, Done)


def test_a_meter_without_hdlc_is_told() -> None:
    line = Line(ModeEParameters(), replace(USUAL, speaks_hdlc=False))
    failed = line.run()
    assert isinstance(getattr(failed, "error", None), ModeEUnavailableError)


def test_a_meter_that_waits_at_another_speed_is_not_heard() -> None:
    failed = Line(ModeEParameters(), replace(USUAL, initial_baud=9600)).run()
    assert isinstance(getattr(failed, "error", None), NoIdentificationError)
