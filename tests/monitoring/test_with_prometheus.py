"""A real Prometheus scrapes a running daemon, and its alerts fire for what goes wrong."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.monitoring.test_alerts import ALERTS, RULES
from tests.monitoring.test_dashboards import FILES, expressions
from tests.support.daemon import Daemon
from tests.support.eventually import eventually
from tests.support.mosquitto import Mosquitto, free_port
from tests.support.simulate import simulate
from tests.support.toml_text import TomlValue

pytestmark = pytest.mark.e2e


def hastened(text: str) -> str:
    """Return rules that look at seconds where theirs look at hours."""
    text = re.sub(r"for: \w+", "for: 1s", text)
    return re.sub(r"\[\w+\]", "[6s]", text)


class Prometheus:
    """A server on a port of its own, that looks every half a second."""

    def __init__(self, directory: Path, target: str) -> None:
        self.port = free_port()
        rules = [directory / path.name for path in (RULES, ALERTS)]
        for path, source in zip(rules, (RULES, ALERTS), strict=True):
            path.write_text(hastened(source.read_text(encoding="utf-8")), encoding="utf-8")
        configuration = {
            "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
            "rule_files": [str(path) for path in rules],
            "scrape_configs": [
                {"job_name": "dcud", "static_configs": [{"targets": [target]}]},
            ],
        }
        self._file = directory / "prometheus.yml"
        self._file.write_text(json.dumps(configuration), encoding="utf-8")
        self._data = directory / "data"

    @contextmanager
    def running(self) -> Iterator["Prometheus"]:
        """Run until left."""
        with subprocess.Popen(
            [
                "prometheus",
                f"--config.file={self._file}",
                f"--storage.tsdb.path={self._data}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                eventually(self._is_ready, "Prometheus")
                yield self
            finally:
                process.kill()

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of its interface."""
        url = f"http://127.0.0.1:{self.port}/api/v1/{path}?{urlencode(parameters)}"
        with urlopen(url, timeout=10) as answer:  # http
            return json.load(answer)["data"]

    def firing(self) -> set[str]:
        """Return the names of the alerts that fire."""
        alerts = self.ask("alerts")["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def _is_ready(self) -> bool:
        try:
            self.ask("query", query="1")
        except OSError:
            return False
        return True


@contextmanager
def nobody() -> Iterator[int]:
    """A line on which nobody answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        yield listening.getsockname()[1]


def meter(name: str, bus: str, physical: int, **more: TomlValue) -> dict[str, TomlValue]:
    job: TomlValue = {
        "kind": "registers",
        "name": "registers",
        "interval": "1 s",
        "objects": [{"obis": "1.0.1.8.0.255"}],
    }
    return {
        "id": name,
        "bus": bus,
        "server_address": {"logical": 1, "physical": physical},
        "response_timeout": "100 ms",
        "hdlc": {"retries": 0},
        "breaker": {"first_pause": "1 s", "longest_pause": "1 s"},
        "job": [job],
        **more,
    }


def document(good: int, silent: int, broker: int) -> dict[str, TomlValue]:
    gaps: TomlValue = {
        "kind": "profile",
        "name": "load",
        "interval": "1 s",
        "logical_name": "1.0.99.1.0.255",
        # It captures every minute: of each three captures that should be there, two are not.
        "capture_period": "20 s",
        "initial_history": "10 min",
    }
    return {
        "mqtt": {"port": broker},
        "bus": [
            {"id": name, "turnaround": "0 s", "tcp": {"host": "127.0.0.1", "port": port}}
            for name, port in (("a", good), ("b", silent))
        ],
        "meter": [
            meter("well", "a", 17),
            meter("gaps", "a", 18, job=[gaps]),
            meter("dead", "a", 99),
            meter("cut-off", "b", 17),
        ],
    }


def test_what_goes_wrong_fires_and_nothing_else(tmp_path: Path) -> None:
    simulated = ("--tcp", "127.0.0.1:0", "--meters", "2", "--history", "1 h")
    with (
        simulate(*simulated, "--capture-period", "1 min") as (told, _),
        nobody() as silent,
        Mosquitto(tmp_path) as broker,
        Daemon(tmp_path, document(int(told["port"]), silent, broker.port)) as daemon,
    ):
        target = daemon.wait_for_line(r"metrics on http://(\S+)/metrics")[1]
        with Prometheus(tmp_path, target).running() as prometheus:
            expected = {"DcudMeterNeverRead", "DcudBusSilent", "DcudCapturesMissing"}
            eventually(lambda: prometheus.firing() == expected, str(expected), 40)
            for path in FILES:
                for expression in expressions(path):
                    prometheus.ask("query", query=plain(expression))
            shown = prometheus.ask("query", query="dcud_meter_up")["result"]
            assert {each["metric"]["meter"] for each in shown} == {
                "well",
                "gaps",
                "dead",
                "cut-off",
            }
            broker.pause()
            stuck = expected | {"DcudOutboxStuck"}
            eventually(lambda: prometheus.firing() == stuck, str(stuck), 40)
            broker.resume()
            eventually(lambda: prometheus.firing() == expected, str(expected), 40)
            broker.stop()
            away = expected | {"DcudBrokerAway"}
            eventually(lambda: prometheus.firing() == away, str(away), 40)


def plain(expression: str) -> str:
    """Return a dashboard's query as Grafana would send it."""
    expression = re.sub(r"\$(?:instance|bus|meter)", ".*", expression)
    return expression.replace("$__rate_interval", "1m")
