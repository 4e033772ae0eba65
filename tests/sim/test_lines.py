"""The simulated lines, spoken to by our client and heard octet by octet."""

from collections.abc import Callable

import pytest

from dcud.cosem.notification import parse_notification
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    NotificationReceived,
    Opened,
    Released,
)
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import AssociationRejectedError, NoAnswerError
from dcud.dlms.exchange import Answered
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Act, Get
from dcud.dlms.secret import Secret
from dcud.dlms.server import ServerParameters
from dcud.dlms.wrapper import WrapperLink
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import Line
from dcud.sim.wrapper_line import WrapperLine
from tests.support.outcomes import has_value

NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
NOW = 1_800_000_000.0

METERS = [
    SimulatedMeter(MeterParameters(number=number, installed=NOW - 86_400), lambda: NOW)
    for number in (1, 2)
]


def hdlc(parameters: ServerParameters) -> Line:
    addresses = (ServerAddress(logical=1, physical=17 + n) for n in range(2))
    return HdlcLine(dict(zip(addresses, METERS, strict=True)), parameters)


def wrapper(parameters: ServerParameters) -> Line:
    return WrapperLine(dict(enumerate(METERS, start=1)), parameters)


def hdlc_link(number: int) -> DataLink:
    return HdlcLink(
        client_sap=ClientSap(16), server_address=ServerAddress(logical=1, physical=16 + number)
    )


def wrapper_link(number: int) -> DataLink:
    return WrapperLink(client_sap=ClientSap(16), server_sap=number)


BOTH = pytest.mark.parametrize(
    ("make_line", "make_link"), [(hdlc, hdlc_link), (wrapper, wrapper_link)]
)


class Conversation:
    """A client on a line that takes no time."""

    def __init__(self, line: Line, link: DataLink, parameters: AssociationParameters) -> None:
        self.line = line
        self.connection = ClientConnection(link, parameters)
        self.now = 0.0
        self.told: list[bytes] = []

    def until_result(self) -> ConnectionEvent:
        """Let both sides speak until something came of it."""
        while True:
            events: list[ConnectionEvent] = []
            for frame in self.connection.frames_to_send():
                said = self.line.receive(frame.octets, self.now)
                assert said is not None
                self.connection.frames_sent(self.now)
                events += self.connection.receive_data(said, self.now)
            timeout = self.connection.next_timeout()
            if not events and timeout is not None:
                self.now = max(self.now, timeout)
                events += self.connection.handle_timeout(self.now)
            self.told += [each.apdu for each in events if isinstance(each, NotificationReceived)]
            for event in events:
                if isinstance(event, Opened | Answered | Released | ConnectionFailed):
                    return event

    def open(self) -> ConnectionEvent:
        self.connection.open(self.now)
        return self.until_result()

    def get(self, attribute: AttributeDescriptor) -> ConnectionEvent:
        self.connection.ask(Get(attribute), self.now)
        return self.until_result()

    def push(self) -> ConnectionEvent:
        method = MethodDescriptor(40, Obis.parse("0.0.25.9.0.255"), 1)
        self.connection.ask(Act(MethodCall(method=method, parameter=b"\x0f\x00")), self.now)
        return self.until_result()

    def release(self) -> ConnectionEvent:
        self.connection.release(self.now)
        return self.until_result()


Make = Callable[[ServerParameters], Line]
Link = Callable[[int], DataLink]


@BOTH
def test_each_meter_answers_for_itself(make_line: Make, make_link: Link) -> None:
    line = make_line(ServerParameters())
    for number in (1, 2):
        talk = Conversation(line, make_link(number), AssociationParameters())
        assert isinstance(talk.open(), Opened)
        name = talk.get(NAME)
        assert has_value(name)
        assert name.answer == b"\x09\x10" + f"SIM{number:013d}".encode()
        assert isinstance(talk.release(), Released)


@BOTH
def test_a_long_profile_comes_in_blocks(make_line: Make, make_link: Link) -> None:
    parameters = ServerParameters(max_send_pdu_size=200)
    talk = Conversation(make_line(parameters), make_link(1), AssociationParameters())
    assert isinstance(talk.open(), Opened)
    buffer = talk.get(PROFILE)
    assert has_value(buffer)
    assert buffer.answer == METERS[0].read(PROFILE, None)


def test_a_meter_that_is_told_to_push_does_so_once_over_hdlc() -> None:
    talk = Conversation(hdlc(ServerParameters()), hdlc_link(1), AssociationParameters())
    talk.open()
    assert isinstance(talk.push(), Answered)
    (told,) = talk.told
    assert parse_notification(told).kind == "data-notification"
    assert isinstance(talk.get(NAME), Answered)
    assert isinstance(talk.release(), Released)
    assert talk.told == [told]


@BOTH
def test_a_password_is_demanded(make_line: Make, make_link: Link) -> None:
    line = make_line(ServerParameters(authentication=LowLevelSecurity(Secret(b"12345678"))))
    for password, outcome in ((b"12345678", Opened), (b"00000000", ConnectionFailed)):
        parameters = AssociationParameters(authentication=LowLevelSecurity(Secret(password)))
        opened = Conversation(line, make_link(1), parameters).open()
        assert isinstance(opened, outcome)
        if isinstance(opened, ConnectionFailed):
            assert isinstance(opened.error, AssociationRejectedError)


@BOTH
def test_nobody_answers_where_there_is_no_meter(make_line: Make, make_link: Link) -> None:
    silent = Conversation(make_line(ServerParameters()), make_link(9), AssociationParameters())
    opened = silent.open()
    assert isinstance(opened, ConnectionFailed)
    assert isinstance(opened.error, NoAnswerError)


def test_noise_on_a_bus_is_no_frame() -> None:
    line = hdlc(ServerParameters())
    assert line.receive(b"\x00\xff noise", 0.0) == b""
    talk = Conversation(line, hdlc_link(1), AssociationParameters())
    assert isinstance(talk.open(), Opened)


def test_a_meter_forgets_a_client_that_was_silent_too_long() -> None:
    line = hdlc(ServerParameters())
    talk = Conversation(line, hdlc_link(1), AssociationParameters())
    assert isinstance(talk.open(), Opened)
    talk.now += 3600
    assert isinstance(talk.get(NAME), ConnectionFailed)


def test_a_stream_that_is_no_wrapper_is_hung_up_on() -> None:
    assert wrapper(ServerParameters()).receive(b"GET / HTTP/1.1\r\n", 0.0) is None
