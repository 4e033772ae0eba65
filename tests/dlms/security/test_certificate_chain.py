from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from dcud.dlms.errors import CertificateError
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_chain import MAX_LENGTH, build_chain
from tests.support.meter_certificates import (
    NOW,
    SIGNING,
    Issuer,
    issue,
    key_usage,
)

DAY = timedelta(days=1)
ROOT = Issuer.root()
SUB = ROOT.below("Sub CA")
METER = SUB.meter()


def of(issuer: Issuer) -> Certificate:
    return Certificate.from_der(issuer.der)


def limited(path_length: int) -> x509.BasicConstraints:
    return x509.BasicConstraints(ca=True, path_length=path_length)


def chain(end: Issuer, anchors: list[Issuer], others: list[Issuer]) -> tuple[Certificate, ...]:
    return build_chain(of(end), [of(each) for each in anchors], [of(each) for each in others], NOW)


def test_a_chain_over_a_sub_authority() -> None:
    assert chain(METER, [ROOT], [SUB]) == (of(METER), of(SUB), of(ROOT))


def test_the_order_of_the_others_and_strangers_among_them_mean_nothing() -> None:
    stranger = Issuer.root("Stranger")
    expected = (of(METER), of(SUB), of(ROOT))
    assert chain(METER, [stranger, ROOT], [METER, ROOT, stranger, SUB]) == expected


def test_a_sub_authority_may_be_the_anchor() -> None:
    assert chain(METER, [SUB], []) == (of(METER), of(SUB))


def test_a_meters_own_certificate_may_be_the_anchor() -> None:
    assert chain(METER, [METER], []) == (of(METER),)


def test_chains_on_the_wide_curve() -> None:
    root = Issuer.root(curve=ec.SECP384R1())
    sub = root.below("Sub CA", curve=ec.SECP384R1())
    meter = sub.meter(curve=ec.SECP384R1())
    assert len(chain(meter, [root], [sub])) == 3


def test_an_unknown_issuer_is_named() -> None:
    sentence = (
        r"the certificate of 4D4D4D0000BC614E \(serial 04d2\) was issued by Sub CA, of whom no"
        " certificate is known; add the certificates of the authorities above it"
    )
    with pytest.raises(CertificateError, match=sentence):
        chain(METER, [ROOT], [])
    with pytest.raises(CertificateError, match=r"the certificate of Sub CA .* issued by Root CA"):
        chain(METER, [], [SUB])


def test_an_untrusted_root_is_no_issuer_of_itself() -> None:
    with pytest.raises(CertificateError, match=r"of Root CA .* was issued by Root CA, of whom no"):
        chain(METER, [], [SUB, ROOT])


def test_another_authority_of_the_same_name_is_refused() -> None:
    with pytest.raises(CertificateError, match="does not bear the signature of Sub CA"):
        chain(METER, [ROOT], [ROOT.below("Sub CA")])
    with pytest.raises(CertificateError, match=r"of Sub CA .* not bear the signature of Root CA"):
        chain(METER, [Issuer.root()], [SUB])


def test_a_certificate_out_of_its_time_is_refused_wherever_it_stands() -> None:
    with pytest.raises(CertificateError, match=r"of 4D4D4D0000BC614E .* ran out on 2026-02-28"):
        chain(SUB.meter(end=NOW - DAY), [ROOT], [SUB])
    old = ROOT.below("Sub", end=NOW - DAY)
    with pytest.raises(CertificateError, match=r"of Sub \(serial 04d2\) ran out on 2026-02-28"):
        chain(old.meter(), [ROOT], [old])


def test_an_anchor_out_of_its_time_is_refused() -> None:
    root = Issuer.root(begin=NOW + DAY)
    with pytest.raises(CertificateError, match=r"of Root CA .* is not valid before 2026-03-02"):
        chain(root.meter(), [root], [])


def test_a_renewed_authority_counts_whichever_comes_first() -> None:
    renewed = issue(
        "Sub CA", SUB.key, issuer=ROOT, usage=key_usage("key_cert_sign"), constraints=limited(0)
    )
    old = issue(
        "Sub CA",
        SUB.key,
        issuer=ROOT,
        usage=key_usage("key_cert_sign"),
        constraints=limited(0),
        end=NOW - DAY,
    )
    both = [Issuer(SUB.key, der, SUB.name) for der in (old, renewed)]
    for others in (both, both[::-1]):
        assert chain(METER, [ROOT], others)[1].x509.der == renewed


def test_a_meter_is_no_authority() -> None:
    false_one = ROOT.meter("Sub CA", usage=key_usage("key_cert_sign"))
    without_right = ROOT.below("Sub CA", usage=SIGNING)
    for each in (false_one, without_right):
        with pytest.raises(CertificateError, match=r"of Sub CA .* is no authority's"):
            chain(each.meter(), [ROOT], [each])


def test_an_authority_that_tells_no_usages_is_one() -> None:
    sub = ROOT.below("Sub CA", usage=None)
    assert len(chain(sub.meter(), [ROOT], [sub])) == 3


def test_the_length_of_a_path_is_limited_by_its_authorities() -> None:
    root = Issuer.root(constraints=limited(1))
    sub = root.below("Sub", constraints=limited(0))
    assert len(chain(sub.meter(), [root], [sub])) == 3
    lower = sub.below("Lower")
    with pytest.raises(
        CertificateError, match=r"of Sub .* allows 0 authorities under it, but 1 are"
    ):
        chain(lower.meter(), [root], [sub, lower])


def test_a_chain_is_bounded() -> None:
    authorities = [ROOT]
    for number in range(MAX_LENGTH - 2):
        authorities.append(authorities[-1].below(f"Sub {number}"))
    assert len(chain(authorities[-1].meter(), [ROOT], authorities[1:])) == MAX_LENGTH
    authorities.append(authorities[-1].below("one too many"))
    with pytest.raises(CertificateError, match="under too many authorities: 6 certificates lead"):
        chain(authorities[-1].meter(), [ROOT], authorities[1:])


def test_authorities_in_a_circle_lead_nowhere() -> None:
    one, other = Issuer.root("One"), Issuer.root("Other")
    usage = key_usage("key_cert_sign")
    circle = [
        Issuer(
            key.key, issue(name, key.key, issuer=by, usage=usage, constraints=limited(9)), by.name
        )
        for name, key, by in (("One", one, other), ("Other", other, one))
    ]
    with pytest.raises(CertificateError, match="under too many authorities"):
        chain(one.meter(), [ROOT], circle)
