from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest

from dcud.notice import Notice, NoticedAttribute, NoticedValue
from dcud.publish.alarm_words import words_of_notice, words_of_reading
from dcud.reading import Reading, Scalar, Value

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REGISTER = "0.0.97.98.0.255"


class Known:
    """One meter with one alarm register, which one push setup pushes."""

    def alarm_names(self, meter: str, obis: str) -> Mapping[int, str] | None:
        return {13: "fraud_attempt"} if (meter, obis) == ("m", REGISTER) else None

    def pushed_objects(self, meter: str, push_setup: str) -> Sequence[str]:
        is_known = (meter, push_setup) == ("m", "0.4.25.9.0.255")
        return ("0.0.42.0.0.255", "0.4.25.9.0.255", REGISTER) if is_known else ()


KNOWN = Known()


def reading(value: Scalar, *, attribute: int = 2, captured: datetime | None = None) -> Reading:
    return Reading(
        meter="m",
        logical_device_name="",
        bus="b",
        job="j",
        read_time=NOW,
        capture_time=captured,
        values=(Value(obis=REGISTER, attribute=attribute, name="alarms", value=value),),
    )


def notice(value: NoticedValue, obis: str = "", attribute: int = 2) -> Notice:
    told = NoticedAttribute(class_id=1, obis=obis, attribute=attribute, name="")
    return Notice(
        meter="m",
        bus="b",
        received=NOW,
        kind="event-notification",
        octets=b"",
        attribute=told if obis else None,
        value=value,
    )


def number(value: int) -> NoticedValue:
    return NoticedValue(type="double-long-unsigned", value=value)


def octets(value: str) -> NoticedValue:
    return NoticedValue(type="octet-string", value=value)


def pushed(*items: NoticedValue) -> NoticedValue:
    return NoticedValue(type="structure", value=items)


def test_a_register_that_was_read_is_a_word() -> None:
    (word,) = words_of_reading(reading(0x2000), KNOWN)
    assert (word.meter, word.obis, word.word, word.time) == ("m", REGISTER, 0x2000, NOW)
    assert word.names[13] == "fraud_attempt"


@pytest.mark.parametrize(
    "none",
    [
        reading("text"),
        reading(None),
        reading(-1),
        reading(True),  # a value as a meter gives it
        reading(1, attribute=3),
        reading(1, captured=NOW),
    ],
)
def test_what_is_no_number_or_was_captured_earlier_is_no_word(none: Reading) -> None:
    assert list(words_of_reading(none, KNOWN)) == []


def test_the_attribute_of_a_notification_is_a_word() -> None:
    (word,) = words_of_notice(notice(number(4), REGISTER), KNOWN)
    assert (word.word, word.time) == (4, NOW)
    assert list(words_of_notice(notice(number(4), REGISTER, attribute=1), KNOWN)) == []
    assert list(words_of_notice(notice(number(4), "0.0.96.11.0.255"), KNOWN)) == []


def test_in_a_push_the_word_follows_its_registers_name() -> None:
    inner = pushed(octets("0000616200ff"), number(0x2000))
    (word,) = words_of_notice(notice(pushed(octets("0000190900ff"), inner)), KNOWN)
    assert (word.obis, word.word) == (REGISTER, 0x2000)


@pytest.mark.parametrize(
    "items",
    [
        (octets("0000190900ff"), number(1)),
        (octets("0000616200ff"), octets("01")),
        (octets("ABC 12345678"), number(1)),
        (NoticedValue(type="visible-string", value="0000616200ff"), number(1)),
        (octets("0000616200ff"), pushed(number(1))),
        (octets("0000616200ff"),),
    ],
)
def test_other_neighbours_in_a_push_are_no_words(items: tuple[NoticedValue, ...]) -> None:
    assert list(words_of_notice(notice(pushed(*items)), KNOWN)) == []


DEVICE, SETUP = octets("SIM0000000000001"), octets("0004190900ff")


def test_in_a_push_of_a_known_push_setup_the_word_stands_in_its_place() -> None:
    (word,) = words_of_notice(notice(pushed(DEVICE, SETUP, number(0x2000))), KNOWN)
    assert (word.obis, word.word) == (REGISTER, 0x2000)


@pytest.mark.parametrize(
    "items",
    [
        (DEVICE, SETUP, number(1), number(2)),
        (DEVICE, SETUP),
        (DEVICE, octets("0005190900ff"), number(1)),
        (DEVICE, SETUP, octets("00")),
    ],
)
def test_a_push_that_is_not_as_it_is_known_has_no_words(items: tuple[NoticedValue, ...]) -> None:
    assert list(words_of_notice(notice(pushed(*items)), KNOWN)) == []
