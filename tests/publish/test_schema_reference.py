"""docs/schema.md is what the shipped schemas say."""

from pathlib import Path

import dcud.publish.schema
from dcud.publish.schema.reference import NAMES, main, markdown

ROOT = Path(__file__).parents[2]


def test_the_page_is_up_to_date(tmp_path: Path) -> None:
    """If this fails: `python -m dcud.publish.schema.reference`."""
    main([str(tmp_path)])
    written = (tmp_path / "docs" / "schema.md").read_text(encoding="utf-8")
    assert (ROOT / "docs" / "schema.md").read_text(encoding="utf-8") == written


def test_every_shipped_schema_is_told_of() -> None:
    (folder,) = map(Path, dcud.publish.schema.__path__)
    assert sorted(NAMES) == sorted(path.stem for path in folder.glob("*.json"))


def test_members_are_told_with_what_is_in_them() -> None:
    rows = markdown().splitlines()
    assert "| `values[].attribute` | integer, -128 to 127 | yes | Attribute index. |" in rows
    assert any(row.startswith("| `last_success` | time or null | yes |") for row in rows)
    assert any(row.startswith("| `meter_time.status` | list of: text | yes |") for row in rows)
    assert any(
        row.startswith("| `values[].value` | text or integer or boolean or null |") for row in rows
    )
    assert any(row.startswith("| `source.number` | integer, 0 or more |") for row in rows)
    assert any("| text or integer or boolean or null or list of: a value |" in row for row in rows)
