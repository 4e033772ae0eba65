import pytest

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.by_short_names import call_methods, read_attributes, read_variable, write_attributes
from dcud.dlms.data import unsigned
from dcud.dlms.exchange import Answered
from dcud.dlms.obis import Obis
from dcud.dlms.set_exchange import Writing
from dcud.dlms.short_names import REPLY_TO_HLS_AUTHENTICATION, UnknownNameError
from tests.support.short_names import FewNames
from tests.support.terms import terms

ENERGY = Obis.parse("1.0.1.8.0.255")
VALUE = AttributeWithSelection(attribute=AttributeDescriptor(3, ENERGY, 2))
PART = AttributeWithSelection(
    attribute=AttributeDescriptor(3, ENERGY, 3), selection=Selection(2, unsigned(7))
)
RESET = MethodDescriptor(3, ENERGY, 1)
NAMES, TERMS = FewNames(), terms()


def test_reading() -> None:
    exchange = read_attributes((VALUE, PART), NAMES, TERMS)
    assert exchange.subject == "READ 3/1.0.1.8.0.255/2 and 1 more"
    assert exchange.request().hex() == "0502" + "020108" + "040110" + "02" + "1107"


def test_reading_what_has_no_name() -> None:
    unknown = AttributeWithSelection(attribute=AttributeDescriptor(1, ENERGY, 2))
    with pytest.raises(UnknownNameError):
        read_attributes((VALUE, unknown), NAMES, TERMS)


def test_reading_what_everybody_knows() -> None:
    exchange = read_variable(0xFA08, TERMS)
    assert exchange.subject == "READ FA08"
    assert exchange.request().hex() == "050102fa08"


def test_writing() -> None:
    writing = Writing(target=VALUE, value=b"\x11\x07", is_secret=True)
    exchange = write_attributes((writing,), NAMES, TERMS)
    assert exchange.subject == "WRITE 3/1.0.1.8.0.255/2"
    assert exchange.request().hex() == "0601020108" + "011107"
    assert exchange.secret() == ((6, 8),)
    assert exchange.receive(bytes.fromhex("0d0100")) == Answered(answer=(DataAccessResult.SUCCESS,))


def test_a_method_is_written() -> None:
    exchange = call_methods((MethodCall(method=RESET),), NAMES, TERMS)
    assert exchange.subject == "WRITE 3/1.0.1.8.0.255/1"
    assert exchange.request().hex() == "0601020128" + "010f00"
    assert exchange.receive(bytes.fromhex("0d0100")) == Answered(answer=(None,))
    assert exchange.receive(bytes.fromhex("0d010103")) == Answered(
        answer=(ActionResult.READ_WRITE_DENIED,)
    )


def test_a_method_that_returns_something_is_read() -> None:
    call = MethodCall(method=REPLY_TO_HLS_AUTHENTICATION, parameter=b"\x09\x01\xaa", is_secret=True)
    exchange = call_methods((call,), NAMES, TERMS)
    assert exchange.subject == "READ 12/0.0.40.0.0.255/8"
    assert exchange.request().hex() == "0501" + "04fa5801" + "0901aa"
    assert exchange.secret() == ((6, 9),)
    assert exchange.receive(bytes.fromhex("0c01000901bb")) == Answered(answer=(b"\x09\x01\xbb",))
    assert exchange.receive(bytes.fromhex("0c010103")) == Answered(
        answer=(ActionResult.READ_WRITE_DENIED,)
    )
