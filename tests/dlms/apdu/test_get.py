import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    InvokeIdAndPriority,
    Selection,
)
from dcud.dlms.apdu.get import (
    GetRequest,
    GetRequestNext,
    GetRequestNormal,
    GetRequestWithList,
    GetResponse,
    GetResponseNormal,
    GetResponseWithDatablock,
    GetResponseWithList,
    decode_get_request,
    decode_get_response,
    encode_get_request,
    encode_get_response,
)
from dcud.dlms.data import (
    array,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from tests.support.apdus import attributes, invokes, octets_32, refusals, selections

C1 = InvokeIdAndPriority(invoke_id=1, high_priority=True)
PROFILE = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)

# by range on the clock, from the tests of Circutor/gosem
RANGE = Selection(
    1,
    structure(
        [
            structure(
                [
                    long_unsigned(8),
                    octet_string(bytes.fromhex("0000010000ff")),
                    integer(2),
                    long_unsigned(0),
                ]
            ),
            octet_string(bytes.fromhex("07e40101030a000000000000")),
            octet_string(bytes.fromhex("07e40101030b000000000000")),
            array([]),
        ]
    ),
)

REQUESTS: list[tuple[str, GetRequest]] = [
    # the tests of u9n/dlms-cosem
    (
        "c001c1000100002b0100ff0200",
        GetRequestNormal(
            invoke_id_and_priority=C1,
            attribute=AttributeDescriptor(1, Obis.parse("0.0.43.1.0.255"), 2),
        ),
    ),
    # the tests of Circutor/gosem
    (
        "c001c100070100630100ff0200",
        GetRequestNormal(invoke_id_and_priority=C1, attribute=PROFILE),
    ),
    (
        (
            "c001c100070100630100ff0201010204020412000809060000010000ff0f02120000"
            "090c07e40101030a000000000000090c07e40101030b0000000000000100"
        ),
        GetRequestNormal(invoke_id_and_priority=C1, attribute=PROFILE, selection=RANGE),
    ),
    ("c002c100000001", GetRequestNext(invoke_id_and_priority=C1, block_number=1)),
    (
        "c003c102000100002b0100ff0200000100002b0100ff02010100",
        GetRequestWithList(
            invoke_id_and_priority=C1,
            targets=(
                AttributeWithSelection(
                    attribute=AttributeDescriptor(1, Obis.parse("0.0.43.1.0.255"), 2)
                ),
                AttributeWithSelection(
                    attribute=AttributeDescriptor(1, Obis.parse("0.0.43.1.0.255"), 2),
                    selection=Selection(1, null_data()),
                ),
            ),
        ),
    ),
]

RESPONSES: list[tuple[str, GetResponse]] = [
    (
        "c403c103000600001391010400020111aa",
        GetResponseWithList(
            invoke_id_and_priority=C1,
            results=(
                bytes.fromhex("0600001391"),
                DataAccessResult.OBJECT_UNDEFINED,
                bytes.fromhex("020111aa"),
            ),
        ),
    ),
    # the tests of u9n/dlms-cosem
    (
        "c401c1000600001391",
        GetResponseNormal(invoke_id_and_priority=C1, result=bytes.fromhex("0600001391")),
    ),
    (
        "c401c10101",
        GetResponseNormal(invoke_id_and_priority=C1, result=DataAccessResult.HARDWARE_FAULT),
    ),
    (
        "c402c101000000130101",
        GetResponseWithDatablock(
            invoke_id_and_priority=C1,
            last_block=True,
            block_number=19,
            result=DataAccessResult.HARDWARE_FAULT,
        ),
    ),
    # the tests of Circutor/gosem
    (
        "c402c10000000001000c010506000000010600000002",
        GetResponseWithDatablock(
            invoke_id_and_priority=C1,
            last_block=False,
            block_number=1,
            result=bytes.fromhex("010506000000010600000002"),
        ),
    ),
]


@pytest.mark.parametrize(("octets", "request_"), REQUESTS)
def test_known_requests(octets: str, request_: GetRequest) -> None:
    assert encode_get_request(request_).hex() == octets
    assert decode_get_request(bytes.fromhex(octets)) == request_


@pytest.mark.parametrize(("octets", "response"), RESPONSES)
def test_known_responses(octets: str, response: GetResponse) -> None:
    assert encode_get_response(response).hex() == octets
    assert decode_get_response(bytes.fromhex(octets)) == response


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "c0",
        "c001c1",
        "c401c1000100002b0100ff0200",
        "c001c1000100002b0100ff02",
        "c001c1000100002b0100ff020000",
        "c002c1000000",
        "c002c10000000100",
        "c003c102000100002b0100ff0200",
        "c003c101000100002b0100ff020000",
        "c004c1",
        "c001c1000100002b0100ff020101ee",
    ],
)
def test_broken_requests(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_get_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "c4",
        "c401c1",
        "c001c10101",
        "c401c101",
        "c401c10200",
        "c401c1010100",
        "c402c10000000001000c0105",
        "c402c1000000000100010000",
        "c402c10000000001020100",
        "c403c1010000ee",
        "c403c1020000",
        "c403c10100ee",
        "c404c1",
    ],
)
def test_broken_responses(octets: str) -> None:
    with pytest.raises(DecodeError):
        decode_get_response(bytes.fromhex(octets))


def test_block_numbers_have_four_octets() -> None:
    with pytest.raises(EncodeError):
        GetRequestNext(invoke_id_and_priority=C1, block_number=1 << 32)
    with pytest.raises(EncodeError):
        GetResponseWithDatablock(
            invoke_id_and_priority=C1, last_block=True, block_number=-1, result=b""
        )


requests = st.builds(
    GetRequestNormal, invoke_id_and_priority=invokes, attribute=attributes, selection=selections
) | st.builds(GetRequestNext, invoke_id_and_priority=invokes, block_number=octets_32)
results = st.binary(max_size=300) | refusals
responses = st.builds(
    GetResponseNormal, invoke_id_and_priority=invokes, result=results
) | st.builds(
    GetResponseWithDatablock,
    invoke_id_and_priority=invokes,
    last_block=st.booleans(),
    block_number=octets_32,
    result=results,
)


@given(requests)
def test_each_request_comes_back(request_: GetRequest) -> None:
    assert decode_get_request(encode_get_request(request_)) == request_


@given(responses)
def test_each_response_comes_back(response: GetResponse) -> None:
    assert decode_get_response(encode_get_response(response)) == response


@given(st.integers(0, 4), st.binary(max_size=40))
def test_any_octets_give_a_value_or_a_typed_error(choice: int, rest: bytes) -> None:
    try:
        request = decode_get_request(bytes((0xC0, choice)) + rest)
    except DecodeError:
        pass
    else:
        assert decode_get_request(encode_get_request(request)) == request
    try:
        response = decode_get_response(bytes((0xC4, choice)) + rest)
    except DecodeError:
        pass
    else:
        assert decode_get_response(encode_get_response(response)) == response
