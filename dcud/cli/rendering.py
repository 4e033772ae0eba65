"""Rows on standard output: as a table, as JSON, as CSV."""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol, TextIO

Cell = (
    Decimal | datetime | str | int | float | bool | Sequence["Cell"] | Mapping[str, "Cell"] | None
)
"""What stands in one field of a row; what has an inside is JSON in tables and CSV as well."""

_GREATEST_SAFE_INTEGER = 2**53 - 1
"""Beyond it readers of JSON that know only doubles would round."""
_GAP = "  "
_LONGEST_ALIGNED = 40
"""Letters; a longer cell pushes what follows in its row, and leaves the other rows as they are."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a text must not begin with that a spreadsheet reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of tables and CSV.

    Attributes:
        heading: as shown.
        right: whether it holds numbers, which stand at the right.
        sparse: whether a table leaves it out where no row has anything in it.
        whole: whether its cells are never broken, however narrow the terminal.
    """

    heading: str
    right: bool = False
    sparse: bool = False
    whole: bool = False


class Rows(Protocol):
    """Where rows go."""

    def add(self, cells: Sequence[Cell], record: Mapping[str, Cell]) -> None:
        """Take a row: its cells for people and spreadsheets, the same as a record for JSON."""
        ...

    def flush(self) -> None:
        """Let whoever reads see what was added so far, as far as the form allows."""
        ...


class _Form(Rows, Protocol):
    """Rows in one form."""

    def end(self) -> None:
        """Show what is left to show."""
        ...


def add_format_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--format`."""
    parser.add_argument(
        "--format",
        choices=tuple(_FORMS),
        default="table",
        help="of standard output: a table, one JSON object a line, CSV (default: %(default)s)",
    )


@contextmanager
def rows(form: str, columns: Sequence[Column], out: TextIO | None = None) -> Iterator[Rows]:
    """Yield what shows rows with these columns on `out`, by default standard output.

    What was added is shown, also where the reading of more comes to a bad end.
    """
    shown = _FORMS[form](columns, out or sys.stdout)
    try:
        yield shown
    finally:
        shown.end()


class _Table:
    def __init__(self, columns: Sequence[Column], out: TextIO) -> None:
        self._columns = columns
        self._out = out
        self._rows: list[list[str]] = []

    def add(self, cells: Sequence[Cell], _record: Mapping[str, Cell]) -> None:
        self._rows.append([_safe(text(cell)) for cell in cells])

    def flush(self) -> None:
        """Wait: the widths are known only in the end."""

    def end(self) -> None:
        shown = [
            index
            for index, column in enumerate(self._columns)
            if not column.sparse or any(row[index] for row in self._rows)
        ]
        columns = [self._columns[index] for index in shown]
        table = [[row[index] for index in shown] for row in self._rows]
        show = _show_rich if self._out.isatty() else _show_plain
        show(columns, table, self._out)


def _show_plain(columns: Sequence[Column], table: Sequence[Sequence[str]], out: TextIO) -> None:
    lines = [[column.heading for column in columns], *table]
    widths = [
        max((len(cell) for cell in cells if len(cell) <= _LONGEST_ALIGNED), default=0)
        for cells in zip(*lines, strict=True)
    ]
    for cells in lines:
        padded = (
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(cells, widths, columns, strict=True)
        )
        print(_GAP.join(padded).rstrip(), file=out)


def _show_rich(columns: Sequence[Column], table: Sequence[Sequence[str]], out: TextIO) -> None:
    from rich import box  # noqa: PLC0415  # start-up: only what a terminal needs
    from rich.console import Console  # noqa: PLC0415  # likewise
    from rich.table import Table  # noqa: PLC0415  # likewise
    from rich.text import Text  # noqa: PLC0415  # likewise

    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        # Numbers are short and their names are long.
        heading = column.heading.replace("_", "_\n").replace(" ", "\n")
        grid.add_column(
            Text(heading if column.right else column.heading),
            no_wrap=column.whole,
            justify="right" if column.right else "left",
            overflow="fold",
        )
    for cells in table:
        # As Text, for what a meter says must not be taken for markup.
        grid.add_row(*map(Text, cells))
    Console(file=out).print(grid)


class _JsonLines:
    def __init__(self, _columns: Sequence[Column], out: TextIO) -> None:
        self._out = out

    def add(self, _cells: Sequence[Cell], record: Mapping[str, Cell]) -> None:
        print(json.dumps(_json(record), ensure_ascii=False), file=self._out)

    def flush(self) -> None:
        self._out.flush()

    def end(self) -> None:
        """Rest: every row was whole in itself."""


class _Csv:
    def __init__(self, columns: Sequence[Column], out: TextIO) -> None:
        self._writer = csv.writer(out, lineterminator="\n")
        self._out = out
        self._writer.writerow([column.heading for column in columns])

    def add(self, cells: Sequence[Cell], _record: Mapping[str, Cell]) -> None:
        self._writer.writerow([_spreadsheet(cell) for cell in cells])

    def flush(self) -> None:
        self._out.flush()

    def end(self) -> None:
        """Rest: every row was written as it came."""


_FORMS: Mapping[str, Callable[[Sequence[Column], TextIO], _Form]] = MappingProxyType(
    {"table": _Table, "json": _JsonLines, "csv": _Csv}
)


def text(cell: Cell) -> str:
    """Return a cell as text; nothing for None, JSON for what has an inside."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case Decimal():
            return format(cell, "f")
        case datetime():
            return cell.isoformat()
        case _:
            return json.dumps(_json(cell), ensure_ascii=False)


def _safe(shown: str) -> str:
    """Return text in which nothing a meter says can move the cursor or break a line."""
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def _spreadsheet(cell: Cell) -> str:
    """Return a cell of CSV; a text that would be a formula is quoted as spreadsheets do it."""
    match cell:
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S")
        case str() if cell.startswith(_FORMULA):
            return f"'{cell}"
        case _:
            return text(cell)


def _json(cell: Cell) -> object:
    """Return a cell as what JSON can hold: exact numbers as strings, so that no reader rounds."""
    match cell:
        case Decimal() | datetime() | str():
            return text(cell)
        case float():
            return format(Decimal(repr(cell)), "f")
        case Mapping():
            return {key: _json(item) for key, item in cell.items()}
        case Sequence():
            return [_json(item) for item in cell]
        case _:
            too_long = isinstance(cell, int) and abs(cell) > _GREATEST_SAFE_INTEGER
            return str(cell) if too_long else cell
