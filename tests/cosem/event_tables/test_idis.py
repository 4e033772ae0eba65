import pytest

from dcud.cosem.event_tables.idis import IDIS
from tests.support.event_tables import assert_well_formed


def test_the_table_is_well_formed() -> None:
    assert_well_formed(IDIS)


@pytest.mark.parametrize(
    ("log", "code", "text"),
    [
        (0, 1, "power down"),
        (0, 5, "clock adjusted, new time"),
        (0, 19, "passive tariff calendar programmed"),
        (0, 20, "self-check after firmware update passed"),
        (0, 27, "communication on P3 ended (?)"),
        (0, 28, "communication on P0 began (?)"),
        (0, 254, "load profile cleared (?)"),
        (1, 40, "terminal cover removed"),
        (1, 47, "parameters changed"),
        (1, 50, "replayed message refused (?)"),
        (2, 59, "ready to be reconnected by hand (?)"),
        (2, 62, "disconnected remotely"),
        (2, 67, "limiter threshold changed"),
        (2, 73, "supervision 2 threshold no longer exceeded (?)"),
        (2, 74, "supervision 3 threshold exceeded (?)"),
        (3, 100, "M-Bus channel 1: communication error"),
        (3, 115, "M-Bus channel 2: new device discovered"),
        (3, 136, "M-Bus channel 4: permanent error"),
        (4, 76, "undervoltage on L1 (?)"),
        (4, 84, "voltage missing on L3 (?)"),
        (4, 85, "voltage normal on L1 (?)"),
        (4, 89, "neutral missing (?)"),
        (5, 140, "no connection for too long (?)"),
        (5, 158, "local communication attempted (?)"),
        (4, 255, "event log cleared"),
    ],
)
def test_codes_have_the_meaning_of_the_companion_profile(log: int, code: int, text: str) -> None:
    assert IDIS.text(f"0.0.99.98.{log}.255", code) == text


@pytest.mark.parametrize("code", [0, 21, 39, 91, 107, 137, 159, 256])
def test_codes_that_are_left_open_have_no_text(code: int) -> None:
    assert IDIS.text("0.0.99.98.0.255", code) is None


def test_logs_elsewhere_are_known() -> None:
    assert IDIS.logs["1.0.99.97.0.255"].name == "power failures"
    assert IDIS.logs["0.4.24.5.0.255"].name == "M-Bus control"
