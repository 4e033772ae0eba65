from decimal import Decimal

import pytest

from dcud.collect.values import is_time, missing, plain, time_of, value_of
from dcud.cosem.clock import STANDARD
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import DataAccessResult
from dcud.dlms.constructors import (
    array,
    bit_string,
    boolean,
    date_time,
    double_long_unsigned,
    long64_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data_types import Data
from dcud.reading import Quality, Quantity, Scalar, Value
from tests.support.fake_meter import attribute

ENERGY = Value(obis="1.0.1.8.0.255", attribute=2, name="energy", value=None)
TENTH_OF_A_VOLT = ScalerUnit(scaler=-1, unit=35)


def test_a_number_with_its_scaler_is_an_exact_quantity() -> None:
    value = value_of(ENERGY, long64_unsigned(2**64 - 1), ScalerUnit(scaler=-3, unit=30))
    assert value.value == Quantity(magnitude=Decimal("18446744073709551.615"))
    assert (value.unit, value.quality, value.name) == ("Wh", Quality.GOOD, "energy")


def test_a_refusal_is_missing_and_never_zero() -> None:
    value = missing(ENERGY, DataAccessResult.READ_WRITE_DENIED.words)
    assert value.value is None
    assert (value.quality, value.reason) == (Quality.MISSING, "read-write-denied")


def test_null_data_is_missing() -> None:
    assert value_of(ENERGY, null_data(), TENTH_OF_A_VOLT) == missing(ENERGY, "null-data")


def test_what_is_no_number_never_gets_a_unit() -> None:
    value = value_of(ENERGY, octet_string(b"kaputt"), TENTH_OF_A_VOLT)
    assert (value.value, value.unit, value.quality) == ("kaputt", "", Quality.DOUBTFUL)


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (unsigned(7), 7),
        (boolean(True), True),
        (visible_string("abc"), "abc"),
        (octet_string(b"LGZ1030"), "LGZ1030"),
        (octet_string(bytes.fromhex("00ff")), "00ff"),
        (octet_string(b""), ""),
        (bit_string("0101"), "0101"),
        (structure((unsigned(1), octet_string(b"ab"))), '[1, "ab"]'),
        (array(()), "[]"),
        (date_time(CosemDateTime(year=2026, month=1, day=2)), "2026-01-02 **:**:**"),
    ],
)
def test_data_as_one_scalar(data: Data, shown: Scalar) -> None:
    assert plain(data) == shown


def test_which_attributes_are_times() -> None:
    assert is_time(attribute("4/1.0.1.6.0.255/5"))
    assert not is_time(attribute("4/1.0.1.6.0.255/2"))


def test_a_time_is_told_with_its_offset() -> None:
    captured = octet_string(bytes.fromhex("07E40106FF00030000FFC400"))
    assert time_of(ENERGY, captured, STANDARD).value == "2020-01-06T00:03:00+01:00"


def test_a_time_that_is_no_moment_is_missing() -> None:
    never = octet_string(bytes(12))
    assert time_of(ENERGY, never, STANDARD).quality is Quality.MISSING


def test_what_should_be_a_time_and_is_none_is_shown_as_it_is() -> None:
    value = time_of(ENERGY, double_long_unsigned(1), STANDARD)
    assert value.value == "1970-01-01T00:00:01+00:00"
    value = time_of(ENERGY, octet_string(b"\x01\x02"), STANDARD)
    assert (value.value, value.quality) == ("0102", Quality.DOUBTFUL)
