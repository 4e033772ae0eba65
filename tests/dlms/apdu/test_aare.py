import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.aare import AssociateResponse, DiagnosticSource
from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import DecodeError, EncodeError
from tests.support.apdus import octets_32

INITIATE = bytes.fromhex("0800065f1f040000501f01f40007")

# Green Book, as in the tests of u9n/dlms-cosem
ACCEPTED = "6129a109060760857405080101a203020100a305a103020100be10040e0800065f1f040000501f01f40007"
CONTEXT_REJECTED = (
    "6129a109060760857405080101a203020101a305a103020102be10040e0800065f1f040000501f01f40007"
)
HLS_PENDING = (
    "6142a109060760857405080101a203020100a305a10302010e88020780890760857405080205"
    "aa0a8008503677524a323146be10040e0800065f1f040000501f01f40007"
)
# the tests of Circutor/gosem
NO_USER_INFORMATION = "6117a109060760857405080101a203020101a305a10302010d"
WITH_SERVICE_ERROR = "611fa109060760857405080101a203020101a305a10302010dbe0604040e010600"

KNOWN = [
    (ACCEPTED, AssociateResponse(user_information=INITIATE)),
    (CONTEXT_REJECTED, AssociateResponse(result=1, diagnostic=2, user_information=INITIATE)),
    (
        HLS_PENDING,
        AssociateResponse(
            diagnostic=14,
            mechanism_name=Mechanism.HLS_GMAC.object_identifier,
            responding_authentication_value=b"P6wRJ21F",
            user_information=INITIATE,
        ),
    ),
    (NO_USER_INFORMATION, AssociateResponse(result=1, diagnostic=13)),
    (
        WITH_SERVICE_ERROR,
        AssociateResponse(result=1, diagnostic=13, user_information=bytes.fromhex("0e010600")),
    ),
]


@pytest.mark.parametrize(("octets", "response"), KNOWN)
def test_known_answers(octets: str, response: AssociateResponse) -> None:
    assert response.encode().hex() == octets
    assert AssociateResponse.decode(bytes.fromhex(octets)) == response


def test_a_long_length_may_stand_for_a_short_one() -> None:
    octets = bytes.fromhex(
        "61812ba18109060760857405080101a203020100a305a103020100"
        "be8110040e0800065f1f040000501f01f40007"
    )
    assert AssociateResponse.decode(octets) == KNOWN[0][1]


def test_fields_are_found_by_tag() -> None:
    octets = bytes.fromhex("6114" + "80020780" + "a305a203020102" + "a203020101" + "9f010155")
    assert AssociateResponse.decode(octets) == AssociateResponse(
        application_context_name=None,
        result=1,
        source=DiagnosticSource.ACSE_SERVICE_PROVIDER,
        diagnostic=2,
    )


def test_the_diagnostic_may_be_missing() -> None:
    response = AssociateResponse.decode(bytes.fromhex("6105a203020101"))
    assert (response.result, response.diagnostic) == (1, 0)


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "6100",
        "6007a203020100",
        ACCEPTED[:-2],
        ACCEPTED + "00",
        "610ca203020100a305a303020100",
        "610da203020100a306a10302010000",
        "6104a2020400",
        "610aa208020600000000000001",
    ],
)
def test_broken_answers(octets: str) -> None:
    with pytest.raises(DecodeError):
        AssociateResponse.decode(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        AssociateResponse(result=-1)
    with pytest.raises(EncodeError):
        AssociateResponse(diagnostic=1 << 32)


class TestRejection:
    def test_it_is_told_in_words_with_a_remedy(self) -> None:
        error = AssociateResponse(result=1, diagnostic=13).rejection()
        assert error.message == (
            "the meter refused the association: rejected-permanent,"
            " acse-service-user authentication-failure"
        )
        assert error.remedy.startswith("check the password")
        assert (error.result, error.source, error.diagnostic) == (1, "acse-service-user", 13)

    def test_each_known_diagnostic_has_words(self) -> None:
        for diagnostic in range(15):
            words = AssociateResponse(diagnostic=diagnostic).diagnostic_words
            assert words
            assert "number" not in words

    def test_the_provider_counts_otherwise(self) -> None:
        response = AssociateResponse(
            result=2, source=DiagnosticSource.ACSE_SERVICE_PROVIDER, diagnostic=2
        )
        error = response.rejection()
        assert "rejected-transient, acse-service-provider no-common-acse-version" in str(error)
        assert error.remedy == ""

    def test_numbers_that_are_not_known(self) -> None:
        error = AssociateResponse(result=9, diagnostic=99).rejection()
        assert "result 9, acse-service-user number 99" in str(error)

    def test_detail_and_remedy_of_the_caller(self) -> None:
        error = AssociateResponse(result=1, diagnostic=1).rejection(detail=" (x)", remedy="do y")
        assert str(error).endswith("no-reason-given (x); do y")


def test_who_wants_more_authentication() -> None:
    provider = DiagnosticSource.ACSE_SERVICE_PROVIDER
    assert AssociateResponse(diagnostic=14).wants_more_authentication
    assert not AssociateResponse(diagnostic=13).wants_more_authentication
    assert not AssociateResponse(source=provider, diagnostic=14).wants_more_authentication


texts = st.none() | st.binary(max_size=200)


@given(
    st.builds(
        AssociateResponse,
        application_context_name=texts,
        result=octets_32,
        source=st.sampled_from(DiagnosticSource),
        diagnostic=octets_32,
        responding_ap_title=texts,
        responding_ae_qualifier=texts,
        mechanism_name=texts,
        responding_authentication_value=texts,
        user_information=texts,
    )
)
def test_each_comes_back(response: AssociateResponse) -> None:
    assert AssociateResponse.decode(response.encode()) == response


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: b"\x61" + rest))
def test_any_octets_give_an_answer_or_a_typed_error(octets: bytes) -> None:
    try:
        response = AssociateResponse.decode(octets)
    except DecodeError:
        return
    assert AssociateResponse.decode(response.encode()) == response
