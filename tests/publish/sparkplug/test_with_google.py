import struct
from typing import Any, Final

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
from tests.support.google_sparkplug import google_decoded, google_payload

_CASES: Final = [
    (DataType.INT8, -3, "int_value", 2**32 - 3),
    (DataType.INT32, -(2**31), "int_value", 2**31),
    (DataType.INT64, -1, "long_value", 2**64 - 1),
    (DataType.UINT32, 2**32 - 1, "int_value", 2**32 - 1),
    (DataType.UINT64, 2**64 - 1, "long_value", 2**64 - 1),
    (DataType.FLOAT, 0.25, "float_value", 0.25),
    (DataType.DOUBLE, 1234567.89, "double_value", 1234567.89),
    (DataType.BOOLEAN, False, "boolean_value", False),
    (DataType.BOOLEAN, True, "boolean_value", True),
    (DataType.STRING, "", "string_value", ""),
    (DataType.TEXT, "Zähler Ω", "string_value", "Zähler Ω"),
    (DataType.DATE_TIME, 1772366400000, "long_value", 1772366400000),
    (DataType.BYTES, b"\x00\xff", "bytes_value", b"\x00\xff"),
]


@pytest.mark.parametrize(("data_type", "value", "field", "seen"), _CASES)
def test_google_reads_each_value_as_it_was_meant(
    data_type: DataType, value: Scalar, field: str, seen: Any
) -> None:
    metric = Metric(name="m", alias=9, timestamp=1000, data_type=data_type, value=value)
    (read,) = google_decoded(encode(Payload(metrics=(metric,)))).metrics
    assert read.WhichOneof("value") == field
    assert getattr(read, field) == seen
    assert (read.name, read.alias, read.timestamp) == ("m", 9, 1000)
    assert read.datatype == data_type
    assert not read.HasField("is_null")
    assert not read.HasField("is_historical")


@pytest.mark.parametrize(("data_type", "value", "field", "seen"), _CASES)
def test_what_google_writes_is_read_as_it_was_meant(
    data_type: DataType, value: Scalar, field: str, seen: Any
) -> None:
    payload = google_payload()
    metric = payload.metrics.add(name="m", datatype=data_type)
    setattr(metric, field, seen)
    (read,) = decode(payload.SerializeToString()).metrics
    assert read == Metric(name="m", data_type=data_type, value=value)


def test_google_reads_nulls_history_and_properties() -> None:
    properties = (
        Property("Quality", DataType.INT32, Quality.STALE),
        Property("engUnit", DataType.STRING, "Wh"),
        Property("none", DataType.DOUBLE, None),
    )
    metric = Metric(data_type=DataType.DOUBLE, is_historical=True, properties=properties)
    read = google_decoded(encode(Payload(metrics=(metric,), timestamp=5, seq=255)))
    assert (read.timestamp, read.seq) == (5, 255)
    (null,) = read.metrics
    assert null.is_null
    assert null.is_historical
    assert null.WhichOneof("value") is None
    assert not null.HasField("name")
    assert not null.HasField("alias")
    assert list(null.properties.keys) == ["Quality", "engUnit", "none"]
    quality, unit, none = null.properties.values
    assert (quality.type, quality.WhichOneof("value"), quality.int_value) == (3, "int_value", 500)
    assert (unit.type, unit.string_value) == (12, "Wh")
    assert (none.type, none.is_null, none.WhichOneof("value")) == (10, True, None)


def test_what_we_write_is_what_google_writes() -> None:
    payload = google_payload()
    payload.timestamp, payload.seq = 1772366400000, 7
    metric = payload.metrics.add(alias=300, timestamp=5, datatype=DataType.DOUBLE)
    metric.properties.keys.append("Quality")
    metric.properties.values.add(type=DataType.INT32, int_value=192)
    metric.double_value = 2.5
    ours = Payload(
        timestamp=1772366400000,
        seq=7,
        metrics=(
            Metric(
                alias=300,
                timestamp=5,
                data_type=DataType.DOUBLE,
                properties=(Property("Quality", DataType.INT32, Quality.GOOD),),
                value=2.5,
            ),
        ),
    )
    assert payload.SerializeToString(deterministic=True) == encode(ours)


_READING: Final = encode(
    Payload(
        timestamp=5,
        seq=1,
        metrics=(
            Metric(name="a", alias=3, data_type=DataType.DOUBLE, value=1.5),
            Metric(
                name="b",
                is_historical=True,
                properties=(Property("k", DataType.STRING, "v"),),
                data_type=DataType.INT64,
                value=-1,
            ),
        ),
    )
)


@st.composite
def _nearly_a_reading(draw: st.DrawFn) -> bytes:
    octets = bytearray(_READING)
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(octets) - 1))
        octets[place : place + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(octets)


@given(st.binary(max_size=40) | _nearly_a_reading())
def test_what_we_take_google_takes_too(octets: bytes) -> None:
    try:
        ours = decode(octets)
    except SparkplugError:
        return
    theirs = google_decoded(octets)
    assert [metric.name for metric in ours.metrics] == [metric.name for metric in theirs.metrics]
    assert (ours.seq or 0) == theirs.seq
    assert (ours.timestamp or 0) == theirs.timestamp


@given(st.floats(allow_nan=False))
def test_doubles_are_the_same_to_the_last_bit(value: float) -> None:
    metric = Metric(data_type=DataType.DOUBLE, value=value)
    (read,) = google_decoded(encode(Payload(metrics=(metric,)))).metrics
    assert struct.pack("<d", read.double_value) == struct.pack("<d", value)
