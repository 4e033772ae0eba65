from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_kind import CertificateType
from dcud.dlms.security.primitives.elliptic_curve import Curve, PublicKey
from dcud.dlms.security.primitives.x509 import KeyUsage
from tests.support.meter_certificates import (
    AGREEMENT,
    AUTHORITY,
    BOTH,
    NOW,
    SIGNING,
    TITLE,
    Issuer,
    hardware_name,
)

ROOT = Issuer.root()
DAY = timedelta(days=1)
TLS_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
ANY_USE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE])
SIGNATURE = KeyUsage.DIGITAL_SIGNATURE


def certificate(common_name: str = "4D4D4D0000BC614E", **others: object) -> Certificate:
    return Certificate.from_der(ROOT.meter(common_name, **others).der)  # type: ignore[arg-type]  # each of its kind


@pytest.mark.parametrize("common_name", ["4D4D4D0000BC614E", "4d4d4d0000bc614e"])
def test_the_common_name_in_hex_is_the_system_title(common_name: str) -> None:
    assert certificate(common_name).system_title == TITLE


def test_a_hardware_modules_serial_number_is_the_system_title() -> None:
    named = [(hardware_name(TITLE), False)]
    assert certificate("", extensions=named).system_title == TITLE
    assert certificate("a meter", extensions=named).system_title == TITLE
    assert certificate("4D4D4D0000000001", extensions=named).system_title != TITLE


@pytest.mark.parametrize(
    "common_name", ["", "Root CA", "4D4D4D0000BC614", "4D4D4D0000BC614G", "4D4D4D 00 BC614E"]
)
def test_other_names_are_no_system_title(common_name: str) -> None:
    assert certificate(common_name).system_title is None
    short = [(hardware_name(b"1234567"), False)]
    assert certificate(common_name, extensions=short).system_title is None


@pytest.mark.parametrize(
    ("usage", "extended", "expected"),
    [
        (SIGNING, None, CertificateType.DIGITAL_SIGNATURE),
        (AGREEMENT, None, CertificateType.KEY_AGREEMENT),
        (BOTH, None, CertificateType.TLS),
        (SIGNING, TLS_SERVER, CertificateType.TLS),
        (AUTHORITY, None, CertificateType.OTHER),
        (None, None, CertificateType.OTHER),
    ],
)
def test_the_type_follows_from_the_usages(
    usage: x509.KeyUsage | None,
    extended: x509.ExtendedKeyUsage | None,
    expected: CertificateType,
) -> None:
    extensions = [] if extended is None else [(extended, False)]
    assert certificate(usage=usage, extensions=extensions).type is expected


def test_a_key_is_for_what_is_told() -> None:
    assert certificate().allows(SIGNATURE)
    assert not certificate().allows(KeyUsage.KEY_AGREEMENT)
    assert certificate(usage=BOTH).allows(SIGNATURE)
    assert not certificate(usage=None).allows(SIGNATURE)
    assert not certificate(extensions=[(TLS_SERVER, False)]).allows(SIGNATURE)
    assert certificate(extensions=[(ANY_USE, False)]).allows(SIGNATURE)


def test_its_key_is_at_hand() -> None:
    meter = ROOT.meter()
    expected = PublicKey.of_library(meter.key.public_key())
    assert Certificate.from_der(meter.der).public_key == expected


def test_a_party_is_accepted() -> None:
    certificate().check_party(TITLE, SIGNATURE, Curve.P256)
    wide = certificate(usage=AGREEMENT, curve=ec.SECP384R1())
    wide.check_party(TITLE, KeyUsage.KEY_AGREEMENT, Curve.P384)


def test_somebody_elses_is_refused() -> None:
    sentence = (
        r"the certificate of 4D4D4D0000000001 \(serial 04d2\) is somebody else's:"
        r" the meter is 4D4D4D0000BC614E; take the certificate of this meter"
    )
    with pytest.raises(CertificateError, match=sentence):
        certificate("4D4D4D0000000001").check_party(TITLE, SIGNATURE, Curve.P256)


@pytest.mark.parametrize(
    ("usage", "extended", "words"),
    [
        (AGREEMENT, None, "but for key agreement;"),
        (None, None, "but for nothing that it tells;"),
        (BOTH, TLS_SERVER, "but for digital signature, key agreement, 1.3.6.1.5.5.7.3.1;"),
    ],
)
def test_one_for_another_use_is_refused(
    usage: x509.KeyUsage | None, extended: x509.ExtendedKeyUsage | None, words: str
) -> None:
    extensions = [] if extended is None else [(extended, False)]
    it = certificate(usage=usage, extensions=extensions)
    with pytest.raises(CertificateError, match=f"is not for digital signature, {words}"):
        it.check_party(TITLE, SIGNATURE, Curve.P256)


def test_one_on_another_curve_is_refused() -> None:
    with pytest.raises(CertificateError, match="a key on P-256; the meter's suite has P-384"):
        certificate().check_party(TITLE, SIGNATURE, Curve.P384)


def test_it_is_valid_from_its_begin_to_its_end() -> None:
    it = certificate(begin=NOW, end=NOW + DAY)
    it.check_time(NOW)
    it.check_time(NOW + DAY)


def test_one_that_is_not_valid_yet_is_refused() -> None:
    it = certificate(begin=NOW + DAY)
    with pytest.raises(
        CertificateError, match=r"is not valid before 2026-03-02 12:00 UTC; check the gateway's"
    ):
        it.check_time(NOW)


def test_one_that_ran_out_is_refused_with_the_date() -> None:
    it = certificate(end=NOW - DAY)
    with pytest.raises(CertificateError, match=r"ran out on 2026-02-28 12:00 UTC; have it renewed"):
        it.check_time(NOW)


def test_one_that_says_what_cant_be_heeded_is_refused() -> None:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    it = certificate(extensions=[(unknown, True)])
    with pytest.raises(CertificateError, match=r"that can't be heeded: 1\.2\.3\.4"):
        it.check_time(NOW)


def test_octets_that_are_none_are_refused() -> None:
    with pytest.raises(CertificateError):
        Certificate.from_der(b"")
