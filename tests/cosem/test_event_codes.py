import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.event_codes import TABLES, event_text, is_event_code, log_name
from dcud.dlms.obis import Obis

STANDARD_LOG = Obis.parse("0.0.99.98.0.255")
SESSIONS = Obis.parse("0.0.99.98.4.255")


@pytest.mark.parametrize(
    ("companion", "log", "code", "text"),
    [
        ("idis", "0.0.99.98.0.255", 1, "power down"),
        ("idis", "0.0.96.11.0.255", 1, "power down"),
        ("dsmr", "0.0.96.11.4.255", 72, "technical maintenance"),
        ("esmr5", "0.0.99.98.5.255", 83, "voltage normal on L1 (?)"),
        ("is15959", "0.0.96.11.6.255", 301, "load switch disconnected"),
        ("spodes", "0.0.99.98.2.255", 1, "power down"),
        ("spodes", "0.0.99.98.0.255", 1, "voltage lost on L1"),
        ("idis", "0.0.99.98.0.255", 230, None),
        ("idis", "1.0.99.1.0.255", 1, None),
        ("idis", "0.0.96.10.0.255", 1, None),
        ("idis", "0.1.96.11.0.255", 1, None),
        ("prime-iberia", "0.0.99.98.0.255", 1, None),
        ("", "0.0.99.98.0.255", 1, None),
        ("acme", "0.0.99.98.0.255", 1, None),
    ],
)
def test_a_code_is_told_by_companion_profile_with_log(
    companion: str, log: str, code: int, text: str | None
) -> None:
    assert event_text(companion, Obis.parse(log), code) == text


def test_the_same_code_differs_between_companion_profiles() -> None:
    assert event_text("idis", SESSIONS, 71) == "supervision 1 threshold no longer exceeded (?)"
    assert event_text("dsmr", SESSIONS, 71) == "metrological maintenance"


@pytest.mark.parametrize(
    ("companion", "log", "name"),
    [
        ("idis", "0.0.99.98.4.255", "power quality"),
        ("dsmr", "0.0.99.98.4.255", "communication sessions"),
        ("dsmr", "0.0.96.11.5.255", "power quality"),
        ("spodes", "0.0.99.98.19.255", "temperature"),
        ("idis", "0.2.24.5.0.255", "M-Bus control"),
        ("idis", "0.0.99.98.9.255", None),
        ("", "0.0.99.98.0.255", None),
    ],
)
def test_logs_have_names(companion: str, log: str, name: str | None) -> None:
    assert log_name(companion, Obis.parse(log)) == name


@pytest.mark.parametrize(
    ("obis", "holds"),
    [
        ("0.0.96.11.0.255", True),
        ("0.0.96.11.6.255", True),
        ("0.0.96.10.1.255", False),
        ("0.1.96.11.0.255", False),
        ("0.0.99.98.0.255", False),
    ],
)
def test_the_objects_with_codes_are_known(obis: str, *, holds: bool) -> None:
    assert is_event_code(Obis.parse(obis)) is holds


@given(
    companion=st.sampled_from(sorted(TABLES)),
    log=st.binary(min_size=6, max_size=6).map(Obis),
    code=st.integers(-(2**31), 2**32),
)
def test_any_object_with_any_code_is_answered(companion: str, log: Obis, code: int) -> None:
    text = event_text(companion, log, code)
    assert text is None or log_name(companion, log) is not None
