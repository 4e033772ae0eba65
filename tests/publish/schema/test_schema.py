import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dcud.publish.schema import load_schema

_NAMES = [
    "reading-1",
    "gateway-state-1",
    "meter-state-1",
    "event-1",
    "notification-1",
    "command-1",
    "command-reply-1",
]
_GOLDEN = Path(__file__).parents[1] / "golden"
_READING = Draft202012Validator(load_schema("reading-1"))


_OPEN = {"command-1": ["By the verb."], "command-reply-1": ["What was wanted, by the verb."]}


def _objects(schema: object) -> list[dict[str, Any]]:
    """Return every schema of an object, however deep."""
    found: list[dict[str, Any]] = []
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            found.append(schema)
        found += [deeper for part in schema.values() for deeper in _objects(part)]
    return found


@pytest.mark.parametrize("name", _NAMES)
def test_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))


@pytest.mark.parametrize("name", _NAMES)
def test_no_object_may_have_members_that_the_schema_does_not_tell(name: str) -> None:
    objects = _objects(load_schema(name))
    assert objects
    open_ones = [schema for schema in objects if schema["additionalProperties"] is not False]
    assert [schema["description"] for schema in open_ones] == _OPEN.get(name, [])


def _broken(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(
        (_GOLDEN / "reading-profile.json").read_text(encoding="utf-8")
    )
    assert _READING.is_valid(body)
    change(body)
    return body


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body.update(extra=1),
        lambda body: body.pop("message_id"),
        lambda body: body.update(message_id="7"),
        lambda body: body.update(read_time="2026-03-01 12:00"),
        lambda body: body["values"][0].update(value=0.5),
        lambda body: body["values"][0].update(value=2**53),
        lambda body: body["values"][0].update(quality="missing"),
        lambda body: body["values"][0].update(value=None, quality="missing"),
        lambda body: body["meter"].update(serial="1"),
    ],
)
def test_what_is_wrong_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    assert not _READING.is_valid(_broken(change))
