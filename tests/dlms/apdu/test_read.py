import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.read import (
    AcknowledgedBlock,
    ReadRequest,
    ReadResponse,
    ReadResult,
    decode_read_request,
    decode_read_response,
    encode_read_request,
    encode_read_response,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.variable_access import (
    BlockNumberAccess,
    NumberedBlock,
    ParameterizedAccess,
    Variable,
    VariableName,
)
from tests.support.apdus import octets_8, octets_16
from tests.support.variables import blocks, encodings, variables


@pytest.mark.parametrize(
    ("octets", "variables_"),
    [
        ("050102fa08", (VariableName(0xFA08),)),
        ("0502020008020010", (VariableName(8), VariableName(16))),
        ("050104fa58011107", (ParameterizedAccess(0xFA58, 1, b"\x11\x07"),)),
        ("0501050001", (BlockNumberAccess(1),)),
    ],
)
def test_requests_are_these_octets(octets: str, variables_: tuple[Variable, ...]) -> None:
    assert encode_read_request(ReadRequest(variables_)).hex() == octets
    assert decode_read_request(bytes.fromhex(octets)) == ReadRequest(variables_)


@pytest.mark.parametrize(
    ("octets", "results"),
    [
        ("0c01001107", (b"\x11\x07",)),
        ("0c02001107" + "0103", (b"\x11\x07", DataAccessResult.READ_WRITE_DENIED)),
        (
            "0c0102" + "00" + "0001" + "020912",
            (NumberedBlock(last_block=False, block_number=1, octets=b"\x09\x12"),),
        ),
        ("0c01030001", (AcknowledgedBlock(1),)),
    ],
)
def test_responses_are_these_octets(octets: str, results: tuple[ReadResult, ...]) -> None:
    assert encode_read_response(ReadResponse(results)).hex() == octets
    assert decode_read_response(bytes.fromhex(octets)) == ReadResponse(results)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("0c", "tag 0C stands where read-request"),
        ("050103", "variable-access-specification of the unknown kind 3"),
        ("050102fa0800", "1 octets too many"),
    ],
)
def test_malformed_requests_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_read_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("05", "tag 05 stands where read-response"),
        ("0c0104", "result of reading of the unknown kind 4"),
        ("0c0100110700", "1 octets too many"),
    ],
)
def test_malformed_responses_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_read_response(bytes.fromhex(octets))


def test_block_numbers_have_two_octets() -> None:
    with pytest.raises(EncodeError):
        AcknowledgedBlock(0x10000)


results_ = st.one_of(
    encodings, octets_8.map(DataAccessResult), blocks, octets_16.map(AcknowledgedBlock)
)


@given(st.lists(variables, max_size=4).map(tuple))
def test_decoding_a_request_gives_it_back(several: tuple[Variable, ...]) -> None:
    request = ReadRequest(several)
    assert decode_read_request(encode_read_request(request)) == request


@given(st.lists(results_, max_size=4).map(tuple))
def test_decoding_a_response_gives_it_back(several: tuple[ReadResult, ...]) -> None:
    response = ReadResponse(several)
    assert decode_read_response(encode_read_response(response)) == response


@given(st.binary(max_size=60), st.sampled_from(["05", "0c", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    for decode in (decode_read_request, decode_read_response):
        try:
            decode(bytes.fromhex(tag) + octets)
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test
