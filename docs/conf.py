"""How `make docs` makes a site of these pages.

The pages are plain Markdown that a forge shows as well. So the navigation stands nowhere but in
`index.md`: each of its chapters with a list of links is a group, in that order.
"""

import re
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

import dcud

project = "dcud"
author = "The dcud maintainers"
version = release = dcud.__version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
nitpicky = True  # a link that leads nowhere is a warning, and warnings are errors

myst_heading_anchors = 4  # by the same rule as forges, so that page.md#heading works in both

html_theme = "furo"
html_title = f"dcud {version}"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False

_CHAPTER = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n)*)", re.MULTILINE)
_PAGE = re.compile(r"^- \[[^]]+\]\((?P<page>[\w-]+)\.md\)", re.MULTILINE)
_OUTSIDE = re.compile(
    r"""<(?:script|img|iframe|source|audio|video)[^>]*\ssrc=["']?(?:https?:)?//[^>]*"""
    r"""|<link(?=[^>]*rel="(?:stylesheet|preconnect|preload|icon)")[^>]*href="(?:https?:)?//[^>]*"""
    r"""|(?:@import\s+|url\(\s*)["']?(?:https?:)?//[^)\s]*"""
)


def setup(app: Sphinx) -> None:
    """Take part in the build."""
    app.add_lexer("log", TextLexer)  # the frame log, in trace.md
    app.connect("source-read", _append_navigation)
    app.connect("build-finished", _find_outside_assets)


def _append_navigation(_app: Sphinx, page: str, source: list[str]) -> None:
    """Give the home page the tables of contents that its lists tell."""
    if page != "index":
        return
    for chapter in _CHAPTER.finditer(source[0]):
        pages = "\n".join(_PAGE.findall(chapter["text"]))
        if pages:
            source[0] += (
                f"\n```{{toctree}}\n:hidden:\n:caption: {chapter['title']}\n\n{pages}\n```\n"
            )


def _find_outside_assets(app: Sphinx, error: Exception | None) -> None:
    """Refuse a site that a browser could not show without a network."""
    if error is not None:
        return
    for path in sorted(Path(app.outdir).rglob("*")):
        if path.suffix in {".html", ".css", ".svg"}:
            found = _OUTSIDE.search(path.read_text(encoding="utf-8"))
            if found:
                raise ExtensionError(f"{path.name} wants what is elsewhere: {found[0]}")
