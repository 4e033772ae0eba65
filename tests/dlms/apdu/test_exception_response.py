import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.errors import CounterRejectedError, DecodeError, EncodeError
from tests.support.apdus import octets_8, octets_32


def test_two_codes() -> None:
    # the tests of Circutor/gosem
    response = ExceptionResponse(state_error=1, service_error=2)
    assert response.encode().hex() == "d80102"
    assert ExceptionResponse.decode(bytes.fromhex("d80102")) == response
    assert response.words == "service-not-allowed, service-not-supported"


def test_the_invocation_counter() -> None:
    # the layout that a server of Gurux sends
    response = ExceptionResponse(state_error=1, service_error=6, invocation_counter=5004)
    assert response.encode().hex() == "d80106" + "0000138c"
    assert ExceptionResponse.decode(response.encode()) == response


def test_the_error() -> None:
    error = ExceptionResponse(state_error=2, service_error=4).error("GET 8/0.0.1.0.0.255/2")
    assert str(error) == (
        "the meter refused GET 8/0.0.1.0.0.255/2: service-unknown, pdu-too-long;"
        " ask for less at a time"
    )
    assert (error.state_error, error.service_error) == (2, 4)


def test_a_counter_that_the_meter_does_not_accept() -> None:
    refused = bytes.fromhex("d80106" + "0000138c")
    error = ExceptionResponse.decode(refused).error("the association")
    assert isinstance(error, CounterRejectedError)
    assert str(error) == (
        "the meter refused the association: service-not-allowed, invocation-counter-error"
    )
    assert error.expected == 5004
    untold = ExceptionResponse.decode(bytes.fromhex("d80106")).error("the association")
    assert isinstance(untold, CounterRejectedError)
    assert untold.expected is None


def test_codes_that_are_not_known() -> None:
    response = ExceptionResponse(state_error=3, service_error=200)
    assert response.words == "state-error 3, service-error 200"
    assert response.error("x").remedy == "look it up in the meter's manual"


@pytest.mark.parametrize("octets", ["", "d8", "d801", "0e0102", "d8010600", "d801060000138c00"])
def test_broken_responses(octets: str) -> None:
    with pytest.raises(DecodeError):
        ExceptionResponse.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("codes", [(256, 1, None), (1, 256, None), (1, 6, -1)])
def test_what_does_not_fit(codes: tuple[int, int, int | None]) -> None:
    state, service, counter = codes
    with pytest.raises(EncodeError):
        ExceptionResponse(state_error=state, service_error=service, invocation_counter=counter)


@given(octets_8, octets_8, st.none() | octets_32)
def test_each_comes_back(state: int, service: int, counter: int | None) -> None:
    response = ExceptionResponse(
        state_error=state, service_error=service, invocation_counter=counter
    )
    assert ExceptionResponse.decode(response.encode()) == response
    assert str(response.error("x"))


@given(st.binary(max_size=10))
def test_any_octets_give_a_response_or_a_typed_error(rest: bytes) -> None:
    octets = b"\xd8" + rest
    try:
        response = ExceptionResponse.decode(octets)
    except DecodeError:
        return
    assert response.encode() == octets
