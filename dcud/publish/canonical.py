"""JSON in which the same thing is always the same octets."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

JsonValue = str | int | bool | None | list["JsonValue"] | Mapping[str, "JsonValue"]
"""What payloads are made of; without floats, which would not be exact."""

SCHEMA_VERSION: Final = 1


def canonical_json(value: Mapping[str, JsonValue]) -> bytes:
    """Return an object as UTF-8, members in the given order, without white space.

    A lone surrogate, which UTF-8 can't bear, stands as its JSON escape.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def rfc3339(instant: datetime) -> str:
    """Return an aware time in UTC, to the millisecond."""
    if instant.utcoffset() is None:
        raise ValueError(f"an instant says its offset from UTC: {instant}")
    text = instant.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"
