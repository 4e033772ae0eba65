"""The codes of events in the documentation are those in the code."""

import re
from pathlib import Path

from dcud.collect.counter_ledger import CounterBoundError, CounterUnknownError
from dcud.dlms.errors import SecurityError

ROOT = Path(__file__).parents[1]


def documented() -> set[str]:
    text = (ROOT / "docs" / "mqtt.md").read_text(encoding="utf-8")
    section = text.split("## An event\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    trusted = section.split("has the code of why:")[1].split("([security.md]")[0]
    return {code for cell in [*rows, trusted] for code in re.findall(r"`([a-z_]+)`", cell)}


def told() -> set[str]:
    codes = {SecurityError.code, *[each.code for each in _kinds(SecurityError)]}
    codes |= {CounterBoundError.code, CounterUnknownError.code}
    for path in (ROOT / "dcud").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        codes |= set(re.findall(r'incidents\.report\(\s*[^,]+,\s*"([a-z_]+)"', source))
        for call in re.findall(r"(?<![\w.])Event\((.*?)\n +\)\n", source, re.DOTALL):
            for value in re.findall(r"\bcode=(.+),\n", call):
                codes |= set(re.findall(r'"([a-z_]+)"', value))
    return codes


def _kinds(kind: type[SecurityError]) -> list[type[SecurityError]]:
    return [each for sub in kind.__subclasses__() for each in (sub, *_kinds(sub))]


def test_every_code_of_an_event_is_explained() -> None:
    assert told() == documented()
