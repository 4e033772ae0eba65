"""The JSON Schemas of what is published."""

import json
from importlib.resources import files
from typing import Any


def load_schema(name: str) -> dict[str, Any]:
    """Return a schema by its name, "reading-1"."""
    text = files("dcud.publish.schema").joinpath(f"{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
