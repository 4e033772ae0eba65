import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import DataAccessResult
from dcud.dlms.action_exchange import ActionExchange, ActionManyExchange, MethodCall, Returned
from dcud.dlms.apdu.action import (
    ActionRequestWithFirstPblock,
    ActionRequestWithPblock,
    ActionResult,
    MethodDescriptor,
    decode_action_request,
)
from dcud.dlms.errors import (
    BlockTransferError,
    ConfirmedServiceFailure,
    CounterRejectedError,
    DecodeError,
    ProtocolError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, Outcome, RequestFailed
from dcud.dlms.obis import Obis
from tests.support.terms import terms

REPLY_TO_HLS = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 1)
SHORT = bytes.fromhex("09111000001A90E6D2221FA2FD85EED61ACC22")
LONG = b"\x09\x32" + bytes(range(50))

ROOM = 40
"""Of which 17 and one for the length of the block are taken: 22 octets in each."""


class Exchange:
    """A call of a method, spoken to in hex."""

    def __init__(
        self,
        parameter: bytes | None = SHORT,
        *,
        room: int | None = None,
        trust: ExchangeParameters | None = None,
        is_secret: bool = False,
    ) -> None:
        self._exchange = ActionExchange(
            MethodCall(method=REPLY_TO_HLS, parameter=parameter, is_secret=is_secret),
            terms(parameters=trust, room=room),
        )

    def hears(self, apdu: str) -> Outcome[Returned]:
        return self._exchange.receive(bytes.fromhex(apdu))

    def asks(self) -> str:
        return self._exchange.request().hex()

    def hides(self) -> list[str]:
        octets = self._exchange.request()
        return [octets[start:end].hex() for start, end in self._exchange.secret()]

    def fails(self, apdu: str) -> ProtocolError:
        event = self.hears(apdu)
        assert isinstance(event, RequestFailed)
        return event.error


class TestWhole:
    def test_proof_against_proof(self) -> None:
        # Green Book
        exchange = Exchange(bytes.fromhex("091110000000011a52fe7dd3e72748973c1e28"))
        assert exchange.asks() == (
            "c301c1000f0000280000ff0101" + "091110000000011a52fe7dd3e72748973c1e28"
        )
        assert exchange.hears(
            "c701c1000100" + "09111001234567fe1466afb3dbcd4f9389e2b7"
        ) == Answered(answer=bytes.fromhex("09111001234567fe1466afb3dbcd4f9389e2b7"))

    def test_kaifa_leaves_the_choice_out(self) -> None:
        # testKaifaMessages of jdlms
        exchange = Exchange(bytes.fromhex("091110012345677d52391c407e3a45210f000e"))
        assert exchange.asks() == (
            "c301c1000f0000280000ff0101" + "091110012345677d52391c407e3a45210f000e"
        )
        assert exchange.hears("c70101000911101a9190bc0a587217bcd2bcd4fddb7143") == Answered(
            answer=bytes.fromhex("0911101a9190bc0a587217bcd2bcd4fddb7143")
        )

    def test_neither_parameter_nor_return_value(self) -> None:
        exchange = Exchange(None)
        assert exchange.asks() == "c301c1000f0000280000ff0100"
        assert exchange.hears("c701c10000") == Answered(answer=None)

    def test_a_return_value_that_can_not_be_given(self) -> None:
        assert Exchange().hears("c701c1000101" + "03") == Answered(
            answer=DataAccessResult.READ_WRITE_DENIED
        )

    @pytest.mark.parametrize(("octet", "result"), [("03", 3), ("fa", 250), ("c8", 200)])
    def test_a_refusal(self, octet: str, result: int) -> None:
        assert Exchange().hears(f"c701c1{octet}00") == Answered(answer=ActionResult(result))

    def test_whatever_a_refusal_returns_is_not_looked_at(self) -> None:
        assert Exchange().hears("c701c1030101ff") == Answered(answer=ActionResult.READ_WRITE_DENIED)


class TestRoom:
    def test_what_just_fits_goes_whole(self) -> None:
        whole = Exchange(SHORT, room=13 + len(SHORT)).asks()
        assert whole.startswith("c301")
        assert len(whole) == 2 * (13 + len(SHORT))

    @pytest.mark.parametrize("room", [0, -20, 12, 33])
    def test_where_the_headers_alone_would_fill_a_block_it_stays_whole(self, room: int) -> None:
        assert Exchange(LONG, room=room).asks().startswith("c301")

    def test_so_it_does_where_it_must_not_be_cut(self) -> None:
        assert len(Exchange(LONG, room=None).asks()) == 2 * (13 + len(LONG))


class TestParameterInBlocks:
    def test_each_is_sent_once_the_last_one_was_taken(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        assert exchange.asks() == (
            "c304c1000f0000280000ff01" + "00" + "00000001" + "16" + LONG[:22].hex()
        )
        assert exchange.hears("c704c100000001") == BlockReceived(total=44)
        assert exchange.asks() == "c306c1" + "00" + "00000002" + "16" + LONG[22:44].hex()
        assert exchange.hears("c704c100000002") == BlockReceived(total=52)
        assert exchange.asks() == "c306c1" + "01" + "00000003" + "08" + LONG[44:].hex()
        assert exchange.hears("c701c10000") == Answered(answer=None)

    def test_a_meter_may_refuse_before_it_has_all_of_it(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        assert exchange.hears("c701c10f00") == Answered(answer=ActionResult.LONG_ACTION_ABORTED)

    def test_but_not_carry_out_half_of_it(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        assert isinstance(exchange.fails("c701c10000"), BlockTransferError)

    def test_nor_return_what_comes_of_half_of_it(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        assert isinstance(exchange.fails("c702c1" + "01" + "00000001" + "0100"), BlockTransferError)

    @pytest.mark.parametrize("number", ["00000000", "00000002", "ffffffff"])
    def test_a_block_that_was_not_sent_can_not_be_taken(self, number: str) -> None:
        exchange = Exchange(LONG, room=ROOM)
        error = exchange.fails("c704c1" + number)
        assert isinstance(error, BlockTransferError)
        assert "ACTION 15/0.0.40.0.0.255/1" in str(error)

    def test_nothing_follows_the_last_one(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        exchange.hears("c704c100000001")
        exchange.hears("c704c100000002")
        assert isinstance(exchange.fails("c704c100000003"), BlockTransferError)

    def test_nor_a_parameter_that_went_whole(self) -> None:
        assert isinstance(Exchange().fails("c704c100000001"), BlockTransferError)

    def test_long_both_ways(self) -> None:
        exchange = Exchange(LONG, room=ROOM)
        exchange.hears("c704c100000001")
        exchange.hears("c704c100000002")
        assert exchange.hears("c702c1" + "00" + "00000001" + "020001") == BlockReceived(total=2)
        assert exchange.asks() == "c302c100000001"
        assert isinstance(exchange.fails("c704c100000003"), BlockTransferError)


class TestReturnValueInBlocks:
    @pytest.mark.parametrize("before", ["000100", ""])
    def test_with_its_result_or_alone(self, before: str) -> None:
        exchange = Exchange()
        first = bytes.fromhex(before) + LONG[:30]
        assert exchange.hears(
            "c702c1" + "00" + "00000001" + f"{len(first):02x}" + first.hex()
        ) == BlockReceived(total=len(first))
        assert exchange.asks() == "c302c100000001"
        rest = LONG[30:]
        assert exchange.hears(
            "c702c1" + "01" + "00000002" + f"{len(rest):02x}" + rest.hex()
        ) == Answered(answer=LONG)

    def test_a_reason_why_there_is_none(self) -> None:
        assert Exchange().hears("c702c1" + "01" + "00000001" + "04" + "00010103") == (
            Answered(answer=DataAccessResult.READ_WRITE_DENIED)
        )

    @pytest.mark.parametrize("octets", ["0001010300", "000102", "00010103ff"])
    def test_what_makes_no_sense_together(self, octets: str) -> None:
        size = f"{len(octets) // 2:02x}"
        assert isinstance(
            Exchange().hears("c702c1" + "01" + "00000001" + size + octets), DecodeError
        )

    def test_a_block_out_of_order(self) -> None:
        exchange = Exchange()
        exchange.hears("c702c1" + "00" + "00000001" + "0109")
        assert isinstance(exchange.fails("c702c1" + "00" + "00000003" + "0109"), BlockTransferError)

    def test_a_success_between_blocks(self) -> None:
        exchange = Exchange()
        exchange.hears("c702c1" + "00" + "00000001" + "0109")
        assert isinstance(exchange.fails("c701c10000"), BlockTransferError)

    def test_a_refusal_between_blocks(self) -> None:
        exchange = Exchange()
        exchange.hears("c702c1" + "00" + "00000001" + "0109")
        assert exchange.hears("c701c10f00") == Answered(answer=ActionResult.LONG_ACTION_ABORTED)

    def test_one_without_end(self) -> None:
        exchange = Exchange(trust=ExchangeParameters(max_value_octets=3))
        exchange.hears("c702c1" + "00" + "00000001" + "020901")
        error = exchange.fails("c702c1" + "00" + "00000002" + "020901")
        assert isinstance(error, BlockTransferError)


class TestSecrets:
    def test_the_whole_parameter_and_it_alone(self) -> None:
        assert Exchange(is_secret=True).hides() == [SHORT.hex()]
        assert Exchange(is_secret=False).hides() == []
        assert Exchange(None, is_secret=True).hides() in ([], [""])

    def test_each_of_its_blocks(self) -> None:
        exchange = Exchange(LONG, room=ROOM, is_secret=True)
        assert exchange.hides() == [LONG[:22].hex()]
        exchange.hears("c704c100000001")
        assert exchange.hides() == [LONG[22:44].hex()]
        exchange.hears("c704c100000002")
        assert exchange.hides() == [LONG[44:].hex()]
        exchange.hears("c702c1" + "00" + "00000001" + "0109")
        assert exchange.hides() == []

    def test_no_repr_shows_it(self) -> None:
        call = MethodCall(method=REPLY_TO_HLS, parameter=b"\x09\x08password", is_secret=True)
        assert "password" not in repr(call)


class TestInvokeId:
    @pytest.mark.parametrize("octet", ["c1", "81", "41", "01", "b1"])
    def test_the_low_four_bits_match(self, octet: str) -> None:
        assert Exchange().hears(f"c701{octet}0000") == Answered(answer=None)

    def test_another_one_is_the_answer_to_another_request(self) -> None:
        assert Exchange().hears("c701c20000") is None

    def test_unless_it_need_not_match(self) -> None:
        exchange = Exchange(trust=ExchangeParameters(match_invoke_id=False))
        assert exchange.hears("c701c20000") == Answered(answer=None)


class TestRefusedServices:
    def test_exception_response(self) -> None:
        error = Exchange().fails("d80204")
        assert isinstance(error, ServiceRefusedError)
        assert str(error).startswith(
            "the meter refused ACTION 15/0.0.40.0.0.255/1: service-unknown, pdu-too-long"
        )

    def test_the_counter_that_the_meter_expects(self) -> None:
        error = Exchange().fails("d8010600001389")
        assert isinstance(error, CounterRejectedError)
        assert error.expected == 5001

    def test_confirmed_service_error(self) -> None:
        error = Exchange().fails("0e050301")
        assert isinstance(error, ConfirmedServiceFailure)
        assert "ACTION 15/0.0.40.0.0.255/1" in str(error)


@pytest.mark.parametrize("apdu", ["", "6300", "c401c10000"])
def test_answers_of_another_kind(apdu: str) -> None:
    assert isinstance(Exchange().hears(apdu), UnexpectedApduError)


@pytest.mark.parametrize("apdu", ["c7", "c703c10100", "d801", "0e01"])
def test_octets_that_make_no_sense(apdu: str) -> None:
    assert isinstance(Exchange().hears(apdu), DecodeError)


@given(st.binary(max_size=200), st.integers(34, 120))
def test_the_blocks_make_the_parameter_and_each_fits(parameter: bytes, room: int) -> None:
    exchange = ActionExchange(
        MethodCall(method=REPLY_TO_HLS, parameter=parameter),
        terms(high_priority=False, room=room),
    )
    request = decode_action_request(exchange.request())
    if not isinstance(request, ActionRequestWithFirstPblock):
        assert exchange.request().endswith(b"\x01" + parameter)
        return
    sent, number = request.pblock.octets, 1
    is_last = request.pblock.last_block
    while not is_last:
        assert len(exchange.request()) <= room
        exchange.receive(bytes.fromhex("c70441") + number.to_bytes(4, "big"))
        following = decode_action_request(exchange.request())
        assert isinstance(following, ActionRequestWithPblock)
        sent += following.pblock.octets
        number, is_last = number + 1, following.pblock.last_block
    assert sent == parameter


@given(st.lists(st.sampled_from([0xC7, 0xD8, 0x0E]), min_size=1, max_size=3), st.data())
def test_no_octets_raise(tags: list[int], data: st.DataObject) -> None:
    exchange = Exchange(LONG, room=data.draw(st.sampled_from([None, ROOM])))
    for tag in tags:
        exchange.hears(bytes((tag, *data.draw(st.binary(max_size=20)))).hex())
        assert exchange.asks()
        assert exchange.hides() == []


DISCONNECT = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1)
DISCONNECT_HEX = "0046000060030aff01"
DENIED = ActionResult.READ_WRITE_DENIED


def two(
    parameter: bytes = SHORT, *, room: int | None = None, is_secret: bool = False
) -> ActionManyExchange:
    calls = (
        MethodCall(method=DISCONNECT, is_secret=is_secret),
        MethodCall(method=REPLY_TO_HLS, parameter=parameter),
    )
    return ActionManyExchange(calls, terms(high_priority=False, room=room))


def heard(exchange: ActionManyExchange, apdu: str) -> object:
    return exchange.receive(bytes.fromhex(apdu))


def test_what_errors_are_about() -> None:
    exchange = ActionExchange(MethodCall(method=DISCONNECT), terms())
    assert exchange.subject == "ACTION 70/0.0.96.3.10.255/1"


class TestMany:
    def test_whole(self) -> None:
        exchange = two(bytes.fromhex("1107"))
        assert exchange.request().hex() == (
            "c30341" + "02" + DISCONNECT_HEX + "000f0000280000ff01" + "02" + "00" + "1107"
        )
        assert exchange.subject == "ACTION 70/0.0.96.3.10.255/1 and 1 more"
        outcome = heard(exchange, "c70341" + "02" + "0000" + "0001001109")
        assert outcome == Answered(answer=(None, b"\x11\x09"))

    def test_refusals_one_by_one(self) -> None:
        outcome = heard(two(), "c70341" + "02" + "0300" + "00010104")
        assert outcome == Answered(answer=(DENIED, DataAccessResult.OBJECT_UNDEFINED))

    def test_one_refusal_is_of_all(self) -> None:
        assert heard(two(), "c701410300") == Answered(answer=(DENIED, DENIED))

    @pytest.mark.parametrize("apdu", ["c701410000", "c70341010000", "c7034103000000000000"])
    def test_contradictory_counts(self, apdu: str) -> None:
        assert isinstance(heard(two(), apdu), UnexpectedApduError)

    def test_in_blocks_both_ways(self) -> None:
        exchange = two(bytes.fromhex("0950") + bytes(80), room=80)
        raw = bytes.fromhex("02000950") + bytes(80)
        assert exchange.request().hex() == (
            "c30541" + "02" + DISCONNECT_HEX + "000f0000280000ff01"
            + "00" + "00000001" + "34" + raw[:52].hex()
        )  # fmt: skip
        assert len(exchange.request()) == 80
        assert heard(exchange, "c7044100000001") == BlockReceived(total=84)
        assert heard(exchange, "c70241" + "00" + "00000001" + "02" + "0203") == BlockReceived(
            total=2
        )
        assert exchange.request().hex() == "c3024100000001"
        assert exchange.secret() == ()
        outcome = heard(exchange, "c70241" + "01" + "00000002" + "03" + "000000")
        assert outcome == Answered(answer=(DENIED, None))

    def test_done_between_the_blocks(self) -> None:
        exchange = two(bytes.fromhex("0950") + bytes(80), room=80)
        failed = heard(exchange, "c70341" + "02" + "0000" + "0000")
        assert isinstance(failed, RequestFailed)
        assert isinstance(failed.error, BlockTransferError)

    def test_secrets_are_told_apart(self) -> None:
        exchange = two(bytes.fromhex("1107"), is_secret=True)
        octets = exchange.request()
        assert [octets[a:b].hex() for a, b in exchange.secret()] == ["001107"]

    def test_a_list_of_one(self) -> None:
        exchange = ActionManyExchange((MethodCall(method=DISCONNECT),), terms())
        assert heard(exchange, "c701c10000") == Answered(answer=(None,))
