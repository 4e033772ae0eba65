"""The dashboards, and the names that they and the rules use."""

import json
import re
import runpy
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dcud.observe.families import FAMILIES
from tests.monitoring.test_alerts import ALERTS, MONITORING, RULES

SCRIPT = MONITORING.parents[1] / "packaging" / "dashboards.py"
DIRECTORY = MONITORING / "dashboards"
FILES = sorted(DIRECTORY.glob("*.json"))
RECORDED = re.findall(r"record: (\S+)", RULES.read_text(encoding="utf-8"))
FROM_PROCESS = {
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
}
ADDED = {"instance", "job", "le"}
"""Labels that a scrape adds, or a histogram has."""


def dashboard(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def expressions(path: Path) -> list[str]:
    if path.suffix == ".json":
        return [
            target["expr"] for panel in dashboard(path)["panels"] for target in panel["targets"]
        ]
    rules = re.sub(r"#.*", "", path.read_text(encoding="utf-8"))
    return re.findall(r"expr:(.*?)(?=\n\s+(?:for|labels|- record)|\Z)", rules, re.DOTALL)


def exported() -> dict[str, set[str]]:
    """Return the labels of every series, by its name."""
    shown: dict[str, set[str]] = {name: {"instance", "job", "bus"} for name in RECORDED}
    for family in FAMILIES:
        suffixes = ("_bucket", "_sum", "_count") if family.kind == "histogram" else ("",)
        shown |= {family.name + suffix: {*family.labels, *ADDED} for suffix in suffixes}
    return shown


def test_they_are_as_they_are_made() -> None:
    """By `python packaging/dashboards.py`."""
    texts = runpy.run_path(str(SCRIPT))["texts"]
    assert {path.name: path.read_text(encoding="utf-8") for path in FILES} == texts()


@pytest.mark.parametrize("path", [*FILES, RULES, ALERTS], ids=lambda path: path.name)
def test_they_ask_for_what_is_exported(path: Path) -> None:
    shown = exported()
    assert expressions(path)
    for expression in expressions(path):
        names = re.findall(r"\bdcud[:_][\w:]+", expression)
        assert names or FROM_PROCESS & set(re.findall(r"\w+", expression)) or "up" in expression
        assert set(names) <= shown.keys(), expression
        for name, matchers in re.findall(r"(dcud[:_][\w:]+)\{(.*?)\}", expression):
            assert set(re.findall(r"(\w+)=~?\"", matchers)) <= shown[name], expression
        for words in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression):
            known = set().union(*(shown[name] for name in names)) if names else ADDED
            assert set(re.findall(r"\w+", words)) <= known, expression


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_panel_stands_on_another(path: Path) -> None:
    loaded = dashboard(path)
    panels = loaded["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for one, other in combinations([panel["gridPos"] for panel in panels], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)
        assert one["x"] + one["w"] <= 24
    names = {variable["name"] for variable in loaded["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", path.read_text(encoding="utf-8")))
    assert used - {"__rate_interval", "__all"} <= names


def test_each_alert_has_its_section_in_the_run_book() -> None:
    book = (MONITORING.parents[1] / "docs" / "run-book.md").read_text(encoding="utf-8")
    alerts = ALERTS.read_text(encoding="utf-8")
    names = re.findall(r"- alert: (\w+)", alerts)
    assert re.findall(r"^## (\w+)$", book, re.MULTILINE) == names
    links = re.findall(r"runbook_url: \S+/docs/run-book\.md#(\w+)", alerts)
    assert links == [name.lower() for name in names]
