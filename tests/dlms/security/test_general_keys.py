from dataclasses import replace

import pytest

from dcud.dlms.errors import KeyInfoError, KeyMissingError
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralKeys, GeneralMeans
from dcud.dlms.security.key_info import (
    BROADCAST,
    MASTER,
    STATIC,
    UNICAST,
    AgreedKey,
    IdentifiedKey,
    KeyInfo,
    WrappedKey,
)
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.dlms.security.suite import SecuritySuite
from tests.support.plain_means import FRESH, PlainAgreement, means
from tests.support.protected_apdus import AUTHENTICATION, CLIENT, GET, METER, Protected, keys
from tests.support.protected_apdus import MASTER as MASTER_KEY
from tests.support.protected_apdus import UNICAST as UNICAST_KEY

BOTH = Guard(authenticated=True, encrypted=True)
CONTROL = SecurityControl(suite=1, authenticated=True, encrypted=True)
HEADER = GeneralHeader(
    transaction_id=b"12345678", originator_system_title=CLIENT, recipient_system_title=METER
)
KNOWN = Channel(UNICAST_KEY, AUTHENTICATION, Counters.fresh())
AGREED = PlainAgreement().key(HEADER)
METHODS = list(KeyInfoMethod)


def general_keys(
    method: KeyInfoMethod,
    known: KeySet | None = None,
    given: GeneralMeans | None = None,
    *,
    broadcast: bool = False,
) -> GeneralKeys:
    parameters = SecurityParameters(
        client_system_title=CLIENT,
        suite=SecuritySuite.SUITE_1,
        requests=BOTH,
        answers=BOTH,
        key_info=method,
        broadcast=broadcast,
    )
    return GeneralKeys(parameters, known or keys(SecuritySuite.SUITE_1), given, lambda: KNOWN)


def body_under(key: Secret, authentication_key: Secret | None = AUTHENTICATION) -> bytes:
    protected = Protected(
        key=key, authentication_key=authentication_key, title=CLIENT, octet=0x31, counter=0
    )
    return protected.body(GET)


@pytest.mark.parametrize(("broadcast", "key_id"), [(False, UNICAST), (True, BROADCAST)])
def test_a_key_that_both_know_is_named(broadcast: bool, key_id: int) -> None:  # noqa: FBT001  # drawn
    made = general_keys(KeyInfoMethod.IDENTIFIED, broadcast=broadcast)
    assert made.for_sending(HEADER) == (KNOWN, IdentifiedKey(key_id))
    assert made.for_receiving(IdentifiedKey(key_id), HEADER) is KNOWN
    assert made.for_receiving(None, HEADER) is KNOWN
    with pytest.raises(KeyInfoError, match=f"where {key_id} is agreed upon"):
        made.for_receiving(IdentifiedKey(1 - key_id), HEADER)


def test_a_fresh_key_is_wrapped() -> None:
    made = general_keys(KeyInfoMethod.WRAPPED, given=means())
    channel, told = made.for_sending(HEADER)
    assert told == WrappedKey(MASTER, wrap(MASTER_KEY, FRESH))
    assert channel.encipher(CONTROL, CLIENT, GET) == body_under(FRESH)
    assert made.for_receiving(told, HEADER).decipher(body_under(FRESH), CLIENT) == GET


@pytest.mark.parametrize("method", [KeyInfoMethod.STATIC, KeyInfoMethod.ONE_PASS])
def test_a_key_is_agreed_upon(method: KeyInfoMethod) -> None:
    made = general_keys(method, given=means())
    channel, told = made.for_sending(HEADER)
    assert told == AgreedKey(STATIC, b"")
    assert channel.encipher(CONTROL, CLIENT, GET) == body_under(AGREED)
    assert made.for_receiving(told, HEADER).decipher(body_under(AGREED), CLIENT) == GET


def test_with_static_key_pairs_nothing_need_be_told() -> None:
    made = general_keys(KeyInfoMethod.STATIC, given=means())
    assert made.for_receiving(None, HEADER).decipher(body_under(AGREED), CLIENT) == GET


def test_an_agreed_key_does_without_an_authentication_key() -> None:
    known = replace(keys(SecuritySuite.SUITE_1), authentication=None)
    channel, _ = general_keys(KeyInfoMethod.STATIC, known, means()).for_sending(HEADER)
    assert channel.encipher(CONTROL, CLIENT, GET) == body_under(AGREED, None)


@pytest.mark.parametrize("method", [KeyInfoMethod.WRAPPED, KeyInfoMethod.ONE_PASS])
def test_else_the_key_must_be_told(method: KeyInfoMethod) -> None:
    with pytest.raises(KeyInfoError, match="does not tell its key"):
        general_keys(method, given=means()).for_receiving(None, HEADER)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "key_info", [IdentifiedKey(UNICAST), WrappedKey(MASTER, b""), AgreedKey(STATIC, b"")]
)
def test_the_key_is_told_our_way_or_not_at_all(method: KeyInfoMethod, key_info: KeyInfo) -> None:
    own = {
        KeyInfoMethod.IDENTIFIED: IdentifiedKey,
        KeyInfoMethod.WRAPPED: WrappedKey,
        KeyInfoMethod.ONE_PASS: AgreedKey,
        KeyInfoMethod.STATIC: AgreedKey,
    }
    made = general_keys(method, given=means())
    if isinstance(key_info, own[method]):
        key_info = WrappedKey(MASTER, b"") if own[method] is AgreedKey else AgreedKey(STATIC, b"")
    with pytest.raises(KeyInfoError, match=f"another way than {method.value}"):
        made.for_receiving(key_info, HEADER)


@pytest.mark.parametrize(
    ("key_info", "words"),
    [
        (WrappedKey(1, wrap(MASTER_KEY, FRESH)), "unknown key 1"),
        (WrappedKey(MASTER, wrap(FRESH, FRESH)), "another master key"),
        (WrappedKey(MASTER, b""), "0 octets are no wrapped key"),
        (WrappedKey(MASTER, wrap(MASTER_KEY, Secret(bytes(32)))), "32 octets, not 16"),
    ],
)
def test_a_wrapped_key_that_cannot_be_followed(key_info: KeyInfo, words: str) -> None:
    with pytest.raises(KeyInfoError, match=words):
        general_keys(KeyInfoMethod.WRAPPED).for_receiving(key_info, HEADER)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(KeyMissingError, match="fresh keys"):
        general_keys(KeyInfoMethod.WRAPPED).for_sending(HEADER)
    with pytest.raises(KeyMissingError, match="no master key"):
        general_keys(KeyInfoMethod.WRAPPED, KeySet(suite=SecuritySuite.SUITE_1)).for_sending(HEADER)
    with pytest.raises(KeyMissingError, match="agreement_key"):
        general_keys(KeyInfoMethod.STATIC, given=replace(means(), agreed_keys=None)).for_sending(
            HEADER
        )
    no_authentication = replace(keys(SecuritySuite.SUITE_1), authentication=None)
    with pytest.raises(KeyMissingError, match="no authentication key"):
        general_keys(KeyInfoMethod.WRAPPED, no_authentication, means()).for_sending(HEADER)
