from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import (
    CountersSpentError,
    KeyMissingError,
    ReplayError,
    SecurityControlError,
    SystemTitleError,
    TransactionError,
)
from dcud.dlms.protection import Protection
from dcud.dlms.secret import Secret
from dcud.dlms.security import protection
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, GrantedCounters, ReceivedCounter
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.key_info import MASTER, STATIC, AgreedKey, IdentifiedKey, WrappedKey
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.suite import SecuritySuite
from tests.support.plain_means import FRESH, PlainAgreement, means, signed
from tests.support.protected_apdus import (
    ANSWER,
    BROADCAST,
    CLIENT,
    DEDICATED,
    GET,
    INITIATE,
    INITIATE_RESPONSE,
    METER,
    NOTIFICATION,
    Protected,
    keys,
)
from tests.support.protected_apdus import MASTER as MASTER_KEY

NOTHING = Guard()
AUTHENTICATED = Guard(authenticated=True)
ENCRYPTED = Guard(encrypted=True)
BOTH = Guard(authenticated=True, encrypted=True)
SIGNED = Guard(signed=True)
GUARDS = {0x10: AUTHENTICATED, 0x20: ENCRYPTED, 0x30: BOTH}
SUITE_0 = SecuritySuite.SUITE_0
PARAMETERS = SecurityParameters(
    client_system_title=CLIENT,
    server_system_title=METER,
    suite=SUITE_0,
    requests=BOTH,
    answers=BOTH,
)
GENERAL = replace(PARAMETERS, form=Form.GENERAL)
CIPHERING = replace(PARAMETERS, form=Form.GENERAL_CIPHERING)
WE_SAY = Protected(title=CLIENT, counter=100)
METER_SAYS = Protected(counter=7)
ACCESS = bytes.fromhex("d94000000000")
HEADER = GeneralHeader(
    transaction_id=bytes.fromhex("0000000000000001"),
    originator_system_title=CLIENT,
    recipient_system_title=METER,
)
BACK = replace(HEADER, originator_system_title=METER, recipient_system_title=CLIENT)


def client(
    parameters: SecurityParameters = PARAMETERS,
    *,
    known: KeySet | None = None,
    dedicated: Secret | None = None,
    means: GeneralMeans | None = None,
) -> ClientProtection:
    counters = Counters(FreshCounter(100), ReceivedCounter())
    return ClientProtection(
        parameters, known or keys(parameters.suite), counters, dedicated_key=dedicated, means=means
    )


def sent(ours: ClientProtection, apdu: bytes = GET, *, in_proof: bool = False) -> bytes:
    octets, hidden = ours.protect(apdu, in_proof=in_proof)
    assert hidden == ()
    assert len(octets) - len(apdu) <= ours.overhead()
    return octets


# --- Vectors ---


@dataclass(frozen=True, kw_only=True)
class Vector:
    """A ciphered APDU, known with all that goes into it."""

    octet: int
    key: str = "000102030405060708090a0b0c0d0e0f"
    authentication_key: str = "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
    title: str
    counter: int
    plain: str
    apdu: str

    def protection(self, *, receiving: bool, counter: int) -> ClientProtection:
        title, nobody = bytes.fromhex(self.title), b"NOBODY00"
        parameters = SecurityParameters(
            client_system_title=nobody if receiving else title,
            server_system_title=title if receiving else nobody,
            suite=SUITE_0,
            requests=GUARDS[self.octet],
            answers=GUARDS[self.octet],
        )
        known = KeySet(
            suite=SUITE_0,
            unicast=Secret(bytes.fromhex(self.key)),
            authentication=Secret(bytes.fromhex(self.authentication_key)),
        )
        return ClientProtection(
            parameters, known, Counters(FreshCounter(counter), ReceivedCounter(counter))
        )


GET_VECTORS = [
    # Computed with the example keys of the DLMS Green Book.
    Vector(
        octet=0x10,
        title="4d4d4d0000bc614e",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c81e1001234567c0010000080000010000ff020006725d910f9221d263877516",
    ),
    # jDLMS tests
    Vector(
        octet=0x20,
        title="4d4d4d0000bc614e",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c8122001234567411312ff935a47566827c467bc",
    ),
    # u9n/dlms-cosem tests (values quoted from the DLMS Green Book); jDLMS tests
    Vector(
        octet=0x30,
        title="4d4d4d0000bc614e",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c81e3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b",
    ),
    # EnergyICT/Connexo dlms tests
    Vector(
        octet=0x10,
        title="4b414d1234567890",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c81e1001234567c0010000080000010000ff020003c51f733571866e675bf115",
    ),
    Vector(
        octet=0x20,
        title="4b414d1234567890",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c8122001234567d0bc0de872e76d3f64ce312ab1",
    ),
    Vector(
        octet=0x30,
        title="4b414d1234567890",
        counter=0x01234567,
        plain="c0010000080000010000ff0200",
        apdu="c81e3001234567d0bc0de872e76d3f64ce312ab1475c7dc48ab69286b4e42664",
    ),
    Vector(
        octet=0x30,
        title="4d4d4d0000bc614e",
        counter=0x01234566,
        plain="c0010000080000010000ff0200",
        apdu="c81e3001234566438ae72e709af6aaaf4149cc13c17d7e1ff45037fb5ba1b6f9",
    ),
]
LANDIS_GYR = "00112233445566778899aabbccddeeff"
INITIATE_VECTORS = [
    # u9n/dlms-cosem tests (values quoted from the DLMS Green Book), of RLRE
    Vector(
        octet=0x30,
        title="4d4d4d0000bc614e",
        counter=0x01234567,
        plain="0800065f1f0400007c1f04000007",
        apdu="281f3001234567891214a0845e475714383f65bc19745ca235906525e4f3e1c893",
    ),
    # Circutor/gosem tests: AARQ, RLRQ, RLRE
    Vector(
        octet=0x30,
        key=LANDIS_GYR,
        authentication_key=LANDIS_GYR,
        title="4349520000000001",
        counter=0x59,
        plain="0101105e168412318ba71848c99b2b2ab332940000065f1f040000181f0200",
        apdu="2130300000005992d807dbcf8533e9ad675ae0948241fb8e6cf9afa7006baa134a473c9151b3362f56dc12f8"
        "9e85da97e176",
    ),
    Vector(
        octet=0x30,
        key=LANDIS_GYR,
        authentication_key=LANDIS_GYR,
        title="4349520000000001",
        counter=0x5A,
        plain="0101105e168412318ba71848c99b2b2ab332940000065f1f040000181f0200",
        apdu="2130300000005a8e9b83d641b89faaf36da504132c34f87e4ba66175a7dced015460239699c72c18c06db29c"
        "54673b83bac0",
    ),
    Vector(
        octet=0x30,
        key=LANDIS_GYR,
        authentication_key=LANDIS_GYR,
        title="4c475a2022604828",
        counter=0x5B,
        plain="0800065f1f040000181f00fa0007",
        apdu="281f300000005bcd34827974edcf8b1dab306f62c58ab42052db67361377507825",
    ),
]


@pytest.mark.parametrize("vector", GET_VECTORS)
def test_requests_in_both_directions(vector: Vector) -> None:
    apdu, plain = bytes.fromhex(vector.apdu), bytes.fromhex(vector.plain)
    ours = vector.protection(receiving=False, counter=vector.counter)
    assert ours.protect(plain) == (apdu, ())
    theirs = vector.protection(receiving=True, counter=vector.counter)
    assert theirs.unprotect(apdu) == plain
    with pytest.raises(ReplayError):
        theirs.unprotect(apdu)


@pytest.mark.parametrize("vector", INITIATE_VECTORS)
def test_initiate_in_both_directions(vector: Vector) -> None:
    apdu, plain = bytes.fromhex(vector.apdu), bytes.fromhex(vector.plain)
    ours = vector.protection(receiving=False, counter=vector.counter)
    assert ours.protect_initiate(plain) == apdu
    theirs = vector.protection(receiving=True, counter=vector.counter)
    assert theirs.unprotect_initiate(apdu) == plain


def test_a_dedicated_key_in_both_directions() -> None:
    # Circutor/gosem tests: the second request of the association.
    key = Secret(bytes.fromhex("5e168412318ba71848c99b2b2ab33294"))
    authentication = Secret(bytes.fromhex(LANDIS_GYR))
    known = KeySet(suite=SUITE_0, unicast=authentication, authentication=authentication)
    title = bytes.fromhex("4349520000000001")
    plain = bytes.fromhex("c001c100080000010000ff0200")
    apdu = bytes.fromhex("d01e3000000001d3b903996d9508c5b6bcdeb025dd1800a5c92775fb55f317cf")
    ours = client(replace(PARAMETERS, client_system_title=title), known=known, dedicated=key)
    ours.protect(plain)
    assert ours.protect(plain) == (apdu, ())
    theirs = client(replace(PARAMETERS, server_system_title=title), known=known, dedicated=key)
    assert theirs.unprotect(apdu) == plain


def test_a_pushed_notification() -> None:
    # u9n/dlms-cosem tests (values quoted from the DLMS Green Book)
    key = Secret(bytes.fromhex("4d5944554d4d59474c4f42414c4b4559"))
    apdu = bytes.fromhex(
        "db082f192291991641033b30000001e5025ce9d2271fd78be8c204211a916a9d7f587e0a7a814cadea89e9593f01"
        "f92ea8c087b5bdfdefeab6becf282dfe49c08f5be6dc8400"
    )
    plain = bytes.fromhex(
        "0f000001db000922125a8591360000000049000000110000000a5a8513d014800000000d0000000a0100"
    )
    title = bytes.fromhex("2f19229199164103")
    known = KeySet(suite=SUITE_0, unicast=key, authentication=key)
    for form in Form:
        parameters = replace(PARAMETERS, server_system_title=title, form=form)
        theirs = client(parameters, known=known)
        assert theirs.unprotect(apdu) == plain
        with pytest.raises(ReplayError):
            theirs.unprotect(apdu)
    ours = ClientProtection(
        replace(GENERAL, client_system_title=title),
        known,
        Counters(FreshCounter(0x1E5), ReceivedCounter()),
    )
    assert ours.protect(plain) == (apdu, ())


def test_a_pushed_notification_without_a_tag() -> None:
    # esphome-libs/dlms_parser dumps, mbus_netz_noe_p1
    apdu = bytes.fromhex(
        "db084b464d675000000981f8200000002388d5ab4f97515aafc6b88d2f85daa7a0e3c0c40d004535c397c9d037"
        "ab7dbda329107615444894a1a0dd7e85f02d496cecd3ff46af5fb3c9229cfe8f3ee4606ab2e1f409f36aad2e50"
        "900a4396fc6c2e083f373233a69616950758bfc7d63a9e9b6e99e21b2cbc2b934772ca51fd4d69830711cab1f8"
        "cff25f0a329337cba51904f0caed88d61968743c8454ba922eb00038182c22fe316d16f2a9f544d6f75d51a4e9"
        "2a1c4ef8ab19a2b7feaa32d0726c0ed80229ae6c0f7621a4209251ace2b2bc66ff0327a653bb686c756be033c7"
        "a281f1d2a7e1fa31c3983e15f8fd16cc5787e6f5419a3cfda44be438c96f0e38bf83d9"
    )
    plain = bytes.fromhex(
        "0f8006870e0c07e5091b01092f0f00ff88800223090c07e5091b01092f0f00ff888009060100010800ff060000"
        "328902020f00161e09060100020800ff060000000002020f00161e09060100010700ff060000000002020f0016"
        "1b09060100020700ff060000000002020f00161b09060100200700ff12092102020fff162309060100340700ff"
        "12000002020fff162309060100480700ff12000002020fff1623090601001f0700ff12000002020ffe16210906"
        "0100330700ff12000002020ffe162109060100470700ff12000002020ffe1621090601000d0700ff1203e80202"
        "0ffd16ff090c313831323230303030303039"
    )
    known = KeySet(suite=SUITE_0, unicast=Secret(bytes.fromhex("36c66639e48a8ca4d6bc8b282a793bbb")))
    title = bytes.fromhex("4b464d6750000009")
    parameters = replace(
        PARAMETERS, server_system_title=title, requests=ENCRYPTED, answers=ENCRYPTED
    )
    theirs = client(parameters, known=known)
    assert theirs.unprotect(apdu) == plain
    with pytest.raises(ReplayError):
        theirs.unprotect(apdu)


# --- The forms of a request ---


def test_it_is_a_protection_of_an_association() -> None:
    ours: Protection = client(dedicated=DEDICATED)
    assert ours.client_system_title == CLIENT
    assert ours.dedicated_key == DEDICATED
    assert client().dedicated_key is None


@pytest.mark.parametrize(("octet", "guard"), GUARDS.items())
def test_the_global_key_with_the_tags_of_services(octet: int, guard: Guard) -> None:
    ours = client(replace(PARAMETERS, requests=guard))
    for number, (plain, tag) in enumerate([(GET, 0xC8), (b"\xc3\x01", 0xCB), (b"\x05\x01", 0x25)]):
        says = replace(WE_SAY, octet=octet, counter=100 + number)
        assert sent(ours, plain) == says.service(tag, plain)


def test_the_dedicated_key_with_the_tags_of_services() -> None:
    ours = client(dedicated=DEDICATED)
    says = replace(WE_SAY, key=DEDICATED, counter=0)
    assert sent(ours) == says.service(0xD0, GET)
    assert sent(ours, b"\xc1\x01") == replace(says, counter=1).service(0xD1, b"\xc1\x01")
    answer = replace(METER_SAYS, key=DEDICATED, counter=0).service(0xD4, ANSWER)
    assert ours.unprotect(answer) == ANSWER


def test_the_proof_may_go_under_the_global_key() -> None:
    action = b"\xc3\x01"
    ours = client(replace(PARAMETERS, proof_under_global_key=True), dedicated=DEDICATED)
    assert sent(ours, action, in_proof=True) == WE_SAY.service(0xCB, action)
    assert ours.unprotect(METER_SAYS.service(0xCF, b"\xc7\x01")) == b"\xc7\x01"
    says = replace(WE_SAY, key=DEDICATED, counter=0)
    assert sent(ours) == says.service(0xD0, GET)
    with pytest.raises(SecurityControlError):
        ours.unprotect(replace(METER_SAYS, counter=8).service(0xCC, ANSWER))
    ours = client(dedicated=DEDICATED)
    assert sent(ours, action, in_proof=True) == says.service(0xD3, action)


def test_the_general_form() -> None:
    ours = client(GENERAL)
    assert sent(ours) == WE_SAY.general(GET)
    assert ours.unprotect(METER_SAYS.general(ANSWER)) == ANSWER
    ours = client(GENERAL, dedicated=DEDICATED)
    assert sent(ours) == replace(WE_SAY, key=DEDICATED, counter=0).general(GET, 0xDC)


def test_the_general_form_without_our_system_title() -> None:
    ours = client(replace(GENERAL, omit_system_title=True))
    assert sent(ours) == WE_SAY.general(GET, title=b"")


def test_a_service_without_tags_of_its_own_goes_in_the_general_form() -> None:
    ours = client()
    assert sent(ours, ACCESS) == WE_SAY.general(ACCESS)
    assert ours.unprotect(METER_SAYS.general(b"\xda\x01")) == b"\xda\x01"
    ours = client(dedicated=DEDICATED)
    assert sent(ours, ACCESS) == replace(WE_SAY, key=DEDICATED, counter=0).general(ACCESS, 0xDC)


def test_the_broadcast_key() -> None:
    says = replace(WE_SAY, key=BROADCAST, octet=0x70)
    assert sent(client(replace(PARAMETERS, broadcast=True))) == says.service(0xC8, GET)
    assert sent(client(replace(GENERAL, broadcast=True))) == says.general(GET)
    ours = client(replace(CIPHERING, broadcast=True), means=means())
    says = replace(says, octet=0x30)
    assert sent(ours) == says.general_ciphering(GET, HEADER, IdentifiedKey(1))


def test_general_ciphering_under_a_known_key() -> None:
    ours = client(CIPHERING, means=means())
    assert sent(ours) == WE_SAY.general_ciphering(GET, HEADER, IdentifiedKey(0))
    answer = METER_SAYS.general_ciphering(ANSWER, BACK, IdentifiedKey(0))
    assert ours.unprotect(answer) == ANSWER
    second = replace(HEADER, transaction_id=bytes.fromhex("0000000000000002"))
    says = replace(WE_SAY, counter=101)
    assert sent(ours) == says.general_ciphering(GET, second, IdentifiedKey(0))
    with pytest.raises(TransactionError):
        ours.unprotect(
            replace(METER_SAYS, counter=8).general_ciphering(ANSWER, BACK, IdentifiedKey(0))
        )


@pytest.mark.parametrize("suite", list(SecuritySuite))
def test_general_ciphering_under_wrapped_keys(suite: SecuritySuite) -> None:
    size = suite.key_size
    master, fresh = Secret(b"M" * size), Secret(b"F" * size)
    known = KeySet(suite=suite, master=master, authentication=Secret(b"A" * size))
    ours = client(
        replace(CIPHERING, suite=suite, key_info=KeyInfoMethod.WRAPPED),
        known=known,
        means=replace(means(), key=lambda: fresh),
    )
    told = WrappedKey(MASTER, wrap(master, fresh))
    says = Protected(
        key=fresh,
        authentication_key=known.authentication,
        title=CLIENT,
        octet=0x30 | suite,
        counter=0,
    )
    assert sent(ours) == says.general_ciphering(GET, HEADER, told)
    answer = replace(says, title=METER).general_ciphering(ANSWER, BACK, told)
    assert ours.unprotect(answer) == ANSWER
    with pytest.raises(TransactionError):
        ours.unprotect(answer)


def test_general_ciphering_under_agreed_keys() -> None:
    ours = client(replace(CIPHERING, key_info=KeyInfoMethod.STATIC), means=means())
    agreement, told = PlainAgreement(), AgreedKey(STATIC, b"")
    says = replace(WE_SAY, key=agreement.key(HEADER), counter=0)
    assert sent(ours) == says.general_ciphering(GET, HEADER, told)
    answer = replace(METER_SAYS, key=agreement.key(BACK), counter=0)
    assert ours.unprotect(answer.general_ciphering(ANSWER, BACK, told)) == ANSWER


def test_no_protection_at_all() -> None:
    ours = client(replace(PARAMETERS, requests=NOTHING, answers=NOTHING))
    assert ours.protect(GET, [(1, 3)]) == (GET, ((1, 3),))
    assert ours.overhead() == 0
    assert ours.unprotect(ANSWER) == ANSWER


def test_requests_in_the_clear_and_answers_ciphered() -> None:
    ours = client(replace(PARAMETERS, requests=NOTHING))
    assert sent(ours) == GET
    assert ours.unprotect(METER_SAYS.service(0xCC, ANSWER)) == ANSWER


def test_a_signature_alone() -> None:
    ours = client(replace(PARAMETERS, requests=SIGNED, answers=SIGNED), means=means())
    assert sent(ours) == signed(HEADER, GET)
    assert ours.unprotect(signed(BACK, ANSWER)) == ANSWER


@pytest.mark.parametrize("form", [Form.SERVICE_SPECIFIC, Form.GENERAL])
def test_it_is_signed_first_then_ciphered(form: Form) -> None:
    guard = replace(BOTH, signed=True)
    ours = client(replace(PARAMETERS, form=form, requests=guard, answers=guard), means=means())
    assert sent(ours) == WE_SAY.general(signed(HEADER, GET))
    assert ours.unprotect(METER_SAYS.general(signed(BACK, ANSWER))) == ANSWER


def test_signature_and_general_ciphering_belong_to_one_transaction() -> None:
    guard = replace(BOTH, signed=True)
    ours = client(replace(CIPHERING, requests=guard, answers=guard), means=means())
    assert sent(ours) == WE_SAY.general_ciphering(signed(HEADER, GET), HEADER, IdentifiedKey(0))
    says = METER_SAYS
    answer = says.general_ciphering(signed(BACK, ANSWER), BACK, IdentifiedKey(0))
    assert ours.unprotect(answer) == ANSWER


# --- Initiate ---


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("dedicated", [None, DEDICATED])
def test_initiate_goes_under_the_global_key(form: Form, dedicated: Secret | None) -> None:
    ours = client(replace(PARAMETERS, form=form), dedicated=dedicated, means=means())
    assert ours.protect_initiate(INITIATE) == WE_SAY.service(0x21, INITIATE)
    answer = METER_SAYS.service(0x28, INITIATE_RESPONSE)
    assert ours.unprotect_initiate(answer) == INITIATE_RESPONSE


@pytest.mark.parametrize(
    ("guard", "octet"), [(AUTHENTICATED, 0x30), (ENCRYPTED, 0x20), (NOTHING, 0x20)]
)
def test_a_dedicated_key_is_always_encrypted(guard: Guard, octet: int) -> None:
    ours = client(replace(PARAMETERS, requests=guard), dedicated=DEDICATED)
    says = replace(WE_SAY, octet=octet)
    assert ours.protect_initiate(INITIATE) == says.service(0x21, INITIATE)


def test_initiate_in_the_clear() -> None:
    ours = client(replace(PARAMETERS, requests=NOTHING, answers=NOTHING))
    assert ours.protect_initiate(INITIATE) == INITIATE
    assert ours.unprotect_initiate(INITIATE_RESPONSE) == INITIATE_RESPONSE


def test_the_meter_tells_its_system_title() -> None:
    ours = client(replace(PARAMETERS, server_system_title=None))
    ours.meet(METER)
    assert ours.unprotect(METER_SAYS.service(0xCC, ANSWER)) == ANSWER
    with pytest.raises(SystemTitleError):
        client().meet(b"MTR00002")


# --- What no log may show ---

SECRETS = [(2, 4), (6, 13)]


def test_ciphertext_hides_all() -> None:
    for parameters in (PARAMETERS, GENERAL, replace(PARAMETERS, requests=ENCRYPTED)):
        assert client(parameters).protect(GET, SECRETS)[1] == ()


@pytest.mark.parametrize("form", list(Form))
def test_what_is_authenticated_alone_is_hidden_where_it_is(form: Form) -> None:
    ours = client(replace(PARAMETERS, form=form, requests=AUTHENTICATED), means=means())
    octets, hidden = ours.protect(GET, SECRETS)
    assert [octets[begin:end] for begin, end in hidden] == [GET[2:4], GET[6:13]]


def test_what_is_signed_is_hidden_as_a_whole() -> None:
    for guard in (SIGNED, replace(AUTHENTICATED, signed=True)):
        ours = client(replace(GENERAL, requests=guard), means=means())
        octets, hidden = ours.protect(GET, SECRETS)
        assert hidden == ((0, len(octets)),)


# --- Compression ---


@pytest.fixture(name="tailless")
def dropping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the dropping of a tail for compression, so that a test can say what comes out."""
    monkeypatch.setattr(
        protection,
        "compressed",
        lambda apdu: apdu.removesuffix(b"tail") if apdu.endswith(b"tail") else None,
    )


SUITE_1 = replace(GENERAL, suite=SecuritySuite.SUITE_1, compress=True)


@pytest.mark.usefixtures("tailless")
def test_what_gets_shorter_is_compressed() -> None:
    ours = client(SUITE_1)
    assert sent(ours, GET + b"tail") == replace(WE_SAY, octet=0xB1).general(GET)
    assert sent(ours, GET) == replace(WE_SAY, octet=0x31, counter=101).general(GET)
    ours = client(replace(SUITE_1, form=Form.GENERAL_CIPHERING), means=means())
    says = replace(WE_SAY, octet=0xB1)
    assert sent(ours, GET + b"tail") == says.general_ciphering(GET, HEADER, IdentifiedKey(0))


@pytest.mark.usefixtures("tailless")
@pytest.mark.parametrize(
    "parameters",
    [
        replace(SUITE_1, compress=False),
        replace(SUITE_1, form=Form.SERVICE_SPECIFIC),
        replace(GENERAL, compress=True),
    ],
)
def test_nothing_is_compressed_where_it_has_no_place(parameters: SecurityParameters) -> None:
    octets = sent(client(parameters), GET + b"tail")
    control = octets[11] if parameters.form is Form.GENERAL else octets[2]
    assert not control & 0x80


@pytest.mark.usefixtures("tailless")
def test_compression_in_suite_0_where_it_is_tolerated() -> None:
    ours = client(replace(GENERAL, compress=True, compress_in_any_suite=True))
    assert sent(ours, GET + b"tail") == replace(WE_SAY, octet=0xB0).general(GET)


@pytest.mark.usefixtures("tailless")
def test_what_is_compressed_and_authenticated_alone_is_hidden_as_a_whole() -> None:
    ours = client(replace(SUITE_1, requests=AUTHENTICATED))
    octets, hidden = ours.protect(GET + b"tail", SECRETS)
    assert hidden == ((0, len(octets)),)


def test_compression_in_both_directions() -> None:
    request = GET + 10 * GET
    answer = ANSWER + 10 * ANSWER
    theirs = client(
        replace(SUITE_1, client_system_title=METER, server_system_title=CLIENT, any_form=True)
    )
    ours = client(SUITE_1)
    octets = sent(ours, request)
    assert octets[11] == 0xB1
    assert len(octets) < len(request)
    assert theirs.unprotect(octets) == request
    assert ours.unprotect(sent(theirs, answer)) == answer


# --- What is missing ---


def test_keys_of_another_suite() -> None:
    with pytest.raises(KeyMissingError, match="suite 1, not for 0"):
        client(known=keys(SecuritySuite.SUITE_1))


@pytest.mark.parametrize("name", ["unicast", "authentication"])
def test_a_missing_key_is_named(name: str) -> None:
    both = {"unicast": keys().unicast, "authentication": keys().authentication, name: None}
    ours = client(known=KeySet(suite=SUITE_0, **both))
    with pytest.raises(KeyMissingError, match=f"no {name} key"):
        ours.protect(GET)
    with pytest.raises(KeyMissingError, match=f"no {name} key"):
        ours.protect_initiate(INITIATE)


def test_counters_that_are_spent() -> None:
    ours = ClientProtection(PARAMETERS, keys(), Counters(GrantedCounters(), ReceivedCounter()))
    with pytest.raises(CountersSpentError):
        ours.protect(GET)
    with pytest.raises(CountersSpentError):
        ours.protect_initiate(INITIATE)


def test_a_transaction_needs_what_makes_it() -> None:
    with pytest.raises(KeyMissingError, match="transaction ids"):
        client(CIPHERING).protect(GET)
    with pytest.raises(SystemTitleError, match="server_system_title"):
        client(replace(CIPHERING, server_system_title=None), means=means()).protect(GET)


def test_a_signature_needs_a_key() -> None:
    ours = client(replace(GENERAL, requests=SIGNED), means=replace(means(), signing=None))
    with pytest.raises(KeyMissingError, match="signing_key"):
        ours.protect(GET)


# --- Properties ---

FORMS = st.sampled_from([PARAMETERS, GENERAL, CIPHERING])


@given(
    parameters=FORMS,
    guard=st.sampled_from(list(GUARDS.values())),
    dedicated=st.sampled_from([None, DEDICATED]),
    bodies=st.lists(st.binary(max_size=40), min_size=1, max_size=3),
)
def test_no_two_requests_have_the_same_counter_and_each_can_be_read(
    parameters: SecurityParameters, guard: Guard, dedicated: Secret | None, bodies: list[bytes]
) -> None:
    ours = client(replace(parameters, requests=guard), dedicated=dedicated, means=means())
    mirrored = replace(
        parameters, client_system_title=METER, server_system_title=CLIENT, answers=guard
    )
    # A request can be taken for an answer by a client that asked the same, but for transactions.
    theirs = client(replace(mirrored, any_form=True), dedicated=dedicated, means=means())
    for number, body in enumerate(bodies):
        octets = sent(ours, NOTIFICATION + body)
        assert theirs.unprotect(octets) == NOTIFICATION + body
        counted = (number + (100 if dedicated is None else 0)).to_bytes(4, "big")
        if parameters is not CIPHERING:
            assert counted in octets
        with pytest.raises(ReplayError):
            theirs.unprotect(octets)


@given(st.binary(min_size=1, max_size=300))
def test_general_ciphering_stays_within_the_overhead(apdu: bytes) -> None:
    ours = client(replace(CIPHERING, key_info=KeyInfoMethod.WRAPPED), means=means())
    octets = sent(ours, apdu)
    assert isinstance(GeneralCiphering.decode(octets).key_info, WrappedKey)
    assert MASTER_KEY.octets not in octets
    assert FRESH.octets not in octets
