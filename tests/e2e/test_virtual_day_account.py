"""The account of a simulated day, of days that are made up: what is wrong with them it finds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.subscriber import Heard
from tests.support.virtual_day import (
    ALARMS,
    BEGIN,
    ENERGY,
    PERIOD,
    Day,
    DayMeter,
    Stretch,
)
from tests.support.virtual_day_account import Account
from tests.support.virtual_day_run import Lived

DAY = Day(buses=1, meters=5, hours=4, seed=7, away=Stretch(9000, 12_000), kills=())
METERS = {meter.id: meter for meter in DAY.all_meters()}
SILENT, LATE, UNPOWERED, BABBLING, ALARMED = METERS
PROMPT = 5.0

Change = Callable[[list[Heard]], list[Heard]]


def at(t: float) -> str:
    return datetime.fromtimestamp(BEGIN + t, UTC).isoformat()


def message(meter: DayMeter, kind: str, key: str, body: dict[str, Any]) -> Heard:
    whole = {"message_id": f"{meter.id}/{kind}/{key}", **body}
    return Heard(f"dcud/v1/gw/meter/{meter.id}/{kind}", json.dumps(whole).encode(), retain=False)


def values(energy: int) -> list[dict[str, str]]:
    return [{"obis": ENERGY, "value": str(energy)}]


def entry(meter: DayMeter, instant: float) -> Heard:
    told = {"meter": {"id": meter.id}, "job": "load", "capture_time": at(instant)}
    return message(
        meter, "reading/load", str(instant), {**told, "values": values(meter.energy(instant))}
    )


def reading(meter: DayMeter, t: float) -> Heard:
    told = {"meter": {"id": meter.id}, "job": "registers", "read_time": at(t)}
    return message(meter, "reading/registers", str(t), {**told, "values": values(meter.energy(t))})


def alarm(meter: DayMeter, stretch: Stretch) -> Iterator[Heard]:
    notified = {"meter": meter.id, "kind": "event-notification", "received": at(stretch.begin)}
    yield message(meter, "notification", "1", {**notified, "attribute": {"obis": ALARMS}})
    for code, t in (("alarm_raised", stretch.begin), ("alarm_cleared", stretch.end)):
        yield message(meter, "event", code, {"meter": meter.id, "code": code, "time": at(t)})


def perfect() -> list[Heard]:
    """Return what is heard of a day on which all went well."""
    heard: list[Heard] = []
    for meter in METERS.values():
        heard += [entry(meter, instant) for instant in meter.instants_until(DAY.length)]
        hours = [hour * 3600 + PROMPT for hour in range(int(DAY.hours) + 1)]
        heard += [reading(meter, t) for t in hours if meter.fate.answers(t)]
        if meter.fate.alarm is not None:
            heard += alarm(meter, meter.fate.alarm)
    return heard


def journal(heard: list[Heard]) -> list[list[Any]]:
    """Return what the daemon noted of it."""
    noted: list[list[Any]] = [[1.0, "busy", "bus1", 0.25 * DAY.end]]
    for each in heard:
        if "capture_time" in each.body:
            captured = datetime.fromisoformat(each.body["capture_time"]).timestamp() - BEGIN
            noted.append([captured + PROMPT, "acknowledged", each.body["message_id"]])
    off = METERS[UNPOWERED].fate.unpowered
    assert off is not None
    missing = sum(1 for step in range(int(DAY.length // PERIOD)) if off.holds(step * PERIOD))
    return [*noted, [1.0, "missing", "bus1", UNPOWERED, missing]]


def account_of(change: Change, *more: list[Any]) -> Account:
    heard = perfect()
    account = Account(
        DAY, Lived(heard=change(heard), journal=[*journal(heard), *more], code=0, seconds=1.0)
    )
    account.settle()
    return account


def place(heard: list[Heard], meter: str, kind: str, number: int) -> int:
    """Return where the message of that number stands among all."""
    topic = f"dcud/v1/gw/meter/{meter}/{kind}"
    return [n for n, each in enumerate(heard) if each.topic == topic][number]


def without(meter: str, kind: str, number: int) -> Change:
    def change(heard: list[Heard]) -> list[Heard]:
        gone = place(heard, meter, kind, number)
        return heard[:gone] + heard[gone + 1 :]

    return change


def again(meter: str, kind: str, number: int, old: bytes = b"", new: bytes = b"") -> Change:
    def change(heard: list[Heard]) -> list[Heard]:
        double = heard[place(heard, meter, kind, number)]
        return [*heard, replace(double, payload=double.payload.replace(old, new))]

    return change


def amended(meter: str, kind: str, number: int, old: bytes, new: bytes) -> Change:
    def change(heard: list[Heard]) -> list[Heard]:
        where = place(heard, meter, kind, number)
        payload = heard[where].payload.replace(old, new)
        return [*heard[:where], replace(heard[where], payload=payload), *heard[where + 1 :]]

    return change


def swapped(meter: str, kind: str) -> Change:
    def change(heard: list[Heard]) -> list[Heard]:
        first, second = (place(heard, meter, kind, number) for number in (-1, -2))
        heard = list(heard)
        heard[first], heard[second] = heard[second], heard[first]
        return heard

    return change


def nothing(heard: list[Heard]) -> list[Heard]:
    return heard


def test_of_a_day_on_which_all_went_well_it_finds_nothing() -> None:
    account = account_of(nothing)
    assert account.faults == []
    assert account.entries == sum(len(m.instants_until(DAY.length)) for m in METERS.values())
    assert account.doubles == 0
    assert account.busy() == {"bus1": 0.25}
    assert account.lag("undisturbed") == (PROMPT, PROMPT, PROMPT)
    assert "busy 25.0 %" in account.report()


def test_doubles_are_counted_and_no_fault() -> None:
    account = account_of(again(SILENT, "reading/load", 3))
    assert (account.faults, account.doubles) == ([], 1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without(SILENT, "reading/load", 5), f"{SILENT}: no entries for"),
        (without(BABBLING, "reading/registers", 0), f"{BABBLING}: no reading in the hour"),
        (again(LATE, "reading/load", 5, b'"value": "', b'"value": "1'), "one id, two contents"),
        (
            again(ALARMED, "reading/load", 5, b'"message_id": "', b'"message_id": "x'),
            f"{ALARMED}: 2 entries for",
        ),
        (amended(LATE, "reading/load", 5, b'"value": "', b'"value": "1'), f"{LATE}: wrong"),
        (amended(LATE, "reading/registers", 1, b'"value": "', b'"value": "1'), f"{LATE}: wrong"),
        (swapped(ALARMED, "reading/load"), f"{ALARMED}: entries out of order"),
        (swapped(ALARMED, "reading/registers"), f"{ALARMED}: readings out of order"),
        (without(ALARMED, "event", 0), f"{ALARMED}: alarm"),
        (
            again(ALARMED, "event", 0, b'"message_id": "', b'"message_id": "x'),
            f"{ALARMED}: alarm",
        ),
        (without(ALARMED, "notification", 0), f"{ALARMED}: nobody told"),
    ],
)
def test_what_is_wrong_is_found(change: Change, told: str) -> None:
    faults = account_of(change).faults
    assert faults
    assert faults[0].startswith(told)


@pytest.mark.parametrize(
    ("noted", "told"),
    [
        ([1.0, "dropped", "age", 1], "the daemon let something go"),
        ([1.0, "given_up", "bus1"], "the daemon let something go"),
        ([1.0, "missing", "bus1", UNPOWERED, 99], f"{UNPOWERED}: 99 entries told missing"),
        ([1.0, "missing", "bus1", ALARMED, 1], f"{ALARMED}: 1 entries told missing, 0 are"),
    ],
)
def test_what_the_daemon_tells_of_itself_counts(noted: list[Any], told: str) -> None:
    faults = account_of(nothing, noted).faults
    assert [fault[: len(told)] for fault in faults] == [told]


def test_an_entry_that_took_longer_than_a_period_is_found_where_nothing_went_wrong() -> None:
    heard = perfect()
    slow = [
        [t + PERIOD if kind == "acknowledged" else t, kind, *facts]
        for t, kind, *facts in journal(heard)
    ]
    account = Account(DAY, Lived(heard=heard, journal=slow, code=0, seconds=1.0))
    account.settle()
    assert account.faults
    assert all("came only at" in fault for fault in account.faults)
