import pytest

from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection
from dcud.dlms.access_exchange import calling, reading, writing
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import EncodeError
from dcud.dlms.exchange import Request
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Access, Act, ActMany, Get, GetMany, ReadVariable, Set, SetMany
from dcud.dlms.set_exchange import Writing
from tests.support.short_names import FewNames
from tests.support.terms import terms

CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
TARGET = AttributeWithSelection(attribute=CLOCK)
WRITING = Writing(target=TARGET, value=b"\x00")
CALL = MethodCall(method=MethodDescriptor(8, Obis.parse("0.0.1.0.0.255"), 1))


@pytest.mark.parametrize(
    ("request_", "begins"),
    [
        (Get(CLOCK), "c001c1"),
        (GetMany((TARGET, TARGET)), "c003c1"),
        (Set(WRITING), "c101c1"),
        (SetMany((WRITING, WRITING)), "c104c1"),
        (Act(CALL), "c301c1"),
        (ActMany((CALL, CALL)), "c303c1"),
        (Access((reading(TARGET), writing(WRITING), calling(CALL))), "d9c000000100"),
        (Access((reading(TARGET),), break_on_error=True), "d9e000000100"),
    ],
)
def test_each_goes_by_its_service(request_: Request[object], begins: str) -> None:
    assert request_.exchange(terms()).request().hex().startswith(begins)


@pytest.mark.parametrize(
    ("request_", "goes_as"),
    [
        (Get(CLOCK), "01" + "0100080000010000ff02" + "0100"),
        (GetMany((TARGET, TARGET)), "02" + "0100080000010000ff02" * 2 + "020000"),
        (Set(WRITING), "01" + "0200080000010000ff02" + "0100"),
        (SetMany((WRITING, WRITING)), "02" + "0200080000010000ff02" * 2 + "020000"),
        (Act(CALL), "01" + "0300080000010000ff01" + "0100"),
        (ActMany((CALL, CALL)), "02" + "0300080000010000ff01" * 2 + "020000"),
    ],
)
def test_a_meter_that_speaks_access_alone(request_: Request[object], goes_as: str) -> None:
    exchange = request_.exchange(terms(conformance=Conformance.ACCESS))
    assert exchange.request().hex() == "d9c000000100" + goes_as


@pytest.mark.parametrize(
    ("request_", "begins"),
    [(GetMany((TARGET, TARGET)), "d9"), (Get(CLOCK), "c0"), (SetMany((WRITING,)), "d9")],
)
def test_a_meter_that_speaks_access_but_no_lists(request_: Request[object], begins: str) -> None:
    everything_but_lists = Conformance(0xFFFFFF) & ~Conformance.MULTIPLE_REFERENCES
    exchange = request_.exchange(terms(conformance=everything_but_lists))
    assert exchange.request().hex().startswith(begins)


ENERGY = AttributeWithSelection(attribute=AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2))
VALUE = Writing(target=ENERGY, value=b"\x00")
RESET = MethodCall(method=MethodDescriptor(3, Obis.parse("1.0.1.8.0.255"), 1))


@pytest.mark.parametrize(
    ("request_", "goes_as"),
    [
        (Get(ENERGY.attribute), "0501" + "020108"),
        (GetMany((ENERGY, ENERGY)), "0502" + "020108" * 2),
        (Set(VALUE), "0601" + "020108" + "0100"),
        (SetMany((VALUE, VALUE)), "0602" + "020108" * 2 + "020000"),
        (Act(RESET), "0601" + "020128" + "010f00"),
        (ActMany((RESET, RESET)), "0602" + "020128" * 2 + "020f000f00"),
        (ReadVariable(0xFA08), "0501" + "02fa08"),
    ],
)
def test_a_meter_that_knows_short_names(request_: Request[object], goes_as: str) -> None:
    exchange = request_.exchange(terms(names=FewNames()))
    assert exchange.request().hex() == goes_as


def test_access_wants_logical_names() -> None:
    with pytest.raises(EncodeError, match="logical names"):
        Access((reading(TARGET),)).exchange(terms(names=FewNames()))


@pytest.mark.parametrize("request_", [Get(CLOCK), GetMany((TARGET,))])
def test_a_meter_that_grants_nothing_is_asked_all_the_same(request_: Request[object]) -> None:
    exchange = request_.exchange(terms(conformance=Conformance(0)))
    assert exchange.request().hex().startswith("c0")
