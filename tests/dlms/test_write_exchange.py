import pytest

from dcud.dlms.access import DataAccessResult
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import (
    BlockTransferError,
    ConfirmedServiceFailure,
    DecodeError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, RequestFailed, Terms
from dcud.dlms.variable_access import VariableName
from dcud.dlms.write_exchange import WriteExchange
from tests.support.terms import terms

SUCCESS, DENIED = DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED
LONG = bytes.fromhex("0940") + bytes(range(64))


def writes(count: int = 1, on: Terms | None = None, value: bytes = b"\x11\x07") -> WriteExchange:
    names = tuple(VariableName(8 * n) for n in range(1, count + 1))
    return WriteExchange(names, (value,) * count, "WRITE it", on or terms(), is_secret=count == 1)


def outcome(apdu: str, exchange: WriteExchange | None = None) -> object:
    return (exchange or writes()).receive(bytes.fromhex(apdu))


def test_one_value() -> None:
    exchange = writes()
    assert exchange.subject == "WRITE it"
    assert exchange.request().hex() == "0601020008" + "011107"
    assert exchange.secret() == ((6, 8),)
    assert outcome("0d0100", exchange) == Answered(answer=(SUCCESS,))
    assert outcome("0d010103") == Answered(answer=(DENIED,))


def test_many_values() -> None:
    exchange = writes(2)
    assert exchange.request().hex() == "0602020008020010" + "02" + "1107" * 2
    assert exchange.secret() == ()
    assert outcome("0d02" + "00" + "0103", exchange) == Answered(answer=(SUCCESS, DENIED))


def test_one_refusal_is_of_all() -> None:
    assert outcome("0d010103", writes(2)) == Answered(answer=(DENIED, DENIED))


def test_a_long_value_goes_in_blocks() -> None:
    exchange = writes(on=terms(room=40), value=LONG)
    whole = bytes.fromhex("0102000801") + LONG
    sent = b""
    for number, last in ((1, "00"), (2, "00"), (3, "01")):
        apdu = exchange.request()
        assert len(apdu) <= 40
        assert apdu.hex().startswith("060107" + last + f"{number:04x}" + "0109")
        ((start, end),) = exchange.secret()
        sent += apdu[start + 2 : end]
        if number < 3:
            taken = outcome("0d0102" + f"{number:04x}", exchange)
            assert isinstance(taken, BlockReceived)
    assert sent == whole
    assert outcome("0d0100", exchange) == Answered(answer=(SUCCESS,))


@pytest.mark.parametrize("apdu", ["0d0100", "0d01020002", "0d020000"])
def test_blocks_that_lost_their_place(apdu: str) -> None:
    failed = outcome(apdu, writes(on=terms(room=40), value=LONG))
    assert isinstance(failed, RequestFailed)
    assert isinstance(failed.error, BlockTransferError)


def test_a_refusal_between_the_blocks() -> None:
    assert outcome("0d010103", writes(on=terms(room=40), value=LONG)) == Answered(answer=(DENIED,))


def test_a_meter_that_wants_more_than_there_is() -> None:
    failed = outcome("0d01020001")
    assert isinstance(failed, RequestFailed)
    assert isinstance(failed.error, BlockTransferError)


def test_a_meter_without_blocks_is_asked_whole() -> None:
    exchange = writes(on=terms(room=40, conformance=Conformance.WRITE), value=LONG)
    assert len(exchange.request()) > 40


@pytest.mark.parametrize("apdu", ["0d020000", "0d00", "0d0200020001"])
def test_contradictory_counts(apdu: str) -> None:
    assert isinstance(outcome(apdu), UnexpectedApduError)


def test_answers_of_other_kinds() -> None:
    refused = outcome("0e060401")
    assert isinstance(refused, RequestFailed)
    assert isinstance(refused.error, ConfirmedServiceFailure)
    assert isinstance(outcome("c501c100"), UnexpectedApduError)
    assert isinstance(outcome("0d01"), DecodeError)
