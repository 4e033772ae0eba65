import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.event_codes import (
    TABLES,
    EventTexts,
    event_text,
    last_event_text,
    log_name,
    tells_power_up,
)
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.dlms.access import AttributeDescriptor
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
        ("prime-iberia", "0.0.96.11.2.255", 2, "disconnected remotely"),
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
    ("companion", "attribute", "value", "text"),
    [
        (
            "idis",
            AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 2),
            44,
            "meter cover removed",
        ),
        ("idis", AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 2), 230, ""),
        ("idis", AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 1), 44, ""),
        ("idis", AttributeDescriptor(1, Obis.parse("0.0.96.10.1.255"), 2), 44, ""),
        ("idis", AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 2), "44", ""),
        ("none", AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 2), 44, ""),
    ],
)
def test_the_code_of_the_last_event_is_told(
    companion: str, attribute: AttributeDescriptor, value: object, text: str
) -> None:
    assert last_event_text(companion, attribute, value) == text


def captured(obis: str, attribute: int = 2) -> CaptureObject:
    return CaptureObject(class_id=1, logical_name=Obis.parse(obis), attribute=attribute)


def texts(companion: str, profile: str) -> EventTexts:
    return EventTexts(companion=companion, profile=Obis.parse(profile))


@pytest.mark.parametrize(
    ("companion", "profile", "column", "explained"),
    [
        ("idis", "0.0.99.98.1.255", captured("0.0.96.11.1.255"), True),
        ("is15959", "0.0.99.98.1.255", captured("0.0.96.11.0.255"), True),
        ("idis", "0.0.99.98.77.255", captured("0.0.96.11.1.255"), True),
        ("idis", "0.0.99.98.77.255", captured("0.0.96.11.77.255"), False),
        ("idis", "0.0.99.98.1.255", captured("0.0.96.11.1.255", attribute=1), False),
        ("idis", "0.0.99.98.1.255", captured("0.0.96.10.1.255"), False),
        ("idis", "0.0.99.98.1.255", CLOCK_TIME, False),
        ("none", "0.0.99.98.1.255", captured("0.0.96.11.1.255"), False),
    ],
)
def test_columns_of_event_codes_are_explained(
    companion: str, profile: str, column: CaptureObject, *, explained: bool
) -> None:
    assert texts(companion, profile).explains(column) is explained


@pytest.mark.parametrize(
    ("companion", "profile", "column", "cell", "text"),
    [
        ("idis", "0.0.99.98.1.255", "0.0.96.11.1.255", 40, "terminal cover removed"),
        ("spodes", "0.0.99.98.3.255", "0.0.96.11.0.255", 3, "clock set"),
        ("spodes", "0.0.99.98.77.255", "0.0.96.11.3.255", 3, "clock set"),
        ("idis", "0.0.99.98.1.255", "0.0.96.11.1.255", 230, ""),
        ("idis", "0.0.99.98.1.255", "0.0.96.11.1.255", "40", ""),
        ("idis", "0.0.99.98.0.255", "0.0.96.11.0.255", True, ""),
        ("idis", "0.0.99.98.1.255", "0.0.96.11.1.255", None, ""),
    ],
)
def test_a_code_in_a_cell_means_what_it_means_in_that_log(
    companion: str, profile: str, column: str, cell: object, text: str
) -> None:
    assert texts(companion, profile).text(captured(column), cell) == text


@given(
    companion=st.sampled_from(sorted(TABLES)),
    log=st.binary(min_size=6, max_size=6).map(Obis),
    code=st.integers(-(2**31), 2**32),
)
def test_any_object_with_any_code_is_answered(companion: str, log: Obis, code: int) -> None:
    text = event_text(companion, log, code)
    assert text is None or log_name(companion, log) is not None


@pytest.mark.parametrize(
    ("companion", "obis", "code", "is_back"),
    [
        ("idis", "0.0.96.11.0.255", 2, True),
        ("idis", "0.0.96.11.0.255", 1, False),
        ("spodes", "0.0.96.11.7.255", 1, True),
        ("prime-iberia", "0.0.96.11.0.255", 2, True),
        ("none", "0.0.96.11.0.255", 2, False),
        ("idis", "0.0.97.98.0.255", 2, False),
    ],
)
def test_the_code_for_power_that_is_back_is_known(
    companion: str, obis: str, code: int, *, is_back: bool
) -> None:
    attribute = AttributeDescriptor(1, Obis.parse(obis), 2)
    assert tells_power_up(companion, attribute, code) is is_back
