import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.status_words import (
    DSMR_ALARMS_1,
    DSMR_PROFILE_STATUS,
    IDIS_ALARMS_1,
    IDIS_ALARMS_2,
    IDIS_PROFILE_STATUS,
    BitNames,
    bit_names,
)
from dcud.dlms.data import (
    Data,
    bit_string,
    double_long_unsigned,
    long64_unsigned,
    octet_string,
    unsigned,
)
from dcud.dlms.errors import DecodeError
from tests.support.data_strategies import data as any_data

TABLES = (IDIS_PROFILE_STATUS, DSMR_PROFILE_STATUS, IDIS_ALARMS_1, DSMR_ALARMS_1, IDIS_ALARMS_2)


@pytest.mark.parametrize(
    ("data", "table", "names"),
    [
        (unsigned(0), IDIS_PROFILE_STATUS, ()),
        (unsigned(0x8A), IDIS_PROFILE_STATUS, ("clock_invalid", "daylight_saving", "power_down")),
        (unsigned(0x50), IDIS_PROFILE_STATUS, ("bit_4", "bit_6")),
        (unsigned(0x40), DSMR_PROFILE_STATUS, ("recovered",)),
        (
            double_long_unsigned(0x0001_2000),
            IDIS_ALARMS_1,
            ("fraud_attempt", "mbus_communication_error_1"),
        ),
        (
            double_long_unsigned(0x8800_0000),
            IDIS_ALARMS_1,
            ("mbus_permanent_error_4", "mbus_battery_low_4"),
        ),
        (
            double_long_unsigned(0xC800_0004),
            DSMR_ALARMS_1,
            ("power_up", "mbus_new_device_4", "phase_outage_l3", "phase_outage_test"),
        ),
        (
            double_long_unsigned(0x8000_0010),
            IDIS_ALARMS_2,
            ("voltage_missing_l3", "disconnector_failure"),
        ),
        (bit_string("10000010"), DSMR_PROFILE_STATUS, ("critical_error", "recovered")),
    ],
)
def test_known_words(data: Data, table: BitNames, names: tuple[str, ...]) -> None:
    assert bit_names(data, table) == names


@pytest.mark.parametrize("table", TABLES)
def test_names_are_told_apart(table: BitNames) -> None:
    assert len(set(table.values())) == len(table)
    assert all(0 <= number < 32 for number in table)


def test_octets_are_no_status_word() -> None:
    with pytest.raises(DecodeError, match="no status word"):
        bit_names(octet_string(b"\1"), IDIS_ALARMS_1)


@given(st.integers(0, (1 << 64) - 1), st.sampled_from(TABLES))
def test_every_bit_has_one_name(word: int, table: BitNames) -> None:
    assert len(set(bit_names(long64_unsigned(word), table))) == word.bit_count()


@given(any_data())
def test_any_data_gives_names_or_a_typed_error(data: Data) -> None:
    with contextlib.suppress(DecodeError):
        bit_names(data, IDIS_ALARMS_1)
