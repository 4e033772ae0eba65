import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "docs" / "link-cases.md"


def test_every_test_that_the_document_names_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", DOCUMENT.read_text())
    assert len(named) > 50
    sources: dict[str, str] = defaultdict(str)
    for path in (ROOT / "tests").rglob("test_*.py"):
        sources[path.name] += path.read_text()
    missing = [
        f"{module}::{name}" for module, name in named if f"def {name}(" not in sources[module]
    ]
    assert missing == []


def test_every_case_has_a_test() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    cases = [row for row in rows if not row.startswith("| case ")]
    assert len(cases) > 40
    assert [row for row in cases if "::" not in row] == []
