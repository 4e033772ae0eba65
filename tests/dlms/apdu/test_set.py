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
from dcud.dlms.apdu.set import (
    SetBlock,
    SetRequest,
    SetRequestNormal,
    SetRequestWithDatablock,
    SetRequestWithFirstDatablock,
    SetRequestWithList,
    SetRequestWithListAndFirstDatablock,
    SetResponse,
    SetResponseDatablock,
    SetResponseLastDatablock,
    SetResponseLastDatablockWithList,
    SetResponseNormal,
    SetResponseWithList,
    decode_set_request,
    decode_set_response,
    encode_set_request,
    encode_set_response,
)
from dcud.dlms.data import encode_data, unsigned
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from tests.support.data_strategies import data

INVOKE = InvokeIdAndPriority(invoke_id=1, high_priority=True)
CLOCK = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2))
SELECTED = AttributeWithSelection(
    attribute=AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2),
    selection=Selection(1, unsigned(3)),
)
BLOCK = SetBlock(last_block=False, block_number=1, octets=b"\x09\x0c\x07")
LAST = SetBlock(last_block=True, block_number=2, octets=b"\xe4\x07")

CLOCK_OCTETS = "0008 0000010000FF 02 00"
SELECTED_OCTETS = "0001 0000600100FF 02 01 01 1103"

REQUESTS: list[tuple[str, SetRequest]] = [
    (
        f"C101C1 {CLOCK_OCTETS} 1105",
        SetRequestNormal(invoke_id_and_priority=INVOKE, target=CLOCK, value=b"\x11\x05"),
    ),
    (
        f"C102C1 {SELECTED_OCTETS} 00 00000001 03 090C07",
        SetRequestWithFirstDatablock(invoke_id_and_priority=INVOKE, target=SELECTED, block=BLOCK),
    ),
    (
        "C103C1 01 00000002 02 E407",
        SetRequestWithDatablock(invoke_id_and_priority=INVOKE, block=LAST),
    ),
    (
        f"C104C1 02 {CLOCK_OCTETS} {SELECTED_OCTETS} 02 1105 00",
        SetRequestWithList(
            invoke_id_and_priority=INVOKE,
            targets=(CLOCK, SELECTED),
            values=(b"\x11\x05", b"\x00"),
        ),
    ),
    (
        f"C105C1 01 {CLOCK_OCTETS} 00 00000001 03 090C07",
        SetRequestWithListAndFirstDatablock(
            invoke_id_and_priority=INVOKE, targets=(CLOCK,), block=BLOCK
        ),
    ),
]
RESPONSES: list[tuple[str, SetResponse]] = [
    (
        "C501C1 00",
        SetResponseNormal(invoke_id_and_priority=INVOKE, result=DataAccessResult.SUCCESS),
    ),
    ("C502C1 00000007", SetResponseDatablock(invoke_id_and_priority=INVOKE, block_number=7)),
    (
        "C503C1 0C 00000008",
        SetResponseLastDatablock(
            invoke_id_and_priority=INVOKE,
            result=DataAccessResult.TYPE_UNMATCHED,
            block_number=8,
        ),
    ),
    (
        "C504C1 02 00 03 00000008",
        SetResponseLastDatablockWithList(
            invoke_id_and_priority=INVOKE,
            results=(DataAccessResult.SUCCESS, DataAccessResult.READ_WRITE_DENIED),
            block_number=8,
        ),
    ),
    (
        "C505C1 02 00 FA",
        SetResponseWithList(
            invoke_id_and_priority=INVOKE,
            results=(DataAccessResult.SUCCESS, DataAccessResult.OTHER_REASON),
        ),
    ),
]


@pytest.mark.parametrize(("octets", "request_"), REQUESTS)
def test_requests_both_ways(octets: str, request_: SetRequest) -> None:
    assert encode_set_request(request_) == bytes.fromhex(octets)
    assert decode_set_request(bytes.fromhex(octets)) == request_


@pytest.mark.parametrize(("octets", "response"), RESPONSES)
def test_responses_both_ways(octets: str, response: SetResponse) -> None:
    assert encode_set_response(response) == bytes.fromhex(octets)
    assert decode_set_response(bytes.fromhex(octets)) == response


# Circutor/gosem tests
GOSEM_FIRST = (
    "c102c1000300015e230bff020000000000016b020a09280001020304050607080900010203040506"
    "07080900010203040506070809000102030405060708090928000102030405060708090001020304"
    "05060708090001020304050607080900010203040506070809092800010203040506070809000102"
    "030405060708"
)
GOSEM_LAST = "c103c10100000003210000000000ea1500000000000001591500000000000001c8150000000000000237"
GOSEM_DONE = "c503c10000000003"


def test_known_answers() -> None:
    first = decode_set_request(bytes.fromhex(GOSEM_FIRST))
    assert isinstance(first, SetRequestWithFirstDatablock)
    assert first.target.attribute == AttributeDescriptor(3, Obis.parse("0.1.94.35.11.255"), 2)
    assert (first.block.last_block, first.block.block_number) == (False, 1)
    last = decode_set_request(bytes.fromhex(GOSEM_LAST))
    assert isinstance(last, SetRequestWithDatablock)
    assert (last.block.last_block, last.block.block_number) == (True, 3)
    assert len(last.block.octets) == 0x21
    for request in (first, last):
        assert encode_set_request(request).hex() in {GOSEM_FIRST, GOSEM_LAST}
    done = decode_set_response(bytes.fromhex(GOSEM_DONE))
    assert done == SetResponseLastDatablock(
        invoke_id_and_priority=INVOKE, result=DataAccessResult.SUCCESS, block_number=3
    )


def test_results_that_are_not_known_keep_their_number() -> None:
    response = decode_set_response(bytes.fromhex("C501C14D"))
    assert isinstance(response, SetResponseNormal)
    assert (response.result, response.result.words) == (77, "result-77")


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("C001C1", "tag C0 stands where set-request"),
        ("C106C1", "set-request of the unknown kind 6"),
        ("C101", "wanted"),
        ("C103C1 01 00000002 03 E407", "announces 3"),
        ("C103C1 01 00000002 01 E407", "too many"),
        (f"C104C1 01 {CLOCK_OCTETS} 02 00 00", "2 values for 1 attributes"),
        (f"C104C1 01 {CLOCK_OCTETS} 01 FE", "tag FE"),
        ("C104C1 84FFFFFFFF", "announces 4294967295"),
    ],
)
def test_broken_requests(octets: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode_set_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("C401C100", "tag C4 stands where set-response"),
        ("C506C1", "set-response of the unknown kind 6"),
        ("C501C1", "wanted"),
        ("C501C10000", "too many"),
        ("C505C1 03 0000", "announces 3"),
    ],
)
def test_broken_responses(octets: str, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        decode_set_response(bytes.fromhex(octets))


@pytest.mark.parametrize("number", [-1, 1 << 32])
def test_block_numbers_have_four_octets(number: int) -> None:
    with pytest.raises(EncodeError):
        SetBlock(last_block=True, block_number=number, octets=b"")
    with pytest.raises(EncodeError):
        SetResponseDatablock(invoke_id_and_priority=INVOKE, block_number=number)
    with pytest.raises(EncodeError):
        SetResponseLastDatablock(
            invoke_id_and_priority=INVOKE, result=DataAccessResult.SUCCESS, block_number=number
        )
    with pytest.raises(EncodeError):
        SetResponseLastDatablockWithList(
            invoke_id_and_priority=INVOKE, results=(), block_number=number
        )


def test_there_are_as_many_values_as_attributes() -> None:
    with pytest.raises(EncodeError, match="0 values for 1 attributes"):
        SetRequestWithList(invoke_id_and_priority=INVOKE, targets=(CLOCK,), values=())


def test_no_repr_shows_what_is_written() -> None:
    for _, request in REQUESTS:
        assert "x0c" not in repr(request)
        assert "x05" not in repr(request)


@given(st.lists(st.tuples(st.sampled_from([CLOCK, SELECTED]), data().map(encode_data)), max_size=4))
def test_lists_are_decoded_as_they_were_encoded(
    items: list[tuple[AttributeWithSelection, bytes]],
) -> None:
    request = SetRequestWithList(
        invoke_id_and_priority=INVOKE,
        targets=tuple(target for target, _ in items),
        values=tuple(value for _, value in items),
    )
    assert decode_set_request(encode_set_request(request)) == request


@given(st.integers(0, 6), st.binary(max_size=40))
def test_any_octets_are_an_apdu_or_a_decode_error(choice: int, octets: bytes) -> None:
    for tag, decode in ((0xC1, decode_set_request), (0xC5, decode_set_response)):
        whole = bytes((tag, choice)) + octets
        try:
            apdu = decode(whole)
        except DecodeError:
            continue
        assert apdu.invoke_id_and_priority.invoke_id == octets[0] & 0x0F
