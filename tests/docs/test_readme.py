"""What the README shows: a picture of a real run, and figures that the benchmarks have."""

import re
from xml.etree import ElementTree as ET

from docs.pictures.demo import PICTURE, READINGS, drawn
from tests.support.documents import DOCS, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def words_of(svg: str) -> str:
    texts = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314  # our own
    return " ".join("".join(each.itertext()) for each in texts).replace("\xa0", " ")


def test_the_figures_are_those_of_the_benchmarks() -> None:
    rows = re.findall(r"^\|[^|]+\| `(\w+)` \| ([^|]+) \|$", README, re.MULTILINE)
    assert len(rows) == 5
    benchmarks = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    for name, ratio in rows:
        [row] = [line for line in benchmarks.splitlines() if line.startswith(f"| `{name}` |")]
        assert row.split("|")[-2].strip() == ratio


def test_the_picture_is_of_a_whole_demonstration() -> None:
    shown = words_of(PICTURE.read_text(encoding="utf-8"))
    assert "$ make demo" in shown
    assert "Ctrl-C ends it." in shown
    assert len(re.findall(r"house-\d .*?(?:registers|load-profile)", shown)) == READINGS


def test_what_is_drawn_is_cut_at_the_edge_and_wants_nothing_from_elsewhere() -> None:
    svg = drawn(["$ make demo", "x" * 200])
    assert "$ make demo" in words_of(svg)
    assert "x" * 109 + "…" in words_of(svg)
    assert "url(http" not in svg + PICTURE.read_text(encoding="utf-8")
    assert "font-face" not in svg
