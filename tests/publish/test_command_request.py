import base64
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dcud.publish.command_request import (
    LARGEST,
    MalformedRequestError,
    Request,
    Signature,
    parse_request,
)
from dcud.publish.schema import load_schema

_SCHEMA = Draft202012Validator(load_schema("command-1"))

SIGNED_TEXT = '{"id":"a","verb":"disconnect","meter":"m"}'


def octets(**members: object) -> bytes:
    return json.dumps({"id": "a", "verb": "read", **members}).encode()


def envelope(**members: object) -> bytes:
    signature = base64.b64encode(bytes(64)).decode()
    return json.dumps(
        {"request": SIGNED_TEXT, "key": "head-end", "signature": signature, **members}
    ).encode()


def test_a_request_says_all_of_this() -> None:
    message = octets(
        gateway="gw",
        meter="house-7",
        bus="b",
        expires="2026-03-01T13:00:00+01:00",
        parameters={"attributes": ["clock.time"]},
    )
    _SCHEMA.validate(json.loads(message))
    request = parse_request(message)
    assert request == Request(
        id="a",
        digest=request.digest,
        verb="read",
        gateway="gw",
        meter="house-7",
        bus="b",
        expires=datetime(2026, 3, 1, 12, tzinfo=UTC),
        parameters={"attributes": ["clock.time"]},
    )


def test_what_is_left_open_is_left_open() -> None:
    request = parse_request(octets())
    assert (request.gateway, request.meter, request.bus, request.expires) == ("", "", "", None)
    assert request.parameters == {}
    assert request.signature is None


def test_two_requests_are_one_only_if_their_octets_are() -> None:
    digests = {parse_request(octets(meter=meter)).digest for meter in ("m", "m", "n")}
    assert len(digests) == 2


def test_a_signature_is_over_the_text_as_it_stands() -> None:
    _SCHEMA.validate(json.loads(envelope()))
    request = parse_request(envelope())
    assert request.verb == "disconnect"
    assert request.signature == Signature(
        key="head-end", octets=bytes(64), signed=SIGNED_TEXT.encode()
    )


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[1]", "no object"),
        (b"[" * 50_000, "no JSON"),
        (b'{"id": ' + b"1" * 5000 + b"}", "no JSON"),
        (b'{"id":"a","id":"b","verb":"read"}', "twice"),
        (b'{"id":"a","verb":"read","parameters":{"x":NaN}}', "NaN"),
        (b" " * (LARGEST + 1), "octets"),
        (b'{"verb":"read"}', "no usable id"),
        (b'{"id":7,"verb":"read"}', '"id" is no text'),
        (octets(id="a b"), "no usable id"),
        (octets(id="a" * 65), "no usable id"),
        (octets(verb=""), "no verb"),
        (octets(verb=None), '"verb" is no text'),
        (octets(meters="m"), "'meters' means nothing"),
        (octets(meter="\ud800"), '"meter" is no text'),
        (octets(expires="tomorrow"), '"expires" is no instant'),
        (octets(expires="2026-03-01T12:00:00"), '"expires" is no instant'),
        (octets(expires="0001-01-01T00:00:00+10:00"), '"expires" is no instant'),
        (octets(parameters=[]), '"parameters" is no object'),
        (envelope(key=None), '"key" is no text'),
        (envelope(signature="!"), '"signature" is no signature'),
        (envelope(signature="AAAA"), '"signature" is no signature'),
        (envelope(signature="\u00e4"), '"signature" is no signature'),
        (envelope(request="{"), "request is no JSON"),
        (envelope(more=1), "nothing else"),
    ],
)
def test_what_is_no_request_is_told(message: bytes, words: str) -> None:
    with pytest.raises(MalformedRequestError, match=words):
        parse_request(message)


def test_the_id_of_a_request_with_a_fault_is_told() -> None:
    with pytest.raises(MalformedRequestError) as raised:
        parse_request(octets(id="mine", expires="soon"))
    assert raised.value.id == "mine"
    with pytest.raises(MalformedRequestError) as raised:
        parse_request(b"{}")
    assert raised.value.id == ""


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(st.text(), st.text()).map(
        lambda members: json.dumps({"id": "a", "verb": "read", **members}).encode()
    )
)
def test_any_octets_end_in_a_request_or_a_typed_error(message: bytes) -> None:
    with suppress(MalformedRequestError):
        assert parse_request(message).id
