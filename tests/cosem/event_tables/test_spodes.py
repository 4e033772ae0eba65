import pytest

from dcud.cosem.event_tables.spodes import SPODES
from tests.support.event_tables import assert_well_formed


def test_the_table_is_well_formed() -> None:
    assert_well_formed(SPODES)


@pytest.mark.parametrize(
    ("log", "code", "text"),
    [
        (0, 1, "voltage lost on L1"),
        (0, 6, "voltage back on L3"),
        (0, 9, "low voltage on some phase began"),
        (0, 14, "overvoltage on L1 ended"),
        (0, 23, "voltage sag on L3 began"),
        (0, 26, "wrong phase sequence ended"),
        (0, 28, "voltage back (?)"),
        (1, 3, "export on L2 began"),
        (1, 8, "current transformer of L1 in order"),
        (1, 18, "overcurrent on some phase ended"),
        (1, 30, "overcurrent on L3 ended"),
        (1, 31, "current without voltage (broken neutral) began"),
        (1, 38, "current while the relay is open ended (?)"),
        (2, 1, "power down"),
        (2, 8, "disconnected: power limit exceeded"),
        (2, 17, "backup power off"),
        (3, 3, "clock set"),
        (3, 9, "tariff calendar activated"),
        (3, 34, "telemetry mode 1 changed"),
        (3, 37, "voltage log cleared"),
        (3, 48, "profile 3 cleared"),
        (3, 58, "master key changed"),
        (3, 62, "active energy metering mode changed"),
        (3, 68, "clock corrected"),
        (3, 79, "communication profile of ports changed (?)"),
        (3, 86, "address or speed of port P4 changed (?)"),
        (4, 2, "magnetic field ended"),
        (4, 4, "seal of the meter cover broken"),
        (5, 2, "connection established"),
        (6, 1, "unauthorised access attempted"),
        (7, 1, "meter started"),
        (7, 5, "clock: error"),
        (7, 12, "memory: in order"),
        (7, 18, "clock's oscillator: in order (?)"),
        (8, 1, "excess of the tg phi threshold began"),
    ],
)
def test_codes_have_the_meaning_of_the_companion_profile(log: int, code: int, text: str) -> None:
    assert SPODES.text(f"0.0.99.98.{log}.255", code) == text


@pytest.mark.parametrize(
    ("log", "codes"), [(0, 28), (1, 38), (2, 18), (3, 86), (4, 4), (5, 2), (6, 2), (7, 19), (8, 2)]
)
def test_logs_have_all_codes_up_to_their_last(log: int, codes: int) -> None:
    known = SPODES.logs[f"0.0.99.98.{log}.255"]
    assert sorted((*known.texts, *known.unsure)) == list(range(1, codes + 1))


def test_a_code_of_one_log_means_nothing_in_another() -> None:
    assert SPODES.text("0.0.99.98.5.255", 3) is None


def test_logs_without_codes_have_names() -> None:
    assert SPODES.logs["0.0.99.98.13.255"].name == "time corrections"
    assert SPODES.logs["0.0.99.98.22.255"].name == "voltage deviations"
