import pytest

from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, DataAccessResult
from dcud.dlms.errors import (
    BlockTransferError,
    DecodeError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, RequestFailed, Terms
from dcud.dlms.get_list_exchange import GetManyExchange
from dcud.dlms.obis import Obis
from tests.support.terms import terms

CLOCK = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2))
NAME = AttributeWithSelection(attribute=AttributeDescriptor(1, Obis.parse("0.0.42.0.0.255"), 2))
DENIED = DataAccessResult.READ_WRITE_DENIED


def two(on: Terms | None = None) -> GetManyExchange:
    return GetManyExchange((CLOCK, NAME), on or terms())


def outcome(apdu: str, exchange: GetManyExchange | None = None) -> object:
    return (exchange or two()).receive(bytes.fromhex(apdu))


def test_values_and_refusals() -> None:
    exchange = two()
    assert exchange.request().hex() == "c003c10200080000010000ff0200000100002a0000ff0200"
    assert exchange.subject == "GET 8/0.0.1.0.0.255/2 and 1 more"
    assert exchange.secret() == ()
    assert outcome("c403c1020011070103") == Answered(answer=(b"\x11\x07", DENIED))


def test_in_blocks() -> None:
    exchange = two()
    assert outcome("c402c100000000010003020011", exchange) == BlockReceived(total=3)
    assert exchange.request().hex() == "c002c100000001"
    done = outcome("c402c101000000020003070103", exchange)
    assert done == Answered(answer=(b"\x11\x07", DENIED))


def test_blocks_out_of_order() -> None:
    exchange = two()
    outcome("c402c100000000010003020011", exchange)
    failed = outcome("c402c101000000030003070103", exchange)
    assert isinstance(failed, RequestFailed)
    assert isinstance(failed.error, BlockTransferError)


def test_whole_values_between_the_blocks() -> None:
    exchange = two()
    outcome("c402c100000000010003020011", exchange)
    failed = outcome("c403c1020011070103", exchange)
    assert isinstance(failed, RequestFailed)
    assert isinstance(failed.error, BlockTransferError)


@pytest.mark.parametrize("apdu", ["c401c10103", "c402c101000000010103"])
def test_one_refusal_is_of_all(apdu: str) -> None:
    assert outcome(apdu) == Answered(answer=(DENIED, DENIED))


@pytest.mark.parametrize("apdu", ["c401c1001107", "c403c101001107", "c403c103010301030103"])
def test_contradictory_counts(apdu: str) -> None:
    assert isinstance(outcome(apdu), UnexpectedApduError)


def test_the_answer_to_another_request() -> None:
    assert outcome("c403c2020011070103") is None
    trusting = two(terms(parameters=ExchangeParameters(match_invoke_id=False)))
    assert isinstance(outcome("c403c2020011070103", trusting), Answered)


def test_answers_of_other_kinds() -> None:
    refused = outcome("d80102")
    assert isinstance(refused, RequestFailed)
    assert isinstance(refused.error, ServiceRefusedError)
    assert isinstance(outcome("c7"), UnexpectedApduError)
    assert isinstance(outcome("c403c1020011"), DecodeError)
    assert isinstance(outcome("c402c101000000010003020011"), DecodeError)
