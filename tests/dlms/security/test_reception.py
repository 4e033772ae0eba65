from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import (
    CompressionError,
    DecodeError,
    KeyInfoError,
    KeyMissingError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityError,
    SecurityPolicyError,
    SignatureError,
    SystemTitleError,
    TagError,
    TransactionError,
)
from dcud.dlms.security import reception
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.channels import Channels
from dcud.dlms.security.compression import compressed
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.envelope import Family
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralKeys
from dcud.dlms.security.key_info import MASTER, STATIC, AgreedKey, IdentifiedKey, WrappedKey
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.reception import Reception
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.security.transaction import Transaction
from tests.support.plain_means import FRESH, PlainAgreement, PlainSigning, means, signed
from tests.support.protected_apdus import (
    ANSWER,
    AUTHENTICATION,
    BROADCAST,
    CLIENT,
    CONFIRMED_ERROR,
    DEDICATED,
    EVENT,
    GET,
    INITIATE_RESPONSE,
    METER,
    NOTIFICATION,
    REFUSAL,
    UNICAST,
    Protected,
    keys,
)
from tests.support.protected_apdus import MASTER as MASTER_KEY

NOTHING = Guard()
AUTHENTICATED = Guard(authenticated=True)
ENCRYPTED = Guard(encrypted=True)
BOTH = Guard(authenticated=True, encrypted=True)
SIGNED = Guard(signed=True)
FLOOR = 3
PARAMETERS = SecurityParameters(
    client_system_title=CLIENT,
    server_system_title=METER,
    suite=SecuritySuite.SUITE_0,
    requests=BOTH,
    answers=BOTH,
)
GENERAL = replace(PARAMETERS, form=Form.GENERAL)
CIPHERING = replace(PARAMETERS, form=Form.GENERAL_CIPHERING)
METER_SAYS = Protected(counter=7)
REQUEST = GeneralHeader(
    transaction_id=b"12345678", originator_system_title=CLIENT, recipient_system_title=METER
)
HEADER = GeneralHeader(
    transaction_id=b"12345678", originator_system_title=METER, recipient_system_title=CLIENT
)
KNOWN = IdentifiedKey(0)


@dataclass
class Client:
    """A client that has asked something."""

    reception: Reception
    theirs: ReceivedCounter
    transaction: Transaction

    def open(self, apdu: bytes, asked: Family = Family.GLO) -> bytes:
        return self.reception.open(apdu, asked)


def client(
    parameters: SecurityParameters = PARAMETERS,
    *,
    known: KeySet | None = None,
    dedicated: bool = False,
    signing: bool = True,
) -> Client:
    theirs = ReceivedCounter(FLOOR)
    known = known or keys(parameters.suite)
    channels = Channels(
        parameters, known, Counters(FreshCounter(), theirs), DEDICATED if dedicated else None
    )
    general_keys = GeneralKeys(parameters, known, means(), channels.under_global_key)
    transaction = Transaction()
    transaction.open(REQUEST)
    signatures = PlainSigning() if signing else None
    made = Reception(parameters, channels, general_keys, transaction, signatures)
    return Client(made, theirs, transaction)


# --- What is as it must be ---


def test_an_answer_to_a_service() -> None:
    opened = client()
    assert opened.open(METER_SAYS.service(0xCC, ANSWER)) == ANSWER
    assert opened.theirs.floor == 8


@pytest.mark.parametrize(
    ("guard", "octet"),
    [
        (AUTHENTICATED, 0x10),
        (AUTHENTICATED, 0x30),
        (ENCRYPTED, 0x20),
        (ENCRYPTED, 0x30),
        (NOTHING, 0x10),
        (NOTHING, 0x20),
    ],
)
def test_as_much_protection_as_demanded_or_more(guard: Guard, octet: int) -> None:
    opened = client(replace(PARAMETERS, answers=guard))
    assert opened.open(replace(METER_SAYS, octet=octet).service(0xCC, ANSWER)) == ANSWER
    assert opened.theirs.floor == 8


def test_under_the_dedicated_key_another_counter_runs() -> None:
    opened = client(dedicated=True)
    says = replace(METER_SAYS, key=DEDICATED, counter=0)
    assert opened.open(says.service(0xD4, ANSWER), Family.DED) == ANSWER
    assert opened.theirs.floor == FLOOR
    with pytest.raises(ReplayError):
        opened.open(says.service(0xD4, ANSWER), Family.DED)


@pytest.mark.parametrize("title", [METER, b""])
def test_general_forms_tell_the_system_title_or_not(title: bytes) -> None:
    opened = client(GENERAL, dedicated=True)
    assert opened.open(METER_SAYS.general(ANSWER, title=title), Family.GENERAL_GLO) == ANSWER
    assert opened.theirs.floor == 8
    says = replace(METER_SAYS, key=DEDICATED)
    assert opened.open(says.general(ANSWER, 0xDC, title), Family.GENERAL_DED) == ANSWER


def test_under_the_broadcast_key() -> None:
    opened = client(replace(PARAMETERS, broadcast=True))
    says = replace(METER_SAYS, key=BROADCAST, octet=0x70)
    assert opened.open(says.service(0xCC, ANSWER)) == ANSWER


@pytest.mark.parametrize("header", [HEADER, replace(HEADER, originator_system_title=b"")])
@pytest.mark.parametrize("key_info", [KNOWN, None])
def test_general_ciphering_under_a_known_key(
    header: GeneralHeader, key_info: IdentifiedKey | None
) -> None:
    opened = client(CIPHERING)
    apdu = METER_SAYS.general_ciphering(ANSWER, header, key_info)
    assert opened.open(apdu, Family.GENERAL_CIPHERING) == ANSWER
    assert opened.theirs.floor == 8
    assert not opened.transaction.awaits(HEADER)


def test_general_ciphering_may_be_bare_where_nothing_is_demanded() -> None:
    opened = client(replace(CIPHERING, answers=NOTHING))
    apdu = replace(METER_SAYS, octet=0).general_ciphering(ANSWER, HEADER, KNOWN)
    assert opened.open(apdu, Family.GENERAL_CIPHERING) == ANSWER
    assert opened.theirs.floor == FLOOR


def test_general_ciphering_under_a_wrapped_key() -> None:
    opened = client(replace(CIPHERING, key_info=KeyInfoMethod.WRAPPED))
    told = WrappedKey(MASTER, wrap(MASTER_KEY, FRESH))
    apdu = replace(METER_SAYS, key=FRESH, counter=0).general_ciphering(ANSWER, HEADER, told)
    assert opened.open(apdu, Family.GENERAL_CIPHERING) == ANSWER
    assert opened.theirs.floor == FLOOR
    with pytest.raises(TransactionError):
        opened.open(apdu, Family.GENERAL_CIPHERING)


@pytest.mark.parametrize("told", [AgreedKey(STATIC, b""), None])
def test_general_ciphering_under_an_agreed_key(told: AgreedKey | None) -> None:
    opened = client(replace(CIPHERING, key_info=KeyInfoMethod.STATIC))
    nameless = replace(HEADER, originator_system_title=b"", recipient_system_title=b"")
    says = replace(METER_SAYS, key=PlainAgreement().key(HEADER), counter=0)
    apdu = says.general_ciphering(ANSWER, nameless, told)
    assert opened.open(apdu, Family.GENERAL_CIPHERING) == ANSWER
    with pytest.raises(TransactionError):
        opened.open(apdu, Family.GENERAL_CIPHERING)


# --- What comes unasked ---


@pytest.mark.parametrize(
    "apdu",
    [
        METER_SAYS.general(NOTIFICATION),
        METER_SAYS.general(EVENT),
        METER_SAYS.service(0xCA, EVENT),
        METER_SAYS.service(0x38, b"\x18\x01"),
        METER_SAYS.general_ciphering(
            NOTIFICATION, replace(HEADER, transaction_id=b"another"), KNOWN
        ),
    ],
)
@pytest.mark.parametrize("asked", list(Family))
def test_notifications_come_in_any_form(apdu: bytes, asked: Family) -> None:
    opened = client(dedicated=True)
    assert opened.open(apdu, asked)[0] in {0x0F, 0xC2, 0x18}
    assert opened.theirs.floor == 8
    assert opened.transaction.awaits(HEADER)
    with pytest.raises(ReplayError):
        opened.open(apdu, asked)


@pytest.mark.parametrize("method", [KeyInfoMethod.WRAPPED, KeyInfoMethod.STATIC])
def test_under_a_fresh_key_nothing_comes_unasked(method: KeyInfoMethod) -> None:
    # Its counter begins at 0 each time, so nothing would tell a replay.
    told = WrappedKey(MASTER, wrap(MASTER_KEY, FRESH))
    says = replace(METER_SAYS, key=FRESH)
    unasked = replace(HEADER, transaction_id=b"another")
    with pytest.raises(TransactionError):
        client(replace(CIPHERING, key_info=method)).open(
            says.general_ciphering(NOTIFICATION, unasked, told), Family.GENERAL_CIPHERING
        )


# --- What is forged, or not protected as it must be: each has its own error, no counter moves ---

ANSWERED = METER_SAYS.service(0xCC, ANSWER)
CHANGED = {
    **{0x30 ^ 1 << bit: SecurityControlError for bit in range(4)},
    0x20: SecurityPolicyError,
    0x10: SecurityPolicyError,
    0x70: SecurityControlError,
    0xB0: SecurityControlError,
}


def refused(
    error: type[ProtocolError],
    apdu: bytes,
    parameters: SecurityParameters = PARAMETERS,
    asked: Family = Family.GLO,
    words: str | None = None,
) -> None:
    opened = client(parameters)
    with pytest.raises(error, match=words):
        opened.open(apdu, asked)
    assert opened.theirs.floor == FLOOR
    assert opened.transaction.awaits(HEADER)


def with_control(apdu: bytes, octet: int, at: int = 2) -> bytes:
    return apdu[:at] + bytes((octet,)) + apdu[at + 1 :]


@pytest.mark.parametrize("bit", range(96))
@pytest.mark.parametrize("octet", [0x30, 0x10])
def test_a_bit_of_the_tag_is_changed(bit: int, octet: int) -> None:
    forged = bytearray(replace(METER_SAYS, octet=octet).service(0xCC, ANSWER))
    forged[-1 - bit // 8] ^= 1 << bit % 8
    refused(TagError, bytes(forged), replace(PARAMETERS, answers=AUTHENTICATED))


@pytest.mark.parametrize("counter", [0, FLOOR - 1])
def test_the_counter_is_old(counter: int) -> None:
    refused(ReplayError, replace(METER_SAYS, counter=counter).service(0xCC, ANSWER))


def test_the_counter_is_the_last_one_again() -> None:
    opened = client()
    opened.open(ANSWERED)
    with pytest.raises(ReplayError) as caught:
        opened.open(ANSWERED)
    assert (caught.value.counter, caught.value.floor) == (7, 8)
    assert opened.theirs.floor == 8


@pytest.mark.parametrize("bit", range(32))
def test_the_counter_is_changed(bit: int) -> None:
    forged = (int.from_bytes(ANSWERED[3:7], "big") ^ 1 << bit).to_bytes(4, "big")
    below = int.from_bytes(forged, "big") < FLOOR
    refused(ReplayError if below else TagError, ANSWERED[:3] + forged + ANSWERED[7:])


@pytest.mark.parametrize(("octet", "error"), CHANGED.items())
def test_the_security_control_is_changed(octet: int, error: type[SecurityError]) -> None:
    refused(error, with_control(ANSWERED, octet))


@pytest.mark.parametrize(("octet", "error"), CHANGED.items())
def test_the_security_control_of_the_general_form_is_changed(
    octet: int, error: type[SecurityError]
) -> None:
    refused(error, with_control(METER_SAYS.general(ANSWER), octet, 11), GENERAL, Family.GENERAL_GLO)


def test_ciphertext_is_claimed_where_there_is_none() -> None:
    apdu = replace(METER_SAYS, octet=0x10).service(0xCC, ANSWER)
    refused(TagError, with_control(apdu, 0x30), replace(PARAMETERS, answers=AUTHENTICATED))


def test_no_protection_is_claimed() -> None:
    apdu = with_control(ANSWERED, 0)
    refused(SecurityControlError, apdu, replace(PARAMETERS, answers=NOTHING), words="neither")


@pytest.mark.parametrize(
    ("guard", "octet"),
    [(BOTH, 0x10), (BOTH, 0x20), (AUTHENTICATED, 0x20), (ENCRYPTED, 0x10)],
)
def test_it_is_protected_less_than_demanded(guard: Guard, octet: int) -> None:
    weak = replace(METER_SAYS, octet=octet)
    refused(SecurityPolicyError, weak.service(0xCC, ANSWER), replace(PARAMETERS, answers=guard))


def test_another_meter_has_answered() -> None:
    other = replace(METER_SAYS, title=b"MTR00002")
    refused(TagError, other.service(0xCC, ANSWER))
    refused(
        SystemTitleError, other.general(ANSWER), GENERAL, Family.GENERAL_GLO, "4d54523030303032"
    )
    refused(
        SystemTitleError,
        METER_SAYS.general_ciphering(
            ANSWER, replace(HEADER, originator_system_title=b"MTR00002"), KNOWN
        ),
        CIPHERING,
        Family.GENERAL_CIPHERING,
    )


@pytest.mark.parametrize("size", [1, 6, 7, 9])
def test_the_system_title_is_no_title(size: int) -> None:
    apdu = METER_SAYS.general(ANSWER, title=METER.ljust(9)[:size])
    refused(SystemTitleError, apdu, GENERAL, Family.GENERAL_GLO)


@pytest.mark.parametrize(
    "says",
    [
        replace(METER_SAYS, key=AUTHENTICATION),
        replace(METER_SAYS, authentication_key=UNICAST),
        replace(METER_SAYS, key=AUTHENTICATION, authentication_key=UNICAST),
        replace(METER_SAYS, authentication_key=None),
        replace(METER_SAYS, title=CLIENT),
    ],
)
@pytest.mark.parametrize("octet", [0x10, 0x30])
def test_keys_are_wrong_or_swapped_or_it_is_our_own(says: Protected, octet: int) -> None:
    apdu = replace(says, octet=octet).service(0xCC, ANSWER)
    refused(TagError, apdu, replace(PARAMETERS, answers=AUTHENTICATED))


@pytest.mark.parametrize("size", range(1, len(ANSWERED)))
def test_it_is_cut_short(size: int) -> None:
    refused(DecodeError, ANSWERED[:size])


@pytest.mark.parametrize("size", range(len(ANSWERED) - 2))
def test_it_is_cut_short_with_the_right_length(size: int) -> None:
    apdu = bytes((0xCC, size)) + ANSWERED[2 : 2 + size]
    refused(TagError if size >= 17 else DecodeError, apdu)


def test_more_follows_than_there_should_be() -> None:
    refused(DecodeError, ANSWERED + b"\x00")


@pytest.mark.parametrize("apdu", [ANSWER, GET, NOTIFICATION, INITIATE_RESPONSE, b"\xff"])
@pytest.mark.parametrize("guard", [AUTHENTICATED, ENCRYPTED, BOTH, SIGNED])
def test_it_comes_in_the_clear(apdu: bytes, guard: Guard) -> None:
    refused(SecurityPolicyError, apdu, replace(PARAMETERS, answers=guard), words="unprotected")


@pytest.mark.parametrize("apdu", [REFUSAL, CONFIRMED_ERROR, bytes.fromhex("d80206000001f4")])
@pytest.mark.parametrize("guard", [NOTHING, AUTHENTICATED, BOTH, SIGNED])
def test_a_refusal_may_come_in_the_clear(apdu: bytes, guard: Guard) -> None:
    assert client(replace(PARAMETERS, answers=guard)).open(apdu) == apdu


def test_where_nothing_is_demanded_anything_may_come_in_the_clear() -> None:
    assert client(replace(PARAMETERS, answers=NOTHING)).open(ANSWER) == ANSWER


@pytest.mark.parametrize("guard", [NOTHING, BOTH])
def test_nothing_at_all_is_no_apdu(guard: Guard) -> None:
    refused(DecodeError, b"", replace(PARAMETERS, answers=guard))


FAMILIES: list[tuple[Family, Callable[[bytes], bytes]]] = [
    (Family.GLO, lambda content: METER_SAYS.service(0xCC, content)),
    (Family.DED, lambda content: replace(METER_SAYS, key=DEDICATED).service(0xD4, content)),
    (Family.GENERAL_GLO, METER_SAYS.general),
    (Family.GENERAL_DED, lambda content: replace(METER_SAYS, key=DEDICATED).general(content, 0xDC)),
    (
        Family.GENERAL_CIPHERING,
        lambda content: METER_SAYS.general_ciphering(content, HEADER, KNOWN),
    ),
]


@pytest.mark.parametrize("asked", list(Family))
@pytest.mark.parametrize(("family", "protect"), FAMILIES)
def test_the_answer_comes_as_it_was_asked_for(
    asked: Family, family: Family, protect: Callable[[bytes], bytes]
) -> None:
    opened = client(dedicated=True)
    tolerant = client(replace(PARAMETERS, any_form=True), dedicated=True)
    assert tolerant.open(protect(ANSWER), asked) == ANSWER
    if family is asked:
        assert opened.open(protect(ANSWER), asked) == ANSWER
    else:
        with pytest.raises(SecurityControlError, match=f"as {family.value}, where {asked.value}"):
            opened.open(protect(ANSWER), asked)


def test_a_dedicated_key_has_no_place_where_there_is_none() -> None:
    apdu = METER_SAYS.service(0xD4, ANSWER)
    refused(SecurityControlError, apdu, asked=Family.DED, words="has none")


def test_the_tag_outside_is_changed() -> None:
    apdu = METER_SAYS.service(0xCD, ANSWER)
    opened = client()
    with pytest.raises(SecurityControlError, match="promises C5 carries C4"):
        opened.open(apdu)
    unvouched = replace(METER_SAYS, octet=0x20).service(0xCD, ANSWER)
    refused(SecurityControlError, unvouched, replace(PARAMETERS, answers=ENCRYPTED))


def test_nothing_is_inside() -> None:
    with pytest.raises(DecodeError, match="carries nothing"):
        client().open(METER_SAYS.service(0xCC, b""))


def test_a_key_is_missing() -> None:
    opened = client(known=KeySet(suite=SecuritySuite.SUITE_0))
    with pytest.raises(KeyMissingError):
        opened.open(ANSWERED)


@pytest.mark.parametrize(
    "header",
    [
        replace(HEADER, transaction_id=b"87654321"),
        replace(HEADER, transaction_id=b""),
        replace(HEADER, recipient_system_title=b"CLI00002"),
    ],
)
def test_another_transaction_is_answered(header: GeneralHeader) -> None:
    opened = client(CIPHERING)
    with pytest.raises(TransactionError):
        opened.open(METER_SAYS.general_ciphering(ANSWER, header, KNOWN), Family.GENERAL_CIPHERING)
    assert opened.transaction.awaits(HEADER)


def test_somebody_else_is_notified() -> None:
    header = replace(HEADER, recipient_system_title=b"CLI00002")
    apdu = METER_SAYS.general_ciphering(NOTIFICATION, header, KNOWN)
    refused(TransactionError, apdu, CIPHERING, Family.GENERAL_CIPHERING, "meant for 434c49303030")


@pytest.mark.parametrize("bit", range(8 * 27))
def test_a_bit_of_the_header_is_changed(bit: int) -> None:
    forged = bytearray(METER_SAYS.general_ciphering(ANSWER, HEADER, KNOWN))
    forged[1 + bit // 8] ^= 1 << bit % 8
    opened = client(CIPHERING)
    with pytest.raises(ProtocolError):
        opened.open(bytes(forged), Family.GENERAL_CIPHERING)
    assert opened.theirs.floor == FLOOR


def test_a_notification_whose_mark_was_changed() -> None:
    header = replace(HEADER, transaction_id=b"another_")
    apdu = METER_SAYS.general_ciphering(NOTIFICATION, header, KNOWN)
    refused(TagError, apdu.replace(b"another_", b"Another_"), CIPHERING)


def test_the_key_is_told_in_another_way() -> None:
    apdu = METER_SAYS.general_ciphering(ANSWER, HEADER, AgreedKey(STATIC, b""))
    refused(KeyInfoError, apdu, CIPHERING, Family.GENERAL_CIPHERING)


# --- Compression ---


@pytest.fixture(name="halved")
def halving(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take doubling for expansion, so that a test can say what comes out."""
    monkeypatch.setattr(reception, "expanded", lambda octets, limit: (octets * 2)[:limit])


SUITE_1 = replace(GENERAL, suite=SecuritySuite.SUITE_1)
COMPRESSED = replace(METER_SAYS, octet=0xB1)


@pytest.mark.usefixtures("halved")
def test_what_says_that_it_is_compressed_is_expanded() -> None:
    opened = client(replace(SUITE_1, largest_apdu=7))
    assert opened.open(
        COMPRESSED.general(b"\xc4\x01\xc4\x01"), Family.GENERAL_GLO
    ) == bytes.fromhex("c401c401c401c4")
    opened = client(SUITE_1)
    says = replace(METER_SAYS, octet=0x31, counter=8)
    assert opened.open(says.general(ANSWER), Family.GENERAL_GLO) == ANSWER


@pytest.mark.usefixtures("halved")
def test_compression_in_suite_0_must_be_tolerated() -> None:
    apdu = replace(METER_SAYS, octet=0xB0).general(b"\xc4\x01")
    refused(SecurityControlError, apdu, GENERAL, Family.GENERAL_GLO, "compressed")
    opened = client(replace(GENERAL, compress_in_any_suite=True))
    assert opened.open(apdu, Family.GENERAL_GLO).hex() == "c401c401"


@pytest.mark.usefixtures("halved")
def test_a_service_is_never_compressed() -> None:
    parameters = replace(PARAMETERS, suite=SecuritySuite.SUITE_1)
    refused(SecurityControlError, COMPRESSED.service(0xCC, ANSWER), parameters, words="compressed")


def test_what_expands_beyond_all_bounds_is_refused() -> None:
    bomb = compressed(bytes(0x1000))
    assert bomb is not None
    parameters = replace(SUITE_1, largest_apdu=0xFFF)
    with pytest.raises(CompressionError):
        client(parameters).open(COMPRESSED.general(bomb), Family.GENERAL_GLO)
    opened = client(replace(parameters, largest_apdu=0x1000))
    assert opened.open(COMPRESSED.general(bomb), Family.GENERAL_GLO) == bytes(0x1000)


# --- Signatures ---

SIGNED_ANSWER = signed(HEADER, ANSWER)


@pytest.mark.parametrize("guard", [NOTHING, SIGNED])
def test_a_signature_alone(guard: Guard) -> None:
    opened = client(replace(PARAMETERS, answers=guard))
    assert opened.open(SIGNED_ANSWER) == ANSWER
    with pytest.raises(TransactionError):
        opened.open(SIGNED_ANSWER)


def test_a_signature_within_ciphertext() -> None:
    parameters = replace(GENERAL, answers=replace(BOTH, signed=True))
    opened = client(parameters)
    assert opened.open(METER_SAYS.general(SIGNED_ANSWER), Family.GENERAL_GLO) == ANSWER
    unasked = signed(replace(HEADER, transaction_id=b"another"), NOTIFICATION)
    says = replace(METER_SAYS, counter=8)
    assert opened.open(says.general(unasked), Family.GENERAL_GLO) == NOTIFICATION
    says = replace(METER_SAYS, counter=9)
    assert opened.open(says.general(REFUSAL), Family.GENERAL_GLO) == REFUSAL


def test_a_signature_is_missing() -> None:
    opened = client(replace(GENERAL, answers=replace(BOTH, signed=True)))
    with pytest.raises(SecurityPolicyError, match="not signed"):
        opened.open(METER_SAYS.general(ANSWER), Family.GENERAL_GLO)


def test_a_signature_is_no_tag() -> None:
    refused(SecurityPolicyError, SIGNED_ANSWER)


def test_a_signature_that_is_not_the_meters() -> None:
    forged = signed(HEADER, ANSWER, bytes(64))
    refused(SignatureError, forged, replace(PARAMETERS, answers=SIGNED))


def test_a_signature_that_nobody_can_verify() -> None:
    opened = client(replace(PARAMETERS, answers=NOTHING), signing=False)
    with pytest.raises(SignatureError, match="certificate"):
        opened.open(SIGNED_ANSWER)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        (replace(HEADER, transaction_id=b"87654321"), TransactionError),
        (replace(HEADER, recipient_system_title=b"CLI00002"), TransactionError),
        (replace(HEADER, originator_system_title=b"MTR00002"), SystemTitleError),
    ],
)
def test_a_signature_for_something_else(header: GeneralHeader, error: type[SecurityError]) -> None:
    parameters = replace(GENERAL, answers=SIGNED)
    refused(error, signed(header, ANSWER), parameters)
    with pytest.raises(error):
        client(parameters).open(METER_SAYS.general(signed(header, ANSWER)), Family.GENERAL_GLO)


def test_a_signature_over_nothing() -> None:
    refused(DecodeError, signed(HEADER, b""), replace(PARAMETERS, answers=SIGNED))


def test_a_signature_alone_comes_for_no_notification() -> None:
    # It has no counter, so nothing would tell a replay.
    unasked = signed(replace(HEADER, transaction_id=b"another"), NOTIFICATION)
    refused(TransactionError, unasked, replace(PARAMETERS, answers=SIGNED))


# --- Initiate ---

INITIATED = METER_SAYS.service(0x28, INITIATE_RESPONSE)


def test_the_initiate_response_comes_under_the_global_key() -> None:
    opened = client(dedicated=True)
    assert opened.reception.open_initiate(INITIATED) == INITIATE_RESPONSE
    assert opened.theirs.floor == 8
    with pytest.raises(ReplayError):
        opened.reception.open_initiate(INITIATED)


def test_the_initiate_response_without_a_tag() -> None:
    opened = client(replace(PARAMETERS, answers=ENCRYPTED))
    apdu = replace(METER_SAYS, octet=0x20).service(0x28, INITIATE_RESPONSE)
    assert opened.reception.open_initiate(apdu) == INITIATE_RESPONSE
    assert opened.theirs.floor == 8


@pytest.mark.parametrize("guard", [NOTHING, SIGNED, BOTH])
def test_initiate_may_be_refused_in_the_clear(guard: Guard) -> None:
    opened = client(replace(PARAMETERS, answers=guard))
    assert opened.reception.open_initiate(CONFIRMED_ERROR) == CONFIRMED_ERROR


@pytest.mark.parametrize("guard", [NOTHING, SIGNED])
def test_initiate_in_the_clear_where_nothing_is_ciphered(guard: Guard) -> None:
    opened = client(replace(PARAMETERS, answers=guard))
    assert opened.reception.open_initiate(INITIATE_RESPONSE) == INITIATE_RESPONSE


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (INITIATE_RESPONSE, SecurityPolicyError),
        (b"", DecodeError),
        (replace(METER_SAYS, octet=0x10).service(0x28, INITIATE_RESPONSE), SecurityPolicyError),
        (METER_SAYS.service(0x48, INITIATE_RESPONSE), SecurityControlError),
        (METER_SAYS.general(INITIATE_RESPONSE), SecurityControlError),
        (INITIATED[:-1] + b"\x00", TagError),
        (replace(METER_SAYS, counter=1).service(0x28, INITIATE_RESPONSE), ReplayError),
    ],
)
def test_initiate_is_judged_like_everything(octets: bytes, error: type[ProtocolError]) -> None:
    opened = client()
    with pytest.raises(error):
        opened.reception.open_initiate(octets)
    assert opened.theirs.floor == FLOOR


def test_initiate_with_a_changed_tag() -> None:
    with pytest.raises(SecurityControlError, match="promises 0E carries 08"):
        client().reception.open_initiate(METER_SAYS.service(0x2E, INITIATE_RESPONSE))


@pytest.mark.parametrize("parameters", [GENERAL, replace(PARAMETERS, any_form=True)])
def test_initiate_in_the_general_form(parameters: SecurityParameters) -> None:
    octets = METER_SAYS.general(INITIATE_RESPONSE)
    assert client(parameters).reception.open_initiate(octets) == INITIATE_RESPONSE


# --- Meeting the meter ---

UNMET = replace(PARAMETERS, server_system_title=None)


def test_the_meter_tells_its_system_title() -> None:
    opened = client(UNMET)
    with pytest.raises(SystemTitleError, match="configure server_system_title"):
        opened.open(ANSWERED)
    opened.reception.meet(METER)
    assert opened.reception.server_system_title == METER
    assert opened.open(ANSWERED) == ANSWER


@pytest.mark.parametrize("told", [None, b"", METER])
def test_a_configured_system_title_need_not_be_told(told: bytes | None) -> None:
    opened = client()
    opened.reception.meet(told)
    assert opened.reception.server_system_title == METER


def test_a_configured_system_title_may_be_told_cut_short() -> None:
    # EnergyICT/Connexo dlms tests: a meter that tells 6 octets, and fills them up with zeros.
    title = bytes.fromhex("3031353032330000")
    opened = client(replace(PARAMETERS, server_system_title=title))
    opened.reception.meet(title[:6])
    apdu = bytes.fromhex("281f30000000383486e9779a65513b305a91ee1f86d1ee28a7d4ac27c1ad56b802")
    assert opened.reception.open_initiate(apdu).hex() == "0800065f1f04001c022000e10001"
    with pytest.raises(SystemTitleError, match="30313530323300, has 7"):
        client(UNMET).reception.meet(title[:7])


@pytest.mark.parametrize("told", [b"MTR00002", METER[:6], METER + b"\x00", CLIENT])
def test_another_system_title_than_the_configured_one(told: bytes) -> None:
    with pytest.raises(SystemTitleError, match=f"{told.hex()}, but the meter's is {METER.hex()}"):
        client().reception.meet(told)


@pytest.mark.parametrize("told", [METER[:6], METER + b"\x00", CLIENT])
def test_a_system_title_that_can_be_none(told: bytes) -> None:
    with pytest.raises(SystemTitleError):
        client(UNMET).reception.meet(told)


@pytest.mark.parametrize("told", [None, b""])
@pytest.mark.parametrize(("requests", "answers"), [(BOTH, NOTHING), (NOTHING, ENCRYPTED)])
def test_a_system_title_that_is_nowhere_known(
    told: bytes | None, requests: Guard, answers: Guard
) -> None:
    parameters = replace(UNMET, requests=requests, answers=answers)
    with pytest.raises(SystemTitleError, match="does not tell"):
        client(parameters).reception.meet(told)


def test_a_system_title_that_nobody_needs() -> None:
    opened = client(replace(UNMET, requests=NOTHING, answers=NOTHING))
    opened.reception.meet(None)
    assert opened.reception.server_system_title is None


@given(st.sampled_from(["", "cc", "28", "d4", "db", "dc", "dd", "df"]), st.binary(max_size=60))
def test_any_octets_give_an_apdu_or_a_typed_error(tag: str, octets: bytes) -> None:
    opened = client(dedicated=True)
    for take in (opened.open, opened.reception.open_initiate):
        try:
            taken = take(bytes.fromhex(tag) + octets)
        except ProtocolError:
            continue
        assert taken[0] in {0xD8, 0x0E}
    assert opened.theirs.floor == FLOOR
