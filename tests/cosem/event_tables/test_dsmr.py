import pytest

from dcud.cosem.event_tables.dsmr import DSMR, ESMR5
from dcud.cosem.event_tables.event_log import EventTable
from tests.support.event_tables import assert_well_formed


@pytest.mark.parametrize("table", [DSMR, ESMR5])
def test_the_table_is_well_formed(table: EventTable) -> None:
    assert_well_formed(table)


@pytest.mark.parametrize("table", [DSMR, ESMR5])
@pytest.mark.parametrize(
    ("log", "code", "text"),
    [
        (0, 2, "power up"),
        (0, 20, "self-check after firmware update passed"),
        (0, 21, "communication module removed (?)"),
        (1, 46, "client failed to authenticate, several times"),
        (1, 48, "module cover opened (?)"),
        (2, 63, "connected remotely"),
        (3, 122, "M-Bus channel 3: battery must be replaced"),
        (4, 71, "metrological maintenance"),
        (4, 76, "gas interval data retrieved"),
        (5, 77, "undervoltage on L1"),
        (5, 88, "outage of L3 (?)"),
        (5, 90, "L1 is back (?)"),
        (5, 255, "event log cleared"),
    ],
)
def test_codes_have_the_meaning_of_the_companion_profile(
    table: EventTable, log: int, code: int, text: str
) -> None:
    assert table.text(f"0.0.99.98.{log}.255", code) == text


def test_generations_differ_in_the_codes_for_voltages() -> None:
    assert DSMR.text("0.0.99.98.5.255", 80) == "voltage sag on L1 (?)"
    assert ESMR5.text("0.0.99.98.5.255", 80) == "overvoltage on L1 (?)"
    assert DSMR.text("0.0.99.98.5.255", 85) == "voltage swell on L3 (?)"
    assert ESMR5.text("0.0.99.98.5.255", 85) == "voltage normal on L3 (?)"


def test_communication_comes_before_power_quality() -> None:
    assert DSMR.logs["0.0.99.98.4.255"].name == "communication sessions"
    assert DSMR.logs["0.0.99.98.5.255"].name == "power quality"
