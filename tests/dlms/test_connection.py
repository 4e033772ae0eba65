from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.association import Associated, AssociationParameters
from dcud.dlms.authentication import LowLevelSecurity
from dcud.dlms.conformance import Conformance
from dcud.dlms.connection import (
    ANSWER_TIMEOUT,
    REACTIONS,
    BlockReceived,
    ClientConnection,
    ConnectionEvent,
    ConnectionFailed,
    GetFailed,
    GetRefused,
    GetSucceeded,
    Opened,
    Phase,
    Released,
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
    DecodeError,
    EncodeError,
    FrameRejectedError,
    LinkError,
    MisuseError,
    NoAnswerError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.get_exchange import GetParameters
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.secret import Secret
from tests.support.scripted_link import ScriptedLink

LINK_UP = LinkConnected(
    max_info_transmit=128, max_info_receive=128, window_transmit=1, window_receive=1
)
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
        get_parameters: GetParameters | None = None,
    ) -> None:
        self.link = ScriptedLink()
        self.now = 100.0
        self.connection = ClientConnection(
            self.link, parameters or AssociationParameters(), get_parameters or GetParameters()
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
        self.connection.get(attribute, None, self.now)


def opened(
    parameters: AssociationParameters | None = None,
    get_parameters: GetParameters | None = None,
    aare: bytes = AARE,
) -> Conversation:
    conversation = Conversation(parameters, get_parameters)
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
        conversation.connection.get(CLOCK, None, 3.0)
        # C1: confirmed, high priority, invoke id 1
        assert conversation.last_sent() == "c001c10008" + "0000010000ff" + "0200"
        assert conversation.link.calls[-1] == "send 3.0"
        assert conversation.hears("c401410012000a") == [
            GetSucceeded(octets=bytes.fromhex("12000a"))
        ]

    def test_a_refusal_is_a_value(self) -> None:
        conversation = opened()
        conversation.get()
        # u9n/dlms-cosem: hardware-fault
        assert conversation.hears("c401c10101") == [
            GetRefused(result=DataAccessResult.HARDWARE_FAULT)
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
            GetSucceeded(
                octets=bytes.fromhex("010506000000010600000002060000000306000000040600000005")
            )
        ]

    def test_an_exception_response_fails_this_get_alone(self) -> None:
        conversation = opened()
        conversation.get()
        (event,) = conversation.hears("d80102")
        assert isinstance(event, GetFailed)
        assert isinstance(event.error, ServiceRefusedError)
        conversation.get()
        assert conversation.hears("c401020000") == [GetSucceeded(octets=b"\x00")]

    def test_the_selection_is_sent(self) -> None:
        conversation = opened()
        conversation.connection.get(CLOCK, Selection(1, octet_string(b"x")), 0.0)
        assert conversation.last_sent().endswith("02" + "0101" + "090178")

    def test_a_request_larger_than_the_meter_takes_is_not_sent(self) -> None:
        conversation = opened()
        sent = len(conversation.link.sent)
        with pytest.raises(EncodeError, match=r"takes 507 octets, but the meter takes 500"):
            conversation.connection.get(CLOCK, Selection(1, octet_string(bytes(489))), 0.0)
        assert len(conversation.link.sent) == sent
        conversation.connection.get(CLOCK, Selection(1, octet_string(bytes(482))), 0.0)
        assert len(conversation.link.sent[-1]) == 500

    def test_no_limit_is_no_limit(self) -> None:
        aare = bytes.fromhex(
            "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000501f00000007"
        )
        conversation = opened(aare=aare)
        conversation.connection.get(CLOCK, Selection(1, octet_string(bytes(70000))), 0.0)
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
        assert conversation.hears("c401c10012000b") == [
            GetSucceeded(octets=bytes.fromhex("12000b"))
        ]
        assert conversation.connection.next_timeout() is None

    def test_skipping_does_not_wait_for_ever(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT
        conversation.now = 120.0
        conversation.hears("c401c70012000a")
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT
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
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT

    def test_an_invoke_id_that_never_changes_can_be_borne(self) -> None:
        conversation = opened(get_parameters=GetParameters(match_invoke_id=False))
        for _ in range(2):
            conversation.get()
            assert conversation.hears("c401810000") == [GetSucceeded(octets=b"\x00")]

    def test_a_late_answer_is_missed_by_nobody(self) -> None:
        conversation = opened()
        assert conversation.hears("c401c70012000a") == []
        assert not conversation.is_disconnecting()

    def test_a_link_that_takes_the_answer_for_unasked_is_set_right(self) -> None:
        conversation = opened()
        conversation.get()
        conversation.hears("c401c70012000a")
        late = NotificationReceived(apdu=bytes.fromhex("c401c10012000b"))
        assert conversation.hears(late) == [GetSucceeded(octets=bytes.fromhex("12000b"))]
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
            GetSucceeded(octets=b"\x00"),
        ]

    def test_one_in_place_of_the_answer_bounds_the_wait(self) -> None:
        conversation = opened()
        conversation.hears(DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() is None
        conversation.get()
        conversation.hears(DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT

    def test_one_before_the_aare_bounds_the_wait(self) -> None:
        conversation = Conversation()
        conversation.connection.open(0.0)
        conversation.hears(LINK_UP, DATA_NOTIFICATION)
        assert conversation.connection.next_timeout() == 100.0 + ANSWER_TIMEOUT
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
    assert isinstance(event, GetSucceeded)
    cursor = Cursor(event.octets)
    columns = decode_data(cursor).value
    cursor.expect_end()
    assert isinstance(columns, tuple)
    assert len(columns) == 60
