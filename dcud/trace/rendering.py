"""What was heard, as text for people and as values for programs."""

from collections.abc import Callable, Iterator
from typing import Final

from dcud.trace.apdu import Dissected
from dcud.trace.conversation import Heard
from dcud.trace.record import Mark, timestamp
from dcud.trace.tree import Node, shown_hex

Paint = Callable[[str, str], str]
"""Colours a text for a role: "time", "sent", "received", "trouble", "name", "value", "meaning"."""

_ROLES: Final = {Mark.SENT: "sent", Mark.RECEIVED: "received"}
_LONGEST_VALUE: Final = 64
"""Characters of hex in one line of a tree."""


def plain(text: str, _role: str) -> str:
    """Leave a text as it is."""
    return text


def line(heard: Heard, paint: Paint = plain) -> str:
    """Return one line: time, bus, mark, meter, words."""
    record = heard.record
    is_wrong = heard.has_trouble
    role = "trouble" if is_wrong else _ROLES[record.mark]
    head = paint(f"{timestamp(record.at)} {record.bus}", "time")
    trouble = " (not all of it is right)" if is_wrong and record.is_frame else ""
    return f"{head} {paint(f'{record.mark:<3} {record.meter}', role)} {safe(heard.words)}{trouble}"


def tree(heard: Heard, paint: Paint = plain) -> Iterator[str]:
    """Yield the lines of a tree below the line of its frame."""
    yield line(heard, paint)
    for part in heard.parts:
        for each in part_tree(part, paint):
            yield f"  {each}"


def part_tree(part: Dissected, paint: Paint = plain) -> Iterator[str]:
    """Yield the lines of one tree, below what it is."""
    yield f"{paint(part.title, 'name')}, {len(part.octets)} octets"
    for node in part.nodes:
        yield from _branch(node, "  ", paint)


def _branch(node: Node, indent: str, paint: Paint) -> Iterator[str]:
    """Yield a field and its parts, each with its octets, counted from 0."""
    last = max(node.end - 1, node.start)
    place = f"{node.start}" if last == node.start else f"{node.start}-{last}"
    value = "" if node.value is None else safe(_shortened(str(node.value)))
    meaning = safe(node.meaning)
    if meaning:
        meaning = paint(f"({meaning})" if value else meaning, "meaning")
    name = paint(node.name, "trouble" if node.is_trouble else "name")
    said = " ".join(filter(None, (value, meaning)))
    yield f"{indent}{name}{': ' if said else ''}{said} [{place}]"
    for child in node.children:
        yield from _branch(child, f"{indent}  ", paint)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def safe(shown: str) -> str:
    """Return text in which nothing a meter says can move the cursor or break a line."""
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in shown)


def as_json(heard: Heard) -> dict[str, object]:
    """Return all of it as what JSON can hold; octet ranges are half-open."""
    record = heard.record
    return {
        "time": timestamp(record.at),
        "bus": record.bus,
        "mark": str(record.mark),
        "meter": record.meter,
        "note": record.note,
        "kinds": list(heard.kinds),
        "words": heard.words,
        "trouble": heard.has_trouble,
        "parts": [part_as_json(part) for part in heard.parts],
    }


def part_as_json(part: Dissected) -> dict[str, object]:
    """Return one tree with its octets."""
    return {
        "title": part.title,
        "octets": shown_hex(part.octets, part.masked),
        "fields": [_field(node) for node in part.nodes],
    }


def _field(node: Node) -> dict[str, object]:
    field: dict[str, object] = {"name": node.name, "octets": [node.start, node.end]}
    if node.value is not None:
        field["value"] = node.value
    if node.meaning:
        field["meaning"] = node.meaning
    if node.is_trouble:
        field["trouble"] = True
    if node.children:
        field["fields"] = [_field(child) for child in node.children]
    return field
