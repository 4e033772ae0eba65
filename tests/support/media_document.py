"""The configurations and commands that docs/media.md shows."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).parents[2] / "docs" / "media.md"

_BLOCK = re.compile(r"^```(?P<language>toml|sh)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A bus with its meter, as TOML has them."""

    bus: dict[str, Any]
    meter: dict[str, Any]


def examples() -> dict[str, Example]:
    """Return the configurations by the ids of their buses."""
    read = [tomllib.loads(text) for text in blocks("toml")]
    told = [Example(bus=each["bus"][0], meter=each["meter"][0]) for each in read]
    assert len({each.bus["id"] for each in told}) == len({each.meter["id"] for each in told})
    return {each.bus["id"]: each for each in told}


def blocks(language: str) -> list[str]:
    """Return the blocks in that language."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return [match["text"] for match in _BLOCK.finditer(text) if match["language"] == language]
