import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    Selection,
)
from dcud.dlms.apdu.aare import AssociateResponse, DiagnosticSource
from dcud.dlms.apdu.aarq import AssociateRequest
from dcud.dlms.apdu.action import MethodDescriptor
from dcud.dlms.apdu.initiate import InitiateRequest
from dcud.dlms.apdu.release import ReleaseRequest
from dcud.dlms.application_context import ApplicationContext
from dcud.dlms.association import Associated, AssociationParameters, ClientAssociation
from dcud.dlms.authentication import NO_SECURITY, LowLevelSecurity, Mechanism
from dcud.dlms.conformance import IMPLEMENTED, Conformance
from dcud.dlms.data import Data, encode_data, octet_string, unsigned
from dcud.dlms.datalink import ClientSap
from dcud.dlms.errors import EncodeError
from dcud.dlms.exchange import Answered, BlockReceived
from dcud.dlms.get_exchange import GetExchange
from dcud.dlms.obis import Obis
from dcud.dlms.secret import Secret
from dcud.dlms.server import Acted, ServerApplication, ServerParameters
from tests.support.server_stand_ins import MarkedProtection, PlainDemand, PlainProof
from tests.support.terms import terms

PUBLIC = ClientSap(16)
PASSWORD = LowLevelSecurity(Secret(b"12345678"))
CLOCK = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
LONG = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
MISSING = AttributeDescriptor(1, Obis.parse("0.0.96.1.1.255"), 2)
SELECTED = AttributeDescriptor(7, Obis.parse("1.0.99.1.0.255"), 2)
LONG_VALUE = encode_data(octet_string(bytes(range(250)) * 2))

# Green Book, as in the tests of u9n/dlms-cosem
AARQ = "601da109060760857405080101be10040e01000000065f1f0400007e1f04b0"
AARQ_LLS = (
    "6036a1090607608574050801018a0207808b0760857405080201ac0a80083132333435363738"
    "be10040e01000000065f1f0400007e1f04b0"
)
NOT_ASSOCIATED = "d80101"
AARQ_HLS = (
    "6036a1090607608574050801018a0207808b0760857405080205ac0a80084b35366956616759"
    "be10040e01000000065f1f0400007e1f04b0"
)
PROOF = "c301c1" + "000f0000280000ff01" + "01"
ACTION = "c301c1" + "00460000600" + "30aff01" + "010f00"


def read(
    attribute: AttributeDescriptor, selection: Selection | None, client_sap: ClientSap
) -> Data | bytes | DataAccessResult:
    if attribute == SELECTED:
        return unsigned(selection.selector if selection else client_sap)
    values: dict[AttributeDescriptor, Data | bytes] = {CLOCK: unsigned(7), LONG: LONG_VALUE}
    return values.get(attribute, DataAccessResult.OBJECT_UNDEFINED)


class Meter:
    """A server that is spoken to in hex."""

    def __init__(self, parameters: ServerParameters | None = None) -> None:
        self.application = ServerApplication(read, parameters or ServerParameters(), PUBLIC)

    def answers(self, apdu: str) -> str | None:
        answer = self.application.answer(bytes.fromhex(apdu))
        return None if answer is None else answer.hex()

    def grants(self, request: AssociateRequest) -> AssociateResponse:
        answer = self.application.answer(request.encode()[0])
        assert answer is not None
        return AssociateResponse.decode(answer)


def associated(
    max_receive_pdu_size: int = 1200, parameters: ServerParameters | None = None
) -> Meter:
    meter = Meter(parameters)
    initiate = InitiateRequest(
        proposed_conformance=Conformance(0x007E1F),
        client_max_receive_pdu_size=max_receive_pdu_size,
    )
    meter.grants(AssociateRequest(user_information=initiate.encode()))
    assert meter.application.is_associated
    return meter


class TestAssociating:
    def test_without_security(self) -> None:
        meter = Meter()
        # conformance 005E1F is what is implemented of 007E1F
        assert meter.answers(AARQ) == (
            "6129a109060760857405080101a203020100a305a103020100"
            "be10040e0800065f1f0400005e1f" + "04000007"
        )
        assert meter.application.is_associated

    def test_the_system_title_is_told(self) -> None:
        meter = Meter(ServerParameters(system_title=b"DCU\0\0\0\0\1"))
        meter.answers(AARQ)
        response = AssociateResponse.decode(meter.application.answer(bytes.fromhex(AARQ)) or b"")
        assert response.responding_ap_title == b"DCU\0\0\0\0\1"

    def test_the_right_password(self) -> None:
        meter = Meter(ServerParameters(authentication=PASSWORD))
        assert str(meter.answers(AARQ_LLS)).startswith("6129")
        assert meter.application.is_associated

    @pytest.mark.parametrize("password", [None, b"", b"1234567", b"12345679", b"123456789"])
    def test_a_wrong_password(self, password: bytes | None) -> None:
        meter = Meter(ServerParameters(authentication=PASSWORD))
        response = meter.grants(
            AssociateRequest(
                mechanism_name=Mechanism.LLS.object_identifier,
                calling_authentication_value=None if password is None else Secret(password),
                user_information=bytes.fromhex(AARQ[-28:]),
            )
        )
        assert (response.result, response.diagnostic) == (1, 13)
        assert response.source is DiagnosticSource.ACSE_SERVICE_USER
        assert not meter.application.is_associated

    def test_no_password_where_one_is_required(self) -> None:
        meter = Meter(ServerParameters(authentication=PASSWORD))
        assert meter.answers(AARQ) == "6117a109060760857405080101a203020101a305a10302010e"

    @pytest.mark.parametrize("authentication", [NO_SECURITY, PASSWORD])
    def test_a_mechanism_that_is_not_known(self, authentication: LowLevelSecurity) -> None:
        meter = Meter(ServerParameters(authentication=authentication))
        response = meter.grants(
            AssociateRequest(mechanism_name=Mechanism.HLS_GMAC.object_identifier)
        )
        assert (response.result, response.diagnostic) == (1, 11)

    def test_the_lowest_mechanism_may_be_named(self) -> None:
        response = Meter().grants(
            AssociateRequest(
                mechanism_name=Mechanism.LOWEST.object_identifier,
                user_information=bytes.fromhex(AARQ[-28:]),
            )
        )
        assert response.result == 0

    def test_another_context(self) -> None:
        context = ApplicationContext.SHORT_NAMES.value
        response = Meter().grants(AssociateRequest(application_context_name=context))
        assert (response.result, response.diagnostic) == (1, 2)
        assert response.application_context_name == context

    @pytest.mark.parametrize(
        ("initiate", "service_error"),
        [
            ("01000000055f1f0400007e1f04b0", "0e010601"),
            ("01000000065f1f0400000000" + "04b0", "0e010602"),
            ("01000000065f1f0400007e1f000b", "0e010603"),
            ("0100", "0e010604"),
        ],
    )
    def test_an_initiate_that_is_refused(self, initiate: str, service_error: str) -> None:
        response = Meter().grants(AssociateRequest(user_information=bytes.fromhex(initiate)))
        assert (response.result, response.diagnostic) == (1, 1)
        assert response.user_information == bytes.fromhex(service_error)

    def test_an_initiate_that_is_missing(self) -> None:
        assert Meter().grants(AssociateRequest()).user_information == bytes.fromhex("0e010604")

    def test_a_refusal_ends_the_association_that_was(self) -> None:
        meter = associated()
        meter.grants(AssociateRequest())
        assert not meter.application.is_associated

    def test_the_client_of_this_package_gets_on_with_it(self) -> None:
        client = ClientAssociation(AssociationParameters(authentication=PASSWORD))
        server = ServerApplication(read, ServerParameters(authentication=PASSWORD), PUBLIC)
        answer = server.answer(client.request()[0])
        assert answer is not None
        assert client.receive(answer) == Associated(
            conformance=IMPLEMENTED, server_max_receive_pdu_size=1024
        )


class TestGet:
    def test_a_value(self) -> None:
        assert associated().answers("c001c1" + "00080000010000ff02" + "00") == "c401c1001107"

    def test_a_refusal(self) -> None:
        assert associated().answers("c001c1" + "00010000600101ff02" + "00") == "c401c10104"

    def test_the_client_and_its_selection_are_told(self) -> None:
        meter = associated()
        assert meter.answers("c001c1" + "00070100630100ff02" + "00") == "c401c1001110"
        assert meter.answers("c001c1" + "00070100630100ff02" + "010500") == "c401c1001105"

    def test_an_unconfirmed_request_has_no_answer(self) -> None:
        assert associated().answers("c00101" + "00080000010000ff02" + "00") is None

    def test_only_where_it_was_granted(self) -> None:
        parameters = ServerParameters(conformance=Conformance.SELECTIVE_ACCESS)
        meter = associated(parameters=parameters)
        assert meter.answers("c001c1" + "00080000010000ff02" + "00") == NOT_ASSOCIATED


class TestLongGet:
    ASKS = "c001c1" + "00010000600100ff02" + "00"

    def test_a_value_that_just_fits(self) -> None:
        size = 4 + len(LONG_VALUE)
        assert str(associated(size).answers(self.ASKS)).startswith("c401c100")
        assert str(associated(size - 1).answers(self.ASKS)).startswith("c402c100")

    def test_no_limit(self) -> None:
        assert str(associated(0).answers(self.ASKS)).startswith("c401c100")

    def test_a_limit_of_the_server_s_own(self) -> None:
        meter = associated(0, ServerParameters(max_send_pdu_size=100))
        assert len(str(meter.answers(self.ASKS))) == 200

    @pytest.mark.parametrize("size", [12, 100, 137, 138, 139, 265, 266, 300])
    def test_blocks_fit_and_make_the_value(self, size: int) -> None:
        meter = associated(size)
        exchange = GetExchange(LONG, None, terms(3, high_priority=False))
        outcome: object = BlockReceived(total=0)
        while isinstance(outcome, BlockReceived):
            answer = meter.application.answer(exchange.request())
            assert answer is not None
            assert len(answer) <= size
            outcome = exchange.receive(answer)
        assert outcome == Answered(answer=LONG_VALUE)

    def test_blocks_fill_the_apdu(self) -> None:
        assert len(associated(100).answers(self.ASKS) or "") == 200

    def test_not_without_block_transfer(self) -> None:
        meter = associated(100, ServerParameters(conformance=Conformance.GET))
        assert meter.answers(self.ASKS) == "d80104"

    def test_a_block_asked_for_twice_is_sent_twice(self) -> None:
        meter = associated(100)
        meter.answers(self.ASKS)
        second = meter.answers("c002c100000001")
        assert meter.answers("c002c100000001") == second
        assert str(second).startswith("c402c10000000002")

    def test_a_number_out_of_order_ends_the_transfer(self) -> None:
        meter = associated(100)
        meter.answers(self.ASKS)
        assert meter.answers("c002c100000002") == "c402c101" + "00000002" + "0113"
        assert meter.answers("c002c100000001") == "c402c101" + "00000001" + "0110"

    def test_a_new_request_ends_the_transfer(self) -> None:
        meter = associated(100)
        meter.answers(self.ASKS)
        meter.answers("c001c1" + "00080000010000ff02" + "00")
        assert meter.answers("c002c100000001") == "c402c101" + "00000001" + "0110"

    def test_unconfirmed_blocks_are_no_answer(self) -> None:
        meter = associated(100)
        meter.answers(self.ASKS)
        assert meter.answers("c0020100000001") is None


class TestReleasing:
    def test_rlrq(self) -> None:
        meter = associated()
        assert meter.answers("6203800100") == "6303800100"
        assert not meter.application.is_associated
        assert meter.answers("6203800100") == NOT_ASSOCIATED

    def test_the_link_is_lost(self) -> None:
        meter = associated()
        meter.application.link_lost()
        assert meter.answers("c001c1" + "00080000010000ff02" + "00") == NOT_ASSOCIATED


class TestRefusedServices:
    @pytest.mark.parametrize("apdu", ["", "0501", "ff", "d80101"])
    def test_services_that_are_not_known(self, apdu: str) -> None:
        assert associated().answers(apdu) == "d80202"
        assert Meter().answers(apdu) == "d80202"

    @pytest.mark.parametrize("apdu", ["c0", "c003c10100", "6204", "60021234"])
    def test_octets_that_make_no_sense(self, apdu: str) -> None:
        assert associated().answers(apdu) == "d80203"

    def test_before_the_association(self) -> None:
        assert Meter().answers("c001c1" + "00080000010000ff02" + "00") == NOT_ASSOCIATED


class TestAction:
    def test_a_method(self) -> None:
        done: list[str] = []

        def act(method: MethodDescriptor, parameter: bytes | None, client: ClientSap) -> Acted:
            assert (str(method), parameter, client) == ("70/0.0.96.3.10.255/1", b"\x0f\x00", PUBLIC)
            return Acted(afterwards=lambda: done.append("afterwards"))

        server = ServerApplication(read, ServerParameters(), PUBLIC, act)
        assert server.answer(bytes.fromhex(ACTION)) == bytes.fromhex(NOT_ASSOCIATED)
        server.answer(bytes.fromhex(AARQ))
        assert server.answer(bytes.fromhex(ACTION)) == bytes.fromhex("c701c10000")
        assert done == ["afterwards"]

    def test_there_may_be_none(self) -> None:
        assert associated().answers(ACTION) == "c701c10300"


class TestProof:
    """HLS 5 in the context without ciphering; octets as the Green Book has them."""

    def test_both_prove_themselves(self) -> None:
        meter = Meter(ServerParameters(authentication=PlainDemand()))
        assert str(meter.answers(AARQ_HLS)).startswith("614e")
        assert meter.answers(PROOF + "0906" + b"client".hex()) == (
            "c701c100" + "0100" + "0906" + b"server".hex()
        )
        assert meter.application.is_associated
        assert meter.answers("c001c1" + "00080000010000ff02" + "00") == "c401c1001107"

    def test_nothing_else_before(self) -> None:
        meter = Meter(ServerParameters(authentication=PlainDemand()))
        meter.answers(AARQ_HLS)
        assert meter.answers("c001c1" + "00080000010000ff02" + "00") == NOT_ASSOCIATED
        assert meter.answers(ACTION) == "c701c10300"
        assert meter.answers(PROOF + "0906" + b"client".hex()) == (
            "c701c100" + "0100" + "0906" + b"server".hex()
        )

    @pytest.mark.parametrize("proof", ["0906" + b"nobody".hex(), "1100", "09", ""])
    def test_one_that_does_not_fit_ends_the_association(self, proof: str) -> None:
        meter = Meter(ServerParameters(authentication=PlainDemand()))
        meter.answers(AARQ_HLS)
        request = PROOF + proof if proof else PROOF[:-2] + "00"
        assert meter.answers(request) == "c701c1fa00"
        assert meter.answers(request) == NOT_ASSOCIATED

    def test_a_meter_that_gives_none(self) -> None:
        demand = PlainDemand(lambda: PlainProof(gives_proof=False))
        meter = Meter(ServerParameters(authentication=demand))
        meter.answers(AARQ_HLS)
        assert meter.answers(PROOF + "0906" + b"client".hex()) == "c701c10000"


class TestProtection:
    def meter(self, *, silent: bool = False) -> Meter:
        parameters = ServerParameters(protection=lambda: MarkedProtection(silent=silent))
        meter = Meter(parameters)
        initiate = bytes.fromhex("ee" + AARQ[-28:])
        meter.grants(
            AssociateRequest(
                application_context_name=ApplicationContext.LOGICAL_NAMES_WITH_CIPHERING.value,
                calling_ap_title=b"DCU\0\0\0\0\2",
                user_information=initiate,
            )
        )
        return meter

    def test_requests_and_answers(self) -> None:
        meter = self.meter()
        assert meter.answers("eec001c1" + "00080000010000ff02" + "00") == "eec401c1001107"
        assert meter.answers("ee05") == "d80202"
        assert meter.answers("eec003") == "d80203"

    @pytest.mark.parametrize("apdu", ["ffc001c100080000010000ff0200", "c001", "fe", ""])
    def test_what_cannot_be_opened(self, apdu: str) -> None:
        assert self.meter().answers(apdu) == "d80105"
        assert self.meter(silent=True).answers(apdu) is None

    def test_the_association_stands_after_a_forgery(self) -> None:
        meter = self.meter()
        meter.answers("ffc001c100080000010000ff0200")
        assert meter.answers("eec001c1" + "00080000010000ff02" + "00") == "eec401c1001107"

    def test_released(self) -> None:
        meter = self.meter()
        assert meter.answers("6203800100") == "d80105"
        assert meter.answers("eec001c1" + "00080000010000ff02" + "00") == "eec401c1001107"
        released = meter.application.answer(
            ReleaseRequest(user_information=bytes.fromhex("ee" + AARQ[-28:])).encode()
        )
        assert released is not None
        assert released[:1] == b"\x63"
        assert not meter.application.is_associated


@pytest.mark.parametrize("size", [1, 11, -1, 65536])
def test_sizes_that_no_client_can_live_with(size: int) -> None:
    with pytest.raises(EncodeError):
        ServerParameters(max_send_pdu_size=size)


@given(st.lists(st.sampled_from([0x60, 0x62, 0xC0]), max_size=4), st.data())
def test_any_octets_have_an_answer(tags: list[int], data: st.DataObject) -> None:
    meter = associated()
    for tag in tags:
        meter.application.answer(bytes((tag, *data.draw(st.binary(max_size=40)))))
    assert meter.answers("ff") == "d80202"


class TestBlocks:
    ASKS = bytes.fromhex("c001c1" + "00010000600100ff02" + "00")

    def meter(self, conformance: int = 0x200010, size: int = 40) -> ServerApplication:
        application = ServerApplication(read, ServerParameters(), PUBLIC)
        initiate = InitiateRequest(
            proposed_conformance=Conformance(conformance), client_max_receive_pdu_size=size
        )
        (aare,) = application.answers(
            AssociateRequest(user_information=initiate.encode()).encode()[0]
        )
        assert aare[0] == 0x61
        return application

    def test_a_long_answer_goes_out_in_blocks(self) -> None:
        meter = self.meter()
        (first,) = meter.answers(self.ASKS)
        assert first.hex().startswith("e00500010000")
        assert len(first) <= 40
        on_end = meter.answers(bytes.fromhex("e08300010001" + "00"))
        assert [octets.hex()[:4] for octets in on_end] == ["e045", "e045", "e005"]

    def test_a_request_comes_in_blocks(self) -> None:
        meter = self.meter(size=0)
        assert meter.answers(bytes.fromhex("e04500010000" + "05") + self.ASKS[:5]) == []
        rest = self.ASKS[5:]
        (answer,) = meter.answers(bytes.fromhex("e08500020000") + bytes((len(rest),)) + rest)
        assert answer.hex().startswith("e0")
        assert b"\xc4\x01\xc1\x00" in answer

    def test_rlre_comes_whole(self) -> None:
        assert self.meter().answers(bytes.fromhex("6203800100")) == [bytes.fromhex("6303800100")]

    def test_what_wants_no_answer_gets_none(self) -> None:
        meter = self.meter()
        assert meter.answers(b"\xc0\x01\x81" + self.ASKS[3:]) == []

    def test_without_agreement(self) -> None:
        meter = self.meter(0x000010, 0)
        assert meter.answers(self.ASKS)[0].hex().startswith("c401c100")
        assert meter.answers(b"\xc0\x01\x81" + self.ASKS[3:]) == []

    def test_set(self) -> None:
        write = bytes.fromhex("c101c1" + "00080000010000ff0200" + "1107")
        assert self.meter(0x000018).answers(write) == [bytes.fromhex("c501c103")]
        assert self.meter(0x000010).answers(write) == [bytes.fromhex("d80101")]

    def test_reading_by_short_names(self) -> None:
        parameters = ServerParameters(short_names=True, conformance=Conformance(0xFFFFFF))
        clock = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
        device = AttributeDescriptor(1, Obis.parse("0.0.96.1.0.255"), 2)
        for conformance, long_answer in (
            (Conformance.READ, "d80104"),
            (Conformance.READ | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ, "0c0102000001"),
        ):
            application = ServerApplication(
                read, parameters, PUBLIC, find={8: clock, 16: device}.get
            )
            initiate = InitiateRequest(
                proposed_conformance=conformance, client_max_receive_pdu_size=40
            )
            request = AssociateRequest(
                application_context_name=ApplicationContext.SHORT_NAMES.value,
                user_information=initiate.encode(),
            )
            application.answers(request.encode()[0])
            (answer,) = application.answers(bytes.fromhex("0501020008"))
            assert answer == bytes.fromhex("0c01001107")
            (answer,) = application.answers(bytes.fromhex("0501020010"))
            assert answer.hex().startswith(long_answer)

    def test_writing_by_short_names(self) -> None:
        written: list[bytes] = []

        def write(_: object, __: object, value: bytes, ___: object) -> DataAccessResult:
            written.append(value)
            return DataAccessResult.SUCCESS

        clock = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
        everything = Conformance(0xFFFFFF)
        parameters = ServerParameters(short_names=True, conformance=everything)
        application = ServerApplication(read, parameters, PUBLIC, write=write, find={8: clock}.get)
        write_clock = bytes.fromhex("0601020008" + "011107")
        unconfirmed = bytes.fromhex("1601020008" + "011109")
        assert application.answers(write_clock) == [bytes.fromhex("d80101")]
        assert application.answers(bytes.fromhex("0501020008")) == [bytes.fromhex("d80101")]
        assert application.answers(unconfirmed) == []
        assert written == []
        initiate = InitiateRequest(
            proposed_conformance=Conformance.WRITE | Conformance.UNCONFIRMED_WRITE,
            client_max_receive_pdu_size=0,
        )
        request = AssociateRequest(
            application_context_name=ApplicationContext.SHORT_NAMES.value,
            user_information=initiate.encode(),
        )
        application.answers(request.encode()[0])
        assert application.answers(write_clock) == [bytes.fromhex("0d0100")]
        assert application.answers(unconfirmed) == []
        assert written == [b"\x11\x07", b"\x11\x09"]

    def test_nothing_is_told_by_short_names_before_the_proof(self) -> None:
        clock = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
        parameters = ServerParameters(
            authentication=PlainDemand(), short_names=True, conformance=Conformance.READ
        )
        application = ServerApplication(read, parameters, PUBLIC, find={8: clock}.get)
        initiate = InitiateRequest(
            proposed_conformance=Conformance.READ, client_max_receive_pdu_size=0
        )
        request = AssociateRequest(
            application_context_name=ApplicationContext.SHORT_NAMES.value,
            mechanism_name=Mechanism.HLS_GMAC.object_identifier,
            calling_authentication_value=Secret(b"12345678"),
            user_information=initiate.encode(),
        )
        application.answers(request.encode()[0])
        assert application.answers(bytes.fromhex("0501020008")) == [bytes.fromhex("0c010103")]

    def test_access(self) -> None:
        reads = bytes.fromhex("d94000000100" + "01" + "0100080000010000ff02" + "0100")
        assert self.meter(0x000040).answers(reads) == [
            bytes.fromhex("da4000000100" + "00" + "01" + "1107" + "010100")
        ]
        assert self.meter(0x000010).answers(reads) == [bytes.fromhex("d80101")]
        too_long = bytes.fromhex("d94000000100" + "01" + "0100010000600100ff02" + "0100")
        assert self.meter(0x000040).answers(too_long) == [bytes.fromhex("d80104")]
        assert len(self.meter(0x200040).answers(too_long)) == 1
