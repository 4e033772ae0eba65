"""A connection whose APDUs are protected: what it trusts, what it passes over, what ends it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.aare import AUTHENTICATION_REQUIRED, AssociateResponse
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.apdu.initiate import InitiateResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import AssociationParameters
from dcud.dlms.authentication import Mechanism
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    ANSWER_TIMEOUT,
    ActionFailed,
    ActionRefused,
    ActionSucceeded,
    BlockReceived,
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    GetFailed,
    GetSucceeded,
    Opened,
    Phase,
    Released,
    SecurityRefused,
)
from dcud.dlms.datalink import (
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
)
from dcud.dlms.errors import (
    CounterRejectedError,
    CountersSpentError,
    DecodeError,
    EncodeError,
    LinkError,
    MeterNotAuthenticError,
    NoAnswerError,
    ProtocolError,
    ReplayError,
    SecurityError,
    SecurityPolicyError,
    SystemTitleError,
    TagError,
)
from dcud.dlms.obis import Obis
from tests.support.marking_protection import (
    CLIENT,
    DEDICATED_KEY,
    FORGED,
    METER,
    MarkingProtection,
    Vouching,
    marked,
)
from tests.support.scripted_link import ScriptedLink

LINK_UP = LinkConnected(
    max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
)
CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
DISCONNECT = MethodCall(method=MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1))

INITIATE = InitiateResponse(
    negotiated_conformance=Conformance.GET | Conformance.ACTION, server_max_receive_pdu_size=500
).encode()
# without date-time, from the tests of Circutor/gosem
DATA_NOTIFICATION = "0f0063d76a0003ff"
EVENT_NOTIFICATION = "c20000010100000300ff0203ff"

NOTHING_SENT_YET = 1
"""Counters that AARQ takes."""


def aare(
    initiate: bytes = marked(0, INITIATE),
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


class Conversation:
    """A protected connection over a scripted link, on a clock that the test turns."""

    def __init__(
        self,
        protection: MarkingProtection | None = None,
        parameters: AssociationParameters | None = None,
    ) -> None:
        self.link = ScriptedLink()
        self.now = 100.0
        self.protection = protection or MarkingProtection()
        self.connection = ClientConnection(
            self.link, parameters or AssociationParameters(), protection=self.protection
        )

    def hears(self, *events: LinkEvent | str | bytes) -> list[ConnectionEvent]:
        """Let the link tell these; texts are APDUs in hex."""
        self.link.tell(*[bytes.fromhex(e) if isinstance(e, str) else e for e in events])
        return self.connection.receive_data(b"", self.now)

    def last_sent(self) -> bytes:
        return self.link.sent[-1]

    def is_disconnecting(self) -> bool:
        return any(call.startswith("disconnect") for call in self.link.calls)

    def get(self) -> None:
        self.connection.get(CLOCK, None, self.now)

    def ends_with(self, kind: type[ProtocolError]) -> ProtocolError:
        assert self.is_disconnecting()
        (event,) = self.hears(LinkClosed())
        assert isinstance(event, ConnectionFailed)
        assert type(event.error) is kind
        return event.error


def asked(
    protection: MarkingProtection | None = None, parameters: AssociationParameters | None = None
) -> Conversation:
    conversation = Conversation(protection, parameters)
    conversation.connection.open(conversation.now)
    conversation.hears(LINK_UP)
    return conversation


def opened(
    protection: MarkingProtection | None = None, parameters: AssociationParameters | None = None
) -> Conversation:
    conversation = asked(protection, parameters)
    (event,) = conversation.hears(aare())
    assert isinstance(event, Opened)
    return conversation


def refusal(events: list[ConnectionEvent]) -> SecurityError:
    (event,) = events
    assert isinstance(event, SecurityRefused)
    return event.error


class TestOpening:
    def test_the_initiate_is_protected_and_the_title_told(self) -> None:
        sent = asked(MarkingProtection(key=DEDICATED_KEY)).last_sent()
        assert bytes.fromhex("60857405080103") in sent
        assert bytes.fromhex("a60a0408") + CLIENT in sent
        initiate = bytes.fromhex("01" + "0110" + "00112233445566778899aabbccddeeff" + "0000065f1f")
        assert marked(0, initiate) in sent

    def test_without_a_counter_nothing_is_asked(self) -> None:
        conversation = asked(MarkingProtection(counters=0))
        assert conversation.link.sent == []
        conversation.ends_with(CountersSpentError)

    def test_a_plain_initiate_is_refused(self) -> None:
        conversation = asked()
        assert conversation.hears(aare(INITIATE)) == []
        conversation.ends_with(SecurityPolicyError)

    def test_a_forged_initiate_is_refused(self) -> None:
        conversation = asked()
        assert conversation.hears(aare(marked(FORGED, INITIATE))) == []
        conversation.ends_with(TagError)

    @pytest.mark.parametrize("title", [CLIENT, None])
    def test_another_meter_is_refused(self, title: bytes | None) -> None:
        conversation = asked()
        conversation.hears(aare(title=title))
        conversation.ends_with(SystemTitleError)

    def test_a_context_without_ciphering_is_refused(self) -> None:
        conversation = asked()
        conversation.hears(aare(context=ApplicationContext.LOGICAL_NAMES))
        conversation.ends_with(SecurityPolicyError)

    def test_an_old_answer_is_passed_over_and_the_right_one_awaited(self) -> None:
        protection = MarkingProtection()
        protection.floor = 7
        conversation = asked(protection)
        assert isinstance(refusal(conversation.hears(aare(marked(6, INITIATE)))), ReplayError)
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT
        (event,) = conversation.hears(aare(marked(7, INITIATE)))
        assert isinstance(event, Opened)
        assert conversation.connection.next_timeout() is None

    def test_it_is_not_awaited_for_ever(self) -> None:
        protection = MarkingProtection()
        protection.floor = 7
        conversation = asked(protection)
        conversation.hears(aare(marked(6, INITIATE)))
        conversation.connection.handle_timeout(100.0 + ANSWER_TIMEOUT)
        conversation.ends_with(NoAnswerError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = asked()
        assert conversation.hears("d80106" + "00001389") == []
        error = conversation.ends_with(CounterRejectedError)
        assert isinstance(error, CounterRejectedError)
        assert error.expected == 5001

    def test_a_refusal_may_come_protected(self) -> None:
        conversation = asked()
        assert conversation.hears(marked(0, "d80106")) == []
        error = conversation.ends_with(CounterRejectedError)
        assert isinstance(error, CounterRejectedError)
        assert error.expected is None

    def test_what_is_neither_protected_nor_an_answer_is_refused(self) -> None:
        conversation = asked()
        conversation.hears("c401c10000")
        conversation.ends_with(SecurityPolicyError)


class TestRequests:
    def test_they_go_out_protected_and_answers_come_in_so(self) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.last_sent().hex() == "c801" + "c00141" + "00080000010000ff0200"
        assert conversation.hears(marked(1, "c401410012000a")) == [
            GetSucceeded(octets=bytes.fromhex("12000a"))
        ]
        assert conversation.protection.in_proof == [False]

    def test_each_block_is_asked_for_with_a_counter_of_its_own(self) -> None:
        conversation = opened()
        conversation.get()
        assert conversation.hears(marked(1, "c402410000000001000212ab")) == [BlockReceived(total=2)]
        assert conversation.last_sent().hex() == "c802" + "c0024100000001"
        (event,) = conversation.hears(marked(2, "c402410100000002000100"))
        assert event == GetSucceeded(octets=bytes.fromhex("12ab00"))

    def test_secret_ranges_are_those_of_what_goes_out(self) -> None:
        conversation = opened()
        call = MethodCall(method=DISCONNECT.method, parameter=b"\x09\x02ab", is_secret=True)
        conversation.connection.act(call, conversation.now)
        ((start, end),) = conversation.link.secrets[-1]
        assert conversation.last_sent()[start:end] == b"\x09\x02ab"

    def test_the_protection_has_to_fit_as_well(self) -> None:
        conversation = opened(MarkingProtection(overhead=487))
        with pytest.raises(EncodeError):  # 13 octets and those
            conversation.connection.act(
                MethodCall(method=DISCONNECT.method, parameter=b"\x00"), conversation.now
            )
        conversation.get()

    def test_without_a_counter_this_request_fails_alone(self) -> None:
        conversation = opened(MarkingProtection(counters=NOTHING_SENT_YET))
        sent = len(conversation.link.sent)
        with pytest.raises(CountersSpentError):
            conversation.get()
        with pytest.raises(CountersSpentError):
            conversation.connection.act(DISCONNECT, conversation.now)
        assert len(conversation.link.sent) == sent
        assert conversation.connection.phase is Phase.UP

    def test_without_a_counter_for_the_next_block_it_ends(self) -> None:
        conversation = opened(MarkingProtection(counters=NOTHING_SENT_YET + 1))
        conversation.get()
        conversation.hears(marked(1, "c402410000000001000212ab"))
        conversation.ends_with(CountersSpentError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = opened()
        conversation.get()
        (event,) = conversation.hears("d80106" + "00001389")
        assert isinstance(event, GetFailed)
        assert isinstance(event.error, CounterRejectedError)
        assert event.error.expected == 5001
        conversation.connection.act(DISCONNECT, conversation.now)
        (event,) = conversation.hears("d80106")
        assert isinstance(event, ActionFailed)
        assert isinstance(event.error, CounterRejectedError)


class TestForgeries:
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
        conversation = opened()
        conversation.get()
        assert conversation.hears(answer) == []
        conversation.ends_with(kind)

    def test_so_it_does_where_none_is_awaited(self) -> None:
        conversation = opened()
        assert conversation.hears(marked(FORGED, "c401410012000a")) == []
        conversation.ends_with(TagError)

    def test_an_old_one_is_passed_over(self) -> None:
        conversation = opened()
        conversation.get()
        old = marked(0, "c401410012000b")
        assert isinstance(refusal(conversation.hears(old)), ReplayError)
        deadline = conversation.connection.next_timeout()
        assert deadline == 100.0 + ANSWER_TIMEOUT
        conversation.now = 110.0
        conversation.hears(old)
        assert conversation.connection.next_timeout() == deadline
        assert conversation.hears(marked(1, "c401410012000a")) == [
            GetSucceeded(octets=bytes.fromhex("12000a"))
        ]
        assert conversation.connection.next_timeout() is None

    def test_a_flood_of_old_ones_ends_in_time(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears(*[marked(0, "c401410012000b")] * 3)
        conversation.connection.handle_timeout(100.0 + ANSWER_TIMEOUT)
        conversation.ends_with(NoAnswerError)

    def test_an_old_one_that_nobody_awaits_is_told(self) -> None:
        conversation = opened()
        assert isinstance(refusal(conversation.hears(marked(0, "c401410000"))), ReplayError)
        assert conversation.connection.next_timeout() is None
        conversation.get()


class TestNotifications:
    @pytest.mark.parametrize("plain", [DATA_NOTIFICATION, EVENT_NOTIFICATION])
    @pytest.mark.parametrize("unasked", [True, False])
    def test_one_that_can_be_trusted(self, plain: str, unasked: bool) -> None:  # noqa: FBT001  # a column of the table
        conversation = opened()
        conversation.get()
        ciphered = marked(1, plain)
        (event,) = conversation.hears(
            NotificationReceived(apdu=ciphered) if unasked else ciphered.hex()
        )
        assert event == NotificationReceived(apdu=bytes.fromhex(plain))
        (event,) = conversation.hears(marked(2, "c401410000"))
        assert isinstance(event, GetSucceeded)

    FORGERIES = (
        (DATA_NOTIFICATION, SecurityPolicyError),
        (EVENT_NOTIFICATION, SecurityPolicyError),
        (marked(FORGED, EVENT_NOTIFICATION).hex(), TagError),
        (marked(0, EVENT_NOTIFICATION).hex(), ReplayError),
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
        conversation = opened()
        conversation.get()
        forged = bytes.fromhex(octets)
        told = NotificationReceived(apdu=forged) if unasked else forged
        assert type(refusal(conversation.hears(told))) is kind
        (event,) = conversation.hears(marked(1, "c401410000"))
        assert isinstance(event, GetSucceeded)

    def test_before_the_association_it_must_be_protected_as_well(self) -> None:
        conversation = asked()
        (event,) = conversation.hears(NotificationReceived(apdu=bytes.fromhex(DATA_NOTIFICATION)))
        assert isinstance(event, SecurityRefused)
        assert isinstance(refusal(conversation.hears(DATA_NOTIFICATION)), SecurityPolicyError)
        pushed = marked(0, DATA_NOTIFICATION)
        assert conversation.hears(pushed) == [
            NotificationReceived(apdu=bytes.fromhex(DATA_NOTIFICATION))
        ]
        (event,) = conversation.hears(aare(marked(1, INITIATE)))
        assert isinstance(event, Opened)

    def test_a_link_that_takes_the_answer_for_unasked_is_set_right(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears(marked(0, "c401410012000b"))
        forged = NotificationReceived(apdu=marked(FORGED, "c401410012000a"))
        assert isinstance(refusal(conversation.hears(forged)), TagError)
        late = NotificationReceived(apdu=marked(1, "c401410012000a"))
        assert conversation.hears(late) == [GetSucceeded(octets=bytes.fromhex("12000a"))]


class TestReleasing:
    def test_rlrq_carries_the_initiate_with_a_counter_of_its_own(self) -> None:
        conversation = opened(MarkingProtection(key=DEDICATED_KEY))
        aarq = conversation.link.sent[0]
        carried = aarq[aarq.index(b"\x21\x00\x01") + 2 :]
        conversation.connection.release(conversation.now)
        rlrq = conversation.last_sent()
        assert rlrq[0] == 0x62
        assert rlrq.endswith(b"\x21\x01" + carried)

    @pytest.mark.parametrize("rlre", ["6303800100", "6300", "d80101"])
    def test_rlre_may_carry_nothing(self, rlre: str) -> None:
        conversation = opened()
        conversation.connection.release(conversation.now)
        assert conversation.hears(rlre) == []
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_what_it_carries_must_be_the_meter_s(self) -> None:
        conversation = opened()
        conversation.connection.release(conversation.now)
        within = marked(FORGED, INITIATE)
        rlre = bytes((0x63, 4 + len(within), 0xBE, 2 + len(within), 0x04, len(within))) + within
        assert isinstance(refusal(conversation.hears(rlre)), TagError)
        assert conversation.hears(LinkClosed()) == [Released()]

    def test_without_a_counter_the_link_alone_is_taken_down(self) -> None:
        conversation = opened(MarkingProtection(counters=NOTHING_SENT_YET))
        sent = len(conversation.link.sent)
        conversation.connection.release(conversation.now)
        assert len(conversation.link.sent) == sent
        assert conversation.hears(LinkClosed()) == [Released()]


CHALLENGE = b"P6wRJ21F"
PROOF = "0908" + (b"proof" + CHALLENGE).hex()


def challenged(protection: MarkingProtection | None = None) -> Conversation:
    conversation = asked(protection, AssociationParameters(authentication=Vouching()))
    assert conversation.hears(aare(challenge=CHALLENGE)) == []
    return conversation


def answer(counter: int, data: str) -> bytes:
    return marked(counter, "c701410001" + "00" + data)


class TestMutualAuthentication:
    def test_both_prove_themselves_before_anything_is_asked(self) -> None:
        conversation = challenged()
        assert conversation.last_sent().hex() == (
            "cb01" + "c30141" + "000f0000280000ff01" + "01" + "090d" + b"proofP6wRJ21F".hex()
        )
        assert conversation.protection.in_proof == [True]
        (event,) = conversation.hears(answer(1, "090d" + b"proofK56iVagY".hex()))
        assert isinstance(event, Opened)
        assert event.association.warnings == ()
        conversation.get()
        assert conversation.protection.in_proof == [True, False]
        assert conversation.last_sent()[2:5].hex() == "c00142"

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
            "c70141000103" + "03",
        ],
    )
    def test_a_meter_that_can_not_is_not_read(self, returned: str) -> None:
        conversation = challenged()
        events = conversation.hears(marked(1, returned))
        assert not any(isinstance(event, Opened) for event in events)
        assert conversation.is_disconnecting()
        (event,) = conversation.hears(LinkClosed())
        assert isinstance(event, ConnectionFailed)
        assert isinstance(event.error, MeterNotAuthenticError | DecodeError)

    def test_a_meter_that_does_not_accept_ours_is_not_read(self) -> None:
        conversation = challenged()
        conversation.hears(marked(1, "c7014103" + "00"))
        assert conversation.is_disconnecting()

    def test_its_proof_must_be_protected(self) -> None:
        conversation = challenged()
        conversation.hears("c70141000100" + "090d" + b"proofK56iVagY".hex())
        conversation.ends_with(SecurityPolicyError)

    @pytest.mark.parametrize("diagnostic_told", [True, False])
    def test_a_meter_that_skips_its_part_is_not_read(self, diagnostic_told: bool) -> None:  # noqa: FBT001  # a column of the table
        conversation = asked(None, AssociationParameters(authentication=Vouching()))
        silent = AssociateResponse(
            application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
            diagnostic=AUTHENTICATION_REQUIRED if diagnostic_told else 0,
            responding_ap_title=METER,
            user_information=marked(0, INITIATE),
        )
        assert conversation.hears(silent.encode()) == []
        conversation.ends_with(MeterNotAuthenticError)

    def test_our_own_challenge_proves_nothing(self) -> None:
        conversation = asked(None, AssociationParameters(authentication=Vouching()))
        conversation.hears(aare(challenge=Vouching.challenge))
        conversation.ends_with(MeterNotAuthenticError)

    def test_an_old_proof_is_passed_over(self) -> None:
        conversation = challenged()
        old = answer(0, "090d" + b"proofK56iVagY".hex())
        assert isinstance(refusal(conversation.hears(old)), ReplayError)
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT

    def test_without_a_counter_there_is_no_proof(self) -> None:
        conversation = challenged(MarkingProtection(counters=NOTHING_SENT_YET))
        conversation.ends_with(CountersSpentError)

    def test_the_counter_that_the_meter_expects_is_told(self) -> None:
        conversation = challenged()
        conversation.hears("d80106" + "00001389")
        conversation.ends_with(CounterRejectedError)

    def test_a_link_that_fails_meanwhile_says_so(self) -> None:
        conversation = challenged()
        error = LinkError("cut")
        assert conversation.hears(LinkFailed(error=error)) == [ConnectionFailed(error=error)]


class TestCalling:
    def test_a_method(self) -> None:
        conversation = opened()
        conversation.connection.act(DISCONNECT, conversation.now)
        assert conversation.last_sent().hex() == "cb01" + "c30141" + "00460000" + "60030aff" + (
            "0100"
        )
        assert conversation.hears(marked(1, "c701410000")) == [ActionSucceeded()]

    def test_a_refusal(self) -> None:
        conversation = opened()
        conversation.connection.act(DISCONNECT, conversation.now)
        (event,) = conversation.hears(marked(1, "c701410300"))
        assert isinstance(event, ActionRefused)

    def test_a_late_answer_is_missed_by_nobody(self) -> None:
        conversation = opened()
        assert conversation.hears(marked(1, "c701410000")) == []
        conversation.get()


APDUS = st.binary(max_size=20) | st.builds(
    marked, st.integers(0, 4) | st.just(FORGED), st.binary(min_size=1, max_size=20)
)


@given(st.lists(APDUS, max_size=4), st.sampled_from(["asked", "challenged", "get", "act"]))
def test_nothing_that_comes_raises(apdus: list[bytes], state: str) -> None:
    conversation = {"asked": asked, "challenged": challenged}.get(state, opened)()
    if state == "get":
        conversation.get()
    elif state == "act":
        conversation.connection.act(DISCONNECT, conversation.now)
    for apdu in apdus:
        for event in conversation.hears(apdu, NotificationReceived(apdu=apdu)):
            assert not isinstance(event, Opened) or state in {"asked", "challenged"}
    assert conversation.hears(LinkClosed())[-1:] != []
