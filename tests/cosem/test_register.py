import struct
from datetime import UTC, datetime
from decimal import Decimal, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.register import (
    DemandRegister,
    ExtendedRegister,
    NotNumericError,
    ScalerUnit,
    number,
    parse_demand_register,
    parse_extended_register,
    physical_value,
    scale,
    scale_number,
)
from dcud.dlms.data import (
    Data,
    DataType,
    bcd,
    boolean,
    decode_data,
    double_long,
    double_long_unsigned,
    encode_data,
    enum,
    float32,
    float64,
    integer,
    long64,
    long64_unsigned,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

HUNDREDTHS_OF_VOLTS = ScalerUnit(scaler=-2, unit=35)


def test_a_scaler_unit_is_a_power_of_ten_with_a_unit() -> None:
    # DlmsSPODES tests: structure {-2, enum 27}
    found = ScalerUnit.from_data(decode_data(Cursor(bytes.fromhex("02020ffe161b"))))
    assert found == ScalerUnit(scaler=-2, unit=27)
    assert found.symbol == "W"


@given(st.integers(-128, 127), st.integers(0, 255))
def test_scaler_units_survive_their_encoding(scaler: int, unit: int) -> None:
    given_one = ScalerUnit(scaler=scaler, unit=unit)
    octets = encode_data(given_one.to_data())
    assert ScalerUnit.from_data(decode_data(Cursor(octets))) == given_one


@pytest.mark.parametrize(
    "data",
    [
        null_data(),
        structure(()),
        structure((integer(0),)),
        structure((enum(0), enum(30))),
        structure((integer(0), integer(30))),
        structure((integer(0), enum(30), enum(30))),
    ],
)
def test_what_is_no_scaler_unit_is_a_decode_error(data: Data) -> None:
    with pytest.raises(DecodeError):
        ScalerUnit.from_data(data)


@pytest.mark.parametrize(
    ("raw", "scaler", "text"),
    [
        (double_long_unsigned(5009), -2, "50.09"),  # `06 00001391`
        (long_unsigned(2300), -1, "230.0"),
        (double_long_unsigned(12), 3, "1.2E+4"),
        (double_long(-1), 0, "-1"),
        (unsigned(0), -3, "0.000"),
        (long64(-(2**63)), -3, "-9223372036854775.808"),
        (long64_unsigned(2**64 - 1), -128, "1.8446744073709551615E-109"),
        (long64_unsigned(2**64 - 1), 127, "1.8446744073709551615E+146"),
        (bcd(0x42), -1, "4.2"),
        (float32(0.1), 0, "0.1"),
        (float32(230.4), -1, "23.04"),
        (float64(0.1), 0, "0.1"),
        (float64(1e300), 1, "1E+301"),
    ],
)
def test_values_are_scaled_to_exact_decimals(raw: Data, scaler: int, text: str) -> None:
    assert str(scale(raw, scaler)) == text


@given(st.integers(-(2**63), 2**64 - 1), st.integers(-128, 127))
def test_scaling_64_bits_is_exact_whatever_the_context(raw: int, scaler: int) -> None:
    with localcontext() as context:
        context.prec = 3
        context.traps[Inexact] = True
        scaled = scale_number(raw, scaler)
    assert Fraction(scaled) == raw * Fraction(10) ** scaler
    assert scaled.as_tuple().exponent == scaler


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_float32_becomes_the_decimal_that_means_it(value: float) -> None:
    found = number(float32(value))
    assert struct.unpack(">f", struct.pack(">f", float(found))) == (value,)
    assert len(found.as_tuple().digits) <= 9


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.4028234663852886e38, "3.4028235E+38"),  # the greatest: its neighbours don't fit
        (1.401298464324817e-45, "1E-45"),  # the least
        (16777216.0, "16777216"),
        (1234567.9, "1234567.9"),
    ],
)
def test_the_shortest_decimal_of_a_float32(value: float, text: str) -> None:
    assert number(float32(value)) == Decimal(text)


def test_a_float32_that_is_none_keeps_nine_digits() -> None:
    assert number(Data(DataType.FLOAT32, 0.123456789012)) == Decimal("0.123456789")


@pytest.mark.parametrize(
    "data",
    [
        null_data(),
        boolean(True),
        enum(1),
        octet_string(b"\x00\x01"),
        visible_string("12"),
        structure((double_long(1),)),
        float32(float("nan")),
        float32(float("inf")),
        float64(float("-inf")),
        float64(float("nan")),
        bcd(0x4A),
        bcd(0xA4),
    ],
)
def test_what_is_no_number_is_told_and_never_a_wrong_one(data: Data) -> None:
    with pytest.raises(NotNumericError) as caught:
        scale(data, 0)
    assert caught.value.code == "not_numeric"
    assert not caught.value.retryable
    assert physical_value(data, HUNDREDTHS_OF_VOLTS) is data


@given(any_data(), st.integers(-128, 127))
def test_any_data_is_a_finite_decimal_or_itself(data: Data, scaler: int) -> None:
    found = physical_value(data, ScalerUnit(scaler=scaler, unit=255))
    assert found is data or (isinstance(found, Decimal) and found.is_finite())


def test_without_a_scaler_a_value_stays_raw() -> None:
    raw = long_unsigned(23_042)
    assert physical_value(raw, None) is raw
    assert physical_value(raw, HUNDREDTHS_OF_VOLTS) == Decimal("230.42")


CAPTURED = octet_string(bytes.fromhex("07e40106ff00030000ffc400"))
"""2020-01-06T00:03+01:00; u9n/dlms-cosem tests, which quote it from the DLMS UA."""
MIDNIGHT_THREE = datetime(2020, 1, 5, 23, 3, tzinfo=UTC)


def test_an_extended_register_tells_when_its_value_was_captured() -> None:
    # the scaler last: the order in which attributes were read doesn't matter
    attributes = {
        5: CAPTURED,
        4: unsigned(8),
        2: double_long_unsigned(1234),
        3: structure((integer(1), enum(27))),
    }
    register = parse_extended_register(attributes)
    assert register.value == Decimal("1.234E+4")
    assert register.scaler_unit == ScalerUnit(scaler=1, unit=27)
    assert register.status == unsigned(8)
    assert register.capture_time is not None
    assert register.capture_time.moment == MIDNIGHT_THREE


def test_a_demand_register_tells_of_its_periods() -> None:
    register = parse_demand_register(
        {
            2: double_long_unsigned(15),
            3: double_long_unsigned(17),
            4: structure((integer(-1), enum(27))),
            5: null_data(),
            6: CAPTURED,
            7: CAPTURED,
            8: double_long_unsigned(900),
            9: long_unsigned(1),
        }
    )
    assert register.current_average_value == Decimal("1.5")
    assert register.last_average_value == Decimal("1.7")
    assert register.scaler_unit == ScalerUnit(scaler=-1, unit=27)
    assert register.status is None
    assert register.capture_time is not None
    assert register.capture_time.moment == MIDNIGHT_THREE
    assert register.start_time_current == register.capture_time
    assert (register.period, register.number_of_periods) == (900, 1)


def test_attributes_that_were_not_read_are_none() -> None:
    assert parse_extended_register({}) == ExtendedRegister()
    assert parse_demand_register({}) == DemandRegister()


def test_a_value_without_its_scaler_is_given_raw_not_as_a_quantity() -> None:
    raw = double_long_unsigned(1234)
    assert parse_extended_register({2: raw}).value is raw


def test_a_number_of_periods_that_is_none_is_a_decode_error() -> None:
    with pytest.raises(NotNumericError, match="attribute 8"):
        parse_demand_register({8: visible_string("900")})


@given(st.dictionaries(st.integers(2, 9), any_data()))
def test_any_attributes_are_a_register_or_a_decode_error(attributes: dict[int, Data]) -> None:
    for parse in (parse_extended_register, parse_demand_register):
        try:
            parse(attributes)
        except DecodeError:
            continue
