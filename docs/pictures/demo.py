"""Makes demo.svg: what `make demo` shows, of a real run; `make picture` calls it."""

import re
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

PICTURE = Path(__file__).with_name("demo.svg")
COLUMNS = 110
READINGS = 14

_FONT_FACE = re.compile(r"@font-face \{\{.*?\}\}", re.DOTALL)
_STYLES = {
    r"^\$ .*": "bold",
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": "dim",
    r"\b(?:meter/)?house-\d+\b": "cyan",
    r"\b(?:up|online)$": "bold green",
    r"^[a-z ]+: ": "yellow",
}


def demonstration() -> list[str]:
    """Return what the demonstration shows until it has shown some readings."""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "dcud", "demo", "--readings", str(READINGS)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def drawn(lines: Sequence[str]) -> str:
    """Return a terminal with these lines, cut at its edge, as SVG that needs nothing else."""
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    for line in lines:
        text = Text(line)
        for pattern, style in _STYLES.items():
            text.highlight_regex(pattern, style)
        text.truncate(COLUMNS, overflow="ellipsis")
        console.print(text)
    # Without the fonts that it would have fetched from elsewhere.
    form = _FONT_FACE.sub("", CONSOLE_SVG_FORMAT)
    svg = console.export_svg(title="make demo", code_format=form, unique_id="demo")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawn(["$ make demo", *demonstration()]), encoding="utf-8")
