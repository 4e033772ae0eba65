import pytest
from cryptography import x509

from dcud.dlms.security.primitives.certificate_request import certificate_request
from dcud.dlms.security.primitives.elliptic_curve import Curve, PublicKey, fresh_key

TITLE = bytes.fromhex("4D4D4D0000BC614E")


@pytest.mark.parametrize(("curve", "digest"), [(Curve.P256, "sha256"), (Curve.P384, "sha384")])
def test_a_request_names_the_system_title_and_is_signed_by_its_key(
    curve: Curve, digest: str
) -> None:
    key = fresh_key(curve)
    request = x509.load_pem_x509_csr(certificate_request(key, TITLE))
    assert request.subject.rfc4514_string() == "CN=4D4D4D0000BC614E"
    assert request.is_signature_valid
    assert request.signature_hash_algorithm is not None
    assert request.signature_hash_algorithm.name == digest
    assert PublicKey.of_library(request.public_key()) == key.public
