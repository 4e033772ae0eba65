import pytest

from dcud.cosem.units import UNITLESS, unit_symbol


@pytest.mark.parametrize(
    ("unit", "symbol"),
    [
        (1, "a"),
        (9, "°C"),
        (13, "m³"),
        (27, "W"),
        (28, "VA"),
        (29, "var"),
        (30, "Wh"),
        (31, "VAh"),
        (32, "varh"),
        (33, "A"),
        (35, "V"),
        (44, "Hz"),
        (56, "%"),
        (72, "dB"),
        (128, "in"),
        (157, "acre-ft/s"),
        (160, "acre-ft/d"),
        (165, "gal (imp)/d"),
        (170, "gal (US)/d"),
        (174, "Btu/d"),
        (254, "other"),
    ],
)
def test_units_are_known_by_the_symbols_of_the_standard(unit: int, symbol: str) -> None:
    assert unit_symbol(unit) == symbol


def test_a_unitless_value_has_no_symbol() -> None:
    assert unit_symbol(UNITLESS) == ""


@pytest.mark.parametrize("unit", [0, 58, 59, 68, 73, 127, 175, 200, 253])
def test_an_unknown_unit_keeps_its_number(unit: int) -> None:
    assert unit_symbol(unit) == f"unit {unit}"
