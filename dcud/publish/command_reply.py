"""What is answered to a request, as the octets of an MQTT message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dcud.publish.canonical import SCHEMA_VERSION, JsonValue, canonical_json, rfc3339
from dcud.publish.command_request import Request


class Outcome(StrEnum):
    """What became of a request."""

    DONE = "done"
    FAILED = "failed"
    """It was begun, and the meter refused, or the way to it broke."""
    REFUSED = "refused"
    """It was not begun."""
    RUNNING = "running"
    """It came once more while it waits or is done; the answer is still to come."""
    UNKNOWN = "unknown"
    """It was begun when dcud broke off; it may have been done or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is told of a request.

    Attributes:
        at: aware.
        code: a short snake_case word for programs; "" where it was done.
        text: a sentence for people, with the remedy; "" where there is nothing to say.
        result: what was wanted; by the verb.
    """

    outcome: Outcome
    at: datetime
    code: str = ""
    text: str = ""
    result: Mapping[str, JsonValue] | None = None


def reply_payload(reply: Reply, gateway: str, request: Request | str) -> bytes:
    """Return the canonical JSON of `schema/command-reply-1.json`.

    Args:
        reply: what is told.
        gateway: the configured gateway id.
        request: what it answers; its id alone, or "", where it could not be read.
    """
    body: dict[str, JsonValue] = {"schema_version": SCHEMA_VERSION, "gateway": gateway}
    if isinstance(request, str):
        body["id"] = request or None
    else:
        body["id"] = request.id
        body["verb"] = request.verb
        body |= {name: each for name in ("meter", "bus") if (each := getattr(request, name))}
    body["outcome"] = reply.outcome.value
    body["at"] = rfc3339(reply.at)
    body |= {name: each for name in ("code", "text") if (each := getattr(reply, name))}
    if reply.result is not None:
        body["result"] = reply.result
    return canonical_json(body)
