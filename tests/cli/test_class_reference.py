from pathlib import Path

from dcud.cli.class_reference import document
from dcud.cosem.value_tables import SHAPES

ROOT = Path(__file__).parents[2]


def test_the_page_is_what_the_tables_say() -> None:
    written = (ROOT / "docs" / "objects.md").read_text(encoding="utf-8")
    assert written == document(), "run python -m dcud.cli.class_reference > docs/objects.md"


def test_every_class_has_its_section() -> None:
    sections = [line for line in document().splitlines() if line.startswith("## ")]
    assert len(sections) >= 90
    assert "## 3 Register" in sections
    assert "## 70 Disconnect control" in sections


def test_every_shape_stands_in_it() -> None:
    page = document()
    for attributes in SHAPES.values():
        for shape in attributes.values():
            assert "`" + shape.replace("|", "\\|") + "`" in page


def test_attributes_that_came_later_say_so() -> None:
    page = document()
    security_reference = "| 9 | security_setup_reference (v1) |"
    assert security_reference in page
    assert (
        "| 2 | value | CHOICE | a quantity with unit, by the scaler_unit of attribute 3 |" in page
    )
