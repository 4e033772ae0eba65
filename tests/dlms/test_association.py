from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.initiate import InitiateRequest, InitiateResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import (
    TRANSITIONS,
    Associated,
    AssociationParameters,
    ClientAssociation,
    Disassociated,
    Input,
    State,
)
from dcud.dlms.authentication import LowLevelSecurity, Mechanism
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.errors import (
    AssociationRejectedError,
    ConfirmedServiceFailure,
    DecodeError,
    MisuseError,
    ProtocolError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.secret import Secret

GREEN_BOOK = AssociationParameters(conformance=Conformance(0x007E1F), max_receive_pdu_size=1200)
INITIATE = InitiateResponse(
    negotiated_conformance=Conformance(0x00501F), server_max_receive_pdu_size=500
)


def asked(parameters: AssociationParameters = GREEN_BOOK) -> ClientAssociation:
    association = ClientAssociation(parameters)
    association.request()
    return association


def accepts(
    response: AssociateResponse, parameters: AssociationParameters = GREEN_BOOK
) -> Associated:
    outcome = asked(parameters).receive(response.encode())
    assert isinstance(outcome, Associated)
    return outcome


class TestRequest:
    # Green Book's AARQs, as in the tests of u9n/dlms-cosem
    def test_without_security(self) -> None:
        octets, secret = ClientAssociation(GREEN_BOOK).request()
        assert octets.hex() == "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0"
        assert secret == ()

    def test_with_a_password(self) -> None:
        parameters = AssociationParameters(
            authentication=LowLevelSecurity(Secret(b"12345678")),
            conformance=Conformance(0x007E1F),
            max_receive_pdu_size=1200,
        )
        octets, secret = ClientAssociation(parameters).request()
        assert octets.hex() == (
            "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
            "be10040e01000000065f1f0400007e1f04b0"
        )
        assert secret == ((30, 38),)
        assert "12345678" not in repr(parameters)

    @pytest.mark.parametrize("size", [0, -1])
    def test_no_limit(self, size: int) -> None:
        octets, _ = ClientAssociation(AssociationParameters(max_receive_pdu_size=size)).request()
        initiate = AssociateRequest.decode(octets).user_information
        assert initiate is not None
        assert InitiateRequest.decode(initiate).client_max_receive_pdu_size == 0

    def test_by_default_what_is_implemented_is_proposed(self) -> None:
        octets, _ = ClientAssociation(AssociationParameters()).request()
        initiate = AssociateRequest.decode(octets).user_information
        assert initiate is not None
        assert InitiateRequest.decode(initiate).proposed_conformance == IMPLEMENTED


class TestAccepted:
    def test_green_book(self) -> None:
        association = asked()
        assert association.waits
        outcome = association.receive(
            bytes.fromhex(
                "6129a109060760857405080101a203020100a305a103020100"
                "be10040e0800065f1f040000501f01f40007"
            )
        )
        assert outcome == Associated(
            conformance=Conformance(0x00501F), server_max_receive_pdu_size=500
        )
        assert association.state is State.ASSOCIATED
        assert not association.waits

    def test_the_system_title(self) -> None:
        response = AssociateResponse(
            responding_ap_title=b"MMM\0\0\0\0\1", user_information=INITIATE.encode()
        )
        assert accepts(response).server_system_title == b"MMM\0\0\0\0\1"

    def test_only_what_both_speak(self) -> None:
        initiate = InitiateResponse(
            negotiated_conformance=Conformance.GET | Conformance.ACCESS,
            server_max_receive_pdu_size=0,
        )
        outcome = accepts(AssociateResponse(user_information=initiate.encode()))
        assert outcome.conformance == Conformance.GET
        assert outcome.warnings == ("the meter grants what was not proposed: access",)

    def test_oddities_are_told_and_borne(self) -> None:
        initiate = InitiateResponse(
            negotiated_conformance=Conformance.SET, server_max_receive_pdu_size=0, vaa_name=0xFA00
        )
        response = AssociateResponse(
            application_context_name=ApplicationContext.SHORT_NAMES.value,
            diagnostic=1,
            user_information=initiate.encode(),
        )
        assert accepts(response).warnings == (
            "AARE accepts with the diagnostic no-reason-given",
            "AARE names another application context: short names",
            "the VAA-name is FA00 where 0007 was expected",
            "the meter doesn't grant the service get",
        )

    def test_a_context_name_may_be_missing(self) -> None:
        response = AssociateResponse(
            application_context_name=None, user_information=INITIATE.encode()
        )
        assert accepts(response).warnings == ()


class TestRefused:
    @staticmethod
    def refusal(apdu: str) -> ProtocolError:
        association = asked()
        outcome = association.receive(bytes.fromhex(apdu))
        assert isinstance(outcome, ProtocolError)
        assert association.state is State.ENDED
        return outcome

    def test_wrong_password(self) -> None:
        # the tests of Circutor/gosem
        error = self.refusal("6117a109060760857405080101a203020101a305a10302010d")
        assert isinstance(error, AssociationRejectedError)
        assert (error.result, error.source, error.diagnostic) == (1, "acse-service-user", 13)
        assert "check the password" in str(error)

    def test_wrong_context(self) -> None:
        # Green Book, as in the tests of u9n/dlms-cosem
        error = self.refusal(
            "6129a109060760857405080101a203020101a305a103020102be10040e0800065f1f040000501f01f40007"
        )
        assert "application-context-name-not-supported" in str(error)

    def test_the_service_error_within_is_told(self) -> None:
        # the tests of u9n/dlms-cosem
        error = self.refusal("611fa109060760857405080101a203020101a305a103020101be0604040e010601")
        assert isinstance(error, AssociationRejectedError)
        assert "no-reason-given (initiate error, initiate: dlms-version-too-low)" in str(error)

    def test_its_remedy_goes_before(self) -> None:
        # answer of the C server of Gurux to a client that knows short names only
        error = self.refusal("611fa109060760857405080102a203020101a305a103020101be0604040e010602")
        assert "by short names only" in error.remedy

    def test_high_level_security_is_wanted(self) -> None:
        # Green Book, as in the tests of u9n/dlms-cosem
        error = self.refusal(
            "6142a109060760857405080101a203020100a305a10302010e88020780890760857405080205"
            "aa0a8008503677524a323146be10040e0800065f1f040000501f01f40007"
        )
        assert isinstance(error, AssociationRejectedError)
        assert "the meter wants HLS GMAC before" in str(error)

    def test_exception_response(self) -> None:
        error = self.refusal("d80101")
        assert isinstance(error, ServiceRefusedError)
        assert "refused the association: service-not-allowed, operation-not-possible" in str(error)

    def test_confirmed_service_error(self) -> None:
        assert isinstance(self.refusal("0e010602"), ConfirmedServiceFailure)

    def test_accepted_but_for_the_initiate(self) -> None:
        response = AssociateResponse(user_information=bytes.fromhex("0e010603"))
        assert isinstance(self.refusal(response.encode().hex()), ConfirmedServiceFailure)

    def test_another_version(self) -> None:
        initiate = InitiateResponse(
            negotiated_conformance=Conformance.GET,
            server_max_receive_pdu_size=0,
            negotiated_dlms_version=5,
        )
        response = AssociateResponse(user_information=initiate.encode())
        error = self.refusal(response.encode().hex())
        assert str(error) == "the meter speaks version 5 of DLMS; only 6 is known"

    def test_nothing_within(self) -> None:
        assert isinstance(self.refusal(AssociateResponse().encode().hex()), DecodeError)

    @pytest.mark.parametrize("apdu", ["6100", "d801", "0e", "6129a109"])
    def test_octets_that_make_no_sense(self, apdu: str) -> None:
        assert isinstance(self.refusal(apdu), DecodeError)

    @pytest.mark.parametrize("apdu", ["", "6300", "c401c10000"])
    def test_another_answer(self, apdu: str) -> None:
        assert isinstance(self.refusal(apdu), UnexpectedApduError)


class TestRelease:
    @pytest.mark.parametrize("answer", ["6303800100", "6300", "63058001", "d80202", ""])
    def test_whatever_is_answered_ends_it(self, answer: str) -> None:
        association = asked()
        association.receive(AssociateResponse(user_information=INITIATE.encode()).encode())
        assert association.release().hex() == "6203800100"
        assert association.waits
        assert association.receive(bytes.fromhex(answer)) == Disassociated()
        assert association.state is State.ENDED


class TestTable:
    def test_it_is_total(self) -> None:
        assert set(TRANSITIONS) == set(product(State, Input))

    def test_every_state_can_be_reached_and_left(self) -> None:
        reached = {after for after in TRANSITIONS.values() if after}
        left = {before for (before, _), after in TRANSITIONS.items() if after}
        assert reached == set(State) - {State.IDLE}
        assert left == set(State) - {State.ENDED}

    def test_misuse_is_told(self) -> None:
        association = asked()
        with pytest.raises(MisuseError, match=r"request is out of place .* WAIT_AARE"):
            association.request()
        with pytest.raises(MisuseError):
            association.release()

    def test_an_answer_that_is_not_awaited_is_misuse(self) -> None:
        with pytest.raises(MisuseError):
            ClientAssociation(GREEN_BOOK).receive(b"")


def test_mechanisms_proposed_follow_the_authentication() -> None:
    octets, _ = ClientAssociation(
        AssociationParameters(authentication=LowLevelSecurity(Secret(b"x")))
    ).request()
    assert AssociateRequest.decode(octets).mechanism_name == Mechanism.LLS.object_identifier


@given(st.sampled_from([b"\x61", b"\xd8", b"\x0e", b""]), st.binary(max_size=50))
def test_any_answer_gives_an_outcome(tag: bytes, rest: bytes) -> None:
    association = asked()
    association.receive(tag + rest)
    assert association.state in {State.ASSOCIATED, State.ENDED}
