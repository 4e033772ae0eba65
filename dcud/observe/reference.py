"""Writes the table of metrics in their documentation from the families themselves.

`python -m dcud.observe.reference` rewrites docs/metrics.md; a test compares.
"""

import re
from pathlib import Path
from typing import Final

from dcud.observe.families import FAMILIES

DOCUMENT: Final = Path(__file__).parents[2] / "docs" / "metrics.md"
_HEADING: Final = "| name | type | labels | meaning |\n|---|---|---|---|\n"
_TABLE: Final = re.compile(re.escape(_HEADING) + r"(?:\|.*\n)*")


def table() -> str:
    """Return the table, in Markdown."""
    rows = (
        f"| `{family.name}` | {family.kind} | {', '.join(f'`{label}`' for label in family.labels)}"
        f" | {family.help} |\n"
        for family in FAMILIES
    )
    return _HEADING + "".join(rows)


def with_table(text: str) -> str:
    """Return a document with the table as it is now."""
    return _TABLE.sub(lambda _: table(), text, count=1)


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
