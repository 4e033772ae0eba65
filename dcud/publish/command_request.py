"""A request of somebody above, from the octets of an MQTT message."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import ClassVar, Final

from dcud.errors import DcudError

LARGEST: Final = 64 * 1024
"""Octets of a request."""

_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_ENVELOPE: Final = frozenset({"request", "key", "signature"})
_MEMBERS: Final = frozenset({"id", "verb", "gateway", "meter", "bus", "expires", "parameters"})
_SIGNATURE_OCTETS: Final = 64
"""[RFC 8032: Ed25519]"""


class MalformedRequestError(DcudError):
    """What came is no request.

    Attributes:
        id: the request's own, as far as it could be read.
    """

    code: ClassVar[str] = "malformed"

    def __init__(self, message: str, *, remedy: str = "", request_id: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who vouches for a request.

    Attributes:
        key: the name of the key.
        octets: 64, by Ed25519. [RFC 8032: Ed25519]
        signed: what they are made over.
    """

    key: str
    octets: bytes = field(repr=False)
    signed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody wants done.

    Attributes:
        id: the requester's own name for it.
        digest: of the octets that came; two requests of one id and digest are one.
        gateway: whom it is meant for; "" leaves it open.
        meter: the configured meter id; "" where it is not about one.
        bus: the configured bus id; "" where it is not about one.
        expires: by when it has to be begun, aware; None leaves it open.
        parameters: by the verb.
        signature: None where there is none.
    """

    id: str
    digest: bytes
    verb: str
    gateway: str = ""
    meter: str = ""
    bus: str = ""
    expires: datetime | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    signature: Signature | None = None


def parse_request(octets: bytes) -> Request:
    """Return the request that an MQTT message holds.

    Raises:
        MalformedRequestError: it holds none.
    """
    if len(octets) > LARGEST:
        raise MalformedRequestError(
            f"it has {len(octets)} octets", remedy=f"a request has {LARGEST} at most"
        )
    body = _object(octets, "the message")
    signature = None
    if "request" in body:
        signature = _signature(body)
        body = _object(signature.signed, "request")
    request_id = _id(body)
    try:
        return _request(body, request_id, octets, signature)
    except MalformedRequestError as error:
        raise MalformedRequestError(
            error.message, remedy=error.remedy, request_id=request_id
        ) from None


def _request(
    body: Mapping[str, object], request_id: str, octets: bytes, signature: Signature | None
) -> Request:
    unknown = sorted(body.keys() - _MEMBERS)
    if unknown:
        known = ", ".join(sorted(_MEMBERS))
        raise MalformedRequestError(f"{unknown[0][:40]!r} means nothing", remedy=f"known: {known}")
    verb = _text(body, "verb")
    if not verb:
        raise MalformedRequestError("it has no verb", remedy='write "verb", as "read"')
    parameters = body.get("parameters", {})
    if not isinstance(parameters, dict):
        raise MalformedRequestError('"parameters" is no object', remedy="write it in braces")
    return Request(
        id=request_id,
        digest=blake2b(octets, digest_size=16).digest(),
        verb=verb,
        gateway=_text(body, "gateway"),
        meter=_text(body, "meter"),
        bus=_text(body, "bus"),
        expires=_time(body),
        parameters=parameters,
        signature=signature,
    )


def _signature(body: Mapping[str, object]) -> Signature:
    if body.keys() != _ENVELOPE:
        raise MalformedRequestError(
            'beside "request" a signed message has "key" and "signature", and nothing else'
        )
    try:
        octets = base64.b64decode(_text(body, "signature"), validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != _SIGNATURE_OCTETS:
        raise MalformedRequestError(
            '"signature" is no signature', remedy="write the 64 octets of Ed25519 in base64"
        )
    return Signature(
        key=_text(body, "key"), octets=octets, signed=_text(body, "request").encode("utf-8")
    )


def _id(body: Mapping[str, object]) -> str:
    request_id = _text(body, "id")
    if not _ID.fullmatch(request_id):
        raise MalformedRequestError(
            "it has no usable id",
            remedy='write "id", as a UUID: up to 64 letters, digits, ".", "_", ":" or "-"',
        )
    return request_id


def _object(octets: bytes, what: str) -> Mapping[str, object]:
    """Return an object of JSON in which every member has one meaning."""
    try:
        body = json.loads(octets, object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        words = str(error) if isinstance(error, _AmbiguousError) else "is no JSON"
        raise MalformedRequestError(f"{what} {words}", remedy="see the schema") from None
    if not isinstance(body, dict):
        raise MalformedRequestError(f"{what} is no object of JSON", remedy="see the schema")
    return body


class _AmbiguousError(ValueError):
    """JSON that one reads in this way and another one in that."""


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _AmbiguousError("has a member twice")
    return members


def _no_number(word: str) -> object:
    raise _AmbiguousError(f"has {word}, which is no number")


def _text(body: Mapping[str, object], name: str) -> str:
    value = body.get(name, "")
    if isinstance(value, str):
        try:
            value.encode("utf-8")  # a lone surrogate is no text
        except UnicodeEncodeError:
            pass
        else:
            return value
    raise MalformedRequestError(f'"{name}" is no text', remedy="write it in quotes")


def _time(body: Mapping[str, object]) -> datetime | None:
    text = _text(body, "expires")
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise MalformedRequestError(
        '"expires" is no instant', remedy='write it as "2026-03-01T12:00:00Z"'
    )
