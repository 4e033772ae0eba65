import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.access import (
    ActionResult,
    AttributeDescriptor,
    AttributeWithSelection,
    DataAccessResult,
    LongInvokeIdAndPriority,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.apdu.access_service import (
    NULL_DATA,
    AccessAction,
    AccessGet,
    AccessRequest,
    AccessResponse,
    AccessSet,
    Result,
    Service,
    Specification,
    decode_access_request,
    decode_access_response,
    encode_access_request,
    encode_access_response,
)
from dcud.dlms.data import encode_data, unsigned
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.obis import Obis
from tests.support.access_messages import REQUESTS, RESPONSES
from tests.support.apdus import attributes, long_invokes, methods, parameters, selections

CLOCK = AttributeWithSelection(attribute=AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2))
RESET = MethodDescriptor(7, Obis.parse("1.0.99.1.0.255"), 1)
ONE = LongInvokeIdAndPriority(invoke_id=1)


def index(specification: Specification) -> tuple[int, int, str, int]:
    match specification:
        case AccessAction(method=method):
            return Service.ACTION, method.class_id, str(method.logical_name), method.method
        case AccessGet(target=target) | AccessSet(target=target):
            choice = Service.GET if isinstance(specification, AccessGet) else Service.SET
            choice_of_part = choice + 3 * (target.selection is not None)
            attribute = target.attribute
            name = str(attribute.logical_name)
            return choice_of_part, attribute.class_id, name, attribute.attribute


def test_the_example_of_the_green_book() -> None:
    # Green Book ACCESS example as used in youserj/COSEMpdu tests
    octets = bytes.fromhex(
        "d94000000000040100010000600100ff020100080000010000ff0202001400000d0000ff07"
        "02001400000d0000ff0804000001040203090100090cffffffffffffff00000000000901ff"
        "0203090101090cffffffffffffff00000000000901ff0203090102090cffffffffffffff00"
        "000000000901ff0203090103090cffffffffffffff00000000000901ff0104020809010011"
        "ff11ff11ff11ff11ff11ff11ff02080901011102110111011101110111011101020809010211"
        "ff11ff11ff11ff11ff11ff11ff02080901031101110211021102110211021102"
    )
    request = decode_access_request(octets)
    assert request.invoke == LongInvokeIdAndPriority(invoke_id=0)
    assert [index(each) for each in request.specifications] == [
        (Service.GET, 1, "0.0.96.1.0.255", 2),
        (Service.GET, 8, "0.0.1.0.0.255", 2),
        (Service.SET, 20, "0.0.13.0.0.255", 7),
        (Service.SET, 20, "0.0.13.0.0.255", 8),
    ]
    assert request.data[:2] == (NULL_DATA, NULL_DATA)
    assert encode_access_request(request) == octets


@pytest.mark.parametrize(("octets", "asked"), REQUESTS)
def test_requests_of_real_meters(octets: str, asked: list[tuple[int, int, str, int]]) -> None:
    request = decode_access_request(bytes.fromhex(octets))
    assert request.invoke.break_on_error
    assert not request.invoke.confirmed
    assert [index(each) for each in request.specifications] == asked
    assert encode_access_request(request).hex() == octets


@pytest.mark.parametrize(("octets", "results"), RESPONSES)
def test_responses_of_real_meters(octets: str, results: list[tuple[int, int]]) -> None:
    response = decode_access_response(bytes.fromhex(octets))
    assert response.specifications is None
    assert [(int(service), int(code)) for service, code in response.results] == results
    assert encode_access_response(response).hex() == octets


def test_a_value_that_was_read() -> None:
    # GBCS RTDS 4.5.0 test set in SmartDCCInnovation/gbcs-parser, ECS52_11.2
    response = decode_access_response(bytes.fromhex("da200003e800000109040123abcd010100"))
    assert response.data == (bytes.fromhex("09040123abcd"),)
    assert response.results == ((Service.GET, DataAccessResult.SUCCESS),)


def test_an_answer_that_repeats_what_was_asked() -> None:
    response = AccessResponse(
        invoke=LongInvokeIdAndPriority(invoke_id=0x010203, self_descriptive=True),
        date_time=bytes(range(12)),
        specifications=(AccessGet(CLOCK), AccessAction(RESET)),
        data=(b"\x11\x07", NULL_DATA),
        results=(
            (Service.GET, DataAccessResult.SUCCESS),
            (Service.ACTION, ActionResult.HARDWARE_FAULT),
        ),
    )
    octets = (
        "da50010203" + "0c000102030405060708090a0b"
        "01" + "02" + "0100080000010000ff02" + "0300070100630100ff01"
        "02" + "1107" + "00" + "02" + "0100" + "0301"
    )
    assert encode_access_response(response).hex() == octets
    assert decode_access_response(bytes.fromhex(octets)) == response


def test_a_selection_stands_without_a_sign_that_it_is_there() -> None:
    request = AccessRequest(
        invoke=LongInvokeIdAndPriority(invoke_id=1, high_priority=True),
        specifications=(
            AccessGet(
                AttributeWithSelection(
                    attribute=CLOCK.attribute, selection=Selection(2, unsigned(7))
                )
            ),
        ),
        data=(NULL_DATA,),
    )
    octets = "d9c000000100" + "01" + "0400080000010000ff02" + "02" + "1107" + "01" + "00"
    assert encode_access_request(request).hex() == octets
    assert decode_access_request(bytes.fromhex(octets)) == request


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("da", "tag DA stands where access-request"),
        ("d900000001010000", "a date-time of 1 octets"),
        ("d9000000010001060008", "specification of the unknown kind 6"),
        ("d90000000100000100", "1 values for 0 specifications"),
        ("d900000001000000ff", "1 octets too many"),
    ],
)
def test_malformed_requests_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_access_request(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("d9", "tag D9 stands where access-response"),
        ("da0000000100000100010400", "result of the unknown kind 4"),
        ("da0000000100000000ff", "1 octets too many"),
        ("da00000001000000010100", "0 values for 1 specifications"),
    ],
)
def test_malformed_responses_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        decode_access_response(bytes.fromhex(octets))


def test_what_could_not_be_told_apart_is_never_said() -> None:
    with pytest.raises(EncodeError, match="0 values for 1 specifications"):
        AccessRequest(invoke=ONE, specifications=(AccessGet(CLOCK),), data=())
    with pytest.raises(EncodeError, match="12 octets or none"):
        AccessRequest(invoke=ONE, date_time=b"\x01", specifications=(), data=())
    with pytest.raises(EncodeError, match="1 values for 0 specifications"):
        AccessResponse(invoke=ONE, data=(NULL_DATA,), results=())


def test_no_repr_shows_a_value() -> None:
    request = AccessRequest(invoke=ONE, specifications=(AccessSet(CLOCK),), data=(b"password",))
    response = AccessResponse(
        invoke=ONE, data=(b"password",), results=((Service.GET, DataAccessResult.SUCCESS),)
    )
    assert "password" not in repr(request) + repr(response)


date_times = st.just(b"") | st.binary(min_size=12, max_size=12)
data = parameters.map(encode_data)
targets = st.builds(AttributeWithSelection, attribute=attributes, selection=selections)
specifications: st.SearchStrategy[Specification] = (
    targets.map(AccessGet) | targets.map(AccessSet) | methods.map(AccessAction)
)
codes = st.integers(0, 0xFF)
results: st.SearchStrategy[Result] = st.tuples(
    st.sampled_from((Service.GET, Service.SET)), codes.map(DataAccessResult)
) | st.tuples(st.just(Service.ACTION), codes.map(ActionResult))


@given(long_invokes, date_times, st.lists(st.tuples(specifications, data), max_size=5))
def test_decoding_a_request_gives_it_back(
    invoke: LongInvokeIdAndPriority, date_time: bytes, asked: list[tuple[Specification, bytes]]
) -> None:
    request = AccessRequest(
        invoke=invoke,
        date_time=date_time,
        specifications=tuple(each for each, _ in asked),
        data=tuple(each for _, each in asked),
    )
    assert decode_access_request(encode_access_request(request)) == request


@given(
    long_invokes,
    date_times,
    st.none() | st.lists(specifications, max_size=3).map(tuple),
    st.lists(st.tuples(results, data), max_size=5),
)
def test_decoding_a_response_gives_it_back(
    invoke: LongInvokeIdAndPriority,
    date_time: bytes,
    repeated: tuple[Specification, ...] | None,
    answered: list[tuple[Result, bytes]],
) -> None:
    response = AccessResponse(
        invoke=invoke,
        date_time=date_time,
        specifications=repeated,
        data=tuple(each for _, each in answered),
        results=tuple(each for each, _ in answered),
    )
    assert decode_access_response(encode_access_response(response)) == response


@given(st.binary(max_size=60), st.sampled_from(["d9", "da", "da0000000000", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    for decode in (decode_access_request, decode_access_response):
        try:
            decode(bytes.fromhex(tag) + octets)
        except DecodeError as error:
            assert error.message  # noqa: PT017  # whatever else is raised fails the test
