import pytest

from dcud.dlms.access import DataAccessResult
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import (
    BlockTransferError,
    ConfirmedServiceFailure,
    DecodeError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Answered, BlockReceived, ExchangeParameters, RequestFailed, Terms
from dcud.dlms.read_exchange import ReadExchange
from dcud.dlms.variable_access import ParameterizedAccess, VariableName, Variables
from tests.support.terms import terms

ONE: Variables = (VariableName(0xFA08),)
TWO: Variables = (VariableName(8), VariableName(16))
DENIED = DataAccessResult.READ_WRITE_DENIED


def reads(variables: Variables = ONE, on: Terms | None = None) -> ReadExchange:
    return ReadExchange(variables, "READ it", on or terms())


def outcome(apdu: str, exchange: ReadExchange | None = None) -> object:
    return (exchange or reads()).receive(bytes.fromhex(apdu))


def failure(apdu: str, exchange: ReadExchange | None = None) -> object:
    failed = outcome(apdu, exchange)
    assert isinstance(failed, RequestFailed)
    return type(failed.error)


def test_one_value() -> None:
    exchange = reads()
    assert exchange.subject == "READ it"
    assert exchange.request().hex() == "050102fa08"
    assert exchange.secret() == ()
    assert outcome("0c01001107", exchange) == Answered(answer=(b"\x11\x07",))


def test_many_values_with_refusals() -> None:
    exchange = reads(TWO)
    assert exchange.request().hex() == "0502020008020010"
    assert outcome("0c020011070103", exchange) == Answered(answer=(b"\x11\x07", DENIED))


def test_one_refusal_is_of_all() -> None:
    assert outcome("0c010103", reads(TWO)) == Answered(answer=(DENIED, DENIED))


@pytest.mark.parametrize(
    ("variables", "value", "expected"),
    [
        # by itself, as it comes from the peer that we did not write, and as a list
        (ONE, "1107", (b"\x11\x07",)),
        (ONE, "01001107", (b"\x11\x07",)),
        (ONE, "010103", (DENIED,)),
        (ONE, "0100" + "0100", (b"\x01\x00",)),
        (TWO, "0200110700" + "1108", (b"\x11\x07", b"\x11\x08")),
        (TWO, "020011070103", (b"\x11\x07", DENIED)),
    ],
)
def test_in_blocks(variables: Variables, value: str, expected: tuple[object, ...]) -> None:
    octets = bytes.fromhex(value)
    exchange = reads(variables)
    first = "0c0102" + "00" + "0001" + "01" + octets[:1].hex()
    assert outcome(first, exchange) == BlockReceived(total=1)
    assert exchange.request().hex() == "0501050001"
    rest = octets[1:]
    last = "0c0102" + "01" + "0002" + bytes((len(rest),)).hex() + rest.hex()
    assert outcome(last, exchange) == Answered(answer=expected)


def test_blocks_that_lost_their_place() -> None:
    for second in ("0c0102" + "01" + "0003" + "0107", "0c01001107", "0c01030001"):
        exchange = reads()
        outcome("0c0102" + "00" + "0001" + "0111", exchange)
        assert failure(second, exchange) is BlockTransferError


def test_blocks_of_more_than_is_borne() -> None:
    exchange = reads(on=terms(parameters=ExchangeParameters(max_value_octets=3)))
    assert failure("0c0102" + "00" + "0001" + "0409041122", exchange) is BlockTransferError


def test_blocks_that_make_no_sense_together() -> None:
    assert isinstance(outcome("0c0102" + "01" + "0001" + "0101"), DecodeError)


def test_a_long_request_goes_in_blocks() -> None:
    parameter = bytes.fromhex("0940") + bytes(range(64))
    variables: Variables = (ParameterizedAccess(0xFA30, 1, parameter),)
    exchange = ReadExchange(variables, "READ it", terms(room=40), is_secret=True)
    whole = b"\x01\x04\xfa\x30\x01" + parameter
    sent = b""
    for number, last in ((1, "00"), (2, "00"), (3, "01")):
        apdu = exchange.request()
        assert len(apdu) <= 40
        assert apdu.hex().startswith("050106" + last + f"{number:04x}")
        ((start, end),) = exchange.secret()
        sent += apdu[start:end]
        if number < 3:
            total = len(sent) + 33 if number == 1 else len(whole)
            assert outcome("0c0103" + f"{number:04x}", exchange) == BlockReceived(total=total)
    assert sent == whole
    assert outcome("0c01001107", exchange) == Answered(answer=(b"\x11\x07",))


def test_what_is_secret_in_a_request_that_is_not_cut() -> None:
    variables: Variables = (ParameterizedAccess(0xFA58, 1, b"\x11\x07"),)
    exchange = ReadExchange(variables, "READ it", terms(), is_secret=True)
    assert exchange.secret() == ((6, 8),)
    assert ReadExchange(ONE, "READ it", terms(), is_secret=True).secret() == ()


def test_a_meter_without_blocks_is_asked_whole() -> None:
    parameter = bytes.fromhex("0940") + bytes(64)
    no_blocks = terms(room=40, conformance=Conformance.READ)
    exchange = ReadExchange((ParameterizedAccess(8, 1, parameter),), "READ it", no_blocks)
    assert len(exchange.request()) > 40


@pytest.mark.parametrize("apdu", ["0c0200110700" + "1107", "0c00", "0c0200110702000001" + "00"])
def test_contradictory_counts(apdu: str) -> None:
    assert isinstance(outcome(apdu), UnexpectedApduError)


def test_answers_of_other_kinds() -> None:
    assert failure("0e050401") is ConfirmedServiceFailure
    assert isinstance(outcome("c401c1001107"), UnexpectedApduError)
    assert isinstance(outcome("0c01"), DecodeError)
