import pytest

from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import Data, encode_data, octet_string, unsigned
from dcud.dlms.datalink import ClientSap
from dcud.dlms.obis import Obis
from dcud.dlms.server_get import AnswerTooLongError, GetService

CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
LONG = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
LONG_VALUE = encode_data(octet_string(bytes(40)))
GET_CLOCK = bytes.fromhex("c001c1" + "00080000010000ff02" + "00")
GET_LONG = bytes.fromhex("c001c1" + "00010000600100ff02" + "00")


def read(
    attribute: AttributeDescriptor, _selection: Selection | None, _client: ClientSap
) -> Data | bytes | DataAccessResult:
    values: dict[AttributeDescriptor, Data | bytes] = {CLOCK: unsigned(7), LONG: LONG_VALUE}
    return values.get(attribute, DataAccessResult.OBJECT_UNDEFINED)


def service() -> GetService:
    return GetService(read, ClientSap(16))


def answered(served: GetService, apdu: bytes, room: int = 0) -> str | None:
    answer = served.answer(apdu, room, in_blocks=True)
    return None if answer is None else answer.hex()


def test_whole() -> None:
    assert answered(service(), GET_CLOCK) == "c401c1001107"
    assert answered(service(), GET_LONG, room=46) == "c401c100" + LONG_VALUE.hex()


def test_nothing_is_said_where_nothing_is_wanted() -> None:
    assert answered(service(), bytes((0xC0, 1, 0x81, *GET_CLOCK[3:]))) is None


def test_an_attribute_that_is_not_there() -> None:
    assert answered(service(), bytes.fromhex("c001c1" + "00080000010000ff03" + "00"), 12) == (
        "c401c10104"
    )


def test_in_blocks_of_what_fits() -> None:
    served = service()
    assert answered(served, GET_LONG, room=40) == "c402c100" + "00000001" + "001e" + (
        LONG_VALUE[:30].hex()
    )
    assert answered(served, bytes.fromhex("c002c100000001"), room=40) == (
        "c402c101" + "00000002" + "000c" + LONG_VALUE[30:].hex()
    )


def test_blocks_in_disorder() -> None:
    served = service()
    assert answered(served, bytes.fromhex("c002c100000001")) == "c402c101" + "00000001" + "0110"
    answered(served, GET_LONG, room=40)
    assert answered(served, bytes.fromhex("c002c100000007")) == "c402c101" + "00000007" + "0113"


def test_too_long_where_nothing_may_be_cut() -> None:
    with pytest.raises(AnswerTooLongError):
        service().answer(GET_LONG, 40, in_blocks=False)


def test_an_association_that_ends_takes_the_long_answer_with_it() -> None:
    served = service()
    answered(served, GET_LONG, room=40)
    served.forget()
    assert answered(served, bytes.fromhex("c002c100000001")) == "c402c101" + "00000001" + "0110"


GET_BOTH = bytes.fromhex("c003c1" + "03" + "00080000010000ff0200" * 2 + "00010000600100ff0300")


def test_many_attributes() -> None:
    assert answered(service(), GET_BOTH) == "c403c1" + "03" + "001107" + "001107" + "0104"


def test_many_attributes_in_blocks() -> None:
    served = service()
    request = bytes.fromhex("c003c1" + "04" + "00080000010000ff0200" * 4)
    assert answered(served, request, room=12) == "c402c100" + "00000001" + "00" + "02" + "0400"
    assert answered(served, bytes.fromhex("c002c100000001"), room=12) == (
        "c402c100" + "00000002" + "00" + "02" + "1107"
    )


def test_many_attributes_that_do_not_fit() -> None:
    with pytest.raises(AnswerTooLongError):
        service().answer(GET_BOTH, 11, in_blocks=False)
