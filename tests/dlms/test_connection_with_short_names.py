"""A client, and a meter that knows its objects by short names; both prove themselves."""

import pytest

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.conformance import IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.connection import ClientConnection, ConnectionEvent, Opened
from dcud.dlms.datalink import ClientSap, LinkConnected, NotificationReceived
from dcud.dlms.exchange import Answered, Request
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Get, ReadVariable, Set
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.dlms.set_exchange import Writing
from tests.support.marking_protection import Vouching
from tests.support.scripted_link import ScriptedLink
from tests.support.server_stand_ins import PlainDemand, PlainProof
from tests.support.short_names import FewNames

VALUE = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
REPLY = MethodDescriptor(12, Obis.parse("0.0.40.0.0.255"), 8)
NAMES: dict[int, AttributeDescriptor | MethodDescriptor] = {0x0108: VALUE, 0xFA58: REPLY}
LINK_UP = LinkConnected(
    max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
)


class Believing(PlainProof):
    """Believes the client, and says what it wants to hear."""

    def answer(self, proof: bytes) -> bytes | None:
        assert proof.startswith(b"proof")
        return b"proof" + Vouching.challenge


class Site:
    """The two, without a line between them."""

    def __init__(self) -> None:
        self.link = ScriptedLink()
        self.told: list[str] = []
        self.server = ServerApplication(
            self.tell,
            ServerParameters(
                authentication=PlainDemand(Believing),
                short_names=True,
                conformance=IMPLEMENTED_BY_SHORT_NAMES | Conformance.UNCONFIRMED_WRITE,
            ),
            ClientSap(16),
            find=NAMES.get,
        )
        self.connection = ClientConnection(
            self.link,
            AssociationParameters(
                authentication=Vouching(),
                application_context=ApplicationContext.SHORT_NAMES,
                conformance=IMPLEMENTED_BY_SHORT_NAMES & ~Conformance.GENERAL_BLOCK_TRANSFER,
            ),
            names=FewNames(),
        )
        self.connection.open(0.0)
        self.link.tell(LINK_UP)
        self.connection.receive_data(b"", 0.0)

    def tell(
        self, attribute: AttributeDescriptor, _selection: Selection | None, _client: ClientSap
    ) -> bytes | DataAccessResult:
        self.told.append(str(attribute))
        return b"\x11\x07"

    def answered(self) -> list[ConnectionEvent]:
        """Let the meter answer what was sent last."""
        (answer,) = self.server.answers(self.link.sent[-1])
        return self.hears(answer)

    def hears(self, apdu: bytes) -> list[ConnectionEvent]:
        self.link.tell(apdu)
        return self.connection.receive_data(b"", 0.0)

    def asks(self, request: Request[object]) -> list[ConnectionEvent]:
        self.connection.ask(request, 0.0)
        return self.answered()


def opened() -> Site:
    site = Site()
    assert site.answered() == []
    assert site.link.sent[-1].hex().startswith("0501" + "04fa5801" + "09")
    (event,) = site.answered()
    assert isinstance(event, Opened)
    return site


def test_both_prove_themselves_by_reading_a_method() -> None:
    site = opened()
    assert site.asks(Get(VALUE)) == [Answered(answer=b"\x11\x07")]
    assert site.link.sent[-1].hex() == "0501020108"


def test_until_then_nothing_else_is_told() -> None:
    site = Site()
    site.answered()
    read = bytes.fromhex("0501020108")
    assert site.server.answers(read) == [bytes.fromhex("0c010103")]
    assert site.server.answers(bytes.fromhex("060102010801" + "1107")) == [b"\xd8\x01\x01"]
    assert site.told == []


def test_nothing_before_the_association() -> None:
    site = Site()
    assert site.server.answers(bytes.fromhex("0501020108")) == [b"\xd8\x01\x01"]


def test_services_with_logical_names_are_not_known() -> None:
    site = opened()
    read = bytes.fromhex("c001c1" + "000301000108" + "00ff0200")
    assert site.server.answers(read) == [b"\xd8\x02\x02"]


def test_writing() -> None:
    site = opened()
    writing = Writing(target=AttributeWithSelection(attribute=VALUE), value=b"\x11\x07")
    assert site.asks(Set(writing)) == [Answered(answer=DataAccessResult.READ_WRITE_DENIED)]
    assert site.server.answers(bytes.fromhex("1601020108011107")) == []


def test_what_has_no_name() -> None:
    site = opened()
    assert site.asks(ReadVariable(8)) == [Answered(answer=DataAccessResult.OBJECT_UNDEFINED)]


def test_an_information_report_is_nobody_s_answer() -> None:
    site = opened()
    report = bytes.fromhex("1800" + "01020108" + "011107")
    site.connection.ask(Get(VALUE), 0.0)
    assert site.hears(report) == [NotificationReceived(apdu=report)]
    assert site.answered() == [Answered(answer=b"\x11\x07")]


def test_an_answer_that_comes_late_is_passed_over() -> None:
    site = opened()
    assert site.hears(bytes.fromhex("0c01001107")) == []
    assert site.hears(bytes.fromhex("0d0100")) == []


@pytest.mark.parametrize("answer", ["0c010103", "0c01000900", "c701c10000"])
def test_a_meter_that_does_not_prove_itself(answer: str) -> None:
    site = Site()
    site.answered()
    events = site.hears(bytes.fromhex(answer))
    assert not any(isinstance(event, Opened) for event in events)
