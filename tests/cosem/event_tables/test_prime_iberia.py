import pytest

from dcud.cosem.event_tables.prime_iberia import PRIME_IBERIA
from tests.support.event_tables import assert_well_formed


def test_the_table_is_well_formed() -> None:
    assert_well_formed(PRIME_IBERIA)


@pytest.mark.parametrize(
    ("log", "code", "text"),
    [
        (0, 1, "restarted with loss of data"),
        (0, 6, "power failure on L3"),
        (0, 8, "battery low"),
        (0, 21, "power failure on L1 ended"),
        (0, 24, "summer time began"),
        (0, 32, "reading password changed"),
        (0, 35, "battery counter cleared"),
        (0, 40, "clock synchronisation mode changed"),
        (0, 44, "contract 1: closing commanded"),
        (0, 46, "contract 1: contracted power modified (?)"),
        (0, 51, "contract 1: passive activation date changed"),
        (0, 53, "contract 2: parameters changed"),
        (0, 58, "contract 2: passive activation date changed"),
        (0, 59, "contract 3: closing commanded"),
        (0, 65, "contract 3: passive activation date changed"),
        (0, 66, "all contracts closed by the button"),
        (0, 92, "nominal voltage changed"),
        (0, 101, "parameters reset (?)"),
        (1, 1, "meter cover opened"),
        (1, 5, "current without voltage"),
        (1, 10, "voltage behind the open disconnector ended (?)"),
        (2, 2, "disconnected remotely"),
        (2, 11, "connected by residual power control"),
        (2, 14, "current exceeded, switching blocked: ended (?)"),
        (3, 96, "contracted power changed"),
        (4, 97, "firmware changed"),
        (5, 1, "low voltage on average of phases"),
        (5, 8, "high voltage on L3"),
        (5, 9, "long power failure on all phases"),
        (6, 1, "critical order received: residual power"),
        (6, 8, "uncritical order accepted: percentage"),
        (6, 12, "uncritical order refused: absolute power"),
        (6, 15, "residual power ended"),
        (6, 18, "reduction to an absolute power began"),
        (6, 20, "demand close to the contracted power"),
        (7, 2, "communication on the power line port ended"),
        (7, 5, "communication on the serial port began"),
        (8, 98, "clock synchronised"),
        (9, 14, "low voltage on L1 ended"),
        (9, 24, "long power failure on L3 ended"),
        (9, 25, "high impedance missing (?)"),
        (9, 255, "event log cleared (?)"),
    ],
)
def test_codes_have_the_meaning_of_the_companion_profile(log: int, code: int, text: str) -> None:
    assert PRIME_IBERIA.text(f"0.0.99.98.{log}.255", code) == text


@pytest.mark.parametrize(("log", "code"), [(0, 10), (0, 67), (0, 103), (1, 13), (6, 21), (7, 98)])
def test_codes_that_are_left_open_have_no_text(log: int, code: int) -> None:
    assert PRIME_IBERIA.text(f"0.0.99.98.{log}.255", code) is None


def test_the_ten_logs_have_names() -> None:
    assert len(PRIME_IBERIA.logs) == 10
    assert PRIME_IBERIA.logs["0.0.99.98.3.255"].name == "power contract"
    assert PRIME_IBERIA.logs["0.0.99.98.9.255"].name == "power quality, finished"
