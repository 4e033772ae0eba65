import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.release import ReleaseRequest, ReleaseResponse
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.apdus import octets_32

# the tests of Circutor/gosem
CIPHERED_REQUEST = (
    "6239800100be3404322130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7"
    "dced015460239699c72c18c06db29c54673b83bac0"
)
CIPHERED_RESPONSE = (
    "6328800100be230421281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825"
)


def test_normal() -> None:
    assert ReleaseRequest().encode().hex() == "6203800100"
    assert ReleaseRequest.decode(bytes.fromhex("6203800100")) == ReleaseRequest()
    assert ReleaseResponse().encode().hex() == "6303800100"
    assert ReleaseResponse.decode(bytes.fromhex("6303800100")) == ReleaseResponse()


def test_empty() -> None:
    assert ReleaseRequest.decode(bytes.fromhex("6200")) == ReleaseRequest(reason=None)
    assert ReleaseResponse.decode(bytes.fromhex("6300")) == ReleaseResponse(reason=None)
    assert ReleaseResponse(reason=None).encode().hex() == "6300"


def test_ciphered_user_information_is_kept() -> None:
    request = ReleaseRequest.decode(bytes.fromhex(CIPHERED_REQUEST))
    assert request.user_information == bytes.fromhex(CIPHERED_REQUEST[-100:])
    assert request.encode().hex() == CIPHERED_REQUEST
    response = ReleaseResponse.decode(bytes.fromhex(CIPHERED_RESPONSE))
    assert response.user_information == bytes.fromhex(CIPHERED_RESPONSE[-66:])
    assert response.encode().hex() == CIPHERED_RESPONSE


@pytest.mark.parametrize("octets", ["", "6303800100", "6204800100", "6203800200", "62028000"])
def test_broken_requests(octets: str) -> None:
    with pytest.raises(DecodeError):
        ReleaseRequest.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("octets", ["63", "6305800100", "638303800100", "63038001", "6303800200"])
def test_a_response_with_a_malformed_length_is_a_response(octets: str) -> None:
    assert ReleaseResponse.decode(bytes.fromhex(octets)) == ReleaseResponse(reason=None)


@pytest.mark.parametrize("octets", ["", "6203800100"])
def test_what_is_no_response(octets: str) -> None:
    with pytest.raises(DecodeError):
        ReleaseResponse.decode(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        ReleaseRequest(reason=-1)
    with pytest.raises(EncodeError):
        ReleaseResponse(reason=1 << 32)


@given(st.none() | octets_32, st.none() | st.binary(max_size=300))
def test_each_comes_back(reason: int | None, user_information: bytes | None) -> None:
    request = ReleaseRequest(reason=reason, user_information=user_information)
    assert ReleaseRequest.decode(request.encode()) == request
    response = ReleaseResponse(reason=reason, user_information=user_information)
    assert ReleaseResponse.decode(response.encode()) == response


@given(st.binary(max_size=30))
def test_any_octets_give_a_value_or_a_typed_error(rest: bytes) -> None:
    response = ReleaseResponse.decode(b"\x63" + rest)
    assert ReleaseResponse.decode(response.encode()) == response
    try:
        request = ReleaseRequest.decode(b"\x62" + rest)
    except DecodeError:
        return
    assert ReleaseRequest.decode(request.encode()) == request
