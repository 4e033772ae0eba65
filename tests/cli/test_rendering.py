import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dcud.cli.rendering import Cell, Column, rows

COLUMNS = (
    Column(heading="name"),
    Column(heading="active_energy [Wh]", right=True),
    Column(heading="remark", sparse=True),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def rendered(
    form: str, *table: list[Cell], columns: tuple[Column, ...] = COLUMNS, terminal: bool = False
) -> str:
    out = Terminal() if terminal else io.StringIO()
    with rows(form, columns, out) as shown:
        for cells in table:
            record = dict(zip((column.heading for column in columns), cells, strict=True))
            shown.add(cells, record)
            shown.flush()
    return out.getvalue()


def test_a_plain_table_is_aligned_and_has_no_empty_columns() -> None:
    assert rendered("table", ["a", Decimal("1.50"), ""], ["long", 1234, ""]) == (
        "name  active_energy [Wh]\na                   1.50\nlong                1234\n"
    )


def test_a_column_that_is_used_once_is_there() -> None:
    assert "remark" in rendered("table", ["a", 1, ""], ["b", None, "refused"])


def test_a_table_without_rows_has_its_headings() -> None:
    assert rendered("table") == "name  active_energy [Wh]\n"


def test_one_long_cell_leaves_the_other_rows_narrow() -> None:
    output = rendered("table", ["x" * 100, 1, ""], ["b", 2, ""])
    heading, long, short = output.splitlines()
    assert len(heading) == len(short) == len("b".ljust(4)) + 2 + len("active_energy [Wh]")
    assert len(long) > 100


def test_what_a_meter_says_can_not_steer_the_terminal() -> None:
    for terminal in (False, True):
        output = rendered("table", ["a\x1b]0;b\x07\nc", 1, ""], terminal=terminal)
        assert "\x1b]0" not in output
        assert "\\x1b]0;b\\x07\\x0ac" in output


def test_on_a_terminal_markup_is_no_markup() -> None:
    output = rendered("table", ["[red]x[/red]", 1, ""], terminal=True)
    assert "[red]x[/red]" in output


def test_on_a_terminal_the_names_of_numbers_are_broken() -> None:
    output = rendered("table", ["a", Decimal(1), ""], terminal=True)
    assert "active_" in output
    assert "active_energy" not in output
    assert "[Wh]" in output


def test_json_is_one_object_a_line_and_rounds_nothing() -> None:
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC)
    out = io.StringIO()
    with rows("json", COLUMNS, out) as shown:
        shown.add(
            [],
            {
                "decimal": Decimal("1.50"),
                "long": 2**63,
                "short": 7,
                "float": 0.1,
                "yes": True,
                "none": None,
                "text": "Ω\n",
                "moment": moment,
                "nested": [{"a": [Decimal(1)]}],
            },
        )
    [line] = out.getvalue().splitlines()
    assert json.loads(line) == {
        "decimal": "1.50",
        "long": "9223372036854775808",
        "short": 7,
        "float": "0.1",
        "yes": True,
        "none": None,
        "text": "Ω\n",
        "moment": "2026-05-04T12:00:00+00:00",
        "nested": [{"a": ["1"]}],
    }
    assert "Ω" in line


def test_csv_suits_spreadsheets() -> None:
    moment = datetime(2026, 5, 4, 12, tzinfo=UTC)
    output = rendered("csv", ["a, b", Decimal("-1.50"), moment], ["[1]", None, [1, "x"]])
    assert list(csv.reader(io.StringIO(output))) == [
        ["name", "active_energy [Wh]", "remark"],
        ["a, b", "-1.50", "2026-05-04 12:00:00"],
        ["[1]", "", '[1, "x"]'],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_text_of_a_meter_is_a_formula(text: str) -> None:
    output = rendered("csv", [text, 1, ""])
    assert list(csv.reader(io.StringIO(output)))[1][0] == f"'{text}"


def test_rows_are_seen_as_they_come() -> None:
    for form in ("json", "csv"):
        out = io.StringIO()
        with rows(form, COLUMNS, out) as shown:
            shown.add(["a", 1, ""], {"name": "a"})
            shown.flush()
            assert "a" in out.getvalue().splitlines()[-1]


def test_what_was_read_before_a_breakdown_is_shown() -> None:
    out = io.StringIO()

    def break_down() -> None:
        with rows("table", COLUMNS, out) as shown:
            shown.add(["a", 1, ""], {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_down()
    assert out.getvalue().splitlines()[1].split() == ["a", "1"]
