"""Besides the codec: that each service which is proposed is one that works."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    InvokeIdAndPriority,
    Selection,
)
from dcud.dlms.access_exchange import reading, writing
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.action import (
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithPblock,
    ActionResponseNormal,
    ActionResponseWithPblock,
    ActionResult,
    MethodDescriptor,
    NextPblock,
    Pblock,
    decode_action_request,
    encode_action_response,
)
from dcud.dlms.apdu.get import (
    GetRequestNormal,
    GetResponseNormal,
    GetResponseWithDatablock,
    decode_get_request,
    encode_get_response,
)
from dcud.dlms.apdu.initiate import InitiateResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.conformance import (
    IMPLEMENTED,
    IMPLEMENTED_BY_SHORT_NAMES,
    Conformance,
    decode_conformance,
    encode_conformance,
)
from dcud.dlms.connection import ClientConnection, ConnectionEvent
from dcud.dlms.data import unsigned
from dcud.dlms.datalink import LinkConnected, NotificationReceived
from dcud.dlms.errors import DecodeError
from dcud.dlms.exchange import Answered, BlockReceived
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Access, Act, Get, GetMany, Set
from dcud.dlms.set_exchange import Writing
from dcud.dlms.short_names import ShortNames
from tests.support.scripted_link import ScriptedLink
from tests.support.short_names import FewNames


def test_24_bits_each_with_a_name() -> None:
    assert len(Conformance) == 24
    assert sum(Conformance) == 0xFFFFFF
    assert [int(bit) for bit in Conformance] == [1 << (23 - n) for n in range(24)]


# Green Book's proposal, as in the AARQ of the tests of u9n/dlms-cosem
PROPOSAL = (
    Conformance.PRIORITY_MGMT_SUPPORTED
    | Conformance.ATTRIBUTE0_SUPPORTED_WITH_GET
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.EVENT_NOTIFICATION
    | Conformance.ACTION
)


def test_the_encoding() -> None:
    assert encode_conformance(PROPOSAL).hex() == "5f1f0400007e1f"
    cursor = Cursor(bytes.fromhex("5f1f0400007e1fff"))
    assert decode_conformance(cursor) == PROPOSAL
    assert cursor.remaining == 1


def test_old_stacks_leave_out_the_second_octet_of_the_tag() -> None:
    assert decode_conformance(Cursor(bytes.fromhex("5f0400007e1f"))) == PROPOSAL


@pytest.mark.parametrize("octets", ["", "5e1f0400007e1f", "5f1f0300007e", "5f1f040000", "5f1f"])
def test_broken_encodings(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_conformance(Cursor(bytes.fromhex(octets)))


@given(st.integers(0, 0xFFFFFF))
def test_every_conformance_comes_back(bits: int) -> None:
    octets = encode_conformance(Conformance(bits))
    assert decode_conformance(Cursor(octets)) == Conformance(bits)


def test_words() -> None:
    conformance = Conformance.GET | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    assert conformance.words == "block-transfer-with-get-or-read, get"
    assert Conformance(0).words == ""


ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
TARGET = AttributeWithSelection(attribute=ENERGY)


class Meter:
    """The least meter: it has one value and grants the services it's told to."""

    def __init__(
        self,
        conformance: Conformance,
        max_receive_pdu_size: int = 0,
        parameters: AssociationParameters | None = None,
        names: ShortNames | None = None,
    ) -> None:
        self.link = ScriptedLink()
        self.connection = ClientConnection(
            self.link, parameters or AssociationParameters(), names=names
        )
        self.connection.open(0.0)
        sizes = {"max_info_transmit": 128, "max_info_receive": 128}
        self.link.tell(LinkConnected(**sizes, window_transmit=1, window_receive=1))
        self.connection.receive_data(b"", 0.0)
        initiate = InitiateResponse(
            negotiated_conformance=conformance, server_max_receive_pdu_size=max_receive_pdu_size
        )
        self.link.tell(AssociateResponse(user_information=initiate.encode()).encode())
        self.connection.receive_data(b"", 0.0)

    def told(self, apdu: str) -> list[ConnectionEvent]:
        self.link.tell(bytes.fromhex(apdu))
        return self.connection.receive_data(b"", 0.0)

    def asked(self, selection: Selection | None = None) -> GetRequestNormal:
        self.connection.ask(Get(ENERGY, selection), 0.0)
        request = decode_get_request(self.link.sent[-1])
        assert isinstance(request, GetRequestNormal)
        return request


def gets() -> None:
    meter = Meter(Conformance.GET)
    invoke = meter.asked().invoke_id_and_priority
    answer = GetResponseNormal(invoke_id_and_priority=invoke, result=b"\x11\x07")
    meter.link.tell(encode_get_response(answer))
    assert meter.connection.receive_data(b"", 0.0) == [Answered(answer=b"\x11\x07")]


def gets_blocks() -> None:
    meter = Meter(Conformance.GET | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ)
    invoke = meter.asked().invoke_id_and_priority
    for number, octets, is_last in ((1, b"\x11", False), (2, b"\x07", True)):
        block = GetResponseWithDatablock(
            invoke_id_and_priority=invoke, last_block=is_last, block_number=number, result=octets
        )
        meter.link.tell(encode_get_response(block))
    events = meter.connection.receive_data(b"", 0.0)
    assert events == [BlockReceived(total=1), Answered(answer=b"\x11\x07")]


def selects() -> None:
    selection = Selection(2, unsigned(9))
    assert Meter(Conformance.GET | Conformance.SELECTIVE_ACCESS).asked(selection).selection == (
        selection
    )


def heeds_priority() -> None:
    with_it = Meter(Conformance.GET | Conformance.PRIORITY_MGMT_SUPPORTED).asked()
    without = Meter(Conformance.GET).asked()
    assert with_it.invoke_id_and_priority == InvokeIdAndPriority(invoke_id=1, high_priority=True)
    assert without.invoke_id_and_priority == InvokeIdAndPriority(invoke_id=1, high_priority=False)


SWITCH = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1)
LONG = bytes.fromhex("0980fa") + bytes(250)


def acts() -> None:
    meter = Meter(Conformance.ACTION)
    meter.connection.ask(Act(MethodCall(method=SWITCH, parameter=b"\x0f\x00")), 0.0)
    request = decode_action_request(meter.link.sent[-1])
    assert isinstance(request, ActionRequestNormal)
    assert (request.method, request.parameter) == (SWITCH, b"\x0f\x00")
    done = ActionResponseNormal(
        invoke_id_and_priority=request.invoke_id_and_priority, result=ActionResult.SUCCESS
    )
    meter.link.tell(encode_action_response(done))
    assert meter.connection.receive_data(b"", 0.0) == [Answered(answer=None)]


def acts_in_blocks() -> None:
    conformance = Conformance.ACTION | Conformance.BLOCK_TRANSFER_WITH_ACTION
    meter = Meter(conformance, max_receive_pdu_size=200)
    meter.connection.ask(Act(MethodCall(method=SWITCH, parameter=LONG)), 0.0)
    first = decode_action_request(meter.link.sent[-1])
    assert isinstance(first, ActionRequestWithFirstPblock)
    invoke = first.invoke_id_and_priority
    taken = NextPblock(invoke_id_and_priority=invoke, block_number=1)
    meter.link.tell(encode_action_response(taken))
    assert isinstance(meter.connection.receive_data(b"", 0.0)[0], BlockReceived)
    last = decode_action_request(meter.link.sent[-1])
    assert isinstance(last, ActionRequestWithPblock)
    assert first.pblock.octets + last.pblock.octets == LONG
    for number, octets, is_last in ((1, b"\x11", False), (2, b"\x07", True)):
        returned = ActionResponseWithPblock(
            invoke_id_and_priority=invoke,
            pblock=Pblock(last_block=is_last, block_number=number, octets=octets),
        )
        meter.link.tell(encode_action_response(returned))
    events = meter.connection.receive_data(b"", 0.0)
    assert events == [BlockReceived(total=1), Answered(answer=b"\x11\x07")]


def sets() -> None:
    meter = Meter(Conformance.SET)
    meter.connection.ask(Set(Writing(target=TARGET, value=b"\x11\x07")), 0.0)
    assert meter.link.sent[-1].hex().startswith("c10141")
    assert meter.told("c5014100") == [Answered(answer=DataAccessResult.SUCCESS)]


def sets_in_blocks() -> None:
    conformance = Conformance.SET | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    meter = Meter(conformance, max_receive_pdu_size=200)
    meter.connection.ask(Set(Writing(target=TARGET, value=LONG)), 0.0)
    assert meter.link.sent[-1].hex().startswith("c10241")
    assert isinstance(meter.told("c5024100000001")[0], BlockReceived)
    assert meter.link.sent[-1].hex().startswith("c10341")
    assert meter.told("c503410000000002") == [Answered(answer=DataAccessResult.SUCCESS)]


def lists() -> None:
    meter = Meter(Conformance.GET | Conformance.MULTIPLE_REFERENCES)
    meter.connection.ask(GetMany((TARGET, TARGET)), 0.0)
    assert meter.link.sent[-1].hex().startswith("c00341")
    assert meter.told("c40341020011070103") == [
        Answered(answer=(b"\x11\x07", DataAccessResult.READ_WRITE_DENIED))
    ]


def transfers_any_apdu_in_blocks() -> None:
    meter = Meter(Conformance.GET | Conformance.GENERAL_BLOCK_TRANSFER)
    meter.asked()
    assert meter.told("e00100010000" + "04c4014100") == [BlockReceived(total=4)]
    assert meter.link.sent[-1].hex() == "e08100010001" + "00"
    assert meter.told("e08100020001" + "021107") == [
        BlockReceived(total=6),
        Answered(answer=b"\x11\x07"),
    ]


def hears_data_notifications() -> None:
    notification = "0f00000001" + "00" + "1107"
    assert Meter(Conformance.DATA_NOTIFICATION).told(notification) == [
        NotificationReceived(apdu=bytes.fromhex(notification))
    ]


def hears_event_notifications() -> None:
    notification = "c200" + "00010000600b00ff02" + "1107"
    assert Meter(Conformance.EVENT_NOTIFICATION).told(notification) == [
        NotificationReceived(apdu=bytes.fromhex(notification))
    ]


def accesses() -> None:
    meter = Meter(Conformance.ACCESS)
    things = (reading(TARGET), writing(Writing(target=TARGET, value=b"\x11\x07")))
    meter.connection.ask(Access(things), 0.0)
    assert meter.link.sent[-1].hex().startswith("d9400000010002")
    assert meter.told("da4000000100" + "00" + "02110700" + "0201000200") == [
        Answered(answer=(b"\x11\x07", DataAccessResult.SUCCESS))
    ]


class ShortNamed(Meter):
    """One that knows its value as 0108 (and, as everybody's first step, nothing else)."""

    def __init__(self, conformance: Conformance, max_receive_pdu_size: int = 0) -> None:
        self.parameters = AssociationParameters(
            application_context=ApplicationContext.SHORT_NAMES,
            conformance=IMPLEMENTED_BY_SHORT_NAMES,
        )
        super().__init__(conformance, max_receive_pdu_size, self.parameters, FewNames())


def reads() -> None:
    meter = ShortNamed(Conformance.READ)
    meter.connection.ask(Get(ENERGY), 0.0)
    assert meter.link.sent[-1].hex() == "0501020108"
    assert meter.told("0c01001107") == [Answered(answer=b"\x11\x07")]


def reads_blocks() -> None:
    meter = ShortNamed(Conformance.READ | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ)
    meter.connection.ask(Get(ENERGY), 0.0)
    assert meter.told("0c0102" + "00" + "0001" + "0111") == [BlockReceived(total=1)]
    assert meter.link.sent[-1].hex() == "0501050001"
    assert meter.told("0c0102" + "01" + "0002" + "0107") == [Answered(answer=b"\x11\x07")]


def reads_parts() -> None:
    meter = ShortNamed(Conformance.READ | Conformance.PARAMETERIZED_ACCESS)
    meter.connection.ask(Get(ENERGY, Selection(2, unsigned(9))), 0.0)
    assert meter.link.sent[-1].hex() == "0501" + "04010802" + "1109"


def reads_lists() -> None:
    meter = ShortNamed(Conformance.READ | Conformance.MULTIPLE_REFERENCES)
    meter.connection.ask(GetMany((TARGET, TARGET)), 0.0)
    assert meter.link.sent[-1].hex() == "0502" + "020108" * 2
    assert meter.told("0c020011070103") == [
        Answered(answer=(b"\x11\x07", DataAccessResult.READ_WRITE_DENIED))
    ]


def writes() -> None:
    meter = ShortNamed(Conformance.WRITE)
    meter.connection.ask(Set(Writing(target=TARGET, value=b"\x11\x07")), 0.0)
    assert meter.link.sent[-1].hex() == "0601020108" + "011107"
    assert meter.told("0d0100") == [Answered(answer=DataAccessResult.SUCCESS)]


def writes_in_blocks() -> None:
    conformance = Conformance.WRITE | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    meter = ShortNamed(conformance, max_receive_pdu_size=200)
    meter.connection.ask(Set(Writing(target=TARGET, value=LONG)), 0.0)
    assert meter.link.sent[-1].hex().startswith("060107" + "00" + "0001" + "0109")
    assert isinstance(meter.told("0d01020001")[0], BlockReceived)
    assert meter.link.sent[-1].hex().startswith("060107" + "01" + "0002" + "0109")
    assert meter.told("0d0100") == [Answered(answer=DataAccessResult.SUCCESS)]


def hears_information_reports() -> None:
    report = "1800" + "01020108" + "011107"
    assert ShortNamed(Conformance.INFORMATION_REPORT).told(report) == [
        NotificationReceived(apdu=bytes.fromhex(report))
    ]


PROOFS_BY_SHORT_NAMES: dict[Conformance, Callable[[], None]] = {
    Conformance.READ: reads,
    Conformance.WRITE: writes,
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ: reads_blocks,
    Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE: writes_in_blocks,
    Conformance.MULTIPLE_REFERENCES: reads_lists,
    Conformance.PARAMETERIZED_ACCESS: reads_parts,
    Conformance.INFORMATION_REPORT: hears_information_reports,
    Conformance.DATA_NOTIFICATION: hears_data_notifications,
    Conformance.GENERAL_BLOCK_TRANSFER: transfers_any_apdu_in_blocks,
}

PROOFS: dict[Conformance, Callable[[], None]] = {
    Conformance.GENERAL_BLOCK_TRANSFER: transfers_any_apdu_in_blocks,
    Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE: sets_in_blocks,
    Conformance.MULTIPLE_REFERENCES: lists,
    Conformance.DATA_NOTIFICATION: hears_data_notifications,
    Conformance.ACCESS: accesses,
    Conformance.SET: sets,
    Conformance.EVENT_NOTIFICATION: hears_event_notifications,
    Conformance.GET: gets,
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ: gets_blocks,
    Conformance.SELECTIVE_ACCESS: selects,
    Conformance.PRIORITY_MGMT_SUPPORTED: heeds_priority,
    Conformance.ACTION: acts,
    Conformance.BLOCK_TRANSFER_WITH_ACTION: acts_in_blocks,
}


@pytest.mark.parametrize("bit", list(IMPLEMENTED), ids=lambda bit: bit.words)
def test_what_is_proposed_works(bit: Conformance) -> None:
    PROOFS[bit]()


@pytest.mark.parametrize("bit", list(IMPLEMENTED_BY_SHORT_NAMES), ids=lambda bit: bit.words)
def test_what_is_proposed_with_short_names_works(bit: Conformance) -> None:
    PROOFS_BY_SHORT_NAMES[bit]()


def test_what_is_proposed_by_default_is_what_is_implemented() -> None:
    assert AssociationParameters().conformance == IMPLEMENTED
