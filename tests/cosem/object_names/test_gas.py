import pytest

from dcud.cosem.object_names.gas import gas


@pytest.mark.parametrize(
    ("c", "d", "e", "expected"),
    [
        (3, 0, 0, "volume_forward_absolute"),
        (13, 2, 0, "converted_volume_forward_absolute_converter"),
        (1, 1, 2, "corrected_volume_forward_undisturbed_rate_2"),
        (41, 0, 0, "temperature"),
        (42, 0, 0, "pressure"),
        (52, 0, 0, "conversion_factor"),
        (0, 1, 6, "billing_period_counter_3"),
        (0, 2, 3, "device_version"),
        (0, 2, 11, "sensor_serial_1"),
        (0, 8, 1, "recording_interval_1"),
        (0, 8, 10, "billing_period"),
        (0, 9, 3, "gas_day_start"),
        (55, 0, 0, "gas_law_coefficient"),
        (63, 0, 2, "energy_forward_absolute_rate_2"),
        (63, 1, 0, ""),
        (63, 0, 64, ""),
        (1, 6, 0, ""),
        (1, 0, 64, ""),
        (41, 0, 1, ""),
        (41, 1, 0, ""),
    ],
)
def test_value_groups_c_d_e_are_named(c: int, d: int, e: int, expected: str) -> None:
    assert gas(c, d, e) == expected
