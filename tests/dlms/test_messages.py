from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, MethodDescriptor
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.messages import ActUnconfirmed, SetUnconfirmed
from dcud.dlms.obis import Obis
from dcud.dlms.set_exchange import Writing
from tests.support.short_names import FewNames
from tests.support.terms import terms

ENERGY = Obis.parse("1.0.1.8.0.255")
VALUE = AttributeWithSelection(attribute=AttributeDescriptor(3, ENERGY, 2))
RESET = MethodDescriptor(3, ENERGY, 1)
NAMED = terms(names=FewNames())


def test_writing() -> None:
    message = SetUnconfirmed(Writing(target=VALUE, value=b"\x11\x07"))
    octets, secret = message.apdu(terms())
    assert (octets.hex(), secret) == ("c10181" + "00030100010800ff02" + "00" + "1107", ())
    octets, secret = message.apdu(NAMED)
    assert (octets.hex(), secret) == ("160102010801" + "1107", ())


def test_calling() -> None:
    message = ActUnconfirmed(MethodCall(method=RESET))
    assert message.apdu(terms())[0].hex() == "c30181" + "00030100010800ff01" + "00"
    assert message.apdu(NAMED)[0].hex() == "160102012801" + "0f00"
    octets, _ = ActUnconfirmed(MethodCall(method=RESET, parameter=b"\x11\x07")).apdu(terms())
    assert octets.hex() == "c30181" + "00030100010800ff01" + "01" + "1107"


def test_secrets_are_told_apart() -> None:
    writing = SetUnconfirmed(Writing(target=VALUE, value=b"\x11\x07", is_secret=True))
    assert writing.apdu(terms())[1] == ((13, 15),)
    assert writing.apdu(NAMED)[1] == ((6, 8),)
    calling = ActUnconfirmed(MethodCall(method=RESET, parameter=b"\x11\x07", is_secret=True))
    assert calling.apdu(terms())[1] == ((13, 15),)
    assert calling.apdu(NAMED)[1] == ((6, 8),)
    assert ActUnconfirmed(MethodCall(method=RESET, is_secret=True)).apdu(terms())[1] == ()
