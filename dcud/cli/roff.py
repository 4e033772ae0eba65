"""The macros of manual pages, around text that is escaped for them."""

import re


def prose(text: str) -> str:
    """Return plain text so that roff shows it as it stands."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    escaped = escaped.replace("`", "\\(ga").replace("^", "\\(ha").replace("~", "\\(ti")
    # A line that begins with a dot would be a request.
    return re.sub(r"(?m)^\.", r"\\&.", escaped)


def bold(text: str) -> str:
    """Return what is typed as it stands."""
    return f"\\fB{prose(text)}\\fR"


def italic(text: str) -> str:
    """Return what stands for something else; lists of it may break behind each comma."""
    breakable = prose(text).replace(",", ",\\:")
    return f"\\fI{breakable}\\fR"


def marked(text: str) -> str:
    """Return Markdown's prose: what stands between backticks is bold, a link its words."""
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text).replace("**", "")
    parts = text.split("`")
    return "".join(bold(part) if at % 2 else prose(part) for at, part in enumerate(parts))


def title(name: str, number: int, version: str) -> str:
    """Return a page's first lines; without a date, so that the same source makes the same page."""
    # Ragged at the right, no word broken: long names of options would stretch or break lines.
    return f'.TH "{name}" {number} "" "dcud {version}" "dcud"\n.ad l\n.nh'


def section(name: str, level: str = "SH") -> str:
    """Return a heading; SS for one below another."""
    return f'.{level} "{prose(name)}"'


def named(label: str, text: str) -> list[str]:
    """Return a label with what is told of it; both are roff."""
    return [".TP", label, text]
