from datetime import timedelta

import pytest

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificates import Certificates
from dcud.dlms.security.primitives.elliptic_curve import Curve
from dcud.dlms.security.primitives.x509 import KeyUsage
from tests.support.meter_certificates import AGREEMENT, BOTH, NOW, TITLE, Issuer

DAY = timedelta(days=1)
SIGNATURE = KeyUsage.DIGITAL_SIGNATURE


def of(issuer: Issuer) -> Certificate:
    return Certificate.from_der(issuer.der)


ROOT = Issuer.root()
SUB = ROOT.below("Sub CA")
OLD = of(SUB.meter(begin=NOW - 9 * DAY))
YOUNG = of(SUB.meter(begin=NOW - DAY))
FUTURE = of(SUB.meter(begin=NOW + DAY))
FOR_AGREEMENT = of(SUB.meter(usage=AGREEMENT))
STRANGER = of(SUB.meter("4D4D4D0000000001"))
STORE = Certificates(
    anchors=(of(ROOT),), others=(OLD, of(SUB), STRANGER, FUTURE, YOUNG, FOR_AGREEMENT)
)


def test_the_youngest_is_found_first() -> None:
    assert STORE.find(TITLE, SIGNATURE) == (FUTURE, YOUNG, OLD)
    assert STORE.find(TITLE, KeyUsage.KEY_AGREEMENT) == (FOR_AGREEMENT,)
    assert STORE.find(b"MMM00000", SIGNATURE) == ()


def test_the_youngest_that_can_be_trusted_is_taken() -> None:
    assert STORE.trusted(TITLE, SIGNATURE, Curve.P256, NOW) == YOUNG
    assert STORE.trusted(TITLE, SIGNATURE, Curve.P256, NOW - 5 * DAY) == OLD
    assert STORE.trusted(TITLE, KeyUsage.KEY_AGREEMENT, Curve.P256, NOW) == FOR_AGREEMENT


def test_a_meters_certificate_that_was_configured_is_trusted_by_itself() -> None:
    assert Certificates(anchors=(YOUNG,)).trusted(TITLE, SIGNATURE, Curve.P256, NOW) == YOUNG


def test_a_meter_without_certificate_is_named() -> None:
    sentence = "no certificate of 4D4D4D0000000001 for key agreement is known; add it"
    with pytest.raises(CertificateError, match=sentence):
        STORE.trusted(bytes.fromhex("4D4D4D0000000001"), KeyUsage.KEY_AGREEMENT, Curve.P256, NOW)


def test_why_none_can_be_trusted_is_told_of_the_youngest() -> None:
    store = Certificates(anchors=(), others=(of(SUB), of(SUB.meter(usage=BOTH)), FUTURE))
    with pytest.raises(CertificateError, match="is not valid before 2026-03-02"):
        store.trusted(TITLE, SIGNATURE, Curve.P256, NOW)


def test_one_that_the_meter_exports_is_checked_in_the_same_way() -> None:
    chain = STORE.check(YOUNG, TITLE, SIGNATURE, Curve.P256, NOW)
    assert chain == (YOUNG, of(SUB), of(ROOT))
    with pytest.raises(CertificateError, match="is somebody else's"):
        STORE.check(STRANGER, TITLE, SIGNATURE, Curve.P256, NOW)
    foreign = of(Issuer.root("Elsewhere").meter())
    with pytest.raises(CertificateError, match="issued by Elsewhere, of whom no certificate"):
        STORE.check(foreign, TITLE, SIGNATURE, Curve.P256, NOW)
