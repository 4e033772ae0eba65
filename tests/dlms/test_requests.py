import pytest

from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.exchange import Request
from dcud.dlms.obis import Obis
from dcud.dlms.requests import Act, ActMany, Get, GetMany, Set, SetMany
from dcud.dlms.set_exchange import Writing
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
    ],
)
def test_each_goes_by_its_service(request_: Request[object], begins: str) -> None:
    assert request_.exchange(terms()).request().hex().startswith(begins)
