"""What the tests of the pages go by: how blocks, commands and outputs are read."""

from pathlib import Path

import pytest

from tests.support import documents
from tests.support.document_links import Link, fault
from tests.support.documents import blocks
from tests.support.shown_commands import calls
from tests.support.shown_commands import fault as fault_of_call
from tests.support.walk import missing

PAGE = """# A page

<!-- not run: no such thing -->

Text.

<!-- key file -->
```toml keys.toml x=1
[default]
```

```sh
dcud run
```
"""


@pytest.fixture(name="page")
def make_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    return page


def test_a_remark_counts_for_the_block_right_below_it(page: Path) -> None:
    first, second = blocks(page)
    assert (first.language, first.words, first.remark) == ("toml", ("keys.toml", "x=1"), "key file")
    assert (second.remark, second.line, second.text) == ("", 12, "dcud run\n")


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("dcud check --config x.toml", [["check", "--config", "x.toml"]]),
        ("sudo -u dcud dcud run && dcud --version", [["run"], ["--version"]]),
        ("dcud trace --pcap - | wireshark -k -i -", [["trace", "--pcap", "-"]]),
        (
            "dcud read --sizes 2 2>&1 >/dev/null | dcud trace -",
            [["read", "--sizes", "2"], ["trace", "-"]],
        ),
        ("dcud check \\\n  --user dcud  # as the service", [["check", "--user", "dcud"]]),
    ],
)
def test_calls_are_found_among_other_commands(script: str, expected: list[list[str]]) -> None:
    assert list(calls(script)) == expected


@pytest.mark.parametrize("call", [["klock"], ["clock", "--sett"], ["check", "--format", "xml"], []])
def test_a_wrong_call_is_told(call: list[str]) -> None:
    assert fault_of_call(call)


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("now 12:00:30.25 house-1", "now   23:59:01 house-1"),
        ('{"id": "a"...', '{"id": "a", "b": 2}'),
        ("one\n...\nthree", "one\ntwo\nthree"),
    ],
)
def test_output_is_taken_for_the_same_but_for_figures(expected: str, shown: str) -> None:
    assert missing(expected, shown) is None


@pytest.mark.parametrize(
    ("expected", "shown"),
    [
        ("ok: 2 meters", "ok: 3 meters"),
        ("b\na", "a\nb"),
        ("house-1", "house-2"),
        ("at 1/17", "at 1/18"),
    ],
)
def test_what_is_missing_is_told(expected: str, shown: str) -> None:
    assert missing(expected, shown) is not None


@pytest.mark.parametrize("target", ["no.md", "#no", "../../etc/passwd", "index.md#no", "conf.py#a"])
def test_a_link_that_leads_nowhere_is_told(target: str) -> None:
    assert fault(Link(documents.DOCS / "index.md", 1, target))
