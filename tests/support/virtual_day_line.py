"""The lines of a simulated day, with its meters on them, as ports that the daemon opens."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from random import Random

from dcud.dlms.access import AttributeDescriptor, Selection
from dcud.dlms.apdu.event_notification import EventNotification
from dcud.dlms.constructors import double_long_unsigned, enum, long_unsigned
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import encode_data
from dcud.dlms.data_types import Data
from dcud.dlms.datalink import ClientSap
from dcud.dlms.hdlc.delimiter import Delimited, Delimiter
from dcud.dlms.obis import Obis
from dcud.dlms.server import ServerApplication, ServerParameters
from dcud.line.faulty_port import FaultyPort
from dcud.line.impairment import ImpairedWay, Impairment
from dcud.sim.consumption import LoadCurve
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.load_profile import Column, LoadProfile
from dcud.sim.meter import Attributes, SimulatedMeter
from tests.support.paced_port import PacedPort
from tests.support.virtual_day import (
    ALARM_TOLD,
    ALARMS,
    BEGIN,
    ENERGY,
    EXPORT,
    PERIOD,
    PROFILE,
    VOLTAGE,
    Day,
    DayMeter,
    Fate,
)

ANSWER_TIME = 0.02
"""Seconds from the last octet that a meter hears to the first that it says."""
_BITS = 10
"""That an octet takes on a line."""
_DAMAGED = 0.3
"""Share of the answers that are damaged while a meter babbles."""

Clock = Callable[[], float]
"""Seconds of the day."""


class PatchyProfile(LoadProfile):
    """A load profile without the entries that its meter could not make, or doesn't show yet."""

    def __init__(self, meter: DayMeter) -> None:
        parameters = meter.parameters
        curve = LoadCurve(parameters.logical_device_name)
        installed = parameters.installed

        def energy(share: float) -> Callable[[float], Data]:
            return lambda t: double_long_unsigned(int(curve.energy(t, installed) * share))

        values = {
            ENERGY: energy(1.0),
            EXPORT: energy(0.03),
            VOLTAGE: lambda t: long_unsigned(2300 + int(t // PERIOD) % 40),
        }
        super().__init__(
            [
                Column(class_id=3, logical_name=Obis.parse(name), attribute=2, value=value)
                for name, value in values.items()
            ],
            period=PERIOD,
            capacity=parameters.capacity,
            started=installed,
        )
        self._fate = meter.fate

    def buffer(self, now: float, selection: Selection | None) -> bytes:
        """Return attribute 2 as A-XDR octets, selected as asked."""
        entries, columns = self._selected(self._held(now), selection)
        there = [count for count in entries if self._is_shown(count * PERIOD - BEGIN, now - BEGIN)]
        return self._encode([self._row(count, columns) for count in there])

    def _is_shown(self, instant: float, now: float) -> bool:
        late = self._fate.late
        hidden = late is not None and instant == late.begin and now < late.end
        return self._fate.captures(instant) and not hidden


class DayDevice:
    """A simulated meter with its fate: what it says is a function of the time alone."""

    def __init__(self, meter: DayMeter, clock: Clock) -> None:
        self._fate = meter.fate
        self._clock = clock
        self._is_told = False
        profile = PatchyProfile(meter)
        patchy: Attributes = {
            2: profile.buffer,
            3: lambda _now, _selection: profile.capture_objects(),
            4: lambda _now, _selection: double_long_unsigned(PERIOD),
            5: lambda _now, _selection: enum(1),
            6: lambda _now, _selection: profile.sort_object(),
            7: lambda now, _selection: double_long_unsigned(profile.entries_in_use(now)),
            8: lambda _now, _selection: double_long_unsigned(profile.capacity),
        }
        alarms: Attributes = {2: lambda now, _selection: self._alarm_word(now - BEGIN)}
        extra: Mapping[tuple[int, Obis], Attributes] = {
            (7, Obis.parse(PROFILE)): patchy,
            (1, Obis.parse(ALARMS)): alarms,
        }
        self._meter = SimulatedMeter(meter.parameters, lambda: BEGIN + clock(), extra)

    def application(self, parameters: ServerParameters, client_sap: ClientSap) -> ServerApplication:
        """Return what a client speaks to whose link was just set up."""
        self._is_told = False
        return self._meter.application(parameters, client_sap)

    def notifications(self) -> list[bytes]:
        """Tell of an alarm that was raised lately, once in each session."""
        alarm, now = self._fate.alarm, self._clock()
        lately = alarm is not None and alarm.begin <= now < alarm.begin + ALARM_TOLD
        if alarm is None or not lately or self._is_told:
            return []
        self._is_told = True
        raised = datetime.fromtimestamp(BEGIN + alarm.begin, UTC)
        told = EventNotification(
            attribute=_attribute(1, ALARMS, 2),
            value=encode_data(self._alarm_word(now)),
            time=CosemDateTime.from_datetime(raised).to_octets(),
        )
        return [told.encode()]

    def _alarm_word(self, t: float) -> Data:
        alarm = self._fate.alarm
        return double_long_unsigned(4 if alarm is not None and alarm.holds(t) else 0)


def _attribute(class_id: int, name: str, attribute: int) -> AttributeDescriptor:
    return AttributeDescriptor(
        class_id=class_id, logical_name=Obis.parse(name), attribute=attribute
    )


class DayLine:
    """A bus of the day: each meter hears what is meant for it, unless it is silent just then."""

    def __init__(self, meters: list[DayMeter], clock: Clock, draw: Random) -> None:
        self._meters = {meter.address.octets: meter for meter in meters}
        self._babblers = [meter.fate for meter in meters if meter.fate.babbling]
        self._clock = clock
        self._draw = draw
        self._delimiter = Delimiter()
        self._stations: dict[bytes, HdlcLine] = {}

    def answer(self, octets: bytes, now: float) -> bytes:
        """Return what is heard on the line after these octets."""
        parts = self._delimiter.feed(octets)
        frames = [part.frame for part in parts if isinstance(part, Delimited)]
        said = b"".join(self._said(each.destination, each.build(), now) for each in frames)
        if any(_babbles(fate, self._clock()) for fate in self._babblers):
            return self._babbled(said)
        return said

    def _said(self, destination: bytes, octets: bytes, now: float) -> bytes:
        meter = self._meters.get(destination)
        if meter is None:
            return b""
        if not meter.fate.answers(self._clock()):
            self._stations.pop(destination, None)  # and it forgets the link
            return b""
        station = self._stations.get(destination)
        if station is None:
            device = DayDevice(meter, self._clock)
            station = HdlcLine({meter.address: device}, ServerParameters())
            self._stations[destination] = station
        return station.receive(octets, now) or b""

    def _babbled(self, said: bytes) -> bytes:
        noise = self._draw.randbytes(self._draw.randint(3, 12))
        if said and self._draw.random() < _DAMAGED:
            place = self._draw.randrange(len(said))
            said = said[:place] + bytes((said[place] ^ 0x55,)) + said[place + 1 :]
        return noise + said


def _babbles(fate: Fate, t: float) -> bool:
    return fate.babbling is not None and fate.babbling.holds(t)


def day_port(day: Day, bus: str, baud: int, clock: Clock) -> FaultyPort:
    """Return the port that leads to a bus of the day."""

    def draw(use: str) -> Random:
        return Random(f"{day.seed}/{bus}/{use}/{clock()}")  # noqa: S311  # mishaps, not secrets

    line = DayLine(day.on(bus), clock, draw("babble"))
    port = PacedPort(line.answer, octet_time=_BITS / baud, answer_time=ANSWER_TIME)
    impairment = Impairment(loss=day.loss)
    return FaultyPort(
        port,
        outward=ImpairedWay(impairment, draw("outward")),
        inward=ImpairedWay(impairment, draw("inward")),
    )
