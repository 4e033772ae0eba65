from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.apdu.initiate import InitiateRequest, InitiateResponse
from dcud.dlms.apdu.release import ReleaseResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import (
    TRANSITIONS,
    Associated,
    AssociationParameters,
    Challenged,
    ClientAssociation,
    Disassociated,
    Input,
    State,
)
from dcud.dlms.authentication import LowLevelSecurity, Mechanism
from dcud.dlms.conformance import IMPLEMENTED, IMPLEMENTED_BY_SHORT_NAMES, Conformance
from dcud.dlms.errors import (
    AssociationRejectedError,
    ConfirmedServiceFailure,
    CountersSpentError,
    DecodeError,
    EncodeError,
    MeterNotAuthenticError,
    MisuseError,
    NoAnswerError,
    ProtocolError,
    ReplayError,
    SecurityPolicyError,
    ServiceRefusedError,
    SystemTitleError,
    TagError,
    UnexpectedApduError,
)
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from tests.support.marking_protection import (
    CLIENT,
    DEDICATED_KEY,
    FORGED,
    METER,
    MarkingProtection,
    Vouching,
    marked,
)

GREEN_BOOK = AssociationParameters(conformance=Conformance(0x007E1F), max_receive_pdu_size=1200)
INITIATE = InitiateResponse(
    negotiated_conformance=Conformance(0x00501F), server_max_receive_pdu_size=500
)


SHORT_NAMES = AssociationParameters(
    application_context=ApplicationContext.SHORT_NAMES, conformance=IMPLEMENTED_BY_SHORT_NAMES
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

    def test_a_meter_that_knows_short_names(self) -> None:
        # the tests of jDLMS, where three lengths are one too little
        aare = (
            "6129a109060760857405080102a203020100a305a103020100be10040e0800065f1f04001802200960fa00"
        )
        association = asked(SHORT_NAMES)
        outcome = association.receive(bytes.fromhex(aare))
        assert outcome == Associated(
            conformance=(
                Conformance.READ
                | Conformance.WRITE
                | Conformance.MULTIPLE_REFERENCES
                | Conformance.PARAMETERIZED_ACCESS
            ),
            server_max_receive_pdu_size=2400,
        )

    def test_oddities_of_a_meter_that_was_to_know_short_names(self) -> None:
        initiate = InitiateResponse(
            negotiated_conformance=Conformance.WRITE, server_max_receive_pdu_size=0
        )
        response = AssociateResponse(
            application_context_name=ApplicationContext.SHORT_NAMES.value,
            user_information=initiate.encode(),
        )
        assert accepts(response, SHORT_NAMES).warnings == (
            "the VAA-name is 0007 where FA00 was expected",
            "the meter doesn't grant the service read",
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


PLAIN_INITIATE = "01" + "0110" + "00112233445566778899aabbccddeeff" + "0000065f1f0400007e1f04b0"
"""What the ciphered InitiateRequest of the Green Book carries."""


class GreenBookProtection(MarkingProtection):
    """Knows two ciphered octet strings by heart, those of the Green Book and of a meter's trace."""

    client_system_title = bytes.fromhex("4d4d4d0000bc614e")
    ciphered = bytes.fromhex(
        "21303001234567801302ff8a7874133d414ced25b42534d28db0047720606b175bd52211be6841db204d"
        "39ee6fdb8e356855"
    )

    def protect_initiate(self, initiate: bytes) -> bytes:
        assert initiate.hex() == PLAIN_INITIATE
        return self.ciphered


class TestProtectedRequest:
    def test_the_green_book_s(self) -> None:
        parameters = AssociationParameters(
            authentication=LowLevelSecurity(Secret(b"12345678")),
            conformance=Conformance(0x007E1F),
            max_receive_pdu_size=1200,
        )
        protection = GreenBookProtection(key=DEDICATED_KEY)
        octets, secret = ClientAssociation(parameters, protection).request()
        # as in the tests of u9n/dlms-cosem
        assert octets.hex() == (
            "6066a109060760857405080103a60a04084d4d4d0000bc614e8a0207808b0760857405080201"
            "ac0a80083132333435363738be34043221303001234567801302ff8a7874133d414ced25b42534d28d"
            "b0047720606b175bd52211be6841db204d39ee6fdb8e356855"
        )
        ((start, end),) = secret
        assert octets[start:end] == b"12345678"

    def test_who_asks_may_be_told(self) -> None:
        parameters = AssociationParameters(user_id=7, certificate=b"\x30\x00")
        octets, _ = ClientAssociation(parameters, MarkingProtection()).request()
        request = AssociateRequest.decode(octets)
        assert request.calling_ae_invocation_id == 7
        assert request.calling_ae_qualifier == b"\x30\x00"
        assert request.calling_ap_title == CLIENT

    def test_a_user_has_a_number_of_one_octet(self) -> None:
        with pytest.raises(EncodeError):
            ClientAssociation(AssociationParameters(user_id=256)).request()

    @pytest.mark.parametrize(
        ("context", "asked_for"),
        [
            (ApplicationContext.LOGICAL_NAMES, ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING),
            (ApplicationContext.SHORT_NAMES, ApplicationContext.SHORT_NAMES_WITH_CIPHERING),
            (
                ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING,
                ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING,
            ),
        ],
    )
    def test_the_context_is_one_with_ciphering(
        self, context: ApplicationContext, asked_for: ApplicationContext
    ) -> None:
        parameters = AssociationParameters(application_context=context)
        octets, _ = ClientAssociation(parameters, MarkingProtection()).request()
        assert AssociateRequest.decode(octets).application_context_name == asked_for.value

    def test_without_a_counter_there_is_none(self) -> None:
        with pytest.raises(CountersSpentError):
            ClientAssociation(GREEN_BOOK, MarkingProtection(counters=0)).request()


CIPHERED = AssociateResponse(
    application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
    responding_ap_title=METER,
    user_information=marked(5, INITIATE.encode()),
)


def protected(parameters: AssociationParameters = GREEN_BOOK) -> ClientAssociation:
    protection = MarkingProtection(key=DEDICATED_KEY)
    protection.floor = 5
    association = ClientAssociation(parameters, protection)
    association.request()
    return association


class TestProtectedAnswer:
    def test_accepted(self) -> None:
        association = protected()
        assert association.receive(CIPHERED.encode()) == Associated(
            conformance=Conformance(0x00501F),
            server_max_receive_pdu_size=500,
            server_system_title=METER,
        )
        assert association.state is State.ASSOCIATED

    def test_a_context_name_may_be_missing(self) -> None:
        response = replace(CIPHERED, application_context_name=None)
        assert isinstance(protected().receive(response.encode()), Associated)

    @pytest.mark.parametrize(
        ("response", "kind"),
        [
            (
                replace(CIPHERED, application_context_name=ApplicationContext.LOGICAL_NAMES.value),
                SecurityPolicyError,
            ),
            (replace(CIPHERED, responding_ap_title=CLIENT), SystemTitleError),
            (replace(CIPHERED, responding_ap_title=None), SystemTitleError),
            (replace(CIPHERED, user_information=INITIATE.encode()), SecurityPolicyError),
            (replace(CIPHERED, user_information=marked(FORGED, INITIATE.encode())), TagError),
            (replace(CIPHERED, user_information=marked(5, "0e010603")), ConfirmedServiceFailure),
            (replace(CIPHERED, user_information=marked(5, "08")), DecodeError),
            (replace(CIPHERED, user_information=None), DecodeError),
        ],
    )
    def test_refused(self, response: AssociateResponse, kind: type[ProtocolError]) -> None:
        association = protected()
        assert type(association.receive(response.encode())) is kind
        assert association.state is State.ENDED

    def test_a_replay_moves_nothing(self) -> None:
        association = protected()
        old = replace(CIPHERED, user_information=marked(4, INITIATE.encode()))
        assert isinstance(association.receive(old.encode()), ReplayError)
        assert association.waits
        assert isinstance(association.receive(CIPHERED.encode()), Associated)


HLS = AssociationParameters(
    authentication=Vouching(), conformance=Conformance(0x007E1F), max_receive_pdu_size=1200
)

# Green Book, as in the tests of u9n/dlms-cosem
AARE_HLS_PENDING = bytes.fromhex(
    "6142a109060760857405080101a203020100a305a10302010e88020780890760857405080205"
    "aa0a8008503677524a323146be10040e0800065f1f040000501f01f40007"
)


def challenged(parameters: AssociationParameters = HLS) -> ClientAssociation:
    association = asked(parameters)
    assert isinstance(association.receive(AARE_HLS_PENDING), Challenged)
    return association


class TestHighLevelSecurity:
    def test_the_challenge_is_shown_to_everybody(self) -> None:
        octets, secret = ClientAssociation(HLS).request()
        # Green Book, as in the tests of u9n/dlms-cosem, with the client's system title
        assert octets.hex() == (
            "6042a109060760857405080101a60a0408" + CLIENT.hex() + "8a0207808b0760857405080205"
            "ac0a80084b35366956616759be10040e01000000065f1f0400007e1f04b0"
        )
        assert secret == ()

    def test_the_meter_s_is_answered(self) -> None:
        association = asked(HLS)
        outcome = association.receive(AARE_HLS_PENDING)
        assert isinstance(outcome, Challenged)
        assert str(outcome.method) == "15/0.0.40.0.0.255/1"
        assert outcome.parameter == b"\x09\x0dproofP6wRJ21F"
        assert outcome.agreed.conformance == Conformance(0x00501F)
        assert outcome.agreed.warnings == ()
        assert association.state is State.WAIT_PROOF
        assert not association.waits

    def test_at_the_place_that_was_told(self) -> None:
        parameters = replace(HLS, association_object=Obis.parse("0.0.40.0.3.255"))
        outcome = asked(parameters).receive(AARE_HLS_PENDING)
        assert isinstance(outcome, Challenged)
        assert str(outcome.method) == "15/0.0.40.0.3.255/1"

    def test_to_a_method_with_a_short_name(self) -> None:
        parameters = replace(HLS, application_context=ApplicationContext.SHORT_NAMES)
        outcome = asked(parameters).receive(AARE_HLS_PENDING)
        assert isinstance(outcome, Challenged)
        assert str(outcome.method) == "12/0.0.40.0.0.255/8"

    def test_whatever_the_diagnostic_says(self) -> None:
        untold = replace(AssociateResponse.decode(AARE_HLS_PENDING), diagnostic=0)
        assert isinstance(asked(HLS).receive(untold.encode()), Challenged)

    def test_the_proof_is_made_for_the_meter_that_tells_its_title(self) -> None:
        vouching = Vouching()
        response = replace(AssociateResponse.decode(AARE_HLS_PENDING), responding_ap_title=METER)
        asked(replace(HLS, authentication=vouching)).receive(response.encode())
        assert vouching.asked == [(b"P6wRJ21F", METER)]

    def test_a_meter_that_proves_itself_is_associated(self) -> None:
        association = challenged()
        outcome = association.receive_proof(b"\x09\x0dproofK56iVagY")
        assert isinstance(outcome, Associated)
        assert outcome.server_max_receive_pdu_size == 500
        assert association.state is State.ASSOCIATED

    @pytest.mark.parametrize("returned", [b"\x09\x0dproofP6wRJ21F", b"\x09\x00", b"\x11\x00", None])
    def test_one_that_can_not_is_not(self, returned: bytes | None) -> None:
        association = challenged()
        assert isinstance(association.receive_proof(returned), MeterNotAuthenticError)
        assert association.state is State.DISTRUSTED
        assert not association.waits

    def test_one_that_does_not_accept_ours_is_not(self) -> None:
        association = challenged()
        error = association.receive_proof(ActionResult.OTHER_REASON)
        assert isinstance(error, AssociationRejectedError)
        assert association.state is State.DISTRUSTED

    def test_nor_is_one_that_could_not_be_asked(self) -> None:
        association = challenged()
        error = NoAnswerError("silence")
        assert association.receive_proof(error) is error
        assert association.state is State.DISTRUSTED

    def test_what_it_has_granted_is_released(self) -> None:
        association = challenged()
        association.receive_proof(None)
        assert association.release().hex() == "6203800100"
        assert association.receive(bytes.fromhex("6303800100")) == Disassociated()
        assert association.state is State.ENDED

    @pytest.mark.parametrize(
        "response",
        [
            replace(
                AssociateResponse.decode(AARE_HLS_PENDING), responding_authentication_value=None
            ),
            replace(
                AssociateResponse.decode(AARE_HLS_PENDING),
                responding_authentication_value=Vouching.challenge,
            ),
            replace(
                AssociateResponse.decode(AARE_HLS_PENDING),
                mechanism_name=Mechanism.LLS.object_identifier,
            ),
        ],
        ids=["no challenge", "our own challenge", "another mechanism"],
    )
    def test_a_meter_that_evades_is_refused(self, response: AssociateResponse) -> None:
        association = asked(HLS)
        assert isinstance(association.receive(response.encode()), MeterNotAuthenticError)
        assert association.state is State.ENDED

    def test_the_mechanism_s_name_may_be_missing(self) -> None:
        response = replace(AssociateResponse.decode(AARE_HLS_PENDING), mechanism_name=None)
        assert isinstance(asked(HLS).receive(response.encode()), Challenged)

    def test_a_rejection_is_one_still(self) -> None:
        response = replace(AssociateResponse.decode(AARE_HLS_PENDING), result=1, diagnostic=13)
        assert isinstance(asked(HLS).receive(response.encode()), AssociationRejectedError)

    def test_a_proof_that_is_not_awaited_is_misuse(self) -> None:
        with pytest.raises(MisuseError):
            asked(HLS).receive_proof(b"\x09\x00")
        association = challenged()
        with pytest.raises(MisuseError):
            association.receive(AARE_HLS_PENDING)
        association.receive_proof(b"\x09\x0dproofK56iVagY")
        with pytest.raises(MisuseError):
            association.receive_proof(b"\x09\x0dproofK56iVagY")
        with pytest.raises(MisuseError):
            challenged().release()


class TestProtectedRelease:
    # the tests of Circutor/gosem
    CIPHERED_INITIATE = (
        "2130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7dced015460239699c72c18c06d"
        "b29c54673b83bac0"
    )
    CIPHERED_RLRE = (
        "6328800100be230421281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825"
    )

    def released(self, protection: MarkingProtection) -> ClientAssociation:
        association = ClientAssociation(GREEN_BOOK, protection)
        association.request()
        association.receive(CIPHERED.encode())
        association.release()
        return association

    def test_it_carries_the_initiate_again(self) -> None:
        protection = GreenBookProtection(key=DEDICATED_KEY)
        association = ClientAssociation(GREEN_BOOK, protection)
        association.request()
        association.receive(CIPHERED.encode())
        protection.ciphered = bytes.fromhex(self.CIPHERED_INITIATE)
        assert association.release().hex() == "6239800100be340432" + self.CIPHERED_INITIATE

    def test_what_the_answer_carries_is_heard(self) -> None:
        heard: list[str] = []

        class Listening(MarkingProtection):
            def unprotect_initiate(self, user_information: bytes) -> bytes:
                heard.append(user_information.hex())
                return INITIATE.encode()

        association = self.released(Listening())
        assert association.receive(bytes.fromhex(self.CIPHERED_RLRE)) == Disassociated()
        assert heard[1:] == ["281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825"]

    @pytest.mark.parametrize("answer", ["6303800100", "6300", "63058001", "d80202", "c4", ""])
    def test_it_need_not_carry_anything(self, answer: str) -> None:
        association = self.released(MarkingProtection())
        assert association.receive(bytes.fromhex(answer)) == Disassociated()
        assert association.state is State.ENDED

    @pytest.mark.parametrize(
        ("within", "kind"),
        [
            (marked(FORGED, INITIATE.encode()), TagError),
            (marked(0, INITIATE.encode()), ReplayError),
            (INITIATE.encode(), SecurityPolicyError),
        ],
    )
    def test_what_can_not_be_trusted_is_told(self, within: bytes, kind: type[TagError]) -> None:
        association = self.released(MarkingProtection())
        outcome = association.receive(ReleaseResponse(user_information=within).encode())
        assert isinstance(outcome, Disassociated)
        assert type(outcome.distrusted) is kind
        assert association.state is State.ENDED

    def test_without_a_counter_there_is_none(self) -> None:
        association = ClientAssociation(GREEN_BOOK, MarkingProtection(counters=1))
        association.request()
        association.receive(CIPHERED.encode())
        with pytest.raises(CountersSpentError):
            association.release()


def test_mechanisms_proposed_follow_the_authentication() -> None:
    octets, _ = ClientAssociation(
        AssociationParameters(authentication=LowLevelSecurity(Secret(b"x")))
    ).request()
    assert AssociateRequest.decode(octets).mechanism_name == Mechanism.LLS.object_identifier


@given(
    st.sampled_from([b"\x61", b"\xd8", b"\x0e", b""]),
    st.binary(max_size=50),
    st.sampled_from([asked, protected, lambda: asked(HLS), lambda: protected(HLS)]),
)
def test_any_answer_gives_an_outcome(
    tag: bytes, rest: bytes, asking: Callable[[], ClientAssociation]
) -> None:
    association = asking()
    association.receive(tag + rest)
    assert association.state in {State.ASSOCIATED, State.ENDED}
