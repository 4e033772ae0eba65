import pytest

from dcud.cosem.event_tables.is15959 import IS15959
from tests.support.event_tables import assert_well_formed


def test_the_table_is_well_formed() -> None:
    assert_well_formed(IS15959)


@pytest.mark.parametrize(
    ("log", "code", "text"),
    [
        (0, 1, "voltage missing on phase R: began"),
        (0, 4, "voltage missing on phase Y: ended"),
        (0, 7, "overvoltage began"),
        (0, 10, "low voltage ended"),
        (0, 12, "voltage unbalance ended"),
        (0, 21, "wrong phase sequence began"),
        (1, 55, "reverse current on phase B: began"),
        (1, 58, "open current transformer on phase R: ended"),
        (1, 65, "current bypass began"),
        (1, 70, "earth loading ended"),
        (1, 81, "current mismatch began"),
        (1, 84, "high neutral current ended"),
        (2, 101, "power failure began"),
        (2, 102, "power failure ended"),
        (3, 151, "clock set"),
        (3, 155, "tariff calendar changed"),
        (3, 157, "new firmware activated"),
        (3, 160, "load limit disabled"),
        (3, 164, "global keys changed"),
        (3, 166, "maximum demand reset"),
        (3, 178, "changed to import and export metering (?)"),
        (3, 182, "relay times changed"),
        (4, 201, "magnetic influence began"),
        (4, 206, "very low power factor ended"),
        (4, 209, "communication module removed"),
        (4, 212, "changed to pre-paid"),
        (4, 216, "overload ended"),
        (5, 251, "meter cover opened"),
        (6, 301, "load switch disconnected"),
        (6, 302, "load switch connected"),
    ],
)
def test_codes_have_the_meaning_of_the_companion_profile(log: int, code: int, text: str) -> None:
    assert IS15959.text(f"0.0.99.98.{log}.255", code) == text


@pytest.mark.parametrize("code", [13, 50, 71, 103, 156, 168, 217, 255, 303])
def test_codes_that_are_left_open_have_no_text(code: int) -> None:
    assert IS15959.text("0.0.99.98.4.255", code) is None
