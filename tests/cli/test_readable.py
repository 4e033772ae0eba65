from decimal import Decimal
from math import inf, nan

import pytest

from dcud.cli.readable import Shown, attribute_name, plain, readable
from dcud.cli.rendering import Cell
from dcud.cosem.clock import STANDARD
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.data import (
    BitString,
    Data,
    array,
    double_long_unsigned,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
    visible_string,
)
from dcud.dlms.native import Native
from dcud.dlms.obis import Obis

NAME = "0.0.1.0.0.255"


def shown(
    class_id: int, attribute: int, data: Data, scaler_unit: ScalerUnit | None = None
) -> Shown:
    descriptor = AttributeDescriptor(class_id, Obis.parse(NAME), attribute)
    return readable(descriptor, data, scaler_unit=scaler_unit, convention=STANDARD)


CAPTURED = structure(
    (long_unsigned(3), octet_string(bytes.fromhex("0100010800FF")), integer(2), long_unsigned(0))
)
PART = structure(
    (long_unsigned(3), octet_string(bytes.fromhex("0100010800FF")), integer(2), long_unsigned(4))
)
OBJECT = structure((long_unsigned(8), unsigned(0), octet_string(bytes.fromhex("0000010000FF"))))


@pytest.mark.parametrize(
    ("class_id", "attribute", "data", "expected"),
    [
        (1, 2, null_data(), Shown(value=None, remark="null-data")),
        (1, 2, octet_string(b"SIM01"), Shown(value="SIM01")),
        (1, 2, octet_string(b"\x01\xff"), Shown(value="01ff")),
        (1, 2, structure((unsigned(1), array((unsigned(2),)))), Shown(value=[1, [2]])),
        (3, 1, octet_string(bytes.fromhex("0100010800FF")), Shown(value="1.0.1.8.0.255")),
        (3, 3, structure((integer(-1), enum(35))), Shown(value={"scaler": -1, "unit": "V"})),
        (7, 3, array((CAPTURED, PART)), Shown(value=["3/1.0.1.8.0.255/2", "3/1.0.1.8.0.255/2[4]"])),
        (7, 5, enum(2), Shown(value="lifo")),
        (7, 6, CAPTURED, Shown(value="3/1.0.1.8.0.255/2")),
        (
            8,
            2,
            octet_string(bytes.fromhex("07EA0504010C001E00FF8880")),
            Shown(value="2026-05-04T12:00:30+02:00", remark="daylight_saving"),
        ),
        (
            8,
            2,
            octet_string(bytes.fromhex("FFFFFFFFFFFFFFFFFF8000FF")),
            Shown(value="****-**-** **:**:**", remark="no moment"),
        ),
        (8, 4, unsigned(0x81), Shown(value=["invalid_value", "daylight_saving"])),
        (
            15,
            2,
            array((OBJECT,)),
            Shown(value=["8/0.0.1.0.0.255"], remark="dcud objects tells more"),
        ),
        # What isn't what it should be is shown as it is, and why.
        (3, 1, octet_string(b"\x00"), Shown(value="00", remark="octet-string is no logical name")),
        (8, 4, visible_string("x"), Shown(value="x", remark="visible-string is no clock status")),
        (7, 5, unsigned(1), Shown(value=1, remark="unsigned is no sort method")),
        # Classes that are not known.
        (9999, 2, unsigned(7), Shown(value=7)),
    ],
)
def test_what_an_attribute_says(class_id: int, attribute: int, data: Data, expected: Shown) -> None:
    assert shown(class_id, attribute, data) == expected


def test_what_the_standard_has_names_for_is_shown_with_them() -> None:
    ports = array((structure((long_unsigned(1), octet_string(b"SIM01"))),))
    assert shown(17, 2, ports) == Shown(value=[{"sap": 1, "logical_device_name": "SIM01"}])
    assert shown(17, 2, unsigned(1)) == Shown(
        value=1, remark="unsigned stands where an array was expected"
    )


def test_a_number_with_a_scaler_is_a_quantity() -> None:
    volt = ScalerUnit(scaler=-1, unit=35)
    assert shown(3, 2, double_long_unsigned(2304), volt) == Shown(value=Decimal("230.4"), unit="V")


def test_what_is_no_number_never_gets_a_unit() -> None:
    volt = ScalerUnit(scaler=-1, unit=35)
    told = shown(3, 2, visible_string("much"), volt)
    assert told == Shown(value="much", remark="visible-string holds no number")


@pytest.mark.parametrize(
    ("native", "expected"),
    [
        (True, True),
        (1.5, 1.5),
        (nan, "nan"),
        (inf, "inf"),
        (BitString.from_text("0101"), "0101"),
        ([b"ab", (None, b"\x00")], ["ab", [None, "00"]]),
    ],
)
def test_plain_values_are_what_json_can_hold(native: Native, expected: Cell) -> None:
    assert plain(native) == expected


def test_attributes_are_called_as_in_the_class_table() -> None:
    assert attribute_name(AttributeDescriptor(8, Obis.parse(NAME), 2)) == "time"
    assert attribute_name(AttributeDescriptor(8, Obis.parse(NAME), 77)) == "77"
    assert attribute_name(AttributeDescriptor(9999, Obis.parse(NAME), 2)) == "2"
