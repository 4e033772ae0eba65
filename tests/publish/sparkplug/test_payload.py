from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.publish.sparkplug.errors import SparkplugError
from dcud.publish.sparkplug.payload import (
    DataType,
    Metric,
    Payload,
    Property,
    Quality,
    Scalar,
    decode,
    encode,
)

_TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_COUNTS: Final = st.integers(0, 2**64 - 1)

_VALUES: Final[dict[DataType, st.SearchStrategy[Scalar | None]]] = {
    DataType.INT8: st.integers(-128, 127),
    DataType.INT16: st.integers(-(2**15), 2**15 - 1),
    DataType.INT32: st.integers(-(2**31), 2**31 - 1),
    DataType.INT64: st.integers(-(2**63), 2**63 - 1),
    DataType.UINT8: st.integers(0, 255),
    DataType.UINT16: st.integers(0, 2**16 - 1),
    DataType.UINT32: st.integers(0, 2**32 - 1),
    DataType.UINT64: _COUNTS,
    DataType.DATE_TIME: _COUNTS,
    DataType.FLOAT: st.floats(width=32, allow_nan=False),
    DataType.DOUBLE: st.floats(allow_nan=False),
    DataType.BOOLEAN: st.booleans(),
    DataType.STRING: _TEXTS,
    DataType.TEXT: _TEXTS,
    DataType.UUID: st.uuids().map(str),
    DataType.BYTES: st.binary(max_size=20),
    DataType.UNKNOWN: st.none(),
}


@st.composite
def _typed(draw: st.DrawFn, data_types: list[DataType]) -> tuple[DataType, Scalar | None]:
    data_type = draw(st.sampled_from(data_types))
    return data_type, draw(st.none() | _VALUES[data_type])


@st.composite
def _properties(draw: st.DrawFn) -> Property:
    data_type, value = draw(_typed([each for each in _VALUES if each is not DataType.BYTES]))
    return Property(draw(_TEXTS), data_type, value)


@st.composite
def _metrics(draw: st.DrawFn) -> Metric:
    data_type, value = draw(_typed(list(_VALUES)))
    return Metric(
        name=draw(_TEXTS),
        alias=draw(st.none() | _COUNTS),
        timestamp=draw(st.none() | _COUNTS),
        data_type=data_type,
        is_historical=draw(st.booleans()),
        properties=tuple(draw(st.lists(_properties(), max_size=3))),
        value=value,
    )


_PAYLOADS: Final = st.builds(
    Payload,
    metrics=st.lists(_metrics(), max_size=4).map(tuple),
    timestamp=st.none() | _COUNTS,
    seq=st.none() | st.integers(0, 255),
)


def _metric(octets: str) -> Metric:
    """Return the one metric of these octets."""
    inner = bytes.fromhex(octets)
    (metric,) = decode(b"\x12" + bytes([len(inner)]) + inner).metrics
    return metric


def test_a_death_is_this() -> None:
    death = Payload(
        timestamp=1486144502122,
        metrics=(Metric(name="bdSeq", data_type=DataType.INT64, value=7),),
    )
    octets = bytes.fromhex(
        "08 EA F2 F5 A8 A0 2B"  # 1: 1486144502122
        "12 0B"  # 2: a metric of 11 octets
        "0A 05 62 64 53 65 71"  # 1: "bdSeq"
        "20 04"  # 4: Int64
        "58 07"  # 11: 7
    )
    assert encode(death) == octets
    assert decode(octets) == death


def test_a_reading_is_this() -> None:
    reading = Payload(
        metrics=(
            Metric(
                alias=3,
                timestamp=1000,
                data_type=DataType.DOUBLE,
                is_historical=True,
                properties=(Property("Quality", DataType.INT32, Quality.STALE),),
                value=1.5,
            ),
        ),
        seq=0,
    )
    octets = bytes.fromhex(
        "12 24"  # 2: a metric of 36 octets
        "10 03"  # 2: alias 3
        "18 E8 07"  # 3: 1000
        "20 0A"  # 4: Double
        "28 01"  # 5: historical
        "4A 10"  # 9: properties
        "0A 07 51 75 61 6C 69 74 79"  # 1: "Quality"
        "12 05 08 03 18 F4 03"  # 2: 1: Int32, 3: 500
        "69 00 00 00 00 00 00 F8 3F"  # 13: 1.5
        "18 00"  # 3: seq 0
    )
    assert encode(reading) == octets
    assert decode(octets) == reading


def test_what_is_missing_is_null() -> None:
    missing = Payload(metrics=(Metric(alias=1, data_type=DataType.STRING),))
    octets = bytes.fromhex("12 06 10 01 20 0C 38 01")
    assert encode(missing) == octets
    assert decode(octets) == missing


def test_a_null_property_has_its_type() -> None:
    metric = Metric(properties=(Property("k", DataType.STRING, None),))
    octets = bytes.fromhex("12 0D 38 01 4A 09 0A 01 6B 12 04 08 0C 10 01")
    assert encode(Payload(metrics=(metric,))) == octets


@pytest.mark.parametrize(
    ("data_type", "value", "octets"),
    [
        (DataType.INT8, -1, "50 FF FF FF FF 0F"),
        (DataType.INT32, -2, "50 FE FF FF FF 0F"),
        (DataType.INT64, -1, "58 FF FF FF FF FF FF FF FF FF 01"),
        (DataType.UINT8, 255, "50 FF 01"),
        (DataType.FLOAT, 0.5, "65 00 00 00 3F"),
        (DataType.BOOLEAN, False, "70 00"),
        (DataType.STRING, "Wh", "7A 02 57 68"),
        (DataType.BYTES, b"\x01", "82 01 01 01"),
    ],
)
def test_each_type_has_its_field(data_type: DataType, value: Scalar, octets: str) -> None:
    inner = bytes([0x20, data_type]) + bytes.fromhex(octets)
    payload = Payload(metrics=(Metric(data_type=data_type, value=value),))
    assert encode(payload) == b"\x12" + bytes([len(inner)]) + inner


def test_negative_integers_are_known_by_their_type_however_long_they_are() -> None:
    assert _metric("20 01 50 FF 01").value == -1
    assert _metric("20 01 50 FF FF FF FF 0F").value == -1
    assert _metric("20 05 50 FF 01").value == 255


def test_a_value_without_type_is_what_its_field_holds() -> None:
    assert _metric("70 01") == Metric(value=True)
    assert _metric("50 FF FF FF FF 0F").value == 2**32 - 1
    assert _metric("7A 01 61").value == "a"


def test_a_null_that_has_a_value_is_null() -> None:
    assert _metric("20 0B 38 01 70 01").value is None


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        ("20 10", "data type 16"),
        ("20 0B 50 01", "BOOLEAN is not told as INT"),
        ("20 0A 69", "8 octets are announced"),
        ("20 0A 6A 00", "should be fixed64"),
        ("20 0C 7A 01 FF", "no UTF-8"),
        ("4A 03 0A 01 61", "1 properties have 0 values"),
        ("0A 01 FF", "no UTF-8"),
    ],
)
def test_metrics_that_make_no_sense_are_refused(octets: str, words: str) -> None:
    with pytest.raises(SparkplugError, match=words):
        _metric(octets)


@pytest.mark.parametrize(
    "metric",
    [
        Metric(data_type=DataType.INT8, value=128),
        Metric(data_type=DataType.UINT32, value=-1),
        Metric(data_type=DataType.DOUBLE, value="1"),
        Metric(data_type=DataType.STRING, value=1),
        Metric(data_type=DataType.INT64, value="1"),
        Metric(data_type=DataType.UNKNOWN, value=1),
        Metric(properties=(Property("k", DataType.BYTES, b""),)),
    ],
)
def test_values_that_are_not_of_their_type_are_refused(metric: Metric) -> None:
    with pytest.raises(ValueError, match=r"no|fit"):
        encode(Payload(metrics=(metric,)))


@given(_PAYLOADS)
def test_payloads_come_back(payload: Payload) -> None:
    assert decode(encode(payload)) == payload


def _cut(whole: bytes) -> st.SearchStrategy[bytes]:
    """Return octets that nearly are a payload."""
    return st.tuples(st.integers(0, len(whole)), st.binary(max_size=2)).map(
        lambda cut: whole[: cut[0]] + cut[1] + whole[cut[0] + 1 :]
    )


@given(st.binary(max_size=60) | _PAYLOADS.map(encode).flatmap(_cut))
def test_any_octets_end_in_a_payload_or_a_typed_error(octets: bytes) -> None:
    try:
        payload = decode(octets)
    except SparkplugError:
        return
    for metric in payload.metrics:
        if metric.data_type is not DataType.UNKNOWN:
            again = Metric(data_type=metric.data_type, value=metric.value)
            assert encode(Payload(metrics=(again,)))  # so it is of its type, and fits
