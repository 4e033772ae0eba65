"""A client's protection with real key pairs, against a meter that is written down here."""

from itertools import count

import pytest

from dcud.dlms.errors import (
    KeyInfoError,
    KeyMissingError,
    SecurityPolicyError,
    SignatureError,
    TagError,
    TransactionError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.cipher import BodyCipher
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.key_info import ONE_PASS, STATIC, AgreedKey
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, KeyInfoMethod, SecurityParameters
from dcud.dlms.security.primitives.elliptic_curve import Curve, fresh_key
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.signature import KeyPairSigning
from dcud.dlms.security.suite import SecuritySuite

CLIENT = bytes.fromhex("4D4D4D0000BC614E")
METER = bytes.fromhex("4D4D4D0000000001")
REQUEST = bytes.fromhex("C001C1000800000100 00FF0200")
ANSWER = bytes.fromhex("C401C10006000000 0A")
METHODS = {ONE_PASS: KeyInfoMethod.ONE_PASS, STATIC: KeyInfoMethod.STATIC}
SUITES = pytest.mark.parametrize("suite", [SecuritySuite.SUITE_1, SecuritySuite.SUITE_2])
SCHEMES = pytest.mark.parametrize("scheme", [ONE_PASS, STATIC], ids=["one-pass", "static"])


class Party:
    """What a party has in its hands: its keys, and what they agree on and sign with the other's."""

    def __init__(self, pairs: KeyPairs, scheme: bytes) -> None:
        self.pairs = pairs
        self.signing = KeyPairSigning(pairs)
        self.agreement = KeyPairAgreement(
            pairs, scheme=scheme, ephemeral=lambda: fresh_key(pairs.curve)
        )


def parties(suite: SecuritySuite, scheme: bytes) -> tuple[Party, Party]:
    curve = Curve.of_suite(suite)
    client_signing, client_agreement, signing, agreement = (fresh_key(curve) for _ in range(4))
    client = KeyPairs(
        curve=curve,
        signing=client_signing,
        agreement=client_agreement,
        peer_signing=signing.public,
        peer_agreement=agreement.public,
    )
    meter = KeyPairs(
        curve=curve,
        signing=signing,
        agreement=agreement,
        peer_signing=client_signing.public,
        peer_agreement=client_agreement.public,
    )
    return Party(client, scheme), Party(meter, scheme)


class Meter:
    """A meter that unprotects and protects with the codecs alone."""

    def __init__(self, suite: SecuritySuite, party: Party) -> None:
        self.party = party
        self.authentication_key = Secret(b"A" * suite.key_size)
        self.control = SecurityControl(suite=suite, authenticated=True, encrypted=True)

    def unprotect(self, octets: bytes) -> tuple[GeneralHeader, bytes]:
        apdu = GeneralCiphering.decode(octets)
        assert isinstance(apdu.key_info, AgreedKey)
        key = self.party.agreement.derive(apdu.key_info, apdu.header)
        header = apdu.header.authenticated_octets
        cipher = BodyCipher(key, self.authentication_key)
        signed = cipher.decipher(apdu.body, CLIENT, header)
        return self.party.signing.verify(signed)

    def protect(self, asked: GeneralHeader, content: bytes, *, sign: bool = True) -> bytes:
        header = GeneralHeader(
            transaction_id=asked.transaction_id,
            originator_system_title=METER,
            recipient_system_title=CLIENT,
        )
        key, key_info = self.party.agreement.fresh(header)
        inner = self.party.signing.sign(header, content) if sign else content
        body = BodyCipher(key, self.authentication_key).encipher(
            self.control, METER, 0, inner, header.encode()
        )
        return GeneralCiphering(header=header, key_info=key_info, body=body).encode()


def client_of(suite: SecuritySuite, scheme: bytes, party: Party | None) -> ClientProtection:
    guard = Guard(authenticated=True, encrypted=True, signed=True)
    parameters = SecurityParameters(
        client_system_title=CLIENT,
        server_system_title=METER,
        suite=suite,
        requests=guard,
        answers=guard,
        form=Form.GENERAL_CIPHERING,
        key_info=METHODS[scheme],
    )
    keys = KeySet(suite=suite, authentication=Secret(b"A" * suite.key_size))
    transactions = count(1)
    means = GeneralMeans(
        transaction_id=lambda: next(transactions).to_bytes(8, "big"),
        key=lambda: Secret(b"F" * suite.key_size),
        agreed_keys=None if party is None else party.agreement,
        signing=None if party is None else party.signing,
    )
    protection = ClientProtection(parameters, keys, Counters.fresh(), means=means)
    protection.meet(METER)
    return protection


def conversation(suite: SecuritySuite, scheme: bytes) -> tuple[ClientProtection, Meter]:
    client, meter = parties(suite, scheme)
    return client_of(suite, scheme, client), Meter(suite, meter)


@SUITES
@SCHEMES
def test_requests_and_answers_are_understood(suite: SecuritySuite, scheme: bytes) -> None:
    client, meter = conversation(suite, scheme)
    for number in (1, 2):
        octets, _ = client.protect(REQUEST)
        assert len(octets) <= len(REQUEST) + client.overhead()
        header, content = meter.unprotect(octets)
        assert content == REQUEST
        assert header.transaction_id == number.to_bytes(8, "big")
        assert header.originator_system_title == CLIENT
        assert client.unprotect(meter.protect(header, ANSWER)) == ANSWER


@SCHEMES
def test_an_answer_that_another_meter_makes_is_refused(scheme: bytes) -> None:
    client, meter = conversation(SecuritySuite.SUITE_1, scheme)
    _, stranger = conversation(SecuritySuite.SUITE_1, scheme)
    header, _ = meter.unprotect(client.protect(REQUEST)[0])
    with pytest.raises(SignatureError if scheme == ONE_PASS else TagError):
        client.unprotect(stranger.protect(header, ANSWER))


@SCHEMES
def test_an_answer_that_another_meter_signed_is_refused(scheme: bytes) -> None:
    client, meter = conversation(SecuritySuite.SUITE_1, scheme)
    _, stranger = conversation(SecuritySuite.SUITE_1, scheme)
    header, _ = meter.unprotect(client.protect(REQUEST)[0])
    meter.party.signing = stranger.party.signing
    with pytest.raises(SignatureError):
        client.unprotect(meter.protect(header, ANSWER))


@SCHEMES
def test_an_answer_that_nobody_signed_is_refused(scheme: bytes) -> None:
    client, meter = conversation(SecuritySuite.SUITE_1, scheme)
    header, _ = meter.unprotect(client.protect(REQUEST)[0])
    with pytest.raises(SecurityPolicyError):
        client.unprotect(meter.protect(header, ANSWER, sign=False))


@SCHEMES
def test_an_answer_under_the_other_scheme_is_refused(scheme: bytes) -> None:
    client, meter = conversation(SecuritySuite.SUITE_1, scheme)
    header, _ = meter.unprotect(client.protect(REQUEST)[0])
    other = STATIC if scheme == ONE_PASS else ONE_PASS
    meter.party = Party(meter.party.pairs, other)
    with pytest.raises(KeyInfoError, match="is configured"):
        client.unprotect(meter.protect(header, ANSWER))


@SCHEMES
def test_an_answer_to_another_request_is_refused(scheme: bytes) -> None:
    client, meter = conversation(SecuritySuite.SUITE_1, scheme)
    header, _ = meter.unprotect(client.protect(REQUEST)[0])
    old = meter.protect(header, ANSWER)
    client.unprotect(old)
    client.protect(REQUEST)
    with pytest.raises(TransactionError):
        client.unprotect(old)


@SCHEMES
def test_missing_key_pairs_are_named(scheme: bytes) -> None:
    client = client_of(SecuritySuite.SUITE_1, scheme, None)
    with pytest.raises(KeyMissingError):
        client.protect(REQUEST)
