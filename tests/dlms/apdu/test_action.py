import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import DataAccessResult, InvokeIdAndPriority
from dcud.dlms.apdu.action import (
    ActionRequest,
    ActionRequestNormal,
    ActionRequestWithFirstPblock,
    ActionRequestWithList,
    ActionRequestWithListAndFirstPblock,
    ActionRequestWithPblock,
    ActionResponse,
    ActionResponseNormal,
    ActionResponseWithList,
    ActionResponseWithPblock,
    ActionResult,
    MethodDescriptor,
    NextPblock,
    Pblock,
    decode_action_request,
    decode_action_response,
    encode_action_request,
    encode_action_response,
)
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import encode_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from tests.support.apdus import invokes, methods, octets_8, octets_32

C0 = InvokeIdAndPriority(invoke_id=0, high_priority=True)
C1 = InvokeIdAndPriority(invoke_id=1, high_priority=True)
REPLY_TO_HLS = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 1)
TOKEN = bytes.fromhex("09111000001A90E6D2221FA2FD85EED61ACC22")

REQUESTS: list[tuple[str, ActionRequest]] = [
    # the tests of u9n/dlms-cosem
    (
        "c301c0000f0000280000ff0101" + "09111000001a90e6d2221fa2fd85eed61acc22",
        ActionRequestNormal(invoke_id_and_priority=C0, method=REPLY_TO_HLS, parameter=TOKEN),
    ),
    # likewise
    (
        "c301c0000f0000280000ff0100",
        ActionRequestNormal(invoke_id_and_priority=C0, method=REPLY_TO_HLS),
    ),
    # the tests of Circutor/gosem
    (
        "c301c10046000060030aff01010f00",
        ActionRequestNormal(
            invoke_id_and_priority=C1,
            method=MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1),
            parameter=b"\x0f\x00",
        ),
    ),
    ("c302c100000007", NextPblock(invoke_id_and_priority=C1, block_number=7)),
    (
        "c304c1000f0000280000ff01" + "00" + "00000001" + "03" + "091110",
        ActionRequestWithFirstPblock(
            invoke_id_and_priority=C1,
            method=REPLY_TO_HLS,
            pblock=Pblock(last_block=False, block_number=1, octets=b"\x09\x11\x10"),
        ),
    ),
    (
        "c306c1" + "01" + "00000002" + "01" + "ab",
        ActionRequestWithPblock(
            invoke_id_and_priority=C1,
            pblock=Pblock(last_block=True, block_number=2, octets=b"\xab"),
        ),
    ),
]

RESPONSES: list[tuple[str, ActionResponse]] = [
    # the tests of u9n/dlms-cosem
    (
        "c701c00000",
        ActionResponseNormal(invoke_id_and_priority=C0, result=ActionResult.SUCCESS),
    ),
    # CoderXDlmsApduTest of Connexo, with the invoke id of its request
    (
        "c701c1" + "00" + "0100" + "0a03313233",
        ActionResponseNormal(
            invoke_id_and_priority=C1,
            result=ActionResult.SUCCESS,
            returned=b"\x0a\x03123",
        ),
    ),
    (
        "c701c1" + "fa" + "010103",
        ActionResponseNormal(
            invoke_id_and_priority=C1,
            result=ActionResult.OTHER_REASON,
            returned=DataAccessResult.READ_WRITE_DENIED,
        ),
    ),
    (
        "c702c1" + "00" + "00000001" + "02" + "0001",
        ActionResponseWithPblock(
            invoke_id_and_priority=C1,
            pblock=Pblock(last_block=False, block_number=1, octets=b"\x00\x01"),
        ),
    ),
    ("c704c100000001", NextPblock(invoke_id_and_priority=C1, block_number=1)),
]


@pytest.mark.parametrize(("octets", "request_"), REQUESTS)
def test_requests_are_these_octets(octets: str, request_: ActionRequest) -> None:
    assert encode_action_request(request_).hex() == octets
    assert decode_action_request(bytes.fromhex(octets)) == request_


@pytest.mark.parametrize(("octets", "response"), RESPONSES)
def test_responses_are_these_octets(octets: str, response: ActionResponse) -> None:
    assert encode_action_response(response).hex() == octets
    assert decode_action_response(bytes.fromhex(octets)) == response


def test_a_meter_that_leaves_out_that_data_follow_is_understood() -> None:
    # testKaifaMessages of jdlms
    octets = "c70101000911101a9190bc0a587217bcd2bcd4fddb7143"
    assert decode_action_response(bytes.fromhex(octets)) == ActionResponseNormal(
        invoke_id_and_priority=InvokeIdAndPriority(invoke_id=1, confirmed=False),
        result=ActionResult.SUCCESS,
        returned=bytes.fromhex("0911101a9190bc0a587217bcd2bcd4fddb7143"),
    )


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("c401c1", "tag C4 stands where action-request"),
        ("c309c1", "action-request of the unknown kind 9"),
        ("c301c1000f0000280000ff0102", "octet 02 stands where presence"),
        ("c302c10000000100", "1 octets too many"),
        ("c306c101000000020201", "announces 2, but 1"),
    ],
)
def test_malformed_requests_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_action_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("c301c1", "tag C3 stands where action-response"),
        ("c709c1", "action-response of the unknown kind 9"),
        ("c701c1000102", "a result of the unknown kind 2"),
        ("c701c100010103ff", "1 octets too many"),
        ("c701c1", "1 octet wanted"),
    ],
)
def test_malformed_responses_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_action_response(bytes.fromhex(octets))


def test_what_can_not_be_encoded_can_not_be_made() -> None:
    with pytest.raises(EncodeError):
        NextPblock(invoke_id_and_priority=C1, block_number=1 << 32)
    with pytest.raises(EncodeError):
        Pblock(last_block=True, block_number=-1, octets=b"")


pblocks = st.builds(
    Pblock, last_block=st.booleans(), block_number=octets_32, octets=st.binary(max_size=300)
)
nexts = st.builds(NextPblock, invoke_id_and_priority=invokes, block_number=octets_32)
data = st.binary(max_size=40).map(lambda octets: encode_data(octet_string(octets)))


def _listed(
    invoke: InvokeIdAndPriority, calls: list[tuple[MethodDescriptor, bytes]]
) -> ActionRequestWithList:
    return ActionRequestWithList(
        invoke_id_and_priority=invoke,
        methods=tuple([method for method, _ in calls]),
        parameters=tuple([parameter for _, parameter in calls]),
    )


requests = (
    st.builds(
        ActionRequestNormal,
        invoke_id_and_priority=invokes,
        method=methods,
        parameter=st.none() | st.binary(max_size=300),
    )
    | st.builds(
        ActionRequestWithFirstPblock, invoke_id_and_priority=invokes, method=methods, pblock=pblocks
    )
    | st.builds(ActionRequestWithPblock, invoke_id_and_priority=invokes, pblock=pblocks)
    | st.builds(_listed, invokes, st.lists(st.tuples(methods, data)))
    | st.builds(
        ActionRequestWithListAndFirstPblock,
        invoke_id_and_priority=invokes,
        methods=st.lists(methods).map(tuple),
        pblock=pblocks,
    )
    | nexts
)
responses = (
    st.builds(
        ActionResponseNormal,
        invoke_id_and_priority=invokes,
        result=octets_8.map(ActionResult),
        returned=st.none() | st.binary(max_size=300) | octets_8.map(DataAccessResult),
    )
    | st.builds(ActionResponseWithPblock, invoke_id_and_priority=invokes, pblock=pblocks)
    | st.builds(
        ActionResponseWithList,
        invoke_id_and_priority=invokes,
        outcomes=st.lists(
            st.tuples(octets_8.map(ActionResult), st.none() | data | octets_8.map(DataAccessResult))
        ).map(tuple),
    )
    | nexts
)


@given(requests)
def test_decoding_a_request_gives_it_back(request: ActionRequest) -> None:
    assert decode_action_request(encode_action_request(request)) == request


@given(responses)
def test_decoding_a_response_gives_it_back(response: ActionResponse) -> None:
    assert decode_action_response(encode_action_response(response)) == response


@given(st.binary(max_size=60), st.sampled_from(["c3", "c7", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    for decode in (decode_action_request, decode_action_response):
        try:
            decode(bytes.fromhex(tag) + octets)
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test


def test_no_repr_shows_a_parameter_or_a_part_of_one() -> None:
    invoke = InvokeIdAndPriority(invoke_id=1)
    method = MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2)
    block = Pblock(last_block=True, block_number=1, octets=b"password")
    for request in (
        ActionRequestNormal(invoke_id_and_priority=invoke, method=method, parameter=b"password"),
        ActionRequestWithFirstPblock(invoke_id_and_priority=invoke, method=method, pblock=block),
        ActionRequestWithPblock(invoke_id_and_priority=invoke, pblock=block),
    ):
        assert "password" not in repr(request)


def test_a_list_without_a_parameter_for_each_is_refused() -> None:
    with pytest.raises(EncodeError):
        ActionRequestWithList(
            invoke_id_and_priority=InvokeIdAndPriority(invoke_id=1),
            methods=(MethodDescriptor(15, Obis.parse("0.0.40.0.0.255"), 2),),
            parameters=(),
        )
    with pytest.raises(DecodeError, match="0 parameters for 1 methods"):
        decode_action_request(bytes.fromhex("c30341" + "01" + "000f0000280000ff02" + "00"))


@pytest.mark.parametrize("outcome", ["0002", "000102"])
def test_outcomes_of_a_list_of_unknown_kinds(outcome: str) -> None:
    with pytest.raises(DecodeError):
        decode_action_response(bytes.fromhex("c70341" + "01" + outcome))
