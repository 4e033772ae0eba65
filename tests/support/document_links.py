"""Where the links of the project's pages lead, by the rules of forges."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.documents import ROOT, name_of, prose

_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} +(?P<text>.+?) *#*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it is written, with where it stands."""

    page: Path
    line: int
    target: str

    @property
    def place(self) -> str:
        """Where it is and what it says, for people."""
        return f"{name_of(self.page)}:{self.line}: {self.target}"

    @property
    def is_outside(self) -> bool:
        """Whether it leads out of the project."""
        return re.match(r"[a-z]+:", self.target) is not None


def links(page: Path) -> Iterator[Link]:
    """Give the links in the prose of a page."""
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), prose(page))
    text = _CODE.sub(lambda m: "`" + " " * (len(m[0]) - 2) + "`", text)
    for match in _LINK.finditer(text):
        yield Link(page, text[: match.start()].count("\n") + 1, match["target"])


def anchors(page: Path) -> set[str]:
    """Return what a link to a place in the page may name."""
    found: set[str] = set()
    for heading in _HEADING.finditer(prose(page)):
        slug = _slug(heading["text"])
        number = 0
        while (each := f"{slug}-{number}" if number else slug) in found:
            number += 1
        found.add(each)
    return found


def fault(link: Link) -> str:
    """Return what is wrong with a link within the project; "" where it leads somewhere."""
    path, _, anchor = link.target.partition("#")
    there = (link.page.parent / path).resolve() if path else link.page
    if not there.is_relative_to(ROOT):
        return "leads out of the project"
    if not there.is_file():
        return "there is no such file"
    if anchor and (there.suffix != ".md" or anchor not in anchors(there)):
        return "there is no such heading"
    return ""


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
