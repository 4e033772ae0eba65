import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.profile_generic import (
    CLOCK_TIME,
    CaptureObject,
    NoTimeColumnError,
    SortMethod,
    capture_objects_data,
    parse_capture_objects,
    restricting_object,
    time_column,
)
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import (
    Data,
    array,
    decode_data,
    encode_data,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

# Attribute 3 of 7/0.0.98.1.1.255 of a real meter, as its nine blocks of a GET put together:
# wireshark-dlms sample.pcap.
BILLING_PROFILE = bytes.fromhex(
    "013c"
    "020412000809060000010000ff0f02120000"
    "020412000309060100010800ff0f02120000"
    "020412000309060100010801ff0f02120000"
    "020412000309060100010802ff0f02120000"
    "020412000309060100010803ff0f02120000"
    "020412000309060100010804ff0f02120000"
    "020412000309060100010805ff0f02120000"
    "020412000309060100010806ff0f02120000"
    "02041200030906010001080aff0f02120000"
    "020412000309060100020800ff0f02120000"
    "020412000309060100020801ff0f02120000"
    "020412000309060100020802ff0f02120000"
    "020412000309060100020803ff0f02120000"
    "020412000309060100020804ff0f02120000"
    "020412000309060100020805ff0f02120000"
    "020412000309060100020806ff0f02120000"
    "02041200030906010002080aff0f02120000"
    "020412000309060100050800ff0f02120000"
    "020412000309060100050801ff0f02120000"
    "020412000309060100050802ff0f02120000"
    "020412000309060100050803ff0f02120000"
    "020412000309060100050804ff0f02120000"
    "020412000309060100050805ff0f02120000"
    "020412000309060100050806ff0f02120000"
    "02041200030906010005080aff0f02120000"
    "020412000309060100060800ff0f02120000"
    "020412000309060100060801ff0f02120000"
    "020412000309060100060802ff0f02120000"
    "020412000309060100060803ff0f02120000"
    "020412000309060100060804ff0f02120000"
    "020412000309060100060805ff0f02120000"
    "020412000309060100060806ff0f02120000"
    "02041200030906010006080aff0f02120000"
    "020412000309060100070800ff0f02120000"
    "020412000309060100070801ff0f02120000"
    "020412000309060100070802ff0f02120000"
    "020412000309060100070803ff0f02120000"
    "020412000309060100070804ff0f02120000"
    "020412000309060100070805ff0f02120000"
    "020412000309060100070806ff0f02120000"
    "02041200030906010007080aff0f02120000"
    "020412000309060100080800ff0f02120000"
    "020412000309060100080801ff0f02120000"
    "020412000309060100080802ff0f02120000"
    "020412000309060100080803ff0f02120000"
    "020412000309060100080804ff0f02120000"
    "0204120003090600015e233eff0f02120000"
    "0204120003090600015e233fff0f02120000"
    "02041200030906010008080aff0f02120000"
    "020412000409060100010601ff0f02120000"
    "020412000409060100010601ff0f05120000"
    "020412000409060100010602ff0f02120000"
    "020412000409060100010602ff0f05120000"
    "020412000409060100010603ff0f02120000"
    "020412000409060100010603ff0f05120000"
    "020412000409060100010604ff0f02120000"
    "020412000409060100010604ff0f05120000"
    "020412000409060100010605ff0f02120000"
    "020412000409060100010605ff0f05120000"
    "020412000409060100010606ff0f02120000"
)


def column(class_id: int, code: str, attribute: int = 2, data_index: int = 0) -> CaptureObject:
    return CaptureObject(
        class_id=class_id,
        logical_name=Obis.parse(code),
        attribute=attribute,
        data_index=data_index,
    )


capture_objects = st.builds(
    CaptureObject,
    class_id=st.integers(0, 65535),
    logical_name=st.binary(min_size=6, max_size=6).map(Obis),
    attribute=st.integers(-128, 127),
    data_index=st.integers(0, 65535),
)


def test_the_capture_objects_of_a_real_billing_profile() -> None:
    columns = parse_capture_objects(decode_data(Cursor(BILLING_PROFILE)))
    assert len(columns) == 60
    assert columns[0] == CLOCK_TIME
    assert columns[1] == column(3, "1.0.1.8.0.255")
    assert columns[46] == column(3, "0.1.94.35.62.255")
    assert columns[50] == column(4, "1.0.1.6.1.255", attribute=5)
    assert columns[59] == column(4, "1.0.1.6.6.255")
    assert time_column(columns) == 0
    assert encode_data(capture_objects_data(columns)) == BILLING_PROFILE


@given(st.lists(capture_objects, max_size=20))
def test_capture_objects_survive_their_encoding(columns: list[CaptureObject]) -> None:
    octets = encode_data(capture_objects_data(columns))
    assert parse_capture_objects(decode_data(Cursor(octets))) == tuple(columns)


@given(any_data())
def test_any_data_is_capture_objects_or_a_decode_error(data: Data) -> None:
    for parse in (parse_capture_objects, CaptureObject.from_data, SortMethod.from_data):
        try:
            parse(data)
        except DecodeError:
            continue


@pytest.mark.parametrize(
    "data",
    [
        null_data(),
        structure(()),
        structure((long_unsigned(8), octet_string(bytes(5)), integer(2), long_unsigned(0))),
        structure((unsigned(8), octet_string(bytes(6)), integer(2), long_unsigned(0))),
    ],
)
def test_what_is_no_capture_object_is_a_decode_error(data: Data) -> None:
    with pytest.raises(DecodeError):
        CaptureObject.from_data(data)
    with pytest.raises(DecodeError):
        parse_capture_objects(array((data,)))


def test_a_column_names_the_attribute_that_it_captures() -> None:
    assert column(4, "1.0.1.6.1.255", 5).descriptor == AttributeDescriptor(
        4, Obis.parse("1.0.1.6.1.255"), 5
    )


@pytest.mark.parametrize(
    ("captured", "is_time"),
    [
        (column(8, "0.0.1.0.0.255"), True),
        (column(8, "0.1.1.0.3.255"), True),
        (column(8, "0.0.1.0.0.255", attribute=4), False),
        (column(1, "0.0.1.1.0.255"), True),
        (column(3, "0.0.1.1.0.255"), True),
        (column(1, "0.0.1.2.0.255"), True),
        (column(1, "1.0.1.1.0.255"), False),
        (column(3, "1.0.1.8.0.255"), False),
        (column(4, "0.0.1.1.0.255"), False),
        (column(4, "1.0.1.6.0.255", attribute=5), False),
    ],
)
def test_clocks_are_known_by_class_or_name(captured: CaptureObject, is_time: bool) -> None:  # noqa: FBT001  # drawn
    assert captured.is_time is is_time


ENERGY = column(3, "1.0.1.8.0.255")
LOCAL_CLOCK = column(8, "0.1.1.0.0.255")


def test_the_clock_is_found_wherever_it_stands() -> None:
    assert time_column((ENERGY, ENERGY, CLOCK_TIME, LOCAL_CLOCK)) == 2
    assert time_column((ENERGY,)) is None
    assert restricting_object((ENERGY, CLOCK_TIME)) == CLOCK_TIME


def test_the_sort_object_decides_between_two_clocks() -> None:
    columns = (CLOCK_TIME, ENERGY, LOCAL_CLOCK)
    assert restricting_object(columns, LOCAL_CLOCK) == LOCAL_CLOCK
    assert restricting_object(columns, CLOCK_TIME) == CLOCK_TIME


@pytest.mark.parametrize(
    "sort_object",
    [None, ENERGY, column(0, "0.0.0.0.0.0", 0), column(8, "0.9.1.0.0.255")],
)
def test_a_sort_object_that_is_no_clock_of_the_profile_leaves_the_first_clock(
    sort_object: CaptureObject | None,
) -> None:
    assert restricting_object((ENERGY, CLOCK_TIME, LOCAL_CLOCK), sort_object) == CLOCK_TIME


def test_the_column_is_given_as_the_profile_captures_it() -> None:
    captured = column(8, "0.0.1.0.0.255", data_index=0)
    asked = column(8, "0.0.1.0.0.255", data_index=1)
    assert restricting_object((captured,), asked) is captured


def test_a_profile_without_a_clock_cannot_be_read_by_time() -> None:
    with pytest.raises(NoTimeColumnError, match="by entry") as caught:
        restricting_object((ENERGY,), ENERGY)
    assert caught.value.code == "no_time_column"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "FIFO"),
        (2, "LIFO"),
        (3, "LARGEST"),
        (4, "SMALLEST"),
        (5, "NEAREST_TO_ZERO"),
        (6, "FAREST_FROM_ZERO"),
        (77, "SORT_METHOD_77"),
    ],
)
def test_sort_methods_have_names_and_unknown_ones_keep_their_number(number: int, name: str) -> None:
    method = SortMethod.from_data(enum(number))
    assert (method, method.name) == (number, name)


@pytest.mark.parametrize("number", [-1, 256, "fifo"])
def test_no_octet_is_no_sort_method(number: object) -> None:
    with pytest.raises(ValueError, match="not a valid SortMethod"):
        SortMethod(number)  # type: ignore[arg-type]  # the fault itself
