"""Configurations that tests make up, as TOML."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

TomlValue: TypeAlias = "str | bool | int | float | Path | list[TomlValue] | Mapping[str, TomlValue]"


def toml_text(document: Mapping[str, TomlValue]) -> str:
    """Return a document with a line for each key at its top."""
    return "".join(f"{_text(key)} = {_value(value)}\n" for key, value in document.items())


def _value(value: TomlValue) -> str:
    match value:
        case Mapping():
            pairs = (f"{_text(key)} = {_value(it)}" for key, it in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case Path():
            return _text(str(value))
        case str():
            return _text(value)
        case _:
            return json.dumps(value)


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
