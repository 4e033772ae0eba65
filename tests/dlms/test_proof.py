import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.errors import (
    AssociationRejectedError,
    DecodeError,
    MeterNotAuthenticError,
    ProtocolError,
)
from dcud.dlms.obis import Obis
from dcud.dlms.proof import CURRENT_ASSOCIATION, proof_returned, reply_to_hls_authentication


def test_the_association_object_takes_the_proof() -> None:
    assert str(reply_to_hls_authentication(CURRENT_ASSOCIATION)) == "15/0.0.40.0.0.255/1"
    another = Obis.parse("0.0.40.0.3.255")
    assert str(reply_to_hls_authentication(another)) == "15/0.0.40.0.3.255/1"


def test_the_meter_s_proof_is_an_octet_string() -> None:
    # Green Book
    returned = bytes.fromhex("09111001234567fe1466afb3dbcd4f9389e2b7")
    assert proof_returned(returned) == returned[2:]


@pytest.mark.parametrize(
    "returned", [None, DataAccessResult.READ_WRITE_DENIED, bytes.fromhex("1105"), b"\x00"]
)
def test_without_one_the_meter_has_not_proved_itself(
    returned: bytes | DataAccessResult | None,
) -> None:
    with pytest.raises(MeterNotAuthenticError):
        proof_returned(returned)


def test_a_meter_that_refuses_ours_says_so() -> None:
    with pytest.raises(
        AssociationRejectedError, match=r"proof of identity: read-write-denied; check the secret"
    ) as caught:
        proof_returned(ActionResult.READ_WRITE_DENIED)
    assert caught.value.diagnostic == 13
    assert not caught.value.retryable


def test_why_it_could_not_be_asked_is_told_as_it_is() -> None:
    error = DecodeError("as given")
    with pytest.raises(DecodeError, match="as given") as caught:
        proof_returned(error)
    assert caught.value is error


@pytest.mark.parametrize("returned", ["", "0902ab", "0901ab00", "fe"])
def test_octets_that_make_no_sense(returned: str) -> None:
    with pytest.raises(DecodeError):
        proof_returned(bytes.fromhex(returned))


@given(st.binary(max_size=40))
def test_any_octets_end_in_a_proof_or_a_typed_error(octets: bytes) -> None:
    try:
        assert isinstance(proof_returned(octets), bytes)
    except ProtocolError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test
