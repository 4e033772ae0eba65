"""Client and server side together, on the links that there are and on octets of a real meter."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.access_exchange import calling, reading, writing
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.connection import (
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Released,
)
from dcud.dlms.data import encode_data, octet_string
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.errors import AssociationRejectedError
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, Request
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.hdlc.station import (
    ClientConnected,
    ClientDisconnected,
    HdlcStation,
    RequestReceived,
    ToldByClient,
)
from dcud.dlms.messages import ActUnconfirmed, SetUnconfirmed
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Access, Act, ActMany, Get, GetMany, Set, SetMany
from dcud.dlms.secret import Secret
from dcud.dlms.server import Acted, ServerApplication, ServerParameters
from dcud.dlms.set_exchange import Writing
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter, WrapperLink

CLIENT = ClientSap(32)
LONG = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
LONG_VALUE = encode_data(octet_string(bytes(range(250)) * 4))
PASSWORD = LowLevelSecurity(Secret(b"p@ssw0rd"))


written: list[bytes | None] = []
"""What was given to the meter last, values and parameters."""


def read(
    attribute: AttributeDescriptor, _selection: Selection | None, _client_sap: ClientSap
) -> bytes | DataAccessResult:
    return LONG_VALUE if attribute == LONG else DataAccessResult.OBJECT_UNDEFINED


def write(
    attribute: AttributeDescriptor, _: Selection | None, value: bytes, _client: ClientSap
) -> DataAccessResult:
    written.append(value)
    return DataAccessResult.SUCCESS if value == LONG_VALUE else DataAccessResult.TYPE_UNMATCHED


def act(_method: MethodDescriptor, parameter: bytes | None, _client: ClientSap) -> Acted:
    written.append(parameter)
    return Acted(returned=parameter)


def hdlc_server(parameters: ServerParameters) -> Callable[[bytes], bytes]:
    """Return what a meter on an HDLC line answers to octets."""
    station = HdlcStation(server_address=ServerAddress(logical=1, physical=17))
    application = ServerApplication(read, parameters, CLIENT, act, write)

    def answers(octets: bytes) -> bytes:
        for event in station.receive_data(octets, 0.0):
            match event:
                case ClientConnected() | ClientDisconnected():
                    application.link_lost()
                case ToldByClient(apdu=apdu):
                    application.answers(apdu)
                case RequestReceived(apdu=apdu):
                    if said := application.answers(apdu):
                        station.send_stream(said)
                    elif station.is_our_turn:
                        station.acknowledge()
        return b"".join(frame.octets for frame in station.frames_to_send())

    return answers


def wrapper_server(parameters: ServerParameters) -> Callable[[bytes], bytes]:
    """Return what a meter behind the wrapper answers to octets."""
    delimiter = WrapperDelimiter()
    application = ServerApplication(read, parameters, CLIENT, act, write)

    def answers(octets: bytes) -> bytes:
        said = b""
        for unit in delimiter.feed(octets):
            assert not isinstance(unit, Unreadable)
            for answer in application.answers(unit.apdu):
                said += Wpdu(unit.destination, unit.source, answer).build()
        return said

    return answers


def hdlc_link() -> HdlcLink:
    return HdlcLink(client_sap=CLIENT, server_address=ServerAddress(logical=1, physical=17))


def wrapper_link() -> WrapperLink:
    return WrapperLink(client_sap=CLIENT, server_sap=1, response_timeout=5.0)


LINKS: dict[
    str, tuple[Callable[[], DataLink], Callable[[ServerParameters], Callable[[bytes], bytes]]]
]
LINKS = {"hdlc": (hdlc_link, hdlc_server), "wrapper": (wrapper_link, wrapper_server)}


class Line:
    """A client and a meter, with a clock that jumps to whatever is waited for."""

    def __init__(
        self,
        connection: ClientConnection,
        server: Callable[[bytes], bytes],
        cut: int = 1 << 16,
        lost: frozenset[int] = frozenset(),
    ) -> None:
        self.connection = connection
        self.now = 0.0
        self._server = server
        self._cut = cut
        self._lost = lost
        self._turns = 0

    def runs(self) -> list[ConnectionEvent]:
        """Return the events up to one that ends a procedure, without those of the line itself."""
        events: list[ConnectionEvent] = []
        endings = (Opened, Answered, Released, ConnectionFailed)
        while not any(isinstance(event, endings) for event in events):
            heard = self._server(self._sends())
            for start in range(0, len(heard), self._cut):
                octets = heard[start : start + self._cut]
                events += self.connection.receive_data(octets, self.now)
            timeout = self.connection.next_timeout()
            if not heard and timeout is not None:
                self.now = max(self.now, timeout)
                events += self.connection.handle_timeout(self.now)
            assert self.now < 1000
        kinds = (*endings, BlockReceived)
        return [event for event in events if isinstance(event, kinds)]

    def _sends(self) -> bytes:
        octets = b"".join(frame.octets for frame in self.connection.frames_to_send())
        if octets:
            self.connection.frames_sent(self.now)
            self._turns += 1
        return b"" if self._turns in self._lost else octets


IN_SERVICE_BLOCKS = IMPLEMENTED & ~Conformance.GENERAL_BLOCK_TRANSFER
WHOLE = IN_SERVICE_BLOCKS & ~(
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
)
SWITCH = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1)


@pytest.mark.parametrize("window", [1, 2, 5, 63])
@pytest.mark.parametrize("size", [100, 400])
@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("cut", [7, 1 << 16])
def test_long_values_in_general_blocks(kind: str, cut: int, size: int, window: int) -> None:
    answers = exchanged(kind, cut, size, IMPLEMENTED, window)
    assert answers == [LONG_VALUE, (LONG_VALUE,) * 2, *DONE]


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("size", [100, 400])
def test_long_values_in_blocks_of_each_service(kind: str, size: int) -> None:
    # ACCESS has no blocks of its own
    with_lists_alone = IN_SERVICE_BLOCKS & ~Conformance.ACCESS
    answers = exchanged(kind, 1 << 16, size, with_lists_alone)
    assert answers == [LONG_VALUE, (LONG_VALUE,) * 2, *DONE[:-1]]


@pytest.mark.parametrize("kind", LINKS)
def test_long_values_whole(kind: str) -> None:
    assert exchanged(kind, 1 << 16, 5000, WHOLE) == [LONG_VALUE, (LONG_VALUE,) * 2, *DONE]


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("blocks", [Conformance(0), Conformance.GENERAL_BLOCK_TRANSFER])
def test_a_meter_that_speaks_access_alone(kind: str, blocks: Conformance) -> None:
    size = 100 if blocks else 5000
    answers = exchanged(kind, 1 << 16, size, Conformance.ACCESS | blocks)
    assert answers == [LONG_VALUE, (LONG_VALUE,) * 2, *DONE]


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("blocks", [Conformance(0), Conformance.GENERAL_BLOCK_TRANSFER])
def test_what_wants_no_answer(kind: str, blocks: Conformance) -> None:
    make_link, make_server = LINKS[kind]
    conformance = Conformance.GET | Conformance.SET | Conformance.ACTION | blocks
    connection = ClientConnection(make_link(), AssociationParameters(conformance=conformance))
    line = Line(connection, make_server(ServerParameters()))
    connection.open(0.0)
    line.runs()
    written.clear()
    writing_ = Writing(target=AttributeWithSelection(attribute=LONG), value=LONG_VALUE)
    connection.tell(SetUnconfirmed(writing_), line.now)
    connection.ask(Get(LONG), line.now)  # which goes out behind it
    assert line.runs()[-1] == Answered(answer=LONG_VALUE)
    assert written == [LONG_VALUE]
    connection.tell(ActUnconfirmed(MethodCall(method=SWITCH, parameter=b"\x0f\x00")), line.now)
    connection.release(line.now)
    assert line.runs() == [Released()]
    assert written == [LONG_VALUE, b"\x0f\x00"]


DONE = [
    DataAccessResult.SUCCESS,
    (DataAccessResult.SUCCESS,) * 2,
    LONG_VALUE,
    (LONG_VALUE,) * 2,
    (LONG_VALUE, DataAccessResult.SUCCESS, LONG_VALUE),
]


def exchanged(
    kind: str, cut: int, size: int, conformance: Conformance, window: int = 5
) -> list[object]:
    """Read, write and call what is long, one and many, and return the answers."""
    make_link, make_server = LINKS[kind]
    connection = ClientConnection(
        make_link(),
        AssociationParameters(max_receive_pdu_size=size, conformance=conformance),
        ExchangeParameters(block_window=window),
    )
    server = ServerParameters(max_receive_pdu_size=size, block_window=window)
    line = Line(connection, make_server(server), cut)
    connection.open(0.0)
    line.runs()
    target = AttributeWithSelection(attribute=LONG)
    writing_ = Writing(target=target, value=LONG_VALUE)
    call = MethodCall(method=SWITCH, parameter=LONG_VALUE)
    answers: list[object] = []
    requests: tuple[Request[object], ...] = (
        Get(LONG),
        GetMany((target,) * 2),
        Set(writing_),
        SetMany((writing_,) * 2),
        Act(call),
        ActMany((call,) * 2),
        Access((reading(target), writing(writing_), calling(call))),
    )
    for request in requests:
        if isinstance(request, Access) and Conformance.ACCESS not in conformance:
            continue
        connection.ask(request, line.now)
        outcome = line.runs()[-1]
        assert isinstance(outcome, Answered)
        answers.append(outcome.answer)
    connection.release(line.now)
    assert line.runs() == [Released()]
    return answers


@pytest.mark.parametrize("kind", LINKS)
@pytest.mark.parametrize("cut", [1, 7, 1 << 16])
def test_from_open_to_release(kind: str, cut: int) -> None:
    make_link, make_server = LINKS[kind]
    parameters = AssociationParameters(
        authentication=PASSWORD, max_receive_pdu_size=400, conformance=IN_SERVICE_BLOCKS
    )
    connection = ClientConnection(make_link(), parameters)
    line = Line(connection, make_server(ServerParameters(authentication=PASSWORD)), cut)
    connection.open(0.0)
    (event,) = line.runs()
    assert isinstance(event, Opened)
    connection.ask(Get(LONG), line.now)
    assert line.runs() == [
        BlockReceived(total=388),
        BlockReceived(total=776),
        Answered(answer=LONG_VALUE),
    ]
    connection.ask(Get(AttributeDescriptor(3, LONG.logical_name, 2)), line.now)
    assert line.runs() == [Answered(answer=DataAccessResult.OBJECT_UNDEFINED)]
    connection.release(line.now)
    assert line.runs() == [Released()]
    assert connection.next_timeout() is None
    assert connection.frames_to_send() == []


@pytest.mark.parametrize("kind", LINKS)
def test_a_wrong_password_is_told_and_does_not_show(kind: str) -> None:
    make_link, make_server = LINKS[kind]
    connection = ClientConnection(make_link(), AssociationParameters(authentication=PASSWORD))
    other = LowLevelSecurity(Secret(b"another1"))
    line = Line(connection, make_server(ServerParameters(authentication=other)))
    connection.open(0.0)
    (event,) = line.runs()
    assert isinstance(event, ConnectionFailed)
    assert isinstance(event.error, AssociationRejectedError)
    assert "authentication-failure" in str(event.error)
    assert "p@ssw0rd" not in repr(event) + str(event.error)


@pytest.mark.parametrize("kind", LINKS)
def test_the_password_is_masked_on_the_line(kind: str) -> None:
    make_link, make_server = LINKS[kind]
    connection = ClientConnection(make_link(), AssociationParameters(authentication=PASSWORD))
    server = make_server(ServerParameters(authentication=PASSWORD))
    connection.open(0.0)
    connection.handle_timeout(0.0)
    for _ in range(3):
        frames = connection.frames_to_send()
        connection.frames_sent(0.0)
        for frame in frames:
            if b"p@ssw0rd" in frame.octets:
                start = frame.octets.index(b"p@ssw0rd")
                assert any(low <= start and start + 8 <= high for low, high in frame.secret)
                return
        connection.receive_data(server(b"".join(frame.octets for frame in frames)), 0.0)
    pytest.fail("no frame carried the password")


@settings(max_examples=25)
@given(st.frozensets(st.integers(1, 12), max_size=3), st.integers(1, 200))
def test_what_the_line_loses_is_said_again(lost: frozenset[int], cut: int) -> None:
    connection = ClientConnection(hdlc_link(), AssociationParameters(max_receive_pdu_size=400))
    line = Line(connection, hdlc_server(ServerParameters()), cut, lost)
    connection.open(0.0)
    (event,) = line.runs()
    assert isinstance(event, Opened)
    connection.ask(Get(LONG), line.now)
    assert line.runs()[-1] == Answered(answer=LONG_VALUE)
