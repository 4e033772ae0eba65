"""What a simulated day consists of: its meters, what befalls them, and what they hold."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import ceil, floor
from pathlib import Path
from random import Random
from typing import Any

from dcud.dlms.hdlc.address import ServerAddress
from dcud.sim.consumption import LoadCurve
from dcud.sim.meter import MeterParameters
from tests.support.toml_text import TomlValue

BEGIN = datetime(2026, 5, 4, tzinfo=UTC).timestamp()
"""Unix seconds at which the day begins; times of the day count from here."""
PERIOD = 900
HISTORY = 3600.0
"""Seconds for which the meters have been there when the day begins."""
PROFILE = "1.0.99.1.0.255"
ENERGY, EXPORT, VOLTAGE = "1.0.1.8.0.255", "1.0.2.8.0.255", "1.0.32.7.0.255"
ALARMS = "0.0.97.98.0.255"
SPEEDS = (9600, 19200, 57600, 115200)
"""Of the lines, in turns."""
ALARM_TOLD = 3700.0
"""Seconds for which a meter tells of an alarm, in every session."""
_NOTICED = 1500.0
"""Seconds for which an alarm lasts at least: longer than from one poll to the next."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some time, in seconds of the day."""

    begin: float
    end: float

    def holds(self, t: float) -> bool:
        return self.begin <= t < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What befalls one meter.

    Attributes:
        silent: it doesn't answer; it goes on capturing.
        unpowered: it neither answers nor captures.
        babbling: it says noise whenever anything is said on its line.
        alarm: one is raised.
        late: the instant of an entry that it shows only some time after the next ones, and that
            time.
    """

    silent: Stretch | None = None
    unpowered: Stretch | None = None
    babbling: Stretch | None = None
    alarm: Stretch | None = None
    late: Stretch | None = None

    def answers(self, t: float) -> bool:
        """Tell whether it can be asked for something."""
        kept_from = (self.silent, self.unpowered, self.babbling)
        return not any(each and each.holds(t) for each in kept_from)

    def captures(self, t: float) -> bool:
        """Tell whether it made an entry at that instant."""
        return not (self.unpowered and self.unpowered.holds(t))


@dataclass(frozen=True, slots=True, kw_only=True)
class DayMeter:
    """One meter of the day.

    Attributes:
        number: 1.. of all.
        bus: the id of its bus.
    """

    number: int
    bus: str
    fate: Fate

    @property
    def id(self) -> str:
        return f"m{self.number:03d}"

    @property
    def address(self) -> ServerAddress:
        return ServerAddress(logical=1, physical=16 + self.number, size=4)

    @property
    def parameters(self) -> MeterParameters:
        return MeterParameters(
            number=self.number, installed=BEGIN - HISTORY, capture_period=PERIOD, capacity=2976
        )

    def energy(self, t: float) -> int:
        """Return the watt-hours that it has counted at a second of the day."""
        curve = LoadCurve(self.parameters.logical_device_name)
        return int(curve.energy(BEGIN + t, BEGIN - HISTORY))

    def instants_until(self, end: float) -> list[float]:
        """Return when it made the entries that have to arrive, in seconds of the day."""
        first, last = ceil(-HISTORY / PERIOD), floor(end / PERIOD)
        steps = (float(step * PERIOD) for step in range(first, last + 1))
        return [at for at in steps if self.fate.captures(at)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day, or less of it.

    Attributes:
        meters: on each bus.
        hours: for which intervals are wanted; the daemon goes on for a while, `tail`.
        loss: share of the frames that the lines lose, each way.
        away: while the broker is not there, in seconds of the day.
        kills: seconds of the day at which the daemon is killed.
        kill_after_away: whether it is killed once more, while it publishes what gathered.
    """

    buses: int
    meters: int
    hours: float
    seed: int
    away: Stretch
    kills: tuple[float, ...]
    kill_after_away: bool = False
    loss: float = 0.02
    tail: float = 1800.0

    @property
    def length(self) -> float:
        """Seconds for which intervals are wanted."""
        return self.hours * 3600

    @property
    def end(self) -> float:
        """Second of the day at which the daemon is stopped."""
        return self.length + self.tail

    def bus_ids(self) -> list[str]:
        return [f"bus{number}" for number in range(1, self.buses + 1)]

    def on(self, bus: str) -> list[DayMeter]:
        """Return the meters of a bus."""
        first = self.bus_ids().index(bus) * self.meters
        return [
            DayMeter(number=first + place, bus=bus, fate=self._fate(first + place, place))
            for place in range(1, self.meters + 1)
        ]

    def all_meters(self) -> Iterator[DayMeter]:
        for bus in self.bus_ids():
            yield from self.on(bus)

    def _fate(self, number: int, place: int) -> Fate:
        """Return what befalls a meter: a fifth of them something, another fifth an alarm."""
        draw = Random(f"{self.seed}/{number}")  # noqa: S311  # fate is no secret

        def stretch(shortest: float, longest: float, shortest_seconds: float = 0) -> Stretch:
            lasts = max(draw.uniform(shortest, longest) * self.length, shortest_seconds)
            begin = draw.uniform(0.05 * self.length, 0.65 * self.length - lasts)
            return Stretch(begin, begin + lasts)

        match place % 10:
            case 1 | 6:
                return Fate(silent=stretch(0.1, 0.3))
            case 2 if place == 2:
                return Fate(late=self._late(draw))
            case 3:
                return Fate(unpowered=stretch(0.15, 0.3))
            case 4 if number == 4:
                return Fate(babbling=stretch(0.02, 0.04))
            case 5 | 0:
                return Fate(alarm=stretch(0.1, 0.2, _NOTICED))
            case _:
                return Fate()

    def _late(self, draw: Random) -> Stretch:
        """Return an instant of an entry, and until when it is not shown."""
        instant = ceil(draw.uniform(0.1, 0.3) * self.length / PERIOD) * PERIOD
        return Stretch(instant, instant + 2 * PERIOD + 60)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Day":
        away, kills = Stretch(**told.pop("away")), tuple(told.pop("kills"))
        return cls(**told, away=away, kills=kills)


def document(day: Day, directory: Path, broker_port: int) -> dict[str, TomlValue]:
    """Return the daemon's configuration."""
    profile: dict[str, TomlValue] = {
        "kind": "profile",
        "name": "load",
        "interval": "15 min",
        "logical_name": PROFILE,
        "initial_history": "2 h",
    }
    objects: list[TomlValue] = [{"obis": name} for name in (ENERGY, EXPORT, VOLTAGE)]
    registers: dict[str, TomlValue] = {
        "kind": "registers",
        "name": "registers",
        "interval": "1 h",
        "objects": [*objects, {"obis": ALARMS, "class_id": 1}],
    }
    return {
        "gateway": {"id": "gw", "state_directory": directory / "state"},
        "mqtt": {"port": broker_port},
        "metrics": {"listen": "127.0.0.1:0"},
        "log": {"level": "warning", "frames": False},
        "bus": [
            {"id": bus, "serial": {"device": f"/dev/{bus}", "baud": SPEEDS[place % len(SPEEDS)]}}
            for place, bus in enumerate(day.bus_ids())
        ],
        "template": {"day": {"alarm_registers": [ALARMS], "job": [profile, registers]}},
        "meter": [
            {
                "id": meter.id,
                "bus": meter.bus,
                "template": "day",
                "server_address": {
                    "logical": meter.address.logical,
                    "physical": meter.address.lower,
                    "size": 4,
                },
            }
            for meter in day.all_meters()
        ],
    }
