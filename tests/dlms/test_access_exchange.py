import pytest

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    MethodDescriptor,
)
from dcud.dlms.access_exchange import AccessExchange, calling, reading, writing
from dcud.dlms.action_exchange import MethodCall, Returned
from dcud.dlms.errors import DecodeError, ServiceRefusedError, UnexpectedApduError
from dcud.dlms.exchange import Answered, ExchangeParameters, RequestFailed, Terms
from dcud.dlms.obis import Obis
from dcud.dlms.set_exchange import Writing
from tests.support.terms import terms

TIME = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2))
ZONE = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 3))
RESET = MethodDescriptor(7, Obis.parse("1.0.99.1.0.255"), 1)
DENIED = DataAccessResult.READ_WRITE_DENIED


def three(on: Terms | None = None, *, is_secret: bool = False) -> AccessExchange[Returned]:
    return AccessExchange(
        (
            reading(TIME),
            writing(Writing(target=ZONE, value=b"\x10\x00\x3c", is_secret=is_secret)),
            calling(MethodCall(method=RESET, parameter=b"\x0f\x00")),
        ),
        on or terms(),
    )


def outcome(apdu: str, exchange: AccessExchange[Returned] | None = None) -> object:
    return (exchange or three()).receive(bytes.fromhex(apdu))


def test_what_is_asked() -> None:
    exchange = three()
    assert exchange.request().hex() == (
        "d9c000000100"
        "03" + "0100080000010000ff02" + "0200080000010000ff03" + "0300070100630100ff01"
        "03" + "00" + "10003c" + "0f00"
    )
    assert exchange.subject == "ACCESS 8/0.0.1.0.0.255/2 and 2 more"
    assert exchange.secret() == ()


def test_one_alone_that_breaks_on_errors() -> None:
    exchange = AccessExchange(
        (calling(MethodCall(method=RESET)),), terms(high_priority=False), break_on_error=True
    )
    assert exchange.request().hex() == "d96000000100" + "010300070100630100ff01" + "0100"
    assert exchange.subject == "ACCESS 7/1.0.99.1.0.255/1"


def test_secrets_are_told_apart() -> None:
    exchange = three(is_secret=True)
    ((start, end),) = exchange.secret()
    assert exchange.request()[start:end].hex() == "00" + "10003c" + "0f00"


def test_all_went_well() -> None:
    octets = "da00000001" + "00" + "00" + "03" + "1107" + "00" + "1108" + "03" + "010002000300"
    assert outcome(octets) == Answered(answer=(b"\x11\x07", DataAccessResult.SUCCESS, b"\x11\x08"))
    octets = "da00000001" + "00" + "00" + "03" + "1107" + "00" + "00" + "03" + "010002000300"
    assert outcome(octets) == Answered(answer=(b"\x11\x07", DataAccessResult.SUCCESS, None))


def test_each_is_refused_by_itself() -> None:
    octets = "da00000001" + "00" + "00" + "03" + "000000" + "03" + "010302030303"
    assert outcome(octets) == Answered(answer=(DENIED, DENIED, ActionResult.READ_WRITE_DENIED))


@pytest.mark.parametrize(
    "octets",
    [
        "da00000001" + "00" + "00" + "02" + "0000" + "02" + "01030203",
        "da00000001" + "00" + "00" + "03" + "000000" + "03" + "010301030303",
        "da00000001" + "00" + "00" + "00" + "00",
    ],
)
def test_contradictory_answers(octets: str) -> None:
    assert isinstance(outcome(octets), UnexpectedApduError)


def test_the_answer_to_another_request() -> None:
    octets = "da00000002" + "00" + "00" + "03" + "000000" + "03" + "010302030303"
    assert outcome(octets) is None
    trusting = three(terms(parameters=ExchangeParameters(match_invoke_id=False)))
    assert isinstance(outcome(octets, trusting), Answered)


def test_answers_of_other_kinds() -> None:
    refused = outcome("d80102")
    assert isinstance(refused, RequestFailed)
    assert isinstance(refused.error, ServiceRefusedError)
    assert isinstance(outcome("c7"), UnexpectedApduError)
    assert isinstance(outcome("da00"), DecodeError)
