import json
from datetime import UTC, datetime

from jsonschema import Draft202012Validator

from dcud.publish.command_reply import Outcome, Reply, reply_payload
from dcud.publish.command_request import Request
from dcud.publish.schema import load_schema

_SCHEMA = Draft202012Validator(load_schema("command-reply-1"))

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_reply_says_what_became_of_what() -> None:
    request = Request(id="a", digest=b"", verb="read", meter="m")
    reply = Reply(outcome=Outcome.DONE, at=AT, result={"values": []})
    _SCHEMA.validate(json.loads(reply_payload(reply, "gw", request)))
    assert reply_payload(reply, "gw", request) == (
        b'{"schema_version":1,"gateway":"gw","id":"a","verb":"read","meter":"m","outcome":"done",'
        b'"at":"2026-03-01T12:00:00.000Z","result":{"values":[]}}'
    )


def test_a_refusal_says_why_also_of_what_could_not_be_read() -> None:
    reply = Reply(outcome=Outcome.REFUSED, at=AT, code="malformed", text="it is no JSON")
    _SCHEMA.validate(json.loads(reply_payload(reply, "gw", "")))
    assert json.loads(reply_payload(reply, "gw", "")) == {
        "schema_version": 1,
        "gateway": "gw",
        "id": None,
        "outcome": "refused",
        "at": "2026-03-01T12:00:00.000Z",
        "code": "malformed",
        "text": "it is no JSON",
    }
    assert json.loads(reply_payload(reply, "gw", "b"))["id"] == "b"
