import argparse

import pytest

from dcud.cli.main import UsageError
from dcud.cli.meter_choice import add_meter_arguments, choose
from dcud.cli.push_choice import PUSH_FORMS, PushChoice, add_choice_arguments, push_choice
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.push_setup import (
    MessageType,
    PushDestination,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    TransportService,
)
from dcud.cosem.references import ReferenceSyntaxError
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.obis import Obis

TCP = PushDestination(service=TransportService.TCP, destination=b"192.0.2.1:4059")


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_choice_arguments(parser)
    add_meter_arguments(parser)
    return parser.parse_args(["--serial", "line", *arguments])


def choice(*arguments: str) -> PushChoice:
    known = parsed(*arguments)
    return push_choice(known, choose(known).meter)


def daily(hour: int, minute: int = 0, second: int = 0) -> CosemDateTime:
    return CosemDateTime(hour=hour, minute=minute, second=second)


def test_nothing_is_to_be_changed() -> None:
    assert not choice().changes
    assert choice() == PushChoice(setup=PushSetup(), objects=None)
    assert parsed().setup == Obis.parse("0.0.25.9.0.255")
    assert parsed("--setup", "0.4.25.9.0.255").setup == Obis.parse("0.4.25.9.0.255")


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("tcp:192.0.2.1:4059", TCP),
        (
            "udp:[2001:db8::1]:4059",
            PushDestination(service=TransportService.UDP, destination=b"[2001:db8::1]:4059"),
        ),
        ("hdlc", PushDestination(service=TransportService.HDLC)),
        (
            "tcp:hex:C00002010FDB",
            PushDestination(service=0, destination=b"\xc0\x00\x02\x01\x0f\xdb"),
        ),
        ("sms:+4912345", PushDestination(service=TransportService.SMS, destination=b"+4912345")),
        ("200:hex:01", PushDestination(service=200, destination=b"\x01")),
    ],
)
def test_where_it_goes(text: str, destination: PushDestination) -> None:
    wanted = choice("--to", text)
    assert wanted.setup == PushSetup(destination=destination)
    assert wanted.changes


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("tcp", "not SERVICE:HOST:PORT"),
        ("tcp:192.0.2.1", "not SERVICE:HOST:PORT"),
        ("tcp::4059", "not SERVICE:HOST:PORT"),
        ("udp:host:65536", "not SERVICE:HOST:PORT"),
        ("tcp:host:0", "not SERVICE:HOST:PORT"),
        ("carrier-pigeon:home", "no service: write tcp, udp"),
        ("199:x", "no service"),
        ("256:x", "no service"),
        ("sms:hex:0", "something else than hex"),
    ],
)
def test_where_nothing_can_go(text: str, error: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=error):
        parsed("--to", text)


@pytest.mark.parametrize(
    ("texts", "windows"),
    [
        (("always",), ()),
        (("02:00..04:30",), (PushWindow(start=daily(2), end=daily(4, 30)),)),
        (("22:00:01..02:00:59",), (PushWindow(start=daily(22, 0, 1), end=daily(2, 0, 59)),)),
        (
            ("02:00..03:00", "04:00..05:00"),
            (
                PushWindow(start=daily(2), end=daily(3)),
                PushWindow(start=daily(4), end=daily(5)),
            ),
        ),
        (
            ("*-*-01T*:00..2026-12-31T23:*",),
            (
                PushWindow(
                    start=CosemDateTime(day=1, minute=0, second=0),
                    end=CosemDateTime(year=2026, month=12, day=31, hour=23, second=0),
                ),
            ),
        ),
    ],
)
def test_when_it_goes(texts: tuple[str, ...], windows: tuple[PushWindow, ...]) -> None:
    wanted = choice(*(each for text in texts for each in ("--window", text)))
    assert wanted.setup == PushSetup(windows=windows)
    assert wanted.changes


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("02:00", "neither START..END nor always"),
        ("02:00..", "no moment"),
        ("2..4", "no moment"),
        ("24:00..01:00", "24 is no hour"),
        ("23:60..23:61", "60 is no minute"),
        ("2026-13-01T00:00..02:00", "13 is no month"),
        ("0000-12-01T00:00..02:00", "0000 is no year"),
    ],
)
def test_what_is_no_window(text: str, error: str) -> None:
    with pytest.raises(argparse.ArgumentError, match=error):
        parsed("--window", text)


def test_always_is_no_window_among_others() -> None:
    with pytest.raises(UsageError, match="always leaves no room"):
        choice("--window", "always", "--window", "02:00..04:00")


def test_how_often_it_is_tried() -> None:
    wanted = choice("--repetitions", "5", "--repetition-delay", "60", "--randomisation", "300")
    assert wanted.setup == PushSetup(
        number_of_retries=5,
        repetition_delay=RepetitionDelay.constant(60),
        randomisation_start_interval=300,
    )


@pytest.mark.parametrize(
    ("option", "number"),
    [("--repetitions", "256"), ("--repetition-delay", "65536"), ("--randomisation", "one")],
)
def test_numbers_that_no_meter_takes(option: str, number: str) -> None:
    with pytest.raises(argparse.ArgumentError, match="no number of 0"):
        parsed(option, number)


def test_objects_are_named_as_dcud_read_names_them() -> None:
    wanted = choice(
        "--object", "clock", "--object", "1.0.1.8.0.255", "--object", "7/1.0.99.1.0.255/2"
    )
    assert wanted.objects is not None
    assert [each.name for each in wanted.objects] == [
        "clock",
        "active_energy_import",
        "load_profile_1",
    ]
    assert [str(each.candidates[0]) for each in wanted.objects] == [
        "8/0.0.1.0.0.255/2",
        "3/1.0.1.8.0.255/2",
        "7/1.0.99.1.0.255/2",
    ]
    assert wanted.changes


def test_an_object_without_a_name_is_named_by_its_code() -> None:
    wanted = choice("--object", "1/0.0.199.7.0.255/2")
    assert wanted.objects is not None
    assert wanted.objects[0].name == "0.0.199.7.0.255"


def test_what_can_not_be_pushed() -> None:
    with pytest.raises(UsageError, match="is a method; an attribute can be pushed"):
        choice("--object", "clock.adjust_to_minute")
    with pytest.raises(ReferenceSyntaxError):
        choice("--object", "nonsense")


def test_what_is_pushed_already_stays_as_it_is() -> None:
    part = PushObject(
        captured=CaptureObject(
            class_id=7, logical_name=Obis.parse("1.0.99.1.0.255"), attribute=2, data_index=0x1001
        )
    )
    before = PushSetup(objects=(PushObject(captured=CLOCK_TIME), part))
    energy = AttributeDescriptor(3, Obis.parse("1.0.1.8.0.255"), 2)
    wanted = choice("--object", "1.0.1.8.0.255", "--object", "7/1.0.99.1.0.255/2")
    written = wanted.beside(before, (energy, part.captured.descriptor))
    assert written == PushSetup(
        objects=(
            PushObject(
                captured=CaptureObject(class_id=3, logical_name=energy.logical_name, attribute=2)
            ),
            part,
        )
    )


def test_messages_stay_of_their_type() -> None:
    xml = PushDestination(service=TransportService.UDP, message=MessageType.XML)
    written = choice("--to", "tcp:192.0.2.1:4059").beside(PushSetup(destination=xml), ())
    assert written.destination == PushDestination(
        service=TransportService.TCP, destination=TCP.destination, message=MessageType.XML
    )
    assert choice("--to", "tcp:192.0.2.1:4059").beside(PushSetup(), ()).destination == TCP
    assert choice("--repetitions", "1").beside(PushSetup(destination=xml), ()).destination is None


def test_the_forms_are_told_in_lines_that_fit() -> None:
    assert max(map(len, PUSH_FORMS.splitlines())) <= 100
