import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.apdus import octets_8


def test_three_codes() -> None:
    # the tests of Circutor/gosem
    error = ConfirmedServiceError(service=1, error_class=6, value=1)
    assert error.encode().hex() == "0e010601"
    assert ConfirmedServiceError.decode(bytes.fromhex("0e010601")) == error
    assert error.words == "initiate error, initiate: dlms-version-too-low"


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        ((5, 5, 2), "read error, access: object-access-violated"),
        ((19, 9, 4), "terminate-up-load error, task: ti-unusable"),
        ((5, 8, 0), "read error, class 8: value 0"),
        ((99, 0, 7), "service 99 error, application-reference: value 7"),
    ],
)
def test_words(codes: tuple[int, int, int], words: str) -> None:
    service, error_class, value = codes
    error = ConfirmedServiceError(service=service, error_class=error_class, value=value)
    assert error.words == words


def test_the_error() -> None:
    failure = ConfirmedServiceError(service=1, error_class=6, value=3).error("the association")
    assert str(failure) == (
        "the meter refused the association: initiate error, initiate: pdu-size-too-short;"
        " raise the largest APDU that this side takes"
    )
    assert (failure.service, failure.error_class, failure.value) == (1, 6, 3)


@pytest.mark.parametrize("octets", ["", "0e", "0e0106", "d8010601", "0e01060100"])
def test_broken_errors(octets: str) -> None:
    with pytest.raises(DecodeError):
        ConfirmedServiceError.decode(bytes.fromhex(octets))


@pytest.mark.parametrize("codes", [(256, 0, 0), (0, 256, 0), (0, 0, 256)])
def test_what_does_not_fit(codes: tuple[int, int, int]) -> None:
    service, error_class, value = codes
    with pytest.raises(EncodeError):
        ConfirmedServiceError(service=service, error_class=error_class, value=value)


@given(octets_8, octets_8, octets_8)
def test_each_comes_back_and_can_be_told(service: int, error_class: int, value: int) -> None:
    error = ConfirmedServiceError(service=service, error_class=error_class, value=value)
    assert ConfirmedServiceError.decode(error.encode()) == error
    assert str(error.error("x"))


@given(st.binary(max_size=8))
def test_any_octets_give_an_error_value_or_a_typed_error(rest: bytes) -> None:
    octets = b"\x0e" + rest
    try:
        error = ConfirmedServiceError.decode(octets)
    except DecodeError:
        return
    assert error.encode() == octets
