import pytest

from dcud.trace import initiate
from dcud.trace.apdu import Dissected, dissect
from dcud.trace.layout import Part
from tests.support.trees import field, fields


def read(part: Part, octets: str) -> Dissected:
    return dissect("part", bytes.fromhex(octets), part)


def test_a_request() -> None:
    told = read(initiate.INITIATE_REQUEST, "000000065F1F0400007E1F04B0")
    assert told.words == "conformance 007E1F max PDU 1200"
    assert field(told, "conformance").meaning == (
        "priority-mgmt-supported, attribute0-supported-with-get, block-transfer-with-get-or-read, "
        "block-transfer-with-set-or-write, block-transfer-with-action, multiple-references, get, "
        "set, selective-access, event-notification, action"
    )
    assert not told.has_trouble


def test_a_request_with_everything() -> None:
    told = read(
        initiate.INITIATE_REQUEST,
        "0102ABCD0100010506 5F04007E1F 000000".replace(
            " 5F04007E1F 000000", "5F040000 7E1F0000"
        ).replace(" ", ""),
    )
    assert ("dedicated-key", "ABCD", "a key") in fields(told)
    assert ("response-allowed", 0, "false") in fields(told)
    assert ("quality-of-service", 5, "") in fields(told)
    assert field(told, "client-max-receive-pdu-size").meaning == "any"
    assert told.words == "conformance 007E1F max PDU any"


def test_a_response() -> None:
    told = read(initiate.INITIATE_RESPONSE, "00065F1F040000501F01F40007")
    assert told.words == "conformance 00501F max PDU 500"
    assert ("vaa-name", 7, "logical names") in fields(told)


def test_errors() -> None:
    told = read(initiate.CONFIRMED_SERVICE_ERROR, "010601")
    assert told.words == "initiate error, initiate: dlms-version-too-low"
    assert [each[:2] for each in fields(told)] == [("service", 1), ("error-class", 6), ("value", 1)]


@pytest.mark.parametrize(
    ("octets", "words", "last"),
    [
        ("0102", "service-not-allowed, service-not-supported", "service-error"),
        ("020600000007", "service-unknown, invocation-counter-error", "invocation-counter"),
    ],
)
def test_exceptions(octets: str, words: str, last: str) -> None:
    told = read(initiate.EXCEPTION_RESPONSE, octets)
    assert told.words == words
    assert fields(told)[-1][0] == last


@pytest.mark.parametrize(
    "part",
    [initiate.CONFIRMED_SERVICE_ERROR, initiate.EXCEPTION_RESPONSE, initiate.INITIATE_REQUEST],
)
def test_what_is_cut_off(part: Part) -> None:
    assert read(part, "").has_trouble
