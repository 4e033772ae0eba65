import errno
import http.client
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from dcud.observe.errors import MetricsPageError
from dcud.observe.metrics import Metrics
from dcud.observe.metrics_page import MetricsPage


def get(address: tuple[str, int], path: str, accept: str = "") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(*address, timeout=5)
    try:
        connection.request("GET", path, headers={"Accept": accept} if accept else {})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.read().decode()
    finally:
        connection.close()


@contextmanager
def serve(page: MetricsPage) -> Iterator[tuple[str, int]]:
    try:
        yield page.start()
    finally:
        page.close()


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    metrics = Metrics(version="0.1.0")
    metrics.add_meter("b", "m")
    with serve(MetricsPage(metrics.registry, port=0)) as listening:
        yield listening


def test_the_page_is_on_loopback_unless_told_otherwise(address: tuple[str, int]) -> None:
    assert address[0] == "127.0.0.1"


def test_a_scrape_sees_the_figures(address: tuple[str, int]) -> None:
    status, kind, page = get(address, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain; version=")
    assert 'dcud_meter_up{bus="b",meter="m"} 0.0' in page
    assert re.search(r"^process_resident_memory_bytes ", page, re.MULTILINE)


def test_openmetrics_is_there_for_those_who_ask(address: tuple[str, int]) -> None:
    status, kind, page = get(address, "/metrics", "application/openmetrics-text; version=1.0.0")
    assert status == 200
    assert kind.startswith("application/openmetrics-text")
    names = {family.name for family in text_string_to_metric_families(page)}  # type: ignore[no-untyped-call]  # it has no types
    assert {"dcud_build", "dcud_polls", "dcud_poll_duration_seconds"} <= names


def test_a_healthy_daemon_says_so(address: tuple[str, int]) -> None:
    assert get(address, "/healthz")[::2] == (200, "ok\n")


def test_elsewhere_there_is_nothing(address: tuple[str, int]) -> None:
    assert get(address, "/")[::2] == (404, "the metrics are at /metrics\n")


def test_an_ailing_daemon_says_what_ails_it() -> None:
    page = MetricsPage(CollectorRegistry, port=0, ailment=lambda: "the outbox can't be written")
    with serve(page) as address:
        assert get(address, "/healthz")[::2] == (503, "the outbox can't be written\n")


def test_one_that_is_not_ready_says_what_it_lacks() -> None:
    lacks = ["the store is not open yet"]
    page = MetricsPage(CollectorRegistry, port=0, lack=lambda: "".join(lacks))
    with serve(page) as address:
        assert get(address, "/readyz")[::2] == (503, "the store is not open yet\n")
        assert get(address, "/healthz")[::2] == (200, "ok\n")
        lacks.clear()
        assert get(address, "/readyz")[::2] == (200, "ok\n")


def test_a_taken_port_is_told_with_its_remedy(address: tuple[str, int]) -> None:
    page = MetricsPage(CollectorRegistry, port=address[1])
    with pytest.raises(MetricsPageError) as caught:
        page.start()
    assert str(caught.value) == (
        f"the metrics page can't listen on 127.0.0.1 port {address[1]}: Address already in use; "
        "set another address under [metrics], or stop the program that holds this one"
    )
    page.close()


def test_an_unknown_host_is_told_with_its_remedy() -> None:
    page = MetricsPage(CollectorRegistry, host="192.0.2.1", port=0)
    with pytest.raises(
        MetricsPageError, match=r"192\.0\.2\.1 port 0: Cannot assign requested address"
    ):
        page.start()


def test_an_address_of_ipv6_is_taken_for_one() -> None:
    page = MetricsPage(CollectorRegistry, host="2001:db8::1", port=0)
    with pytest.raises(MetricsPageError) as caught:
        page.start()
    cause = caught.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def test_a_name_that_nobody_knows_is_told_in_words() -> None:
    page = MetricsPage(CollectorRegistry, host="no such host", port=0)
    with pytest.raises(MetricsPageError, match=r"no such host port 0: .*not known"):
        page.start()


def test_a_closed_page_frees_its_port() -> None:
    first = MetricsPage(CollectorRegistry, port=0)
    _, port = first.start()
    first.close()
    first.close()
    second = MetricsPage(CollectorRegistry, port=port)
    assert second.start() == ("127.0.0.1", port)
    second.close()


def test_a_silent_client_holds_nobody_up(address: tuple[str, int]) -> None:
    with socket.create_connection(address):
        assert get(address, "/healthz")[0] == 200


def test_a_client_that_never_asks_is_hung_up_on(
    address: tuple[str, int], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dcud.observe.metrics_page._Exchange.timeout", 0.01)
    with socket.create_connection(address, timeout=5) as silent:
        assert silent.recv(1) == b""
    assert capfd.readouterr().err == ""


def test_a_page_that_cannot_be_made_is_an_error_500(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Collector):
        def collect(self) -> Iterator[Metric]:
            raise RuntimeError("no figures")

        def describe(self) -> Iterator[Metric]:
            return iter(())

    registry = CollectorRegistry()
    registry.register(Broken())
    with serve(MetricsPage(lambda: registry, port=0)) as address:
        status, _, sentence = get(address, "/metrics")
    assert (status, sentence) == (500, "the page can't be made; see the log\n")
    assert "no figures" in caplog.text
