import ssl
from pathlib import Path

import pytest

from dcud.publish.errors import CredentialError
from dcud.publish.parameters import TlsParameters
from dcud.publish.tls import tls_context
from tests.support.certificates import Authority


def test_the_broker_must_prove_its_name() -> None:
    context = tls_context(TlsParameters())
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_authority_and_client_certificate_are_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    client = authority.issue("client")
    context = tls_context(
        TlsParameters(
            ca_file=authority.ca_file,
            certificate_file=client.certificate_file,
            private_key_file=client.private_key_file,
        )
    )
    assert len(context.get_ca_certs()) == 1


def test_key_and_certificate_may_stand_in_one_file(tmp_path: Path) -> None:
    client = Authority(tmp_path).issue("client")
    with client.certificate_file.open("ab") as file:
        file.write(client.private_key_file.read_bytes())
    tls_context(TlsParameters(certificate_file=client.certificate_file))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match=r"absent\.pem.*service user"):
        tls_context(TlsParameters(ca_file=tmp_path / "absent.pem"))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    one, other = authority.issue("one"), authority.issue("other")
    with pytest.raises(CredentialError, match=r"one\.pem with .*other\.key"):
        tls_context(
            TlsParameters(
                certificate_file=one.certificate_file, private_key_file=other.private_key_file
            )
        )
