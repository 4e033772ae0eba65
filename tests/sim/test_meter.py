from datetime import UTC, datetime
from typing import cast

import pytest

from dcud.cosem.notification import parse_notification
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.native import to_native
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.server import Acted
from dcud.sim.meter import MeterParameters, SimulatedMeter

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC).timestamp()
PROFILE = Obis.parse("1.0.99.1.0.255")
CLOCK_COLUMN = structure(
    (
        long_unsigned(8),
        octet_string(bytes.fromhex("0000010000FF")),
        Data(decode_data(Cursor(b"\x0f\x02")).type, 2),
        long_unsigned(0),
    )
)


def meter_at(now: float = NOON, installed: float = NOON - 86_400) -> SimulatedMeter:
    parameters = MeterParameters(number=7, installed=installed, capacity=50)
    return SimulatedMeter(parameters, lambda: now)


def native(meter: SimulatedMeter, class_id: int, name: str, attribute: int) -> object:
    got = meter.read(AttributeDescriptor(class_id, Obis.parse(name), attribute), None)
    assert not isinstance(got, DataAccessResult)
    data = decode_data(Cursor(got)) if isinstance(got, bytes) else got
    return to_native(data)


def entries(meter: SimulatedMeter, selection: Selection | None) -> list[tuple[bytes, ...]]:
    got = meter.read(AttributeDescriptor(7, PROFILE, 2), selection)
    assert isinstance(got, bytes)
    return cast(list[tuple[bytes, ...]], to_native(decode_data(Cursor(got))))


def date_time(moment: datetime) -> Data:
    return octet_string(CosemDateTime.from_datetime(moment).to_octets())


def by_range(first: datetime, last: datetime) -> Selection:
    return Selection(1, structure((CLOCK_COLUMN, date_time(first), date_time(last), array(()))))


def by_entry(*numbers: int) -> Selection:
    first, last, first_column, last_column = numbers
    return Selection(
        2,
        structure(
            (
                double_long_unsigned(first),
                double_long_unsigned(last),
                long_unsigned(first_column),
                long_unsigned(last_column),
            )
        ),
    )


def test_a_meter_tells_its_name_and_the_time() -> None:
    assert native(meter_at(), 1, "0.0.42.0.0.255", 2) == b"SIM0000000000007"
    assert native(meter_at(), 8, "0.0.1.0.0.255", 2) == bytes.fromhex("07EA0601010C000000000000")


def test_the_register_counts_what_was_used() -> None:
    early, late = meter_at(NOON), meter_at(NOON + 3600)
    first = native(early, 3, "1.0.1.8.0.255", 2)
    second = native(late, 3, "1.0.1.8.0.255", 2)
    assert isinstance(first, int)
    assert isinstance(second, int)
    assert 0 < first < second
    assert native(early, 3, "1.0.1.8.0.255", 3) == (0, 30)


def test_a_64_bit_register_exceeds_32_bits() -> None:
    value = native(meter_at(), 3, "1.0.15.8.0.255", 2)
    assert isinstance(value, int)
    assert value > 2**32


@pytest.mark.parametrize(
    ("class_id", "name", "attribute", "why"),
    [
        (3, "1.0.99.99.99.255", 2, DataAccessResult.OBJECT_UNDEFINED),
        (1, "1.0.1.8.0.255", 2, DataAccessResult.OBJECT_CLASS_INCONSISTENT),
        (3, "1.0.1.8.0.255", 9, DataAccessResult.READ_WRITE_DENIED),
    ],
)
def test_what_a_meter_lacks_it_refuses(
    class_id: int, name: str, attribute: int, why: DataAccessResult
) -> None:
    descriptor = AttributeDescriptor(class_id, Obis.parse(name), attribute)
    assert meter_at().read(descriptor, None) == why


def test_the_profile_holds_the_newest_entries_up_to_now() -> None:
    rows = entries(meter_at(NOON + 1), None)
    assert len(rows) == 50
    assert rows[-1][0] == CosemDateTime.from_datetime(datetime.fromtimestamp(NOON, UTC)).to_octets()
    assert native(meter_at(), 7, "1.0.99.1.0.255", 7) == 50


def test_the_profile_begins_when_the_meter_was_installed() -> None:
    assert len(entries(meter_at(installed=NOON - 900 * 3), None)) == 4


def test_a_range_has_both_its_bounds() -> None:
    first, last = (datetime(2026, 6, 1, 10, minute, tzinfo=UTC) for minute in (0, 30))
    rows = entries(meter_at(), by_range(first, last))
    assert [row[0][5:7] for row in rows] == [b"\x0a\x00", b"\x0a\x0f", b"\x0a\x1e"]


def test_an_open_bound_does_not_bind() -> None:
    wild = octet_string(bytes.fromhex("FFFFFFFFFFFFFFFFFF8000FF"))
    selection = Selection(1, structure((CLOCK_COLUMN, wild, wild, array(()))))
    assert len(entries(meter_at(), selection)) == 50


def test_a_range_may_select_columns() -> None:
    wild = octet_string(bytes.fromhex("FFFFFFFFFFFFFFFFFF8000FF"))
    selection = Selection(1, structure((CLOCK_COLUMN, wild, wild, array((CLOCK_COLUMN,)))))
    assert {len(row) for row in entries(meter_at(), selection)} == {1}


def test_entries_count_from_one_and_zero_is_the_last() -> None:
    whole = entries(meter_at(), None)
    assert entries(meter_at(), by_entry(1, 2, 1, 0)) == whole[:2]
    assert entries(meter_at(), by_entry(49, 0, 1, 0)) == whole[48:]
    assert entries(meter_at(), by_entry(1, 1, 3, 4)) == [whole[0][2:4]]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(9, unsigned(1)),
        Selection(1, unsigned(1)),
        Selection(2, unsigned(1)),
    ],
)
def test_an_unknown_selection_is_refused(selection: Selection) -> None:
    got = meter_at().read(AttributeDescriptor(7, PROFILE, 2), selection)
    assert got == DataAccessResult.OTHER_REASON


def test_every_listed_attribute_can_be_read() -> None:
    meter = meter_at()
    listed = native(meter, 15, "0.0.40.0.0.255", 2)
    assert isinstance(listed, list)
    assert len(listed) == 22
    for class_id, _version, name, (rights, _methods) in listed:
        for attribute, _mode, _selectors in rights:
            got = meter.read(AttributeDescriptor(class_id, Obis(name), attribute), None)
            assert not isinstance(got, DataAccessResult), (class_id, name, attribute)
            if isinstance(got, Data):
                assert decode_data(Cursor(encode_data(got))) == got


def test_the_highest_quarter_of_yesterday_is_kept_with_its_time() -> None:
    value = native(meter_at(), 4, "1.0.1.6.0.255", 2)
    captured = native(meter_at(), 4, "1.0.1.6.0.255", 5)
    assert isinstance(value, int)
    assert isinstance(captured, bytes)
    moment = CosemDateTime.from_octets(captured).to_datetime()
    assert moment is not None
    assert datetime(2026, 5, 31, tzinfo=UTC) < moment <= datetime(2026, 6, 1, tzinfo=UTC)


def test_demand_of_the_last_quarter() -> None:
    def read(index: int) -> object:
        return native(meter_at(NOON + 60), 5, "1.0.1.4.0.255", index)

    last, current = read(3), read(2)
    assert isinstance(last, int)
    assert isinstance(current, int)
    assert current < last
    assert read(8) == 900


class TestChanges:
    LABEL = AttributeDescriptor(1, Obis.parse("0.0.96.1.9.255"), 2)
    ENERGY = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
    PUSH = MethodDescriptor(40, Obis.parse("0.0.25.9.0.255"), 1)
    SWITCH = MethodDescriptor(70, Obis.parse("0.0.96.3.10.255"), 1)
    VALUE = encode_data(octet_string(b"cellar"))

    def test_what_is_written_is_read(self) -> None:
        meter = meter_at()
        assert meter.take(self.LABEL, None, self.VALUE, ClientSap(1)) is DataAccessResult.SUCCESS
        assert meter.read(self.LABEL, None) == octet_string(b"cellar")

    def test_what_can_not_be_written(self) -> None:
        meter = meter_at()
        nowhere = AttributeDescriptor(1, Obis.parse("0.0.96.1.8.255"), 2)
        assert meter.write(self.ENERGY, self.VALUE) is DataAccessResult.READ_WRITE_DENIED
        assert meter.write(nowhere, self.VALUE) is DataAccessResult.OBJECT_UNDEFINED
        part = Selection(1, unsigned(1))
        violated = DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
        assert meter.take(self.LABEL, part, self.VALUE, ClientSap(1)) is violated

    def test_what_is_called_is_done(self) -> None:
        meter = meter_at()
        assert meter.act(self.SWITCH, b"\x0f\x00", ClientSap(1)) == Acted()
        assert native(meter, 70, "0.0.96.3.10.255", 2) is False

    def test_it_pushes_when_it_is_told_to(self) -> None:
        meter = meter_at()
        energy = native(meter, 3, "1.0.1.8.0.255", 2)
        assert meter.notifications() == []
        for number in (1, 2):
            assert meter.act(self.PUSH, b"\x0f\x00", ClientSap(1)) == Acted()
            (apdu,) = meter.notifications()
            told = parse_notification(apdu)
            values = cast(list[object], to_native(told.value))
            assert told.invoke_id == number
            assert values[0] == self.PUSH.logical_name.octets
            assert values[2] == energy
        assert meter.notifications() == []

    def test_what_can_not_be_called(self) -> None:
        meter = meter_at()
        adjust = MethodDescriptor(8, Obis.parse("0.0.1.0.0.255"), 1)
        nowhere = MethodDescriptor(70, Obis.parse("0.1.96.3.10.255"), 1)
        assert meter.call(adjust, None) is ActionResult.READ_WRITE_DENIED
        assert meter.call(nowhere, None) is ActionResult.OBJECT_UNDEFINED

    def test_a_clock_that_was_set_tells_its_own_time(self) -> None:
        meter = meter_at()
        clock = AttributeDescriptor(8, Obis.parse("0.0.1.0.0.255"), 2)
        later = date_time(datetime(2026, 6, 1, 13, 0, tzinfo=UTC))
        meter.write(clock, encode_data(later))
        assert meter.read(clock, None) == later

    def test_the_rights_say_so(self) -> None:
        elements = cast(list[tuple[object, ...]], native(meter_at(), 15, "0.0.40.0.0.255", 2))
        rights = {(each[0], each[2]): each[3] for each in elements}
        assert rights[1, Obis.parse("0.0.96.1.9.255").octets] == (
            [(1, 1, None), (2, 3, None)],
            [],
        )
        assert cast(tuple[object, ...], rights[70, Obis.parse("0.0.96.3.10.255").octets])[1] == [
            (1, 1),
            (2, 1),
        ]
