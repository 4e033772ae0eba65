import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509

from dcud.publish.certificate_expiry import first_expiry
from dcud.publish.errors import CredentialError
from tests.support.certificates import Authority


def test_the_first_to_end_of_several_counts(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    alone = first_expiry(authority.ca_file)
    assert alone > time.time()  # noqa: TID251  # it was made by the real clock
    both = tmp_path / "both.pem"
    client = authority.issue("client").certificate_file
    both.write_bytes(authority.ca_file.read_bytes() + client.read_bytes())
    assert first_expiry(both) == min(alone, first_expiry(client))


def test_the_names_of_debian_12_s_release_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    end = datetime(2027, 1, 2, 3, 4, 5)  # noqa: DTZ001  # as that release gives it
    old = SimpleNamespace(not_valid_after=end)
    monkeypatch.setattr(x509, "load_pem_x509_certificates", lambda _: [old])
    path = Authority(tmp_path).ca_file
    assert first_expiry(path) == (end.replace(tzinfo=UTC) + timedelta(0)).timestamp()


@pytest.mark.parametrize("octets", [None, b"", b"no certificate"])
def test_what_holds_none_is_told(tmp_path: Path, octets: bytes | None) -> None:
    path = tmp_path / "x.pem"
    if octets is not None:
        path.write_bytes(octets)
    with pytest.raises(CredentialError, match=r"x\.pem"):
        first_expiry(path)
