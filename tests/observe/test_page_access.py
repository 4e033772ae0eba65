import http.client
import socket
import ssl
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from dcud.observe.errors import MetricsPageError
from dcud.observe.metrics_page import MetricsPage
from dcud.observe.page_access import Credentials, PageAccess, ServerTls
from tests.support.certificates import Authority, CertificateFiles

PASSWORD = "p:ss wörd".encode()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def files(authority: Authority) -> CertificateFiles:
    return authority.issue("gateway", address="127.0.0.1")


@pytest.fixture
def page(files: CertificateFiles) -> Iterator[MetricsPage]:
    tls = ServerTls(files.certificate_file, files.private_key_file)
    made = MetricsPage(
        CollectorRegistry, port=0, access=PageAccess(tls, Credentials("scraper", PASSWORD))
    )
    yield made
    made.close()


def ask(port: int, authority: Authority, **headers: str) -> tuple[int, str]:
    context = ssl.create_default_context(cafile=authority.ca_file)
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=5, context=context)
    try:
        connection.request("GET", "/healthz", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("WWW-Authenticate", "")
    finally:
        connection.close()


def basic(told: bytes) -> str:
    return "Basic " + b64encode(told).decode()


def test_name_and_password_open_the_page(page: MetricsPage, authority: Authority) -> None:
    _, port = page.start()
    assert ask(port, authority, Authorization=basic(b"scraper:p:ss w\xf6rd"))[0] == 401
    assert ask(port, authority, Authorization=basic("scraper:p:ss wörd".encode()))[0] == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Basic",
        "Basic ?",
        basic(b"scraper:wrong"),
        basic(b"other:p:ss w\xc3\xb6rd"),
        basic(b""),
        "Bearer abc",
    ],
)
def test_all_else_does_not(page: MetricsPage, authority: Authority, header: str | None) -> None:
    _, port = page.start()
    told = {} if header is None else {"Authorization": header}
    status, wanted = ask(port, authority, **told)
    assert status == 401
    assert wanted.startswith("Basic ")


def test_one_that_stalls_in_the_handshake_holds_up_nobody(
    page: MetricsPage, authority: Authority
) -> None:
    _, port = page.start()
    with socket.create_connection(("127.0.0.1", port)) as stalled:
        stalled.sendall(b"\x16\x03\x01")
        assert ask(port, authority)[0] == 401


def test_one_that_speaks_plain_text_gets_nothing(page: MetricsPage, authority: Authority) -> None:
    _, port = page.start()
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    plain.request("GET", "/healthz")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        plain.getresponse()
    plain.close()
    assert ask(port, authority)[0] == 401


def test_a_new_certificate_is_shown_from_then_on(
    page: MetricsPage, files: CertificateFiles, tmp_path: Path
) -> None:
    _, port = page.start()
    (tmp_path / "new").mkdir()
    later = Authority(tmp_path / "new")
    renewed = later.issue("gateway", address="127.0.0.1")
    files.certificate_file.write_bytes(renewed.certificate_file.read_bytes())
    files.private_key_file.write_bytes(renewed.private_key_file.read_bytes())
    page.renew()
    assert ask(port, later)[0] == 401
    files.certificate_file.write_text("nothing")
    with pytest.raises(MetricsPageError, match="without passphrase"):
        page.renew()
    assert ask(port, later)[0] == 401


def test_files_that_do_not_fit_are_told(files: CertificateFiles, tmp_path: Path) -> None:
    with pytest.raises(MetricsPageError, match="can't use"):
        ServerTls(files.certificate_file, tmp_path / "absent.key")


def test_a_page_without_tls_has_nothing_to_renew() -> None:
    MetricsPage(CollectorRegistry, port=0).renew()
