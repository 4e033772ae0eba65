import pytest

from dcud.cli.push_parts import SERVICES, Part, compare
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.push_setup import (
    ByDate,
    ByEntry,
    MessageType,
    PushDestination,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    TransportService,
)
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.obis import Obis

PROFILE = CaptureObject(
    class_id=7, logical_name=Obis.parse("1.0.99.1.0.255"), attribute=2, data_index=4097
)
BUFFER = "7/1.0.99.1.0.255/2"
TWO, FOUR = (CosemDateTime(hour=hour, minute=0, second=0) for hour in (2, 4))
FIRST = CosemDateTime(year=2026, month=5, day=1, day_of_week=5, hour=0, minute=0, second=0)
SECOND = CosemDateTime(year=2026, month=5, day=2, hour=0, minute=0, second=0)


def shown(setup: PushSetup) -> dict[str, str]:
    return {each.title: str(each.after) for each in compare(setup, setup)}


def test_what_is_not_told_is_not_shown() -> None:
    assert shown(PushSetup()) == {}


def test_numbers_have_their_units() -> None:
    setup = PushSetup(
        randomisation_start_interval=300,
        number_of_retries=0,
        repetition_delay=RepetitionDelay.constant(60),
    )
    assert shown(setup) == {
        "randomisation": "300 s",
        "repetitions": "0",
        "repetition delay": "60 s",
    }


def test_a_delay_that_grows() -> None:
    delay = RepetitionDelay(minimum=60, exponent=150, maximum=600)
    told = shown(PushSetup(repetition_delay=delay))
    assert told == {"repetition delay": "60 s, each time 150 %, at most 600 s"}


@pytest.mark.parametrize(
    ("pushed", "text"),
    [
        (PushObject(captured=CLOCK_TIME), "8/0.0.1.0.0.255/2 clock"),
        (
            PushObject(captured=PROFILE, columns=(CLOCK_TIME, PROFILE)),
            f"{BUFFER} data-index 4097 columns 8/0.0.1.0.0.255/2, {BUFFER} load_profile_1",
        ),
        (
            PushObject(captured=CLOCK_TIME, restriction=ByEntry(start=1, end=9)),
            "8/0.0.1.0.0.255/2 entries 1 to 9 clock",
        ),
        (
            PushObject(captured=CLOCK_TIME, restriction=ByDate(start=TWO, end=SECOND)),
            "8/0.0.1.0.0.255/2 from 02:00:00 to 2026-05-02 00:00:00 clock",
        ),
    ],
)
def test_objects_tell_what_part_of_them_is_pushed(pushed: PushObject, text: str) -> None:
    assert shown(PushSetup(objects=(pushed,))) == {"object": text}


@pytest.mark.parametrize(
    ("destination", "where", "message"),
    [
        (PushDestination(service=TransportService.HDLC), "hdlc", "a-xdr"),
        (
            PushDestination(
                service=TransportService.UDP, destination=b"[::1]:1", message=MessageType.XML
            ),
            "udp [::1]:1",
            "xml",
        ),
        (
            PushDestination(service=200, destination=b"\x01\x02", message=128),
            "service 200 0102",
            "message 128",
        ),
    ],
)
def test_destinations(destination: PushDestination, where: str, message: str) -> None:
    told = {"destination": where, "message": message}
    assert shown(PushSetup(destination=destination)) == told


def test_every_service_has_its_word() -> None:
    assert set(SERVICES.values()) == set(TransportService)


def test_windows() -> None:
    daily, once = PushWindow(start=TWO, end=FOUR), PushWindow(start=FIRST, end=SECOND)
    assert shown(PushSetup(windows=())) == {"window": "always"}
    assert shown(PushSetup(windows=(daily,))) == {"window": "02:00:00..04:00:00"}
    assert shown(PushSetup(windows=(daily, once))) == {
        "window 1": "02:00:00..04:00:00",
        "window 2": "2026-05-01 00:00:00 day-of-week 5..2026-05-02 00:00:00",
    }


def test_parts_stand_beside_one_another() -> None:
    one, two = PushObject(captured=CLOCK_TIME), PushObject(captured=PROFILE)
    before = PushSetup(objects=(one,), number_of_retries=1)
    compared = list(compare(before, PushSetup(objects=(one, two), number_of_retries=2)))
    clock = Part("8/0.0.1.0.0.255/2", "clock")
    profile = Part("7/1.0.99.1.0.255/2 data-index 4097", "load_profile_1")
    assert [(each.title, each.before, each.after, each.differs) for each in compared] == [
        ("object 1", clock, clock, False),
        ("object 2", None, profile, True),
        ("repetitions", Part("1"), Part("2"), True),
    ]
