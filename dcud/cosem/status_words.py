"""The names of the bits that are set in a meter's status words and alarm registers.

Bits that a companion profile leaves open are named by their number, "bit_4".
"""

from collections.abc import Iterable, Mapping

from dcud.dlms.data import BitString, Data, DataType
from dcud.dlms.errors import DecodeError

BitNames = Mapping[int, str]
"""By bit, 0 being the least significant one of a number and the first one of a bit-string."""

_NUMBERS = (
    DataType.UNSIGNED,
    DataType.LONG_UNSIGNED,
    DataType.DOUBLE_LONG_UNSIGNED,
    DataType.LONG64_UNSIGNED,
)


def _of_channels(first: int, name: str) -> dict[int, str]:
    return {first + channel: f"{name}_{channel + 1}" for channel in range(4)}


def _of_phases(first: int, name: str, phases: str = "123") -> dict[int, str]:
    return {first + index: f"{name}_l{phase}" for index, phase in enumerate(phases)}


IDIS_PROFILE_STATUS: BitNames = {
    0: "critical_error",
    1: "clock_invalid",
    2: "data_not_valid",
    3: "daylight_saving",
    5: "clock_adjusted",
    7: "power_down",
}
"""Of load profiles, 0.0.96.10.1. [field: IDIS, AMR profile status]"""

DSMR_PROFILE_STATUS: BitNames = {**IDIS_PROFILE_STATUS, 6: "recovered"}
"""Of load profiles, 0.0.96.10.1. [field: DSMR, AMR profile status]"""

IDIS_ALARMS_1: BitNames = {
    0: "clock_invalid",
    1: "battery",
    8: "program_memory_error",
    9: "ram_error",
    10: "nv_memory_error",
    11: "measurement_error",
    12: "watchdog_error",
    13: "fraud_attempt",
    **_of_channels(16, "mbus_communication_error"),
    **_of_channels(20, "mbus_fraud_attempt"),
    **_of_channels(24, "mbus_permanent_error"),
    **_of_channels(28, "mbus_battery_low"),
}
"""0.0.97.98.0. [field: IDIS, alarm register 1]"""

DSMR_ALARMS_1: BitNames = {
    **IDIS_ALARMS_1,
    2: "power_up",
    3: "auxiliary_event",
    4: "configuration_changed",
    **_of_channels(24, "mbus_new_device"),
    **_of_phases(28, "phase_outage"),
    31: "phase_outage_test",
}
"""0.0.97.98.0. [field: DSMR, alarm register 1]"""

IDIS_ALARMS_2: BitNames = {
    0: "total_power_failure",
    1: "power_resume",
    **_of_phases(2, "voltage_missing"),
    **_of_phases(5, "voltage_normal"),
    8: "missing_neutral",
    9: "phase_asymmetry",
    10: "current_reversal",
    11: "wrong_phase_sequence",
    12: "unexpected_consumption",
    13: "key_exchanged",
    **_of_phases(14, "bad_voltage_quality"),
    17: "external_alert",
    18: "local_communication_attempt",
    **_of_channels(19, "mbus_new_device"),
    **_of_channels(27, "mbus_valve_alarm"),
    31: "disconnector_failure",
}
"""0.0.97.98.1. [field: IDIS, alarm register 2]"""


def bit_names(data: Data, names: BitNames) -> tuple[str, ...]:
    """Return the names of the bits that are set in a status word, the lowest bit first.

    Raises:
        DecodeError: `data` is neither an unsigned number nor a bit-string.
    """
    match data:
        case Data(DataType.BIT_STRING, BitString() as bits):
            numbers = [number for number, is_set in enumerate(bits) if is_set]
        case Data(kind, int(word)) if kind in _NUMBERS:
            return names_of_bits(word, names)
        case _:
            raise DecodeError(f"{data.type.words} is no status word")
    return _named(numbers, names)


def names_of_bits(word: int, names: BitNames) -> tuple[str, ...]:
    """Return the names of the bits that are set in a number (0 or more), the lowest bit first."""
    return _named([bit for bit in range(word.bit_length()) if word >> bit & 1], names)


def _named(numbers: Iterable[int], names: BitNames) -> tuple[str, ...]:
    return tuple([names.get(number, f"bit_{number}") for number in numbers])
