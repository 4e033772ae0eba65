"""Links of the pages lead somewhere, on a forge as in the site."""

import re

import pytest

from tests.support.document_links import anchors, fault, links
from tests.support.documents import DOCS, ROOT, name_of, pages, prose

NAMES = [name_of(page) for page in pages()]
INDEX = DOCS / "index.md"


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files_and_headings(name: str) -> None:
    inner = [each for each in links(ROOT / name) if not each.is_outside]
    assert [f"{each.place}: {fault(each)}" for each in inner if fault(each)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("docs/")])
def test_a_page_of_the_site_links_to_no_page_outside_of_it(name: str) -> None:
    """In the site, `../CONTRIBUTING.md` would lead nowhere: name it, without a link."""
    paths = (each.target.partition("#")[0] for each in links(ROOT / name) if not each.is_outside)
    assert [path for path in paths if path.startswith("..") and path.endswith(".md")] == []


def test_every_page_is_in_the_navigation_once() -> None:
    """The lists of index.md are the navigation of the site: give a new page its line there."""
    lines = [line for line in prose(INDEX).splitlines() if line.startswith("- [")]
    told = [line.partition("](")[2].partition(")")[0] for line in lines]
    assert sorted(told) == sorted(page.name for page in DOCS.glob("*.md") if page != INDEX)


def test_every_page_begins_with_its_title() -> None:
    assert [page.name for page in DOCS.glob("*.md") if not page.read_text().startswith("# ")] == []


def test_headings_have_the_anchors_that_forges_give_them() -> None:
    page = ROOT / "docs" / "configuration.md"
    assert {"gateway", "busserial", "the-top-of-the-file", "key-files"} <= anchors(page)


@pytest.mark.parametrize("name", NAMES)
def test_each_row_of_a_table_belongs_to_one(name: str) -> None:
    """A blank line ends a table: what comes after it would be shown as it is written."""
    tables = re.findall(r"(?:^\|.*\n)+", prose(ROOT / name), re.MULTILINE)
    assert [rows for rows in tables if not re.match(r"\|.*\n\|[-|: ]+\|\n", rows)] == []
