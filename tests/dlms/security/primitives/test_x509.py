import contextlib
from base64 import encodebytes
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.primitives.elliptic_curve import Curve, PublicKey
from dcud.dlms.security.primitives.x509 import (
    MAX_SIZE,
    CertificateRequest,
    KeyUsage,
    X509Certificate,
    _moment,
    certificates_in,
)
from tests.support.meter_certificates import (
    AUTHORITY,
    BOTH,
    HARDWARE_MODULE,
    NOW,
    SIGNING,
    TITLE,
    Issuer,
    hardware_name,
    issue,
    key_usage,
    request,
)

ROOT = Issuer.root()
METER = ROOT.meter()
RSA = rsa.generate_private_key(65537, 2048)
DER = METER.der
REQUEST = request("4D4D4D0000BC614E", METER.key)


def parse(issuer: Issuer) -> X509Certificate:
    return X509Certificate.from_der(issuer.der)


def pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + encodebytes(der) + b"-----END CERTIFICATE-----\n"


def changed(der: bytes, position: int, bits: int) -> bytes:
    octets = bytearray(der)
    octets[position % len(octets)] ^= bits
    return bytes(octets)


def test_what_a_meters_certificate_says() -> None:
    certificate = parse(METER)
    assert certificate.der == METER.der
    assert certificate.name == certificate.common_name == "4D4D4D0000BC614E"
    assert certificate.issuer_name == "Root CA"
    assert certificate.subject == METER.name.public_bytes()
    assert certificate.issuer == ROOT.name.public_bytes()
    assert certificate.issuer.hex() == "3012 3110 300e 0603550403 0c07 526f6f74204341".replace(
        " ", ""
    )
    assert certificate.serial_number == 1234
    assert certificate.serial_octets.hex() == "04d2"
    assert certificate.not_before == NOW - timedelta(days=100)
    assert certificate.not_after == NOW + timedelta(days=100)
    assert certificate.public_key == PublicKey.of_library(METER.key.public_key())
    assert certificate.public_key.curve is Curve.P256
    assert certificate.usages == frozenset({KeyUsage.DIGITAL_SIGNATURE})
    assert certificate.extended_usages == frozenset()
    assert not certificate.is_authority
    assert certificate.path_length is None
    assert certificate.subject_alt_names == b""
    assert certificate.hardware_serials == ()
    assert certificate.not_understood == ()
    assert not certificate.issued_itself


def test_what_an_authoritys_certificate_says() -> None:
    limited = parse(ROOT.below("Sub", constraints=x509.BasicConstraints(ca=True, path_length=3)))
    assert limited.is_authority
    assert limited.path_length == 3
    assert limited.usages == frozenset({KeyUsage.CERTIFICATE_SIGN})
    assert parse(ROOT).issued_itself
    no_authority = x509.BasicConstraints(ca=False, path_length=None)
    assert not parse(ROOT.meter(constraints=no_authority)).is_authority


def test_usages_may_be_many_or_unsaid() -> None:
    certificate = parse(
        ROOT.meter(
            usage=BOTH,
            extensions=[(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)],
        )
    )
    assert certificate.usages == frozenset({KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_AGREEMENT})
    assert certificate.extended_usages == {"1.3.6.1.5.5.7.3.1"}
    assert parse(ROOT.meter(usage=None)).usages is None
    assert parse(ROOT.meter(usage=key_usage("crl_sign"))).usages == frozenset()


def test_a_serial_number_with_its_first_bit_set_keeps_its_sign_octet() -> None:
    assert parse(ROOT.meter(serial=0x80)).serial_octets.hex() == "0080"
    assert parse(ROOT.meter(serial=0x7F)).serial_octets.hex() == "7f"


def test_a_hardware_serial_among_the_alternative_names() -> None:
    certificate = parse(ROOT.meter("", extensions=[(hardware_name(TITLE), True)]))
    assert certificate.hardware_serials == (TITLE,)
    assert certificate.common_name == ""
    assert certificate.name == "nobody named"
    assert certificate.not_understood == ()
    expected = (
        "3026 8205 6D65746572 A01D 0608 2B06010505070804 A011 300F 0603 2A0304"
        " 0408 4D4D4D0000BC614E"
    )
    assert certificate.subject_alt_names == bytes.fromhex(expected)


@pytest.mark.parametrize("value", ["0500", "3000", "300506032A0304", "300A06032A03040C03414243"])
def test_a_hardware_name_of_another_shape_is_refused(value: str) -> None:
    names = x509.SubjectAlternativeName([x509.OtherName(HARDWARE_MODULE, bytes.fromhex(value))])
    with pytest.raises(CertificateError, match="names a hardware module in no known way"):
        parse(ROOT.meter(extensions=[(names, False)]))


def test_other_names_of_other_kinds_are_left_alone() -> None:
    other = x509.OtherName(x509.ObjectIdentifier("1.2.3"), bytes.fromhex("0500"))
    certificate = parse(ROOT.meter(extensions=[(x509.SubjectAlternativeName([other]), False)]))
    assert certificate.hardware_serials == ()


def test_critical_extensions_that_mean_nothing_to_us_are_told() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    assert parse(ROOT.meter(extensions=[(unknown, True)])).not_understood == ("1.2.3.4",)
    assert parse(ROOT.meter(extensions=[(unknown, False)])).not_understood == ()


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_signature_is_its_issuers_alone(curve: ec.EllipticCurve) -> None:
    issuer = Issuer.root(curve=curve)
    certificate = parse(issuer.meter())
    assert certificate.signed_by(parse(issuer).public_key)
    assert not certificate.signed_by(parse(Issuer.root(curve=curve)).public_key)
    assert not certificate.signed_by(parse(METER).public_key)


def test_a_signature_with_another_hash_is_none() -> None:
    certificate = parse(ROOT.meter(digest=hashes.SHA384()))
    assert not certificate.signed_by(parse(ROOT).public_key)


def test_a_certificate_with_one_bit_changed_loses_its_signature() -> None:
    signed = changed(DER, DER.index(b"4D4D4D") + 1, 1)
    certificate = X509Certificate.from_der(signed)
    assert certificate.name == "4E4D4D0000BC614E"
    assert not certificate.signed_by(parse(ROOT).public_key)


def test_names_are_fit_to_be_shown() -> None:
    certificate = parse(ROOT.meter("evil\nname\x1b[31m" + "x" * 40))
    assert certificate.name == "evil?name?[31m" + "x" * 40
    organisation = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "o" * 60)])
    nameless = Issuer(ROOT.key, b"", organisation)
    assert parse(nameless.meter()).issuer_name == "O=" + "o" * 60
    assert len(parse(Issuer(ROOT.key, b"", _long_name()).meter()).issuer_name) == 80


def _long_name() -> x509.Name:
    oid = x509.NameOID.ORGANIZATION_NAME
    return x509.Name([x509.NameAttribute(oid, letter * 60) for letter in "abc"])


def test_keys_that_are_none_of_the_suites_are_refused() -> None:
    on_another_curve = ROOT.meter(curve=ec.SECP521R1()).der
    with pytest.raises(CertificateError, match="a certificate: a public key on secp521r1"):
        X509Certificate.from_der(on_another_curve)
    with pytest.raises(CertificateError, match="a certificate: a public key is on no elliptic"):
        X509Certificate.from_der(issue("x", RSA, issuer=ROOT, usage=SIGNING))


@pytest.mark.parametrize("octets", [b"", b"\x30\x00", DER[:-1], DER + b"\0", REQUEST])
def test_what_is_no_certificate_is_refused(octets: bytes) -> None:
    with pytest.raises(CertificateError, match=f"{len(octets)} octets are not a certificate"):
        X509Certificate.from_der(octets)


def test_what_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(CertificateError, match=f"a certificate of {MAX_SIZE + 1} octets; at most"):
        X509Certificate.from_der(bytes(MAX_SIZE + 1))


@given(st.binary(max_size=60))
@settings(max_examples=50)
def test_any_octets_are_a_typed_error(octets: bytes) -> None:
    for parser in (X509Certificate.from_der, CertificateRequest.from_der):
        with pytest.raises(CertificateError):
            parser(octets)
    with pytest.raises(CertificateError):
        certificates_in(octets)
    with pytest.raises(CertificateError):
        certificates_in(b"-----BEGIN CERTIFICATE-----" + octets + b"-----END CERTIFICATE-----")


@given(st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), min_size=1, max_size=3))
@settings(max_examples=200)
def test_damaged_certificates_and_requests_are_values_or_typed_errors(
    damage: list[tuple[int, int]],
) -> None:
    der, asked = DER, REQUEST
    for position, bits in damage:
        der, asked = changed(der, position, bits), changed(asked, position, bits)
    try:
        certificate = X509Certificate.from_der(der)
    except CertificateError:
        pass
    else:
        untouched = certificate._signed == parse(METER)._signed
        assert untouched or not certificate.signed_by(parse(ROOT).public_key)
    with contextlib.suppress(CertificateError):
        assert CertificateRequest.from_der(asked).der == asked


def test_a_file_has_one_certificate_in_der_or_many_in_pem() -> None:
    assert certificates_in(DER) == (parse(METER),)
    text = b"subject=meter\n" + pem(DER) + b"\nissuer:\n" + pem(ROOT.der) + b"the end\n"
    assert certificates_in(text) == (parse(METER), parse(ROOT))


@pytest.mark.parametrize(
    ("octets", "sentence"),
    [
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "a certificate in PEM has no end"),
        (pem(DER) + b"-----BEGIN CERTIFICATE-----", "a certificate in PEM has no end"),
        (pem(DER[:-4]), "are not a certificate"),
        (b"-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----", "are not a certificate"),
    ],
)
def test_files_without_whole_certificates_are_refused(octets: bytes, sentence: str) -> None:
    with pytest.raises(CertificateError, match=sentence):
        certificates_in(octets)


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1()])
def test_a_request_for_a_certificate(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    asked = CertificateRequest.from_der(request("4D4D4D0000BC614E", key))
    assert asked.name == asked.common_name == "4D4D4D0000BC614E"
    assert asked.subject == METER.name.public_bytes()
    assert asked.public_key == PublicKey.of_library(key.public_key())


def test_a_request_that_its_key_did_not_sign_is_refused() -> None:
    forged = changed(REQUEST, REQUEST.index(b"4D4D4D") + 1, 1)
    sentence = "is not signed with the key that it is for"
    with pytest.raises(CertificateError, match=sentence):
        CertificateRequest.from_der(forged)
    with pytest.raises(CertificateError, match=sentence):
        CertificateRequest.from_der(request("meter", METER.key, hashes.SHA384()))


def test_a_request_for_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(CertificateError, match="a certificate request: a public key is on no"):
        CertificateRequest.from_der(request("meter", RSA))


class Old:
    """A certificate as old releases of the library have it."""

    not_valid_before = datetime(2026, 1, 1, 12, 0)  # noqa: DTZ001  # they are in UTC and don't say so


class New:
    """A certificate as new releases of the library have it."""

    not_valid_before_utc = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("certificate", [Old(), New()])
def test_moments_are_told_by_old_and_new_releases(certificate: object) -> None:
    assert _moment(certificate, "not_valid_before") == datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def test_an_authority_may_lack_usages() -> None:
    assert parse(ROOT.below("Sub", usage=None)).usages is None
    assert parse(ROOT.below("Sub", usage=AUTHORITY)).usages == frozenset(
        {KeyUsage.CERTIFICATE_SIGN}
    )
