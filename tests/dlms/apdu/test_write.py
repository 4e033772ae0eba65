import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.write import (
    TakenBlock,
    WriteRequest,
    WriteResponse,
    WriteResult,
    decode_write_request,
    decode_write_response,
    encode_write_request,
    encode_write_response,
)
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.variable_access import Variable, VariableName, WriteDataBlockAccess
from tests.support.apdus import octets_8, octets_16
from tests.support.variables import writings

SUCCESS = DataAccessResult.SUCCESS


@pytest.mark.parametrize(
    ("octets", "request_"),
    [
        ("060102fa10" + "011107", WriteRequest((VariableName(0xFA10),), (b"\x11\x07",))),
        (
            "0602020008020010" + "02" + "1107" + "00",
            WriteRequest((VariableName(8), VariableName(16)), (b"\x11\x07", b"\x00")),
        ),
        (
            "060107" + "00" + "0001" + "01" + "0902aabb",
            WriteRequest(
                (WriteDataBlockAccess(last_block=False, block_number=1),), (b"\x09\x02\xaa\xbb",)
            ),
        ),
    ],
)
def test_requests_are_these_octets(octets: str, request_: WriteRequest) -> None:
    assert encode_write_request(request_).hex() == octets
    assert decode_write_request(bytes.fromhex(octets)) == request_


@pytest.mark.parametrize(
    ("octets", "results"),
    [
        ("0d0100", (SUCCESS,)),
        ("0d02" + "0103" + "00", (DataAccessResult.READ_WRITE_DENIED, SUCCESS)),
        ("0d01020001", (TakenBlock(1),)),
    ],
)
def test_responses_are_these_octets(octets: str, results: tuple[WriteResult, ...]) -> None:
    assert encode_write_response(WriteResponse(results)).hex() == octets
    assert decode_write_response(bytes.fromhex(octets)) == WriteResponse(results)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("0d", "tag 0D stands where write-request"),
        ("060102fa1000", "0 values for 1 variables"),
        ("060102fa1001110700", "1 octets too many"),
    ],
)
def test_malformed_requests_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_write_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("06", "tag 06 stands where write-response"),
        ("0d0103", "result of writing of the unknown kind 3"),
        ("0d010000", "1 octets too many"),
    ],
)
def test_malformed_responses_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_write_response(bytes.fromhex(octets))


def test_what_could_not_be_told_apart_is_never_said() -> None:
    with pytest.raises(EncodeError, match="0 values for 1 variables"):
        WriteRequest((VariableName(8),), ())
    with pytest.raises(EncodeError):
        TakenBlock(0x10000)


def test_no_repr_shows_a_value() -> None:
    assert "password" not in repr(WriteRequest((VariableName(8),), (b"password",)))


results_ = octets_8.map(DataAccessResult) | octets_16.map(TakenBlock)


@given(writings)
def test_decoding_a_request_gives_it_back(pairs: list[tuple[Variable, bytes]]) -> None:
    request = WriteRequest(tuple(each for each, _ in pairs), tuple(value for _, value in pairs))
    assert decode_write_request(encode_write_request(request)) == request


@given(st.lists(results_, max_size=4).map(tuple))
def test_decoding_a_response_gives_it_back(several: tuple[WriteResult, ...]) -> None:
    response = WriteResponse(several)
    assert decode_write_response(encode_write_response(response)) == response


@given(st.binary(max_size=60), st.sampled_from(["06", "0d", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    for decode in (decode_write_request, decode_write_response):
        try:
            decode(bytes.fromhex(tag) + octets)
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test
