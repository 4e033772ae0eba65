import pytest

from dcud.cosem.object_names.thermal import (
    ALLOCATOR_QUANTITIES,
    THERMAL_QUANTITIES,
    WATER_QUANTITIES,
    held,
)


@pytest.mark.parametrize(
    ("c", "d", "e", "expected"),
    [
        (1, 0, 0, "energy"),
        (1, 2, 0, "energy_due_date"),
        (8, 5, 0, "power_maximum"),
        (10, 0, 0, "flow_temperature"),
        (12, 0, 0, "temperature_difference"),
        (1, 9, 0, ""),
        (1, 0, 64, ""),
        (3, 0, 0, ""),
    ],
)
def test_value_groups_c_d_e_are_named(c: int, d: int, e: int, expected: str) -> None:
    assert held(THERMAL_QUANTITIES)(c, d, e) == expected


def test_water_and_allocators_have_quantities_of_their_own() -> None:
    assert held(WATER_QUANTITIES)(1, 2, 0) == "volume_due_date"
    assert held(WATER_QUANTITIES)(8, 0, 0) == ""
    assert held(ALLOCATOR_QUANTITIES)(1, 0, 0) == "unrated_integral"
