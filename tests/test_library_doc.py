"""Runs the examples of docs/library.md, one after the other in one namespace."""

import contextlib
import io
import re
from pathlib import Path

from tests.support import simulated_line

DOCUMENT = Path(__file__).parents[1] / "docs" / "library.md"
_BLOCK = re.compile(
    r"^```python run\n(?P<code>.*?)^```\n(?:\n```text\n(?P<output>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


def test_the_examples_do_what_the_document_says() -> None:
    blocks = list(_BLOCK.finditer(DOCUMENT.read_text("utf-8")))
    assert len(blocks) == 6
    with simulated_line.on_tcp(simulated_line.hdlc_line) as address:
        host, _, port = address.rpartition(":")
        names: dict[str, object] = {"METER": (host, int(port))}
        for block in blocks:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exec(compile(block["code"], str(DOCUMENT), "exec"), names)  # noqa: S102  # our own document
            if block["output"]:
                assert said.getvalue() == block["output"]
            else:
                assert "get" in said.getvalue()
