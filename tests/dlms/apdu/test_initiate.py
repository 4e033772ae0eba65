import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.initiate import SHORT_NAMES_VAA, InitiateRequest, InitiateResponse
from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.secret import Secret
from tests.support.apdus import octets_8, octets_16, signed_8

conformances = st.integers(0, 0xFFFFFF).map(Conformance)

REQUESTS = [
    # Green Book, as in the tests of u9n/dlms-cosem
    (
        "01000000065f1f0400007e1f04b0",
        InitiateRequest(
            proposed_conformance=Conformance(0x007E1F), client_max_receive_pdu_size=1200
        ),
    ),
    # Green Book, with a dedicated key, as in the tests of jdlms
    (
        "01011000112233445566778899aabbccddeeff0000065f1f0400007e1f04b0",
        InitiateRequest(
            proposed_conformance=Conformance(0x007E1F),
            client_max_receive_pdu_size=1200,
            dedicated_key=Secret(bytes.fromhex("00112233445566778899aabbccddeeff")),
        ),
    ),
    (
        "0100010001fe055f1f0400fa00000000",
        InitiateRequest(
            proposed_conformance=Conformance(0xFA0000),
            client_max_receive_pdu_size=0,
            response_allowed=False,
            proposed_quality_of_service=-2,
            proposed_dlms_version=5,
        ),
    ),
]
RESPONSES = [
    (
        "0800065f1f040000501f01f40007",
        InitiateResponse(
            negotiated_conformance=Conformance(0x00501F), server_max_receive_pdu_size=500
        ),
    ),
    (
        "080105065f1f04001c03200100fa00",
        InitiateResponse(
            negotiated_conformance=Conformance(0x1C0320),
            server_max_receive_pdu_size=256,
            vaa_name=SHORT_NAMES_VAA,
            negotiated_quality_of_service=5,
        ),
    ),
]


@pytest.mark.parametrize(("octets", "initiate"), REQUESTS)
def test_known_requests(octets: str, initiate: InitiateRequest) -> None:
    assert initiate.encode().hex() == octets
    assert InitiateRequest.decode(bytes.fromhex(octets)) == initiate


@pytest.mark.parametrize(("octets", "initiate"), RESPONSES)
def test_known_responses(octets: str, initiate: InitiateResponse) -> None:
    assert initiate.encode().hex() == octets
    assert InitiateResponse.decode(bytes.fromhex(octets)) == initiate


def test_a_response_that_is_expressly_allowed() -> None:
    octets = bytes.fromhex("0100010100065f1f0400007e1f04b0")
    assert InitiateRequest.decode(octets) == REQUESTS[0][1]


@pytest.mark.parametrize(
    "octets",
    ["", "08", "0101200011", "01000000065f1f0400007e1f04", "01000000065f1f0400007e1f04b000"],
)
def test_broken_requests(octets: str) -> None:
    with pytest.raises(DecodeError):
        InitiateRequest.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        ("", "1 octet wanted"),
        ("0e010601", r"0E stands where InitiateResponse \(08\)"),
        ("0800065f1f040000501f01f400", "2 octets wanted"),
        ("0800065f1f040000501f01f4000700", "too many"),
    ],
)
def test_broken_responses(octets: str, complaint: str) -> None:
    with pytest.raises(DecodeError, match=complaint):
        InitiateResponse.decode(bytes.fromhex(octets))


def test_what_does_not_fit() -> None:
    with pytest.raises(EncodeError):
        InitiateRequest(proposed_conformance=Conformance.GET, client_max_receive_pdu_size=65536)
    with pytest.raises(EncodeError):
        InitiateResponse(negotiated_conformance=Conformance.GET, server_max_receive_pdu_size=-1)


def test_a_dedicated_key_does_not_show() -> None:
    assert "112233" not in repr(REQUESTS[1][1]).replace(r"\x", "")


@given(
    st.builds(
        InitiateRequest,
        proposed_conformance=conformances,
        client_max_receive_pdu_size=octets_16,
        dedicated_key=st.none() | st.binary(max_size=200).map(Secret),
        response_allowed=st.booleans(),
        proposed_quality_of_service=st.none() | signed_8,
        proposed_dlms_version=octets_8,
    )
)
def test_each_request_comes_back(initiate: InitiateRequest) -> None:
    assert InitiateRequest.decode(initiate.encode()) == initiate


@given(
    st.builds(
        InitiateResponse,
        negotiated_conformance=conformances,
        server_max_receive_pdu_size=octets_16,
        vaa_name=octets_16,
        negotiated_quality_of_service=st.none() | signed_8,
        negotiated_dlms_version=octets_8,
    )
)
def test_each_response_comes_back(initiate: InitiateResponse) -> None:
    assert InitiateResponse.decode(initiate.encode()) == initiate


@given(st.sampled_from([b"\x01", b"\x08"]), st.binary(max_size=40))
def test_any_octets_give_a_value_or_a_typed_error(tag: bytes, rest: bytes) -> None:
    decode = InitiateRequest.decode if tag == b"\x01" else InitiateResponse.decode
    try:
        initiate = decode(tag + rest)
    except DecodeError:
        return
    assert type(initiate).decode(initiate.encode()) == initiate
