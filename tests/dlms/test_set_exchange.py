import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, DataAccessResult
from dcud.dlms.apdu.set import (
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithListAndFirstDatablock,
    decode_set_request,
    encode_values,
)
from dcud.dlms.conformance import Conformance
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.errors import (
    BlockTransferError,
    DecodeError,
    ProtocolError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, RequestFailed, Terms
from dcud.dlms.obis import Obis
from dcud.dlms.set_exchange import SetExchange, SetManyExchange, Writing
from tests.support.terms import terms

CLOCK = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2))
NAME = AttributeWithSelection(attribute=AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2))
CLOCK_HEX = "00080000010000ff0200"
NAME_HEX = "000100002a0000ff0200"
SUCCESS, DENIED = DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED
SHORT = bytes.fromhex("1107")
LONG = bytes.fromhex("0950") + bytes(range(80))


def one(value: bytes = SHORT, on: Terms | None = None, *, is_secret: bool = False) -> SetExchange:
    writing = Writing(target=CLOCK, value=value, is_secret=is_secret)
    return SetExchange(writing, on or terms())


def two(
    value: bytes = SHORT, on: Terms | None = None, *, is_secret: bool = False
) -> SetManyExchange:
    first = Writing(target=CLOCK, value=SHORT, is_secret=is_secret)
    return SetManyExchange((first, Writing(target=NAME, value=value)), on or terms())


def hidden(exchange: SetExchange | SetManyExchange) -> list[str]:
    octets = exchange.request()
    return [octets[start:end].hex() for start, end in exchange.secret()]


def failure(outcome: object) -> ProtocolError:
    assert isinstance(outcome, RequestFailed)
    return outcome.error


class TestOne:
    def test_whole(self) -> None:
        exchange = one()
        assert exchange.request().hex() == "c101c1" + CLOCK_HEX + "1107"
        assert exchange.subject == "SET 8/0.0.1.0.0.255/2"
        assert exchange.receive(bytes.fromhex("c501c100")) == Answered(answer=SUCCESS)

    def test_refused(self) -> None:
        assert one().receive(bytes.fromhex("c501c103")) == Answered(answer=DENIED)

    def test_in_blocks(self) -> None:
        exchange = one(LONG, terms(room=60))
        assert exchange.request().hex() == (
            "c102c1" + CLOCK_HEX + "00" + "00000001" + "29" + LONG[:41].hex()
        )
        assert len(exchange.request()) == 60
        assert exchange.receive(bytes.fromhex("c502c100000001")) == BlockReceived(total=82)
        assert exchange.request().hex() == "c103c1" + "01" + "00000002" + "29" + LONG[41:].hex()
        assert exchange.receive(bytes.fromhex("c503c10000000002")) == Answered(answer=SUCCESS)

    def test_a_meter_that_takes_no_blocks_gets_it_whole(self) -> None:
        on = terms(room=60, conformance=Conformance.SET)
        assert one(LONG, on).request().endswith(LONG)

    def test_a_room_in_which_no_block_fits(self) -> None:
        assert one(LONG, terms(room=30)).request().endswith(LONG)

    def test_refused_between_the_blocks(self) -> None:
        exchange = one(LONG, terms(room=60))
        assert exchange.receive(bytes.fromhex("c501c103")) == Answered(answer=DENIED)

    @pytest.mark.parametrize("apdu", ["c501c100", "c503c10000000001", "c505c10100"])
    def test_done_between_the_blocks(self, apdu: str) -> None:
        error = failure(one(LONG, terms(room=60)).receive(bytes.fromhex(apdu)))
        assert isinstance(error, BlockTransferError)
        assert "between the blocks" in str(error)

    @pytest.mark.parametrize("number", ["00000000", "00000002", "ffffffff"])
    def test_a_block_that_nobody_can_ask_for(self, number: str) -> None:
        exchange = one(LONG, terms(room=60))
        error = failure(exchange.receive(bytes.fromhex("c502c1" + number)))
        assert isinstance(error, BlockTransferError)

    def test_a_block_asked_for_where_there_are_none(self) -> None:
        error = failure(one().receive(bytes.fromhex("c502c100000001")))
        assert isinstance(error, BlockTransferError)

    def test_the_answer_to_another_request(self) -> None:
        assert one().receive(bytes.fromhex("c501c200")) is None
        trusting = terms(parameters=ExchangeParameters(match_invoke_id=False))
        assert one(on=trusting).receive(bytes.fromhex("c501c200")) == Answered(answer=SUCCESS)

    def test_refusals_of_other_kinds(self) -> None:
        assert isinstance(failure(one().receive(bytes.fromhex("d80102"))), ServiceRefusedError)
        assert isinstance(one().receive(bytes.fromhex("c401c100")), UnexpectedApduError)
        assert isinstance(one().receive(bytes.fromhex("c509c100")), DecodeError)

    def test_secrets_are_told_apart(self) -> None:
        assert one().secret() == ()
        assert hidden(one(is_secret=True)) == ["1107"]
        assert hidden(one(LONG, terms(room=60), is_secret=True)) == [LONG[:41].hex()]
        assert "11" not in repr(Writing(target=CLOCK, value=b"\x11\x11"))


class TestMany:
    def test_whole(self) -> None:
        exchange = two()
        assert exchange.request().hex() == (
            "c104c1" + "02" + CLOCK_HEX + NAME_HEX + "02" + "1107" + "1107"
        )
        assert exchange.subject == "SET 8/0.0.1.0.0.255/2 and 1 more"
        outcome = exchange.receive(bytes.fromhex("c505c1020003"))
        assert outcome == Answered(answer=(SUCCESS, DENIED))

    def test_in_blocks(self) -> None:
        exchange = two(LONG, terms(room=80))
        assert exchange.request().hex() == (
            "c105c1" + "02" + CLOCK_HEX + NAME_HEX
            + "00" + "00000001" + "32" + encode_values((SHORT, LONG))[:50].hex()
        )  # fmt: skip
        assert len(exchange.request()) == 80
        assert exchange.receive(bytes.fromhex("c502c100000001")) == BlockReceived(total=85)
        outcome = exchange.receive(bytes.fromhex("c504c102000300000002"))
        assert outcome == Answered(answer=(SUCCESS, DENIED))

    def test_one_refusal_is_of_all(self) -> None:
        assert two().receive(bytes.fromhex("c501c103")) == Answered(answer=(DENIED, DENIED))

    @pytest.mark.parametrize("apdu", ["c501c100", "c505c10100", "c505c103000000"])
    def test_contradictory_counts(self, apdu: str) -> None:
        assert isinstance(two().receive(bytes.fromhex(apdu)), UnexpectedApduError)

    def test_a_list_of_one(self) -> None:
        exchange = SetManyExchange((Writing(target=CLOCK, value=SHORT),), terms())
        assert exchange.receive(bytes.fromhex("c501c100")) == Answered(answer=(SUCCESS,))

    def test_secrets_are_told_apart(self) -> None:
        assert two().secret() == ()
        assert hidden(two(is_secret=True)) == ["11071107"]


@given(value=st.binary(max_size=300), room=st.integers(60, 120), many=st.booleans())
def test_the_blocks_make_the_values_and_each_fits(value: bytes, room: int, *, many: bool) -> None:
    value = encode_data(octet_string(value))
    exchange = two(value, terms(room=room)) if many else one(value, terms(room=room))
    whole = encode_values((SHORT, value)) if many else value
    request = decode_set_request(exchange.request())
    kinds = SetRequestWithFirstDatablock | SetRequestWithListAndFirstDatablock
    if not isinstance(request, kinds):
        assert exchange.request().endswith(value)
        return
    sent, number, is_last = request.block.octets, 1, request.block.last_block
    while not is_last:
        assert len(exchange.request()) <= room
        exchange.receive(bytes.fromhex("c502c1") + number.to_bytes(4, "big"))
        following = decode_set_request(exchange.request())
        assert isinstance(following, SetRequestWithDatablock)
        sent += following.block.octets
        is_last, number = following.block.last_block, number + 1
    assert sent == whole
