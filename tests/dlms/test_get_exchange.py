import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.errors import (
    BlockTransferError,
    ConfirmedServiceFailure,
    DecodeError,
    ProtocolError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, Outcome, RequestFailed
from dcud.dlms.get_exchange import GetExchange, Value
from dcud.dlms.obis import Obis
from tests.support.terms import terms

PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)


class Exchange:
    """A GET of a profile, spoken to in hex."""

    def __init__(self, *, parameters: ExchangeParameters | None = None, invoke_id: int = 1) -> None:
        self._exchange = GetExchange(PROFILE, None, terms(invoke_id, parameters=parameters))

    def hears(self, apdu: str) -> Outcome[Value]:
        return self._exchange.receive(bytes.fromhex(apdu))

    def asks(self) -> str:
        return self._exchange.request().hex()

    def hides(self) -> int:
        return len(self._exchange.secret())

    def fails(self, apdu: str) -> ProtocolError:
        event = self.hears(apdu)
        assert isinstance(event, RequestFailed)
        return event.error


def test_a_whole_value() -> None:
    exchange = Exchange()
    assert exchange.asks() == "c001c100070100630100ff0200"
    assert exchange.hides() == 0
    # the tests of u9n/dlms-cosem
    assert exchange.hears("c401c1000600001391") == Answered(answer=bytes.fromhex("0600001391"))


def test_blocks() -> None:
    # the tests of Circutor/gosem, GetRequestWithDataBlock
    exchange = Exchange()
    assert exchange.hears("c402c10000000001000c010506000000010600000002") == BlockReceived(total=12)
    assert exchange.asks() == "c002c100000001"
    assert exchange.hears("c402c10000000002000a06000000030600000004") == BlockReceived(total=22)
    assert exchange.asks() == "c002c100000002"
    assert exchange.hears("c402c1010000000300050600000005") == Answered(
        answer=bytes.fromhex("01050600000001060000000206000000030600000004" + "0600000005")
    )


def test_blocks_that_count_from_zero_are_acknowledged_by_their_own_number() -> None:
    exchange = Exchange()
    exchange.hears("c402c1000000000000" + "0109")
    assert exchange.asks() == "c002c100000000"
    assert exchange.hears("c402c1010000000100" + "0100") == Answered(answer=b"\x09\x00")


def test_a_single_block_that_is_the_last() -> None:
    assert Exchange().hears("c402c1010000000100" + "0100") == Answered(answer=b"\x00")


def test_a_refusal() -> None:
    exchange = Exchange()
    assert exchange.hears("c401c10103") == Answered(answer=DataAccessResult.READ_WRITE_DENIED)


@pytest.mark.parametrize("refusal", ["c402c10100000002010f", "c401c1010f"])
def test_a_refusal_in_the_middle_of_the_blocks(refusal: str) -> None:
    exchange = Exchange()
    exchange.hears("c402c1000000000100" + "0109")
    assert exchange.hears(refusal) == Answered(answer=DataAccessResult.LONG_GET_ABORTED)


def test_a_block_out_of_order() -> None:
    exchange = Exchange()
    exchange.hears("c402c1000000000100" + "0109")
    error = exchange.fails("c402c1000000000300" + "0109")
    assert isinstance(error, BlockTransferError)


def test_a_whole_value_between_blocks() -> None:
    exchange = Exchange()
    exchange.hears("c402c1000000000100" + "0109")
    error = exchange.fails("c401c10000")
    assert isinstance(error, BlockTransferError)
    assert "7/1.0.99.1.0.255/2" in str(error)


def test_a_value_without_end() -> None:
    exchange = Exchange(parameters=ExchangeParameters(max_value_octets=3))
    exchange.hears("c402c1000000000100" + "020901")
    assert isinstance(exchange.fails("c402c1000000000200" + "020901"), BlockTransferError)


class TestInvokeId:
    @pytest.mark.parametrize("octet", ["c1", "81", "41", "01", "b1"])
    def test_the_low_four_bits_match(self, octet: str) -> None:
        assert Exchange().hears(f"c401{octet}0000") == Answered(answer=b"\x00")

    def test_another_one_is_the_answer_to_another_request(self) -> None:
        exchange = Exchange(invoke_id=2)
        assert exchange.hears("c401c10000") is None
        assert exchange.hears("c401c20000") == Answered(answer=b"\x00")

    def test_unless_it_need_not_match(self) -> None:
        exchange = Exchange(invoke_id=2, parameters=ExchangeParameters(match_invoke_id=False))
        assert exchange.hears("c401c10000") == Answered(answer=b"\x00")

    def test_blocks_are_asked_for_with_the_request_s_own(self) -> None:
        exchange = Exchange(invoke_id=2, parameters=ExchangeParameters(match_invoke_id=False))
        exchange.hears("c40201000000000100" + "0109")
        assert exchange.asks() == "c002c200000001"


class TestRefusedServices:
    def test_exception_response(self) -> None:
        error = Exchange().fails("d80204")
        assert isinstance(error, ServiceRefusedError)
        assert str(error).startswith(
            "the meter refused GET 7/1.0.99.1.0.255/2: service-unknown, pdu-too-long"
        )

    def test_confirmed_service_error(self) -> None:
        error = Exchange().fails("0e050301")
        assert isinstance(error, ConfirmedServiceFailure)
        assert "GET 7/1.0.99.1.0.255/2" in str(error)


@pytest.mark.parametrize("apdu", ["", "6300", "c701c00000", "c403c0010000"])
def test_answers_of_another_kind(apdu: str) -> None:
    assert isinstance(Exchange().hears(apdu), UnexpectedApduError)


@pytest.mark.parametrize("apdu", ["c4", "c403c10100", "c404c1", "d801", "0e01"])
def test_octets_that_make_no_sense(apdu: str) -> None:
    assert isinstance(Exchange().hears(apdu), DecodeError)


@given(st.lists(st.sampled_from([0xC4, 0xD8, 0x0E]), min_size=1, max_size=3), st.data())
def test_no_octets_raise(tags: list[int], data: st.DataObject) -> None:
    exchange = Exchange()
    for tag in tags:
        exchange.hears(bytes((tag, *data.draw(st.binary(max_size=20)))).hex())
        assert exchange.asks()
