"""The project's pages of Markdown, taken apart into prose with fenced blocks."""

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

_FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>```+)(?P<info>[^`\n]*)\n"
    r"(?P<text>.*?)^(?P=indent)(?P=fence)[ ]*$\n?",
    re.MULTILINE | re.DOTALL,
)
_REMARK = re.compile(r"<!--(?P<text>(?:(?!-->).)*)-->\n\Z", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block.

    Attributes:
        page: its path below the project's root.
        line: where it begins.
        language: the first word behind the fence; "" where there is none.
        words: the other ones.
        remark: the HTML comment right above it, on one line; "" where there is none.
    """

    page: str
    line: int
    language: str
    words: tuple[str, ...]
    remark: str
    text: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return all the pages that people are given to read."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.glob("*.md"))]


def name_of(page: Path) -> str:
    """Return the page's path below the project's root."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [_block(name_of(page), text, match) for match in _FENCE.finditer(text)]


def all_blocks() -> list[Block]:
    """Return the blocks of all pages."""
    return [block for page in pages() for block in blocks(page)]


def prose(page: Path) -> str:
    """Return the page without its blocks; lines stay where they were."""
    return _FENCE.sub(lambda m: "\n" * m[0].count("\n"), page.read_text(encoding="utf-8"))


def _block(page: str, text: str, match: re.Match[str]) -> Block:
    before = text[: match.start()]
    language, *words = match["info"].split() or [""]
    remark = _REMARK.search(before) if before.endswith("-->\n") else None
    return Block(
        page=page,
        line=before.count("\n") + 1,
        language=language,
        words=tuple(words),
        remark=" ".join(remark["text"].split()) if remark else "",
        text=textwrap.dedent(match["text"]),
    )
