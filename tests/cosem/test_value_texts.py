import pytest

from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.value_texts import CellTexts, alarm_names, value_text
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis


@pytest.mark.parametrize(
    ("companion", "name", "value", "text"),
    [
        ("idis", "0.0.96.10.1.255", 0x82, "clock_invalid, power_down"),
        ("dsmr", "0.0.96.10.1.255", 0x40, "recovered"),
        ("esmr5", "0.0.96.10.1.255", 0x50, "bit_4, recovered"),
        ("idis", "0.2.96.10.3.255", 0x02, "clock_invalid"),
        ("idis", "0.0.97.98.0.255", 1 << 28, "mbus_battery_low_1"),
        ("dsmr", "0.0.97.98.0.255", 1 << 28, "phase_outage_l1"),
        ("idis", "0.0.97.98.1.255", 3, "total_power_failure, power_resume"),
        ("idis", "0.0.96.10.1.255", 0, ""),
        ("idis", "0.0.96.10.1.255", True, ""),
        ("idis", "0.0.96.10.1.255", -1, ""),
        ("idis", "0.0.96.10.1.255", "82", ""),
        ("none", "0.0.96.10.1.255", 0x82, ""),
        ("idis", "1.0.96.10.1.255", 0x82, ""),
        ("idis", "0.0.96.10.2.255", 0x82, ""),
        ("idis", "0.0.96.11.0.255", 1, "power down"),
    ],
)
def test_what_values_mean(companion: str, name: str, value: object, text: str) -> None:
    attribute = AttributeDescriptor(1, Obis.parse(name), 2)
    assert value_text(companion, attribute, value).casefold().startswith(text.casefold())
    assert bool(value_text(companion, attribute, value)) == bool(text)
    captured = CaptureObject(class_id=1, logical_name=Obis.parse(name), attribute=2)
    texts = CellTexts(companion=companion, profile=Obis.parse("1.0.99.1.0.255"))
    assert texts.explains(captured) or not text
    assert texts.text(captured, value) == value_text(companion, attribute, value)


def test_the_logical_name_of_a_status_word_means_nothing() -> None:
    attribute = AttributeDescriptor(1, Obis.parse("0.0.96.10.1.255"), 1)
    assert value_text("idis", attribute, 1) == ""


@pytest.mark.parametrize(
    ("companion", "name", "bit", "text"),
    [
        ("idis", "0.0.97.98.0.255", 13, "fraud_attempt"),
        ("idis", "0.0.97.98.1.255", 1, "power_resume"),
        ("dsmr", "0.0.97.98.0.255", 2, "power_up"),
        ("idis", "0.0.97.98.20.255", 13, "fraud_attempt"),
    ],
)
def test_alarm_registers_are_known_with_their_bits(
    companion: str, name: str, bit: int, text: str
) -> None:
    names = alarm_names(companion, Obis.parse(name))
    assert names is not None
    assert names[bit] == text


@pytest.mark.parametrize(
    ("companion", "name"),
    [("none", "0.0.97.98.0.255"), ("idis", "0.0.97.98.5.255"), ("idis", "0.0.96.10.1.255")],
)
def test_a_profile_status_is_no_alarm_register(companion: str, name: str) -> None:
    assert alarm_names(companion, Obis.parse(name)) is None
