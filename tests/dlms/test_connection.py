from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    Selection,
)
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.aare import AUTHENTICATION_REQUIRED, AssociateResponse
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.apdu.initiate import InitiateResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import Associated, AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity, Mechanism
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    REACTIONS,
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    Opened,
    Phase,
    Released,
    SecurityRefused,
)
from dcud.dlms.data import decode_data, octet_string
from dcud.dlms.datalink import (
    ApduReceived,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import (
    AssociationRejectedError,
    CounterRejectedError,
    CountersSpentError,
    DecodeError,
    EncodeError,
    FrameRejectedError,
    LinkError,
    MeterNotAuthenticError,
    MisuseError,
    NoAnswerError,
    ProtocolError,
    ReplayError,
    SecurityError,
    SecurityPolicyError,
    ServiceRefusedError,
    SystemTitleError,
    TagError,
    TransactionError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, RequestFailed
from dcud.dlms.messages import SetUnconfirmed
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act, Get, Set
from dcud.dlms.secret import Secret
from dcud.dlms.set_exchange import Writing
from tests.support.marking_protection import (
    CLIENT,
    DEDICATED_KEY,
    FORGED,
    METER,
    OF_ANOTHER_TRANSACTION,
    MarkingProtection,
    Vouching,
    marked,
)
from tests.support.outcomes import has_value
from tests.support.scripted_link import ScriptedLink

LINK_UP = LinkConnected(
    max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
)
PATIENCE = ExchangeParameters().patience
CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)

# Green Book, as in the tests of u9n/dlms-cosem: conformance 00501F, largest APDU 500
AARE = bytes.fromhex(
    "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000501f01f40007"
)
# authentication-failure without user-information, from the tests of Circutor/gosem
AARE_AUTHENTICATION_FAILURE = bytes.fromhex("6117a109060760857405080101a203020101a305a10302010d")
RLRQ = bytes.fromhex("6203800100")
RLRE = bytes.fromhex("6303800100")
# without date-time, from the tests of Circutor/gosem
DATA_NOTIFICATION = bytes.fromhex("0f0063d76a0003ff")
EVENT_NOTIFICATION = bytes.fromhex("c20000010100000300ff0203ff")


class Conversation:
    """A connection over a scripted link, on a clock that the test turns."""

    def __init__(
        self,
        parameters: AssociationParameters | None = None,
        exchange_parameters: ExchangeParameters | None = None,
    ) -> None:
        self.link = ScriptedLink()
        self.now = 100.0
        self.connection = ClientConnection(
            self.link,
            parameters or AssociationParameters(),
            exchange_parameters or ExchangeParameters(),
        )

    def hears(self, *events: LinkEvent | str | bytes) -> list[ConnectionEvent]:
        """Let the link tell these; texts are APDUs in hex."""
        self.link.tell(*[bytes.fromhex(e) if isinstance(e, str) else e for e in events])
        return self.connection.receive_data(b"", self.now)

    def last_sent(self) -> str:
        return self.link.sent[-1].hex()

    def is_disconnecting(self) -> bool:
        return any(call.startswith("disconnect") for call in self.link.calls)

    def get(self, attribute: AttributeDescriptor = CLOCK) -> None:
        self.connection.ask(Get(attribute), self.now)


def opened(
    parameters: AssociationParameters | None = None,
    exchange_parameters: ExchangeParameters | None = None,
    aare: bytes = AARE,
) -> Conversation:
    conversation = Conversation(parameters, exchange_parameters)
    conversation.connection.open(conversation.now)
    conversation.hears(LINK_UP)
    (event,) = conversation.hears(aare)
    assert isinstance(event, Opened)
    return conversation


def failure(events: list[ConnectionEvent]) -> Exception:
    (event,) = events
    assert isinstance(event, ConnectionFailed)
    return event.error


class TestOpening:
    def test_the_link_comes_first_then_the_association(self) -> None:
        conversation = Conversation(
            AssociationParameters(conformance=Conformance(0x007E1F), max_receive_pdu_size=1200)
        )
        conversation.connection.open(7.0)
        assert conversation.link.calls == ["connect 7.0"]
        assert conversation.hears(LINK_UP) == []
        # Green Book, as in the tests of u9n/dlms-cosem
        assert conversation.last_sent() == (
            "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0"
        )
        assert conversation.hears(AARE) == [
            Opened(
                association=Associated(
                    conformance=Conformance(0x00501F), server_max_receive_pdu_size=500
                )
            )
        ]

    def test_the_password_is_told_to_the_link_as_secret(self) -> None:
        security = LowLevelSecurity(Secret(b"12345678"))
        conversation = Conversation(AssociationParameters(authentication=security))
        conversation.connection.open(0.0)
        conversation.hears(LINK_UP)
        ((start, end),) = conversation.link.secrets[-1]
        assert conversation.link.sent[-1][start:end] == b"12345678"

    def test_a_rejection_takes_the_link_down_before_it_is_told(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        conversation.hears(LINK_UP)
        assert conversation.hears(AARE_AUTHENTICATION_FAILURE) == []
        assert conversation.is_disconnecting()
        error = failure(conversation.hears(LinkClosed()))
        assert isinstance(error, AssociationRejectedError)
        assert error.diagnostic == 13

    def test_a_link_that_fails_ends_it(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        error = NoAnswerError("silence")
        assert conversation.hears(LinkFailed(error=error)) == [ConnectionFailed(error=error)]
        assert conversation.connection.phase is Phase.CLOSED

    def test_a_connection_is_opened_once(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        with pytest.raises(MisuseError):
            conversation.connection.open(0.0)

    def test_an_apdu_before_the_link_is_up_is_dropped(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        assert conversation.hears(AARE) == []
        assert not conversation.is_disconnecting()


class TestGet:
    def test_a_value_comes_undecoded(self) -> None:
        conversation = opened()
        conversation.connection.ask(Get(CLOCK), 3.0)
        # C1: confirmed, high priority, invoke id 1
        assert conversation.last_sent() == "c001c10008" + "0000010000ff" + "0200"
        assert conversation.link.calls[-1] == "send 3.0"
        assert conversation.hears("c401410012000a") == [Answered(answer=bytes.fromhex("12000a"))]

    def test_a_refusal_is_a_value(self) -> None:
        conversation = opened()
        conversation.get()
        # u9n/dlms-cosem: hardware-fault
        assert conversation.hears("c401c10101") == [
            Answered(answer=DataAccessResult.HARDWARE_FAULT)
        ]

    def test_each_request_bears_the_next_invoke_id(self) -> None:
        conversation = opened()
        invoke_ids = []
        for _ in range(17):
            conversation.get()
            invoke_ids.append(conversation.link.sent[-1][2] & 0x0F)
            conversation.hears(f"c401{invoke_ids[-1]:02x}0000")
        assert invoke_ids == [*range(1, 16), 1, 2]

    def test_normal_priority_where_priority_management_was_not_granted(self) -> None:
        aare = bytes.fromhex(
            "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000101f01f40007"
        )
        conversation = opened(aare=aare)
        conversation.get()
        assert conversation.link.sent[-1][2] == 0x41

    def test_blocks_that_cut_elements_are_put_together(self) -> None:
        # the exchange of the tests of Circutor/gosem, GetRequestWithDataBlock
        conversation = opened(AssociationParameters())
        conversation.get(PROFILE)
        assert conversation.last_sent() == "c001c1" + "0007" + "0100630100ff" + "0200"
        assert conversation.hears("c402c10000000001000c010506000000010600000002") == [
            BlockReceived(total=12)
        ]
        assert conversation.last_sent() == "c002c100000001"
        assert conversation.hears("c402c10000000002000a06000000030600000004") == [
            BlockReceived(total=22)
        ]
        assert conversation.last_sent() == "c002c100000002"
        assert conversation.hears("c402c1010000000300050600000005") == [
            Answered(answer=bytes.fromhex("010506000000010600000002060000000306000000040600000005"))
        ]

    def test_an_exception_response_fails_this_get_alone(self) -> None:
        conversation = opened()
        conversation.get()
        (event,) = conversation.hears("d80102")
        assert isinstance(event, RequestFailed)
        assert isinstance(event.error, ServiceRefusedError)
        conversation.get()
        assert conversation.hears("c401020000") == [Answered(answer=b"\x00")]

    def test_the_selection_is_sent(self) -> None:
        conversation = opened()
        conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(b"x"))), 0.0)
        assert conversation.last_sent().endswith("02" + "0101" + "090178")

    def test_a_request_larger_than_the_meter_takes_is_not_sent(self) -> None:
        conversation = opened()
        sent = len(conversation.link.sent)
        with pytest.raises(EncodeError, match=r"takes 507 octets, but the meter takes 500"):
            conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(bytes(489)))), 0.0)
        assert len(conversation.link.sent) == sent
        conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(bytes(482)))), 0.0)
        assert len(conversation.link.sent[-1]) == 500

    def test_no_limit_is_no_limit(self) -> None:
        aare = bytes.fromhex(
            "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000501f00000007"
        )
        conversation = opened(aare=aare)
        conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(bytes(70000)))), 0.0)
        assert len(conversation.link.sent[-1]) > 70000

    def test_a_request_that_the_link_does_not_take_is_none(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation = opened()

        def refuse(_apdu: bytes, _now: float, *, secret: object = ()) -> None:
            raise EncodeError("too long")

        monkeypatch.setattr(conversation.link, "send_apdu", refuse)
        with pytest.raises(EncodeError):
            conversation.get()
        monkeypatch.undo()
        conversation.get()

    def test_one_get_at_a_time(self) -> None:
        conversation = opened()
        conversation.get()
        with pytest.raises(MisuseError):
            conversation.get()

    def test_no_get_without_an_association(self) -> None:
        conversation = Conversation()
        with pytest.raises(MisuseError):
            conversation.get()
        conversation.connection.open(0.0)
        conversation.hears(LINK_UP)
        with pytest.raises(MisuseError):
            conversation.get()

    def test_octets_that_make_no_sense_end_the_connection(self) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.hears("c401") == []
        assert isinstance(failure(conversation.hears(LinkClosed())), DecodeError)

    def test_an_apdu_of_another_kind_ends_the_connection(self) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.hears("c501c100") == []
        assert isinstance(failure(conversation.hears(LinkClosed())), UnexpectedApduError)


class TestWaitingOn:
    def test_the_answer_to_another_request_is_skipped(self) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.hears("c401c70012000a") == []
        assert conversation.hears("c401c10012000b") == [Answered(answer=bytes.fromhex("12000b"))]
        assert conversation.connection.next_timeout() is None

    def test_skipping_does_not_wait_for_ever(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE
        conversation.now = 120.0
        conversation.hears("c401c70012000a")
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE
        assert conversation.connection.handle_timeout(129.9) == []
        assert not conversation.is_disconnecting()
        assert conversation.connection.handle_timeout(130.0) == []
        assert isinstance(failure(conversation.hears(LinkClosed())), NoAnswerError)
        assert conversation.connection.next_timeout() is None

    def test_closing_ends_the_wait(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        conversation.connection.abort(110.0)
        assert conversation.connection.next_timeout() is None
        conversation.connection.handle_timeout(200.0)
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_a_block_that_comes_ends_the_wait(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        conversation.hears("c402c10000000001000c010506000000010600000002")
        assert conversation.connection.next_timeout() is None

    def test_the_earlier_timeout_counts(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        conversation.link.timeout = 110.0
        assert conversation.connection.next_timeout() == 110.0
        conversation.link.timeout = 200.0
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE

    def test_an_invoke_id_that_never_changes_can_be_borne(self) -> None:
        conversation = opened(exchange_parameters=ExchangeParameters(match_invoke_id=False))
        for _ in range(2):
            conversation.get()
            assert conversation.hears("c401810000") == [Answered(answer=b"\x00")]

    def test_a_late_answer_is_missed_by_nobody(self) -> None:
        conversation = opened()
        assert conversation.hears("c401c70012000a") == []
        assert not conversation.is_disconnecting()

    def test_a_link_that_takes_the_answer_for_unasked_is_set_right(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        late = NotificationReceived(apdu=bytes.fromhex("c401c10012000b"))
        assert conversation.hears(late) == [Answered(answer=bytes.fromhex("12000b"))]
        assert conversation.hears(late) == [late]

    @pytest.mark.parametrize("apdu", ["d80102", ""])
    def test_anything_else_unasked_ends_the_connection(self, apdu: str) -> None:
        conversation = opened()
        assert conversation.hears(apdu) == []
        error = failure(conversation.hears(LinkClosed()))
        assert isinstance(error, UnexpectedApduError)
        assert "without being asked" in str(error)


class TestNotifications:
    @pytest.mark.parametrize("apdu", [DATA_NOTIFICATION, EVENT_NOTIFICATION])
    def test_one_among_the_answers_disturbs_nothing(self, apdu: bytes) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.hears(apdu, NotificationReceived(apdu=apdu), "c401c10000") == [
            NotificationReceived(apdu=apdu),
            NotificationReceived(apdu=apdu),
            Answered(answer=b"\x00"),
        ]

    def test_one_in_place_of_the_answer_bounds_the_wait(self) -> None:
        conversation = opened()
        conversation.hears(DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() is None
        conversation.get()
        conversation.hears(DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE

    def test_one_before_the_aare_bounds_the_wait(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        conversation.hears(LINK_UP, DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE
        conversation.hears(AARE)
        assert conversation.connection.next_timeout() is None


class TestReleasing:
    def test_the_association_first_then_the_link(self) -> None:
        conversation = opened()
        conversation.connection.release(5.0)
        assert conversation.link.sent[-1] == RLRQ
        assert not conversation.is_disconnecting()
        assert conversation.hears(RLRE) == []
        assert conversation.is_disconnecting()
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_whatever_answers_rlrq_is_good(self) -> None:
        conversation = opened()
        conversation.connection.release(5.0)
        conversation.hears("d80202")
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_the_link_alone_for_meters_that_know_no_rlrq(self) -> None:
        conversation = opened(AssociationParameters(release_with_rlrq=False))
        sent = len(conversation.link.sent)
        conversation.connection.release(5.0)
        assert len(conversation.link.sent) == sent
        assert conversation.link.calls[-1] == "disconnect 5.0"
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_in_the_middle_of_a_get_the_link_alone(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.connection.release(5.0)
        assert conversation.link.calls[-1] == "disconnect 5.0"
        assert conversation.hears("c401c10000", LinkClosed()) == [Released()]

    @pytest.mark.parametrize("ending", [LinkClosed(), LinkFailed(error=NoAnswerError("silence"))])
    def test_abort_takes_the_link_down_at_once(self, ending: LinkEvent) -> None:
        conversation = opened()
        conversation.get()
        conversation.connection.abort(5.0)
        conversation.connection.abort(6.0)
        assert [call for call in conversation.link.calls if "disconnect" in call] == [
            "disconnect 5.0"
        ]
        assert conversation.hears(ending) == [Released()]

    def test_release_while_the_link_goes_down_lets_it(self) -> None:
        conversation = opened()
        conversation.connection.abort(5.0)
        conversation.connection.release(6.0)
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_nothing_to_release(self) -> None:
        conversation = Conversation()
        with pytest.raises(MisuseError, match="IDLE"):
            conversation.connection.release(0.0)
        conversation.connection.open(0.0)
        conversation.connection.abort(0.0)
        conversation.hears(LinkClosed())
        with pytest.raises(MisuseError, match="CLOSED"):
            conversation.connection.release(0.0)

    def test_no_get_while_closing(self) -> None:
        conversation = opened()
        conversation.connection.abort(5.0)
        with pytest.raises(MisuseError):
            conversation.get()


class TestLink:
    def test_what_the_link_tells_of_the_line_passes_through(self) -> None:
        told: list[LinkEvent] = [
            FrameReceived(frame=Frame(octets=b"\x7e")),
            OctetsDiscarded(reason="noise", octets=b"\x00"),
            Retransmitted(frames=1),
        ]
        assert Conversation().hears(*told) == told

    def test_octets_frames_and_time_pass_through(self) -> None:
        conversation = Conversation()
        frame = Frame(octets=b"\x7e")
        conversation.link.frames = [frame]
        conversation.connection.receive_data(b"\xab", 1.0)
        assert conversation.connection.frames_to_send() == [frame]
        conversation.connection.frames_sent(2.0)
        conversation.link.tell(Retransmitted(frames=2))
        assert conversation.connection.handle_timeout(3.0) == [Retransmitted(frames=2)]
        assert conversation.link.calls == ["receive ab 1.0", "sent 2.0", "timeout 3.0"]

    def test_a_link_that_fails_in_the_middle_is_told_at_once(self) -> None:
        conversation = opened()
        conversation.get()
        error = FrameRejectedError("FRMR")
        assert conversation.hears(LinkFailed(error=error)) == [ConnectionFailed(error=error)]
        assert not conversation.is_disconnecting()

    def test_a_link_that_closes_by_itself_is_a_fault(self) -> None:
        error = failure(opened().hears(LinkClosed()))
        assert isinstance(error, LinkError)

    def test_the_table_is_total(self) -> None:
        told = (LinkConnected, ApduReceived, LinkClosed, LinkFailed)
        assert set(REACTIONS) == set(product(Phase, told))

    @pytest.mark.parametrize("phase", [Phase.IDLE, Phase.CLOSED])
    def test_a_closed_connection_heeds_nothing(self, phase: Phase) -> None:
        conversation = Conversation()
        conversation.connection.phase = phase
        error = LinkFailed(error=LinkError("late"))
        assert conversation.hears(LINK_UP, AARE, LinkClosed(), error) == []
        assert conversation.connection.phase is phase


# Connections whose APDUs are protected: what is trusted, passed over, or ends them.

DISCONNECT = MethodCall(method=MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1))

PROTECTED_INITIATE = InitiateResponse(
    negotiated_conformance=Conformance.GET | Conformance.ACTION, server_max_receive_pdu_size=500
).encode()
DATA_PUSH = DATA_NOTIFICATION.hex()
EVENT_PUSH = EVENT_NOTIFICATION.hex()

NOTHING_SENT_YET = 1
"""Counters that AARQ takes."""


def protected_aare(
    initiate: bytes = marked(0, PROTECTED_INITIATE),
    *,
    title: bytes | None = METER,
    context: ApplicationContext = ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING,
    challenge: bytes | None = None,
) -> bytes:
    mechanism = None if challenge is None else Mechanism.HLS_GMAC.object_identifier
    return AssociateResponse(
        application_context_name=context.value,
        diagnostic=0 if challenge is None else AUTHENTICATION_REQUIRED,
        responding_ap_title=title,
        mechanism_name=mechanism,
        responding_authentication_value=challenge,
        user_information=initiate,
    ).encode()


class ProtectedConversation(Conversation):
    """One whose APDUs are protected."""

    def __init__(
        self,
        protection: MarkingProtection | None = None,
        parameters: AssociationParameters | None = None,
    ) -> None:
        super().__init__(parameters)
        self.protection = protection or MarkingProtection()
        self.connection = ClientConnection(
            self.link, parameters or AssociationParameters(), protection=self.protection
        )

    def sent(self) -> bytes:
        return self.link.sent[-1]

    def ends_with(self, kind: type[ProtocolError]) -> ProtocolError:
        assert self.is_disconnecting()
        error = failure(self.hears(LinkClosed()))
        assert isinstance(error, kind)
        assert type(error) is kind
        return error


def asked_protected(
    protection: MarkingProtection | None = None, parameters: AssociationParameters | None = None
) -> ProtectedConversation:
    conversation = ProtectedConversation(protection, parameters)
    conversation.connection.open(conversation.now)
    conversation.hears(LINK_UP)
    return conversation


def opened_protected(
    protection: MarkingProtection | None = None, parameters: AssociationParameters | None = None
) -> ProtectedConversation:
    conversation = asked_protected(protection, parameters)
    (event,) = conversation.hears(protected_aare())
    assert isinstance(event, Opened)
    return conversation


def refusal(events: list[ConnectionEvent]) -> SecurityError:
    (event,) = events
    assert isinstance(event, SecurityRefused)
    return event.error


class TestProtectedOpening:
    def test_the_initiate_is_protected_and_the_title_told(self) -> None:
        sent = asked_protected(MarkingProtection(key=DEDICATED_KEY)).sent()
        assert bytes.fromhex("60857405080103") in sent
        assert bytes.fromhex("a60a0408") + CLIENT in sent
        initiate = bytes.fromhex("01" + "0110" + "00112233445566778899aabbccddeeff" + "0000065f1f")
        assert marked(0, initiate) in sent

    def test_without_a_counter_nothing_is_asked(self) -> None:
        conversation = asked_protected(MarkingProtection(counters=0))
        assert conversation.link.sent == []
        conversation.ends_with(CountersSpentError)

    def test_a_plain_initiate_is_refused(self) -> None:
        conversation = asked_protected()
        assert conversation.hears(protected_aare(PROTECTED_INITIATE)) == []
        conversation.ends_with(SecurityPolicyError)

    def test_a_forged_initiate_is_refused(self) -> None:
        conversation = asked_protected()
        assert conversation.hears(protected_aare(marked(FORGED, PROTECTED_INITIATE))) == []
        conversation.ends_with(TagError)

    @pytest.mark.parametrize("title", [CLIENT, None])
    def test_another_meter_is_refused(self, title: bytes | None) -> None:
        conversation = asked_protected()
        conversation.hears(protected_aare(title=title))
        conversation.ends_with(SystemTitleError)

    def test_a_context_without_ciphering_is_refused(self) -> None:
        conversation = asked_protected()
        conversation.hears(protected_aare(context=ApplicationContext.LOGICAL_NAMES))
        conversation.ends_with(SecurityPolicyError)

    def test_an_old_answer_is_passed_over_and_the_right_one_awaited(self) -> None:
        protection = MarkingProtection()
        protection.floor = 7
        conversation = asked_protected(protection)
        assert isinstance(
            refusal(conversation.hears(protected_aare(marked(6, PROTECTED_INITIATE)))), ReplayError
        )
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE
        (event,) = conversation.hears(protected_aare(marked(7, PROTECTED_INITIATE)))
        assert isinstance(event, Opened)
        assert conversation.connection.next_timeout() is None

    def test_it_is_not_awaited_for_ever(self) -> None:
        protection = MarkingProtection()
        protection.floor = 7
        conversation = asked_protected(protection)
        conversation.hears(protected_aare(marked(6, PROTECTED_INITIATE)))
        conversation.connection.handle_timeout(100.0 + PATIENCE)
        conversation.ends_with(NoAnswerError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = asked_protected()
        assert conversation.hears("d80106" + "00001389") == []
        error = conversation.ends_with(CounterRejectedError)
        assert isinstance(error, CounterRejectedError)
        assert error.expected == 5001

    def test_a_refusal_may_come_protected(self) -> None:
        conversation = asked_protected()
        assert conversation.hears(marked(0, "d80106")) == []
        error = conversation.ends_with(CounterRejectedError)
        assert isinstance(error, CounterRejectedError)
        assert error.expected is None

    def test_what_is_neither_protected_nor_an_answer_is_refused(self) -> None:
        conversation = asked_protected()
        conversation.hears("c401c10000")
        conversation.ends_with(SecurityPolicyError)


class TestProtectedRequests:
    def test_they_go_out_protected_and_answers_come_in_so(self) -> None:
        conversation = opened_protected()
        conversation.get()
        assert conversation.sent().hex() == "c801" + "c00141" + "00080000010000ff0200"
        assert conversation.hears(marked(1, "c401410012000a")) == [
            Answered(answer=bytes.fromhex("12000a"))
        ]
        assert conversation.protection.in_proof == [False]

    def test_each_block_is_asked_for_with_a_counter_of_its_own(self) -> None:
        conversation = opened_protected()
        conversation.get()
        assert conversation.hears(marked(1, "c402410000000001000212ab")) == [BlockReceived(total=2)]
        assert conversation.sent().hex() == "c802" + "c0024100000001"
        (event,) = conversation.hears(marked(2, "c402410100000002000100"))
        assert event == Answered(answer=bytes.fromhex("12ab00"))

    def test_secret_ranges_are_those_of_what_goes_out(self) -> None:
        conversation = opened_protected()
        call = MethodCall(method=DISCONNECT.method, parameter=b"\x09\x02ab", is_secret=True)
        conversation.connection.ask(Act(call), conversation.now)
        ((start, end),) = conversation.link.secrets[-1]
        assert conversation.sent()[start:end] == b"\x09\x02ab"

    def test_the_protection_has_to_fit_as_well(self) -> None:
        conversation = opened_protected()
        with pytest.raises(EncodeError, match=r"takes 501 octets, but the meter takes 500"):
            conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(bytes(481)))), 0.0)
        conversation.connection.ask(Get(CLOCK, Selection(1, octet_string(bytes(480)))), 0.0)
        assert len(conversation.sent()) == 500

    @pytest.mark.parametrize("overhead", [30, 600])
    def test_so_it_has_with_a_parameter_that_can_not_be_cut(self, overhead: int) -> None:
        conversation = opened_protected(MarkingProtection(overhead=overhead))
        longest = MethodCall(method=DISCONNECT.method, parameter=bytes(485))
        with pytest.raises(EncodeError, match=r"ACTION 70/0.0.96.3.10.255/1 takes 501 octets"):
            conversation.connection.ask(Act(replace(longest, parameter=bytes(486))), 0.0)
        conversation.connection.ask(Act(longest), 0.0)
        assert len(conversation.sent()) == 500

    def test_blocks_leave_room_for_their_protection(self) -> None:
        conformance = Conformance.ACTION | Conformance.BLOCK_TRANSFER_WITH_ACTION
        conversation = asked_protected(MarkingProtection(overhead=30))
        initiate = InitiateResponse(
            negotiated_conformance=conformance, server_max_receive_pdu_size=100
        )
        conversation.hears(protected_aare(marked(0, initiate.encode())))
        conversation.connection.ask(
            Act(MethodCall(method=DISCONNECT.method, parameter=bytes(90))), 0.0
        )
        assert conversation.sent()[2:5] == bytes.fromhex("c30441")
        assert len(conversation.sent()) <= 100 - 30 + 2
        (event,) = conversation.hears(marked(1, "c7044100000001"))
        assert isinstance(event, BlockReceived)
        assert conversation.sent()[2:5] == bytes.fromhex("c30641")

    def test_a_proof_that_the_meter_can_not_take_is_not_sent(self) -> None:
        conversation = asked_protected(None, AssociationParameters(authentication=Vouching()))
        initiate = InitiateResponse(
            negotiated_conformance=Conformance.ACTION, server_max_receive_pdu_size=20
        )
        conversation.hears(protected_aare(marked(0, initiate.encode()), challenge=CHALLENGE))
        conversation.ends_with(EncodeError)

    def test_without_a_counter_this_request_fails_alone(self) -> None:
        conversation = opened_protected(MarkingProtection(counters=NOTHING_SENT_YET))
        sent = len(conversation.link.sent)
        with pytest.raises(CountersSpentError):
            conversation.get()
        with pytest.raises(CountersSpentError):
            conversation.connection.ask(Act(DISCONNECT), conversation.now)
        assert len(conversation.link.sent) == sent
        assert conversation.connection.phase is Phase.UP

    def test_without_a_counter_for_the_next_block_it_ends(self) -> None:
        conversation = opened_protected(MarkingProtection(counters=NOTHING_SENT_YET + 1))
        conversation.get()
        conversation.hears(marked(1, "c402410000000001000212ab"))
        conversation.ends_with(CountersSpentError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = opened_protected()
        conversation.get()
        (event,) = conversation.hears("d80106" + "00001389")
        assert isinstance(event, RequestFailed)
        assert isinstance(event.error, CounterRejectedError)
        assert event.error.expected == 5001
        conversation.connection.ask(Act(DISCONNECT), conversation.now)
        (event,) = conversation.hears("d80106")
        assert isinstance(event, RequestFailed)
        assert isinstance(event.error, CounterRejectedError)


class TestProtectedForgeries:
    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            ("c401410012000a", SecurityPolicyError),
            (marked(FORGED, "c401410012000a"), TagError),
            ("cc01", DecodeError),
            ("", DecodeError),
        ],
    )
    def test_an_answer_that_can_not_be_trusted_ends_it(
        self, answer: str | bytes, kind: type[ProtocolError]
    ) -> None:
        conversation = opened_protected()
        conversation.get()
        assert conversation.hears(answer) == []
        conversation.ends_with(kind)

    def test_so_it_does_where_none_is_awaited(self) -> None:
        conversation = opened_protected()
        assert conversation.hears(marked(FORGED, "c401410012000a")) == []
        conversation.ends_with(TagError)

    def test_an_old_one_is_passed_over(self) -> None:
        conversation = opened_protected()
        conversation.get()
        old = marked(0, "c401410012000b")
        assert isinstance(refusal(conversation.hears(old)), ReplayError)
        deadline = conversation.connection.next_timeout()
        assert deadline == 100.0 + PATIENCE
        conversation.now = 110.0
        conversation.hears(old)
        assert conversation.connection.next_timeout() == deadline
        assert conversation.hears(marked(1, "c401410012000a")) == [
            Answered(answer=bytes.fromhex("12000a"))
        ]
        assert conversation.connection.next_timeout() is None

    def test_so_is_the_answer_to_something_else(self) -> None:
        conversation = opened_protected()
        conversation.get()
        other = marked(OF_ANOTHER_TRANSACTION, "c401410012000b")
        assert isinstance(refusal(conversation.hears(other)), TransactionError)
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE

    def test_a_flood_of_old_ones_ends_in_time(self) -> None:
        conversation = opened_protected()
        conversation.get()
        conversation.hears(*[marked(0, "c401410012000b")] * 3)
        conversation.connection.handle_timeout(100.0 + PATIENCE)
        error = conversation.ends_with(NoAnswerError)
        assert str(error) == "the meter sent other things, but not the answer: old"

    def test_what_was_passed_over_before_the_request_is_no_reason(self) -> None:
        conversation = opened_protected()
        conversation.hears(marked(0, "c401410012000b"))
        conversation.get()
        conversation.hears(marked(1, "c401430012000b"))
        conversation.connection.handle_timeout(100.0 + PATIENCE)
        error = conversation.ends_with(NoAnswerError)
        assert str(error) == "the meter sent other things, but not the answer"

    def test_an_old_one_that_nobody_awaits_is_told(self) -> None:
        conversation = opened_protected()
        assert isinstance(refusal(conversation.hears(marked(0, "c401410000"))), ReplayError)
        assert conversation.connection.next_timeout() is None
        conversation.get()


class TestProtectedNotifications:
    @pytest.mark.parametrize("plain", [DATA_PUSH, EVENT_PUSH])
    @pytest.mark.parametrize("unasked", [True, False])
    def test_one_that_can_be_trusted(self, plain: str, unasked: bool) -> None:  # noqa: FBT001  # a column of the table
        conversation = opened_protected()
        conversation.get()
        ciphered = marked(1, plain)
        (event,) = conversation.hears(
            NotificationReceived(apdu=ciphered) if unasked else ciphered.hex()
        )
        assert event == NotificationReceived(apdu=bytes.fromhex(plain))
        (event,) = conversation.hears(marked(2, "c401410000"))
        assert has_value(event)

    FORGERIES = (
        (DATA_PUSH, SecurityPolicyError),
        (EVENT_PUSH, SecurityPolicyError),
        (marked(FORGED, EVENT_PUSH).hex(), TagError),
        (marked(0, EVENT_PUSH).hex(), ReplayError),
        ("ca", SecurityError),
        ("d2", SecurityPolicyError),
    )

    @pytest.mark.parametrize(("octets", "kind"), FORGERIES)
    @pytest.mark.parametrize("unasked", [True, False])
    def test_one_that_can_not_is_told_and_passed_over(
        self,
        octets: str,
        kind: type[SecurityError],
        unasked: bool,  # noqa: FBT001  # a column of the table
    ) -> None:
        conversation = opened_protected()
        conversation.get()
        forged = bytes.fromhex(octets)
        told = NotificationReceived(apdu=forged) if unasked else forged
        assert type(refusal(conversation.hears(told))) is kind
        (event,) = conversation.hears(marked(1, "c401410000"))
        assert has_value(event)

    def test_before_the_association_it_must_be_protected_as_well(self) -> None:
        conversation = asked_protected()
        (event,) = conversation.hears(NotificationReceived(apdu=bytes.fromhex(DATA_PUSH)))
        assert isinstance(event, SecurityRefused)
        assert isinstance(refusal(conversation.hears(DATA_PUSH)), SecurityPolicyError)
        pushed = marked(0, DATA_PUSH)
        assert conversation.hears(pushed) == [NotificationReceived(apdu=bytes.fromhex(DATA_PUSH))]
        (event,) = conversation.hears(protected_aare(marked(1, PROTECTED_INITIATE)))
        assert isinstance(event, Opened)

    def test_a_link_that_takes_the_answer_for_unasked_is_set_right(self) -> None:
        conversation = opened_protected()
        conversation.get()
        conversation.hears(marked(0, "c401410012000b"))
        forged = NotificationReceived(apdu=marked(FORGED, "c401410012000a"))
        assert isinstance(refusal(conversation.hears(forged)), TagError)
        late = NotificationReceived(apdu=marked(1, "c401410012000a"))
        assert conversation.hears(late) == [Answered(answer=bytes.fromhex("12000a"))]


class TestProtectedReleasing:
    def test_rlrq_carries_the_initiate_with_a_counter_of_its_own(self) -> None:
        conversation = opened_protected(MarkingProtection(key=DEDICATED_KEY))
        aarq = conversation.link.sent[0]
        carried = aarq[aarq.index(b"\x21\x00\x01") + 2 :]
        conversation.connection.release(conversation.now)
        rlrq = conversation.sent()
        assert rlrq[0] == 0x62
        assert rlrq.endswith(b"\x21\x01" + carried)

    @pytest.mark.parametrize("rlre", ["6303800100", "6300", "d80101"])
    def test_rlre_may_carry_nothing(self, rlre: str) -> None:
        conversation = opened_protected()
        conversation.connection.release(conversation.now)
        assert conversation.hears(rlre) == []
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_what_it_carries_must_be_the_meter_s(self) -> None:
        conversation = opened_protected()
        conversation.connection.release(conversation.now)
        within = marked(FORGED, PROTECTED_INITIATE)
        rlre = bytes((0x63, 4 + len(within), 0xBE, 2 + len(within), 0x04, len(within))) + within
        assert isinstance(refusal(conversation.hears(rlre)), TagError)
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_without_a_counter_the_link_alone_is_taken_down(self) -> None:
        conversation = opened_protected(MarkingProtection(counters=NOTHING_SENT_YET))
        sent = len(conversation.link.sent)
        conversation.connection.release(conversation.now)
        assert len(conversation.link.sent) == sent
        assert conversation.hears(LinkClosed()) == [Released()]


CHALLENGE = b"P6wRJ21F"


def challenged(protection: MarkingProtection | None = None) -> ProtectedConversation:
    conversation = asked_protected(protection, AssociationParameters(authentication=Vouching()))
    assert conversation.hears(protected_aare(challenge=CHALLENGE)) == []
    return conversation


def answer(counter: int, data: str) -> bytes:
    return marked(counter, "c701410001" + "00" + data)


class TestMutualAuthentication:
    def test_both_prove_themselves_before_anything_is_asked(self) -> None:
        conversation = challenged()
        assert conversation.sent().hex() == (
            "cb01" + "c30141" + "000f0000280000ff01" + "01" + "090d" + b"proofP6wRJ21F".hex()
        )
        assert conversation.protection.in_proof == [True]
        (event,) = conversation.hears(answer(1, "090d" + b"proofK56iVagY".hex()))
        assert isinstance(event, Opened)
        assert event.association.warnings == ()
        conversation.get()
        assert conversation.protection.in_proof == [True, False]
        assert conversation.sent()[2:5].hex() == "c00142"

    def test_nothing_is_asked_of_a_meter_that_has_not_proved_itself(self) -> None:
        conversation = challenged()
        with pytest.raises(ProtocolError, match="open connection"):
            conversation.get()

    @pytest.mark.parametrize(
        "returned",
        [
            "c701410001" + "00" + "090d" + b"proofP6wRJ21F".hex(),  # ours, sent back
            "c701410001" + "00" + "0900",
            "c701410001" + "00" + "1105",
            "c701410000",
            "c70141000101" + "03",
        ],
    )
    def test_a_meter_that_can_not_is_not_read(self, returned: str) -> None:
        conversation = challenged()
        events = conversation.hears(marked(1, returned))
        assert events == []
        assert conversation.sent().startswith(b"\x62")  # RLRQ, and nothing else
        assert conversation.hears("6303800100") == []
        conversation.ends_with(MeterNotAuthenticError)

    def test_a_meter_that_does_not_accept_ours_is_not_read(self) -> None:
        conversation = challenged()
        conversation.hears(marked(1, "c7014103" + "00"))
        conversation.hears("6300")
        conversation.ends_with(AssociationRejectedError)

    def test_what_sense_can_not_be_made_of_proves_nothing(self) -> None:
        conversation = challenged()
        conversation.hears(marked(1, "c701410001" + "00" + "0902ab"))
        conversation.hears("6300")
        conversation.ends_with(DecodeError)

    @pytest.mark.parametrize("parting", [True, False])
    def test_the_link_alone_is_taken_down_where_rlrq_can_not_be_sent(self, parting: bool) -> None:  # noqa: FBT001  # a column of the table
        counters = NOTHING_SENT_YET + 1 if parting else 100
        parameters = AssociationParameters(authentication=Vouching(), release_with_rlrq=parting)
        conversation = asked_protected(MarkingProtection(counters=counters), parameters)
        conversation.hears(protected_aare(challenge=CHALLENGE))
        conversation.hears(marked(1, "c701410000"))
        assert conversation.sent()[0] == 0xCB
        conversation.ends_with(MeterNotAuthenticError)

    @pytest.mark.parametrize("end", [LinkClosed(), LinkFailed(error=LinkError("cut"))])
    def test_why_it_was_released_is_told_whatever_comes_of_it(self, end: LinkEvent) -> None:
        conversation = challenged()
        conversation.hears(marked(1, "c701410000"))
        assert not conversation.is_disconnecting()
        (event,) = conversation.hears(end)
        assert isinstance(event, ConnectionFailed)
        assert isinstance(event.error, MeterNotAuthenticError)

    def test_nothing_is_asked_while_it_is_released(self) -> None:
        conversation = challenged()
        conversation.hears(marked(1, "c701410000"))
        with pytest.raises(MisuseError):
            conversation.get()
        conversation.connection.release(conversation.now)
        assert conversation.is_disconnecting()

    @pytest.mark.parametrize(
        ("key", "remedy"),
        [(None, ""), (DEDICATED_KEY, "try proof_under_global_key: some meters want it so")],
    )
    def test_a_proof_that_the_meter_does_not_understand(
        self, key: Secret | None, remedy: str
    ) -> None:
        conversation = challenged(MarkingProtection(key=key))
        conversation.hears("d8010600000007")
        error = failure(conversation.hears(RLRE, LinkClosed()))
        assert isinstance(error, CounterRejectedError)
        assert error.remedy == remedy

    def test_its_proof_must_be_protected(self) -> None:
        conversation = challenged()
        conversation.hears("c70141000100" + "090d" + b"proofK56iVagY".hex())
        conversation.ends_with(SecurityPolicyError)

    @pytest.mark.parametrize("diagnostic_told", [True, False])
    def test_a_meter_that_skips_its_part_is_not_read(self, diagnostic_told: bool) -> None:  # noqa: FBT001  # a column of the table
        conversation = asked_protected(None, AssociationParameters(authentication=Vouching()))
        silent = AssociateResponse(
            application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
            diagnostic=AUTHENTICATION_REQUIRED if diagnostic_told else 0,
            responding_ap_title=METER,
            user_information=marked(0, PROTECTED_INITIATE),
        )
        assert conversation.hears(silent.encode()) == []
        conversation.ends_with(MeterNotAuthenticError)

    def test_our_own_challenge_proves_nothing(self) -> None:
        conversation = asked_protected(None, AssociationParameters(authentication=Vouching()))
        conversation.hears(protected_aare(challenge=Vouching.challenge))
        conversation.ends_with(MeterNotAuthenticError)

    def test_an_old_proof_is_passed_over(self) -> None:
        conversation = challenged()
        old = answer(0, "090d" + b"proofK56iVagY".hex())
        assert isinstance(refusal(conversation.hears(old)), ReplayError)
        assert conversation.connection.next_timeout() == 100.0 + PATIENCE

    def test_without_a_counter_there_is_no_proof(self) -> None:
        conversation = challenged(MarkingProtection(counters=NOTHING_SENT_YET))
        conversation.ends_with(CountersSpentError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = challenged()
        conversation.hears("d80106" + "00001389")
        conversation.hears("6300")
        conversation.ends_with(CounterRejectedError)

    def test_a_link_that_fails_meanwhile_says_so(self) -> None:
        conversation = challenged()
        error = LinkError("cut")
        assert conversation.hears(LinkFailed(error=error)) == [ConnectionFailed(error=error)]


class TestCalling:
    def test_a_method(self) -> None:
        conversation = opened_protected()
        conversation.connection.ask(Act(DISCONNECT), conversation.now)
        assert conversation.sent().hex() == "cb01" + "c30141" + "00460000" + "60030aff" + ("0100")
        assert conversation.hears(marked(1, "c701410000")) == [Answered(answer=None)]

    def test_a_refusal(self) -> None:
        conversation = opened_protected()
        conversation.connection.ask(Act(DISCONNECT), conversation.now)
        (event,) = conversation.hears(marked(1, "c701410300"))
        assert isinstance(event, Answered)

    def test_a_late_answer_is_missed_by_nobody(self) -> None:
        conversation = opened_protected()
        assert conversation.hears(marked(1, "c701410000")) == []
        conversation.get()


APDUS = st.binary(max_size=20) | st.builds(
    marked, st.integers(0, 4) | st.just(FORGED), st.binary(min_size=1, max_size=20)
)


@given(st.lists(APDUS, max_size=4), st.sampled_from(["asked", "challenged", "get", "act"]))
def test_nothing_that_comes_raises(apdus: list[bytes], state: str) -> None:
    conversation = {"asked": asked_protected, "challenged": challenged}.get(
        state, opened_protected
    )()
    if state == "get":
        conversation.get()
    elif state == "act":
        conversation.connection.ask(Act(DISCONNECT), conversation.now)
    for apdu in apdus:
        for event in conversation.hears(apdu, NotificationReceived(apdu=apdu)):
            assert not isinstance(event, Opened) or state in {"asked", "challenged"}
    assert conversation.hears(LinkClosed())[-1:] != []


@given(st.lists(st.binary(max_size=40), max_size=5), st.sampled_from([0, 1]))
def test_no_apdu_raises(apdus: list[bytes], gets: int) -> None:
    conversation = opened()
    for _ in range(gets):
        conversation.get()
    for apdu in apdus:
        conversation.hears(apdu)
    assert conversation.hears(LinkClosed())[-1:] != []


# What a meter said to a client that asked for the columns of a load profile: nine blocks of up to
# 128 octets, though it had granted 125. The trace sample.pcap of bearxiong99/wireshark-dlms.
METER_SAID = [
    (
        "c402c10000000001008180013c020412000809060000010000ff0f021200000204120003090601000108"
        "00ff0f02120000020412000309060100010801ff0f02120000020412000309060100010802ff0f021200"
        "00020412000309060100010803ff0f02120000020412000309060100010804ff0f021200000204120003"
        "09060100010805ff0f02120000"
    ),
    (
        "c402c10000000002007e020412000309060100010806ff0f0212000002041200030906010001080aff0f"
        "02120000020412000309060100020800ff0f02120000020412000309060100020801ff0f021200000204"
        "12000309060100020802ff0f02120000020412000309060100020803ff0f021200000204120003090601"
        "00020804ff0f02120000"
    ),
    (
        "c402c10000000003007e020412000309060100020805ff0f02120000020412000309060100020806ff0f"
        "0212000002041200030906010002080aff0f02120000020412000309060100050800ff0f021200000204"
        "12000309060100050801ff0f02120000020412000309060100050802ff0f021200000204120003090601"
        "00050803ff0f02120000"
    ),
    (
        "c402c10000000004007e020412000309060100050804ff0f02120000020412000309060100050805ff0f"
        "02120000020412000309060100050806ff0f0212000002041200030906010005080aff0f021200000204"
        "12000309060100060800ff0f02120000020412000309060100060801ff0f021200000204120003090601"
        "00060802ff0f02120000"
    ),
    (
        "c402c10000000005007e020412000309060100060803ff0f02120000020412000309060100060804ff0f"
        "02120000020412000309060100060805ff0f02120000020412000309060100060806ff0f021200000204"
        "1200030906010006080aff0f02120000020412000309060100070800ff0f021200000204120003090601"
        "00070801ff0f02120000"
    ),
    (
        "c402c10000000006007e020412000309060100070802ff0f02120000020412000309060100070803ff0f"
        "02120000020412000309060100070804ff0f02120000020412000309060100070805ff0f021200000204"
        "12000309060100070806ff0f0212000002041200030906010007080aff0f021200000204120003090601"
        "00080800ff0f02120000"
    ),
    (
        "c402c10000000007007e020412000309060100080801ff0f02120000020412000309060100080802ff0f"
        "02120000020412000309060100080803ff0f02120000020412000309060100080804ff0f021200000204"
        "120003090600015e233eff0f021200000204120003090600015e233fff0f021200000204120003090601"
        "0008080aff0f02120000"
    ),
    (
        "c402c10000000008007e020412000409060100010601ff0f02120000020412000409060100010601ff0f"
        "05120000020412000409060100010602ff0f02120000020412000409060100010602ff0f051200000204"
        "12000409060100010603ff0f02120000020412000409060100010603ff0f051200000204120004090601"
        "00010604ff0f02120000"
    ),
    (
        "c402c101000000090048020412000409060100010604ff0f05120000020412000409060100010605ff0f"
        "02120000020412000409060100010605ff0f05120000020412000409060100010606ff0f02120000"
    ),
]


def test_a_dialogue_with_a_real_meter() -> None:
    parameters = AssociationParameters(
        authentication=LowLevelSecurity(Secret(b"12345678")),
        conformance=Conformance(0x007E1F),
        max_receive_pdu_size=128,
    )
    aare = bytes.fromhex(
        "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000181d007d0007"
    )
    conversation = opened(parameters, aare=aare)
    assert conversation.link.sent == [
        bytes.fromhex(
            "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
            "be10040e01000000065f1f0400007e1f0080"
        )
    ]
    conversation.get(AttributeDescriptor(7, Obis.parse("0.0.98.1.1.255"), 3))
    # the client of the trace set the priority bit, which the meter had not granted: c1
    assert conversation.last_sent() == "c00141" + "00070000620101ff03" + "00"
    for number, apdu in enumerate(METER_SAID[:-1], start=1):
        (event,) = conversation.hears(apdu)
        assert isinstance(event, BlockReceived)
        assert conversation.last_sent() == f"c00241{number:08x}"
    (event,) = conversation.hears(METER_SAID[-1])
    assert has_value(event)
    cursor = Cursor(event.answer)
    columns = decode_data(cursor).value
    cursor.expect_end()
    assert isinstance(columns, tuple)
    assert len(columns) == 60


class TestGeneralBlocks:
    """What the connection makes of blocks; how they are put together is the block link's matter."""

    AARE = bytes.fromhex(
        "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040020101801f40007"
    )

    def test_they_count_as_progress(self) -> None:
        conversation = opened(aare=self.AARE)
        conversation.get()
        assert conversation.hears("e00100010000" + "04c4014100") == [BlockReceived(total=4)]

    def test_an_answer_that_can_not_be_put_together_fails_its_request_alone(self) -> None:
        conversation = opened(aare=self.AARE)
        conversation.get()
        (failed,) = conversation.hears("e001")
        assert isinstance(failed, RequestFailed)
        conversation.get()
        assert conversation.hears("c401420012000a") == [Answered(answer=bytes.fromhex("12000a"))]

    def test_a_release_that_is_answered_so_is_cut_short(self) -> None:
        conversation = opened(aare=self.AARE)
        conversation.connection.release(0.0)
        assert conversation.hears("e001") == []
        assert conversation.is_disconnecting()

    def test_a_request_of_any_length_goes_out(self) -> None:
        conversation = opened(aare=self.AARE)
        target = AttributeWithSelection(attribute=CLOCK)
        conversation.connection.ask(Set(Writing(target=target, value=bytes(2000))), 0.0)
        assert conversation.last_sent().startswith("e00100010000")
        assert len(conversation.link.sent[-1]) == 500

    def test_a_notification_may_come_in_blocks_without_any_agreement(self) -> None:
        conversation = opened()
        first = bytes.fromhex("e04000010000" + "050f0063d76a")
        last = bytes.fromhex("e0c000020000" + "030003ff")
        assert conversation.hears(NotificationReceived(apdu=first)) == []
        (event,) = conversation.hears(NotificationReceived(apdu=last))
        assert event == NotificationReceived(apdu=DATA_NOTIFICATION)
        (damaged,) = conversation.hears(
            NotificationReceived(apdu=first), NotificationReceived(apdu=first)
        )
        assert isinstance(damaged, OctetsDiscarded)


class TellingScriptedLink(ScriptedLink):
    """One that carries what wants no answer; `told` has it."""

    tells = True

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []

    # The scripted link's own `tell` takes events; what a connection tells has a time.
    def tell(self, *what: Any, secret: Any = ()) -> None:
        if len(what) == 2 and isinstance(what[1], float):
            self.told.append(what[0].hex() + ("!" if secret else ""))
        else:
            super().tell(*what)


CONFIRMED = "0f40000007" + "00" + "1107"
CONFIRMATION = "1040000007" + "00"
CONFIRMING = ExchangeParameters(confirm_notifications=True)


class TestTelling:
    def opened(
        self, exchange_parameters: ExchangeParameters = CONFIRMING, aare: bytes = AARE
    ) -> tuple[Conversation, TellingScriptedLink]:
        conversation, link = Conversation(), TellingScriptedLink()
        conversation.link = link
        conversation.connection = ClientConnection(
            link, AssociationParameters(), exchange_parameters
        )
        conversation.connection.open(conversation.now)
        conversation.hears(LINK_UP)
        conversation.hears(aare)
        return conversation, link

    def test_a_message(self) -> None:
        conversation, link = self.opened()
        target = AttributeWithSelection(attribute=CLOCK)
        writing = Writing(target=target, value=b"\x11\x07", is_secret=True)
        conversation.connection.tell(SetUnconfirmed(writing), conversation.now)
        assert link.told == ["c10181" + "00080000010000ff02" + "00" + "1107" + "!"]

    def test_a_message_that_is_too_long(self) -> None:
        conversation, link = self.opened()
        target = AttributeWithSelection(attribute=CLOCK)
        writing = Writing(target=target, value=bytes(70_000))
        with pytest.raises(EncodeError, match="what is told takes"):
            conversation.connection.tell(SetUnconfirmed(writing), conversation.now)
        assert link.told == []

    def test_a_link_that_carries_no_messages(self) -> None:
        conversation = opened()
        target = AttributeWithSelection(attribute=CLOCK)
        with pytest.raises(MisuseError, match="carries nothing"):
            conversation.connection.tell(
                SetUnconfirmed(Writing(target=target, value=b"\0")), conversation.now
            )

    def test_a_notification_is_confirmed(self) -> None:
        conversation, link = self.opened()
        assert conversation.hears(CONFIRMED) == [
            NotificationReceived(apdu=bytes.fromhex(CONFIRMED))
        ]
        assert link.told == [CONFIRMATION]

    def test_not_before_the_answer_is_here(self) -> None:
        conversation, link = self.opened()
        conversation.get()
        conversation.hears(CONFIRMED)
        assert link.told == []
        conversation.hears("c401410011" + "07")
        assert link.told == [CONFIRMATION]

    @pytest.mark.parametrize("apdu", ["0f00000007" + "00" + "1107", "0f4000"])
    def test_what_does_not_ask_for_it(self, apdu: str) -> None:
        conversation, link = self.opened()
        conversation.hears(apdu)
        assert link.told == []

    def test_unless_it_is_not_wanted(self) -> None:
        conversation, link = self.opened(ExchangeParameters())
        conversation.hears(CONFIRMED)
        assert link.told == []

    def test_a_link_that_cannot_carry_it(self) -> None:
        conversation = opened(exchange_parameters=CONFIRMING)
        assert len(conversation.hears(CONFIRMED)) == 1

    def test_without_a_counter_for_it(self) -> None:
        link, protection = TellingScriptedLink(), MarkingProtection(counters=1)
        connection = ClientConnection(
            link, AssociationParameters(), CONFIRMING, protection=protection
        )
        connection.open(0.0)
        link.tell(LINK_UP)
        connection.receive_data(b"", 0.0)
        link.tell(protected_aare())
        connection.receive_data(b"", 0.0)
        link.tell(marked(1, bytes.fromhex(CONFIRMED)))
        told, refused = connection.receive_data(b"", 0.0)
        assert told == NotificationReceived(apdu=bytes.fromhex(CONFIRMED))
        assert isinstance(refused, SecurityRefused)
        assert link.told == []

    def test_it_is_protected(self) -> None:
        link, protection = TellingScriptedLink(), MarkingProtection()
        connection = ClientConnection(
            link, AssociationParameters(), CONFIRMING, protection=protection
        )
        connection.open(0.0)
        link.tell(LINK_UP)
        connection.receive_data(b"", 0.0)
        link.tell(protected_aare())
        connection.receive_data(b"", 0.0)
        link.tell(marked(1, bytes.fromhex(CONFIRMED)))
        connection.receive_data(b"", 0.0)
        assert link.told == [marked(1, bytes.fromhex(CONFIRMATION)).hex()]
