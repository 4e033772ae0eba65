import pytest

from dcud.dlms.apdu.aare import AssociateResponse
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.initiate import InitiateRequest, InitiateResponse
from dcud.dlms.apdu.release import ReleaseRequest, ReleaseResponse
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity, Mechanism
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import DecodeError, EncodeError, MisuseError, SecurityError, TagError
from dcud.dlms.secret import Secret
from dcud.dlms.server_association import ServerAssociation, ServerParameters, State
from dcud.dlms.server_security import ServerDemand
from tests.support.server_stand_ins import REFUSAL, STOC, TITLE, MarkedProtection, PlainDemand

CIPHERED = ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value
CLIENT = b"DCU\0\0\0\0\2"
PASSWORD = LowLevelSecurity(Secret(b"12345678"))
# Green Book, as in the tests of u9n/dlms-cosem: HLS 5 in the context without ciphering
AARQ_HLS = (
    "6036a1090607608574050801018a0207808b0760857405080205ac0a80084b35366956616759"
    "be10040e01000000065f1f0400007e1f04b0"
)
INITIATE = InitiateRequest(
    proposed_conformance=Conformance(0x007E1F), client_max_receive_pdu_size=1200
)


def request(  # the fields of an AARQ
    *,
    context: bytes = ApplicationContext.LOGICAL_NAMES.value,
    mechanism: Mechanism | None = None,
    shown: bytes | None = None,
    title: bytes | None = CLIENT,
    initiate: bytes | None = None,
) -> bytes:
    return AssociateRequest(
        application_context_name=context,
        calling_ap_title=title,
        mechanism_name=None if mechanism is None else mechanism.object_identifier,
        calling_authentication_value=None if shown is None else Secret(shown),
        user_information=INITIATE.encode() if initiate is None else initiate,
    ).encode()[0]


def ciphered(initiate: InitiateRequest = INITIATE, title: bytes | None = CLIENT) -> bytes:
    return request(context=CIPHERED, initiate=b"\xee" + initiate.encode(), title=title)


def answered(server: ServerAssociation, apdu: bytes) -> AssociateResponse:
    answer = server.associate(apdu)
    assert answer is not None
    return AssociateResponse.decode(answer)


class Ciphering:
    """A server with ciphering, and the protections that it has made."""

    def __init__(self, demand: ServerDemand = NO_SECURITY, **changes: bool) -> None:
        self.made: list[MarkedProtection] = []
        parameters = ServerParameters(
            authentication=demand,
            protection=self.make,
            ciphered_only=changes.get("ciphered_only", True),
        )
        self.silent = changes.get("silent", False)
        self.server = ServerAssociation(parameters)

    def make(self) -> MarkedProtection:
        self.made.append(MarkedProtection(silent=self.silent))
        return self.made[-1]


class TestPlain:
    def test_granted(self) -> None:
        server = ServerAssociation(ServerParameters(max_send_pdu_size=500))
        assert answered(server, request()).result == 0
        assert (server.state, server.room) == (State.ASSOCIATED, 500)
        assert server.open(b"\xc0") == server.close(b"\xc0") == b"\xc0"

    def test_any_size(self) -> None:
        server = ServerAssociation(ServerParameters())
        initiate = InitiateRequest(
            proposed_conformance=Conformance.GET, client_max_receive_pdu_size=0
        )
        server.associate(request(initiate=initiate.encode()))
        assert server.room == 0

    def test_nothing_can_be_wrong_with_what_is_not_protected(self) -> None:
        with pytest.raises(MisuseError):
            ServerAssociation(ServerParameters()).refuse(TagError("it is forged"))

    @pytest.mark.parametrize("size", [1, 11, -1, 65536])
    def test_sizes_that_no_client_can_live_with(self, size: int) -> None:
        with pytest.raises(EncodeError):
            ServerParameters(max_receive_pdu_size=size)

    @pytest.mark.parametrize(
        ("apdu", "diagnostic", "words"),
        [
            (request(context=CIPHERED), 2, None),
            (request(mechanism=Mechanism.HLS), 11, None),
            (request(initiate=b"\x01\x00"), 1, "0e010604"),
            (request(initiate=bytes.fromhex("01000000055f1f0400007e1f04b0")), 1, "0e010601"),
            (request(initiate=bytes.fromhex("01000000065f1f0400000000" + "04b0")), 1, "0e010602"),
            (request(initiate=bytes.fromhex("01000000065f1f0400007e1f000b")), 1, "0e010603"),
        ],
    )
    def test_refused(self, apdu: bytes, diagnostic: int, words: str | None) -> None:
        server = ServerAssociation(ServerParameters())
        response = answered(server, apdu)
        assert (response.result, response.diagnostic) == (1, diagnostic)
        assert response.user_information == (None if words is None else bytes.fromhex(words))
        assert server.state is State.IDLE

    @pytest.mark.parametrize(
        ("mechanism", "shown", "diagnostic"),
        [
            (Mechanism.LLS, b"12345678", 0),
            (Mechanism.LLS, b"87654321", 13),
            (Mechanism.LLS, None, 13),
            (None, None, 14),
            (Mechanism.HLS_GMAC, b"12345678", 11),
        ],
    )
    def test_a_password(
        self, mechanism: Mechanism | None, shown: bytes | None, diagnostic: int
    ) -> None:
        server = ServerAssociation(ServerParameters(authentication=PASSWORD))
        response = answered(server, request(mechanism=mechanism, shown=shown))
        assert response.diagnostic == diagnostic

    def test_released(self) -> None:
        server = ServerAssociation(ServerParameters())
        server.associate(request())
        assert server.release(ReleaseRequest().encode()) == bytes.fromhex("6303800100")
        assert server.state is State.IDLE

    def test_malformed(self) -> None:
        with pytest.raises(DecodeError):
            ServerAssociation(ServerParameters()).associate(b"\x60\x02\x12\x34")


class TestCiphered:
    def test_granted(self) -> None:
        site = Ciphering()
        response = answered(site.server, ciphered())
        assert response.application_context_name == CIPHERED
        assert response.responding_ap_title == TITLE
        assert response.user_information is not None
        assert response.user_information[:2] == b"\xee\x08"
        assert site.made[0].titles == [CLIENT]
        assert site.server.room == 1199

    def test_there_is_always_room_for_a_little(self) -> None:
        site = Ciphering()
        initiate = InitiateRequest(
            proposed_conformance=Conformance.GET, client_max_receive_pdu_size=12
        )
        site.server.associate(ciphered(initiate))
        assert site.server.room == 12

    def test_a_dedicated_key(self) -> None:
        site, key = Ciphering(), Secret(bytes(16))
        site.server.associate(
            ciphered(
                InitiateRequest(
                    proposed_conformance=Conformance.GET,
                    client_max_receive_pdu_size=0,
                    dedicated_key=key,
                )
            )
        )
        assert site.made[0].dedicated == [key]

    def test_each_association_has_a_protection_of_its_own(self) -> None:
        site = Ciphering()
        for _ in range(2):
            site.server.associate(ciphered())
        assert len(site.made) == 2

    def test_requests_and_answers(self) -> None:
        site = Ciphering()
        site.server.associate(ciphered())
        assert site.server.open(b"\xee\xc0") == b"\xc0"
        assert site.server.close(b"\xc4") == b"\xee\xc4"
        with pytest.raises(TagError):
            site.server.open(b"\xff\xc0")
        assert site.server.refuse(TagError("it is forged")) == REFUSAL

    @pytest.mark.parametrize(
        "apdu",
        [
            request(context=CIPHERED, initiate=b"\xff" + INITIATE.encode()),
            ciphered(title=TITLE),
        ],
    )
    @pytest.mark.parametrize("silent", [False, True])
    def test_what_cannot_be_trusted(self, apdu: bytes, *, silent: bool) -> None:
        site = Ciphering(silent=silent)
        assert site.server.associate(apdu) == (None if silent else REFUSAL)
        assert site.server.state is State.IDLE

    def test_what_cannot_be_read(self) -> None:
        response = answered(Ciphering().server, request(context=CIPHERED, initiate=b"\xfe"))
        assert response.user_information == bytes.fromhex("0e010604")

    def test_the_context_without_ciphering(self) -> None:
        response = answered(Ciphering().server, request())
        assert (response.result, response.diagnostic) == (1, 2)
        site = Ciphering(ciphered_only=False)
        assert answered(site.server, request()).result == 0
        assert site.made == []

    def test_released_under_protection(self) -> None:
        site = Ciphering()
        site.server.associate(ciphered())
        asked = ReleaseRequest(user_information=b"\xee" + INITIATE.encode())
        answer = site.server.release(asked.encode())
        told = ReleaseResponse.decode(answer or b"").user_information
        assert told is not None
        assert told[:2] == b"\xee\x08"
        assert site.server.state is State.IDLE

    @pytest.mark.parametrize("within", [None, b"\xff\x01", b"\xfe\x01"])
    def test_nobody_else_ends_the_association(self, within: bytes | None) -> None:
        site = Ciphering()
        site.server.associate(ciphered())
        asked = ReleaseRequest(user_information=within).encode()
        assert site.server.release(asked) == REFUSAL
        assert site.server.state is State.ASSOCIATED


class TestShortNames:
    PARAMETERS = ServerParameters(short_names=True, conformance=Conformance.READ)
    INITIATE = InitiateRequest(
        proposed_conformance=Conformance.READ | Conformance.GET, client_max_receive_pdu_size=0
    )

    def test_granted(self) -> None:
        server = ServerAssociation(self.PARAMETERS)
        context = ApplicationContext.SHORT_NAMES.value
        response = answered(server, request(context=context, initiate=self.INITIATE.encode()))
        assert response.application_context_name == context
        initiate = InitiateResponse.decode(response.user_information or b"")
        assert initiate.vaa_name == 0xFA00
        assert initiate.negotiated_conformance == Conformance.READ

    @pytest.mark.parametrize("short_names", [True, False])
    def test_the_other_context_is_refused(self, *, short_names: bool) -> None:
        server = ServerAssociation(ServerParameters(short_names=short_names))
        logical, short = ApplicationContext.LOGICAL_NAMES, ApplicationContext.SHORT_NAMES
        context = (logical if short_names else short).value
        assert answered(server, request(context=context)).diagnostic == 2


class TestProved:
    def test_the_client_is_challenged_first(self) -> None:
        server = ServerAssociation(ServerParameters(authentication=PlainDemand()))
        response = answered(server, bytes.fromhex(AARQ_HLS))
        assert (response.result, response.diagnostic) == (0, 14)
        assert response.mechanism_name == Mechanism.HLS_GMAC.object_identifier
        assert response.responding_authentication_value == STOC
        assert response.responding_ap_title == TITLE
        assert server.state is State.CHALLENGED

    def test_both_are_proved(self) -> None:
        server = ServerAssociation(ServerParameters(authentication=PlainDemand()))
        server.associate(bytes.fromhex(AARQ_HLS))
        assert server.prove(b"client") == b"server"
        assert server.state is State.ASSOCIATED

    def test_a_proof_that_does_not_fit_ends_it(self) -> None:
        server = ServerAssociation(ServerParameters(authentication=PlainDemand()))
        server.associate(bytes.fromhex(AARQ_HLS))
        with pytest.raises(SecurityError):
            server.prove(b"somebody else")
        assert server.state is State.IDLE
        with pytest.raises(MisuseError):
            server.prove(b"client")

    def test_no_proof_is_awaited(self) -> None:
        server = ServerAssociation(ServerParameters())
        server.associate(request())
        with pytest.raises(MisuseError):
            server.prove(b"client")

    @pytest.mark.parametrize("shown", [b"short", None])
    def test_a_challenge_that_will_not_do(self, shown: bytes | None) -> None:
        server = ServerAssociation(ServerParameters(authentication=PlainDemand()))
        response = answered(server, request(mechanism=Mechanism.HLS_GMAC, shown=shown))
        assert (response.result, response.diagnostic) == (1, 13)

    @pytest.mark.parametrize(
        ("mechanism", "diagnostic"), [(None, 14), (Mechanism.LLS, 11), (Mechanism.HLS_MD5, 11)]
    )
    def test_another_mechanism(self, mechanism: Mechanism | None, diagnostic: int) -> None:
        server = ServerAssociation(ServerParameters(authentication=PlainDemand()))
        response = answered(server, request(mechanism=mechanism, shown=b"12345678"))
        assert (response.result, response.diagnostic) == (1, diagnostic)

    def test_aarq_begins_anew(self) -> None:
        site = Ciphering(PlainDemand())
        apdu = request(
            context=CIPHERED,
            mechanism=Mechanism.HLS_GMAC,
            shown=b"12345678",
            initiate=b"\xee" + INITIATE.encode(),
        )
        site.server.associate(apdu)
        site.server.prove(b"client")
        assert answered(site.server, apdu).diagnostic == 14
        assert site.server.state is State.CHALLENGED


@pytest.mark.parametrize(("conformance", "room"), [(0x000010, 100), (0x200010, 0)])
def test_what_general_block_transfer_cuts_no_service_does(conformance: int, room: int) -> None:
    server = ServerAssociation(ServerParameters(max_send_pdu_size=100))
    initiate = InitiateRequest(
        proposed_conformance=Conformance(conformance), client_max_receive_pdu_size=1200
    )
    server.associate(AssociateRequest(user_information=initiate.encode()).encode()[0])
    assert (server.max_pdu_size, server.room) == (100, room)
