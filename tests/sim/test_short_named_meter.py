from datetime import UTC, datetime

import pytest

from dcud.cosem.short_names import LearnedNames, parse_named_objects
from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    MethodDescriptor,
)
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.conformance import IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.connection import ClientConnection, Opened
from dcud.dlms.data import decode_data, encode_data, long, octet_string
from dcud.dlms.datalink import ClientSap, DataLink
from dcud.dlms.exchange import Answered, Request
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.hdlc.link import HdlcLink
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act, Get, GetMany, ReadVariable, Set, SetMany
from dcud.dlms.server import ServerParameters
from dcud.dlms.set_exchange import Writing
from dcud.dlms.short_names import OBJECT_LIST
from dcud.dlms.wrapper import WrapperLink
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters
from dcud.sim.short_named_meter import BaseNames, ShortNamedMeter
from dcud.sim.wrapper_line import WrapperLine

NOW = datetime(2026, 5, 4, 12, 0, 30, tzinfo=UTC).timestamp()
PARAMETERS = MeterParameters(number=1, installed=NOW - 86_400)
CLIENT = ClientSap(16)
NAME = AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2)
LABEL = AttributeDescriptor(1, Obis.parse("0.0.96.1.9.255"), 2)
SWITCH = Obis.parse("0.0.96.3.10.255")
LONG = encode_data(octet_string(bytes(range(0x20, 0x50))))


class Site:
    """A client before a simulated meter, without a line that could lose anything."""

    def __init__(self, kind: str, conformance: Conformance, size: int = 1024) -> None:
        meter = ShortNamedMeter(PARAMETERS, lambda: NOW)
        parameters = ServerParameters(max_receive_pdu_size=size, max_send_pdu_size=size)
        link: DataLink
        self._line: HdlcLine | WrapperLine
        if kind == "hdlc":
            address = ServerAddress(logical=1, physical=17)
            link = HdlcLink(client_sap=CLIENT, server_address=address)
            self._line = HdlcLine({address: meter}, parameters)
        else:
            link = WrapperLink(client_sap=CLIENT, server_sap=1, response_timeout=5.0)
            self._line = WrapperLine({1: meter}, parameters)
        self.names = LearnedNames()
        self.connection = ClientConnection(
            link,
            AssociationParameters(
                application_context=ApplicationContext.SHORT_NAMES, conformance=conformance
            ),
            names=self.names,
        )
        self.connection.open(0.0)
        assert isinstance(self._runs(), Opened)
        names = self.asks(ReadVariable(OBJECT_LIST))
        assert isinstance(names, bytes)
        self.names.learn(names)

    def asks(self, request: Request[object]) -> object:
        self.connection.ask(request, 0.0)
        outcome = self._runs()
        assert isinstance(outcome, Answered)
        return outcome.answer

    def _runs(self) -> object:
        while True:
            octets = b"".join(frame.octets for frame in self.connection.frames_to_send())
            self.connection.frames_sent(0.0)
            heard = self._line.receive(octets, 0.0) or b""
            events = self.connection.receive_data(heard, 0.0)
            events += self.connection.handle_timeout(0.0)
            for event in events:
                if isinstance(event, Opened | Answered):
                    return event


LINES = pytest.mark.parametrize("kind", ["hdlc", "wrapper"])
IN_READ_BLOCKS = IMPLEMENTED_BY_SHORT_NAMES & ~Conformance.GENERAL_BLOCK_TRANSFER
WAYS = pytest.mark.parametrize(
    ("conformance", "size"),
    [
        (IMPLEMENTED_BY_SHORT_NAMES, 1024),
        (IMPLEMENTED_BY_SHORT_NAMES, 50),
        (IN_READ_BLOCKS, 50),
        (IN_READ_BLOCKS, 1024),
    ],
)


@LINES
@WAYS
def test_reading_writing_calling(kind: str, conformance: Conformance, size: int) -> None:
    site = Site(kind, conformance, size)
    name = encode_data(octet_string(b"SIM0000000000001"))
    assert site.asks(Get(NAME)) == name
    writing = Writing(target=AttributeWithSelection(attribute=LABEL), value=LONG)
    assert site.asks(Set(writing)) is DataAccessResult.SUCCESS
    targets = tuple(AttributeWithSelection(attribute=each) for each in (NAME, LABEL))
    assert site.asks(GetMany(targets)) == (name, LONG)
    assert site.asks(SetMany((writing, writing))) == (DataAccessResult.SUCCESS,) * 2
    state = AttributeDescriptor(70, SWITCH, 2)
    assert site.asks(Get(state)) == b"\x03\x01"
    assert site.asks(Act(MethodCall(method=MethodDescriptor(70, SWITCH, 1)))) is None
    assert site.asks(Get(state)) == b"\x03\x00"


@LINES
def test_refusals(kind: str) -> None:
    site = Site(kind, IMPLEMENTED_BY_SHORT_NAMES)
    writing = Writing(target=AttributeWithSelection(attribute=NAME), value=LONG)
    assert site.asks(Set(writing)) is DataAccessResult.READ_WRITE_DENIED
    assert site.asks(ReadVariable(0x0009)) is DataAccessResult.OBJECT_UNDEFINED
    calling = MethodCall(method=MethodDescriptor(8, Obis.parse("0.0.1.0.0.255"), 1))
    assert site.asks(Act(calling)) is ActionResult.READ_WRITE_DENIED


def test_the_association_is_an_object_as_well() -> None:
    site = Site("wrapper", IMPLEMENTED_BY_SHORT_NAMES)
    name = encode_data(octet_string(bytes.fromhex("0000280000ff")))
    assert site.asks(ReadVariable(0xFA00)) == name
    assert site.asks(ReadVariable(0xFA10)) is DataAccessResult.READ_WRITE_DENIED
    objects = site.asks(ReadVariable(OBJECT_LIST))
    assert isinstance(objects, bytes)
    found = parse_named_objects(decode_data(Cursor(objects)))
    assert found[-1].base_name == 0xFA00
    assert {each.class_id for each in found} >= {1, 3, 7, 8, 12, 70}


def test_names_do_not_overlap() -> None:
    unknown = (9999, Obis.parse("1.0.1.8.0.255"))
    names = BaseNames(
        [unknown, (8, Obis.parse("0.0.1.0.0.255")), (1, Obis.parse("0.0.42.0.0.255"))]
    )
    told = [names.find(name) for name in range(0, 0x10000, 8)]
    assert len({each for each in told if each}) == sum(1 for each in told if each)
    found = [str(each) for each in told if isinstance(each, AttributeDescriptor)]
    assert found[:2] == ["1/0.0.42.0.0.255/1", "1/0.0.42.0.0.255/2"]
    assert "8/0.0.1.0.0.255/9" in found
    assert "9999/1.0.1.8.0.255/16" in found
    assert names.find(0x0011) is None
    assert names.find(0) is None
    assert encode_data(long(0xFA00 - 0x10000)) in encode_data(names.object_list())
