"""What can be asked for of a meter: a simulated one, on a pseudo-terminal."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dcud.assembly.addressee import Addressee
from dcud.assembly.commands import meter_verbs
from dcud.assembly.commands.meter_verbs import METER_VERBS, RefusedByMeterError, meter_act
from dcud.assembly.commands.parameters import ParameterError
from dcud.assembly.jobs import make_job, meter_memory
from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, plain_target
from dcud.assembly.ports import port
from dcud.collect import clock_moves
from dcud.collect.asking import Asker
from dcud.config import model
from dcud.config.model import VERBS
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerParameters
from dcud.errors import DcudError
from dcud.line.bus import Bus
from dcud.line.tracer import NoTracer
from dcud.reading import Reading
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import MeterParameters, SimulatedMeter
from dcud.sim.serving import serve_pty
from dcud.store.rows import Cursor, CursorMove
from tests.assembly.test_bus_scan import Unobserved

WALL_CLOCK = time.time  # noqa: TID251  # the simulated meter's own

ENERGY, SWITCH = "3/1.0.1.8.0.255/2", "70/0.0.96.3.10.255/2"
PROFILE = Obis.parse("1.0.99.1.0.255")
LABEL = "1/0.0.96.1.9.255/value"

METER = model.Meter(
    id="m1",
    bus="b",
    server_address=model.ServerAddress(logical=1, physical=17),
    job=(
        model.RegistersJob(
            name="registers",
            interval=60.0,
            objects=(model.ObjectAttribute(obis=Obis.parse("1.0.1.8.0.255"), name="energy"),),
        ),
        model.ProfileJob(name="load", interval=900.0, logical_name=PROFILE),
        model.ProfileJob(name="whole", interval=900.0, logical_name=PROFILE, access="whole"),
    ),
)


class Kept:
    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.cursors: list[CursorMove] = []

    async def __call__(
        self, readings: Sequence[Reading], cursors: Sequence[CursorMove] = ()
    ) -> None:
        self.cursors += cursors
        self.readings += readings


class Silent:
    """Learns of nothing."""

    def captures_missing(self, *_: object) -> None:
        raise AssertionError

    captures_lost = captures_overwritten = captures_missing
    identity_changed = objects_changed = captures_missing
    gateway_clock = clock_compared = clock_changed = captures_missing
    clock_not_set = clock_off = clock_right = captures_missing


async def nowhere(meter: str, key: str) -> Cursor | None:
    assert (meter, key) == (METER.id, clock_moves.KEY)
    return None


class Site:
    """A meter, as requests see it."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.kept = Kept()
        memory = meter_memory(METER)
        jobs = [make_job(job, memory, nowhere, Silent(), WALL_CLOCK) for job in METER.job]
        self.addressee = Addressee(
            memory=memory, jobs=jobs, position=nowhere, keep=self.kept, clock=WALL_CLOCK
        )

    async def ask(self, verb: str, **parameters: object) -> Mapping[str, Any]:
        return await meter_act(verb, parameters, self.addressee)(self.asker)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    parameters = MeterParameters(number=1, installed=WALL_CLOCK() - 7200)
    meter = SimulatedMeter(parameters, WALL_CLOCK)
    line = HdlcLine({ServerAddress(logical=1, physical=17): meter}, ServerParameters())
    async with serve_pty(line, tmp_path / "line") as device, session(str(device)) as asker:
        yield Site(asker)


@asynccontextmanager
async def session(device: str) -> AsyncIterator[Asker]:
    configured = model.Bus(id="b", serial=model.Serial(device=device), turnaround=0.0)
    links = Links(configured)
    parameters = bus_parameters(configured, links)
    bus = Bus(
        "b", port(configured), tracer=NoTracer(), observer=Unobserved(), parameters=parameters
    )
    try:
        async with bus.session(plain_target(links, METER, None)) as opened:
            yield opened
    finally:
        await bus.close()


def hours_ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()  # noqa: TID251  # as the meter's


async def test_attributes_are_read_by_reference_or_by_job(site: Site) -> None:
    found = await site.ask("read", attributes=[ENERGY, "clock.time", "1/9.9.9.9.9.9/2"])
    energy, clock, missing = found["values"]
    assert (energy["name"], energy["unit"], energy["quality"]) == (ENERGY, "Wh", "good")
    assert clock["value"].startswith("20")
    assert missing["quality"] == "missing"
    (named,) = (await site.ask("read", job="registers"))["values"]
    assert (named["name"], named["value"]) == ("energy", energy["value"])


async def test_a_profile_is_read_into_the_answer(site: Site) -> None:
    found = await site.ask("read_profile", object="7/1.0.99.1.0.255/2", **{"from": hours_ago(1)})
    assert found["captures"] == len(found["entries"]) == 4
    assert all(entry["capture_time"] and entry["values"] for entry in found["entries"])
    assert site.kept.readings == []


@pytest.mark.parametrize("job", ["load", "whole"])
async def test_a_profile_s_job_publishes_what_it_finds(site: Site, job: str) -> None:
    found = await site.ask("read_profile", job=job, **{"from": hours_ago(1.5), "to": hours_ago(1)})
    assert found == {"captures": 2}
    assert [reading.job for reading in site.kept.readings] == [job] * 2


async def test_a_range_over_several_requests_has_each_capture_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dcud.collect.profile_stretches.ENTRIES_AT_ONCE", 2)
    found = await site.ask("read_profile", job="load", **{"from": hours_ago(1.75)})
    times = [reading.capture_time for reading in site.kept.readings]
    assert len(times) == len(set(times)) == found["captures"] == 7


async def test_an_answer_holds_only_so_much(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_verbs, "MOST_CAPTURES", 3)
    with pytest.raises(ParameterError, match="more than 3"):
        await site.ask("read_profile", object="7/1.0.99.1.0.255/2", **{"from": hours_ago(1)})


async def test_an_attribute_is_written(site: Site) -> None:
    assert await site.ask("write", attribute=LABEL, value='octet-string "cellar"') == {}
    (label,) = (await site.ask("read", attributes=[LABEL]))["values"]
    assert label["value"] == "cellar"
    with pytest.raises(RefusedByMeterError, match="read-write-denied"):
        await site.ask("write", attribute=ENERGY, value="double-long 1")


async def test_a_switch_is_opened_and_closed(site: Site) -> None:
    assert (await site.ask("disconnect"))["is_closed"] is False
    assert (await site.ask("connect", switch="0.0.96.3.10.255"))["is_closed"] is True
    assert await site.ask("execute", method="70/0.0.96.3.10.255/remote_disconnect") == {}
    assert (await site.ask("read", attributes=[SWITCH]))["values"][0]["value"] is False
    with pytest.raises(RefusedByMeterError):
        await site.ask("execute", method="9/9.9.9.9.9.9/method:1", parameter="unsigned 1")


async def test_a_clock_is_set_and_shifted(site: Site) -> None:
    assert abs((await site.ask("set_clock"))["ahead_after_ms"]) < 2000
    moved = await site.ask("set_clock", shift=-120)
    assert -125_000 < moved["ahead_after_ms"] < -115_000


async def test_what_a_clock_goes_through_twice_is_noted(site: Site) -> None:
    await site.ask("set_clock", shift=120)
    assert site.kept.cursors == []
    await site.ask("set_clock", shift=-120)
    (noted,) = site.kept.cursors
    (twice,) = clock_moves.from_text(noted.position)
    assert abs(twice.last - twice.first - timedelta(minutes=2)) < timedelta(seconds=2)
    assert abs(twice.first - site.addressee.now()) < timedelta(seconds=5)


async def test_a_meter_says_anew_who_it_is(site: Site) -> None:
    site.addressee.memory.logical_device_name = "another"
    assert (await site.ask("identify"))["logical_device_name"] == "SIM0000000000001"
    before = site.addressee.memory.generation
    assert await site.ask("refresh") == {"logical_device_name": "SIM0000000000001"}
    assert site.addressee.memory.generation == before + 1


@pytest.mark.parametrize(
    ("verb", "parameters", "words"),
    [
        ("read", {}, "attributes"),
        ("read", {"attributes": []}, "attributes"),
        ("read", {"attributes": ["what?"]}, "what"),
        ("read", {"attributes": ["70/0.0.96.3.10.255/method:1"]}, "is a method"),
        ("read", {"job": "load"}, "no such job.*known: registers"),
        ("read", {"attributes": [ENERGY], "more": 1}, "'more' means nothing"),
        ("read_profile", {"job": "registers", "from": "2026-01-01T00:00:00Z"}, "no such job"),
        ("read_profile", {"job": "load"}, "from"),
        ("read_profile", {"job": "load", "from": "2010-01-01T00:00:00Z"}, "no range"),
        ("read_profile", {"job": "load", "from": "2110-01-01T00:00:00Z"}, "no range"),
        ("write", {"attribute": ENERGY}, "value"),
        ("write", {"attribute": ENERGY, "value": "nonsense"}, "nonsense"),
        ("write", {"attribute": "15/0.0.40.0.0.255/7", "value": "octet-string 00"}, "secret"),
        ("execute", {"method": ENERGY}, "is an attribute"),
        ("execute", {"method": "70/0.0.96.3.10.255/1", "parameter": 7}, "parameter|attribute"),
        ("set_clock", {"shift": 901}, "shift"),
        ("connect", {"switch": "here"}, "here"),
    ],
)
def test_parameters_that_make_no_sense_are_told(
    verb: str, parameters: dict[str, object], words: str
) -> None:
    memory = meter_memory(METER)
    jobs = [make_job(job, memory, nowhere, Silent(), WALL_CLOCK) for job in METER.job]
    addressee = Addressee(memory=memory, jobs=jobs, position=nowhere, keep=Kept(), clock=WALL_CLOCK)
    with pytest.raises(DcudError, match=words):
        meter_act(verb, parameters, addressee)


def test_every_verb_of_a_meter_can_be_allowed() -> None:
    assert METER_VERBS.keys() <= set(VERBS)
