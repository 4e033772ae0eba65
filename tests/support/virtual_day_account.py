"""The account of a simulated day: what came, when, how often, and what should have come."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from tests.support.virtual_day import BEGIN, ENERGY, PERIOD, Day, DayMeter, Fate, Stretch
from tests.support.virtual_day_run import RESTART, Lived

HOUR = 3600.0
PATIENCE = 1500.0
"""Seconds after which an entry is there at the latest, once meter, line, daemon and broker are
well: the longest pauses of a breaker and of a publisher, and the polls of the others."""
_SLACK = 60.0
"""Seconds that a request, and its repetitions, may take to come to its meter."""
_LAGS = (0.5, 0.95, 1.0)

_Kinds = dict[str, list[dict[str, Any]]]
"""The messages of a meter by their job, or kind, in their order."""


def seconds_of_day(text: str) -> float:
    """Return the second of the day that a message tells as RFC 3339."""
    return datetime.fromisoformat(text).timestamp() - BEGIN


@dataclass(slots=True)
class Account:
    """What came of a day, seen by the subscriber and by the daemon's own figures.

    Attributes:
        faults: what is not as it has to be, in words; nothing, if all is well.
    """

    day: Day
    lived: Lived
    faults: list[str] = field(default_factory=list)
    _first: dict[str, bytes] = field(default_factory=dict)
    _bodies: list[dict[str, Any]] = field(default_factory=list)
    _doubles: int = 0
    _values: int = 0
    _lags: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _filled: list[str] = field(default_factory=list)
    _acknowledged: dict[str, float] = field(default_factory=dict)
    _babbling: dict[str, list[Stretch]] = field(default_factory=lambda: defaultdict(list))
    _missing_told: dict[str, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Go through everything, and note the faults."""
        self._sort_doubles()
        for at, _, message_id in self._noted("acknowledged"):
            self._acknowledged.setdefault(message_id, at)
        self._missing_told = {line[3]: line[4] for line in self._noted("missing")}
        by_meter: dict[str, _Kinds] = defaultdict(lambda: defaultdict(list))
        for body in self._bodies:
            meter = body["meter"]
            name = meter["id"] if isinstance(meter, dict) else meter
            by_meter[name][body.get("job", body.get("kind", "event"))].append(body)
            self._values += len(body.get("values", ()))
        for meter in self.day.all_meters():
            if meter.fate.babbling is not None:
                self._babbling[meter.bus].append(meter.fate.babbling)
        for meter in self.day.all_meters():
            came = by_meter[meter.id]
            self._check_intervals(meter, came["load"])
            self._check_registers(meter, came["registers"])
            self._check_alarms(meter, came)
            self._check_missing_told(meter)
        for each in self._noted("dropped", "given_up"):
            self._fault(f"the daemon let something go: {each}")
        if self.lived.code != 0:
            self._fault(f"the daemon ended with {self.lived.code}")

    def _fault(self, text: str) -> None:
        self.faults.append(text)

    def _noted(self, *kinds: str) -> Iterator[list[Any]]:
        return (line for line in self.lived.journal if line[1] in kinds)

    def _sort_doubles(self) -> None:
        """Keep the first message under each id; what comes after it has to be the same."""
        for heard in self.lived.heard:
            if "/meter/" not in heard.topic or heard.topic.endswith("/state"):
                continue
            body = heard.body
            known = self._first.get(body["message_id"])
            if known is None:
                self._first[body["message_id"]] = heard.payload
                self._bodies.append(body)
                continue
            self._doubles += 1
            if known != heard.payload:
                self._fault(f"one id, two contents: {known!r} and {heard.payload!r}")

    def _check_intervals(self, meter: DayMeter, bodies: list[dict[str, Any]]) -> None:
        """Every entry that the meter held came, under one id, right, in order."""
        came = [seconds_of_day(body["capture_time"]) for body in bodies]
        wanted = meter.instants_until(self.day.length)
        missing = sorted(set(wanted) - set(came))
        if missing:
            self._fault(f"{meter.id}: no entries for {_times(missing)}")
        for at, count in Counter(came).items():
            if count > 1 or not meter.fate.captures(at):
                self._fault(f"{meter.id}: {count} entries for {_times([at])}")
        if meter.fate.late is None and came != sorted(came):
            self._fault(f"{meter.id}: entries out of order: {_times(came)}")
        for at, body in zip(came, bodies, strict=True):
            if _value(body, ENERGY) != str(meter.energy(at)):
                self._fault(f"{meter.id}: wrong: {body}")
            self._note_lag(meter, at, body)

    def _note_lag(self, meter: DayMeter, at: float, body: dict[str, Any]) -> None:
        """Note how long after its capture an entry was with the broker."""
        kept = self._acknowledged.get(body["message_id"])
        if kept is None or at < 0:  # of before the day; or killed before it was noted
            return
        late = meter.fate.late
        if late is not None and at == late.begin:
            self._filled.append(f"{meter.id} {_times([at])} after {_minutes(kept - at)}")
            return
        calm = self._is_calm(meter, at)
        self._lags["undisturbed" if calm else "disturbed"].append(kept - at)
        possible = self._possible(meter, at)
        if possible > at:
            self._lags["since they could be had"].append(kept - possible)
        if kept > (at + PERIOD if calm else possible + PATIENCE):
            self._fault(f"{meter.id}: the entry of {_times([at])} came only at {_times([kept])}")

    def _possible(self, meter: DayMeter, at: float) -> float:
        """Return from when on meter, line, daemon and broker were all well, for long enough."""
        fate, babbling = meter.fate, self._babbling[meter.bus]
        down = [Stretch(kill, kill + RESTART) for kill in self.lived.kills]
        known = (fate.silent, fate.unpowered, *babbling, self.day.away, *down)
        stretches = sorted((each for each in known if each), key=lambda each: each.begin)
        for each in stretches:
            at = each.end if each.begin - PATIENCE <= at < each.end else at
        return at

    def _is_calm(self, meter: DayMeter, at: float) -> bool:
        """Tell whether nothing befell meter, line, daemon and broker around an instant."""
        babbling = self._babbling[meter.bus]
        fates = (meter.fate.silent, meter.fate.unpowered, *babbling, self.day.away)
        # A pause of the breaker, and what gathered meanwhile, take an hour at most.
        if any(each and each.begin - PERIOD <= at < each.end + HOUR for each in fates):
            return False
        return not any(kill - PERIOD <= at < kill + PERIOD for kill in self.lived.kills)

    def _check_registers(self, meter: DayMeter, bodies: list[dict[str, Any]]) -> None:
        """Within each hour in which the meter could be asked a reading came, right, in order."""
        came = [seconds_of_day(body["read_time"]) for body in bodies]
        if came != sorted(came):
            self._fault(f"{meter.id}: readings out of order: {_times(came)}")
        for hour in range(int(self.day.hours) + 1):
            begin = hour * HOUR
            end = min(begin + HOUR, self.day.end)
            asked = [begin + step for step in range(0, int(end - begin), 10)]
            reachable = all(meter.fate.answers(t) for t in asked)
            if reachable and not any(begin <= at < end for at in came):
                self._fault(f"{meter.id}: no reading in the hour from {_times([begin])}")
        for at, body in zip(came, bodies, strict=True):
            value = _value(body, ENERGY)
            if value is None or not meter.energy(at) <= int(value) <= meter.energy(at + _SLACK):
                self._fault(f"{meter.id}: wrong: {body}")

    def _check_alarms(self, meter: DayMeter, came: _Kinds) -> None:
        """An alarm was told as it was raised, and as it was cleared, once each; and no other."""
        alarm, events = meter.fate.alarm, came["event"]
        wanted = [] if alarm is None else ["alarm_raised", "alarm_cleared"]
        if [event["code"] for event in events] != wanted:
            self._fault(f"{meter.id}: alarm {alarm}, but events {events}")
            return
        if alarm is None:
            return
        if not came["event-notification"]:
            self._fault(f"{meter.id}: nobody told what it said of its alarm")
        raised, cleared = (seconds_of_day(event["time"]) for event in events)
        self._lags["alarms raised"].append(raised - alarm.begin)
        self._lags["alarms cleared"].append(cleared - alarm.end)

    def _check_missing_told(self, meter: DayMeter) -> None:
        """The entries that the meter could not make are known to be missing, and no others."""
        told = self._missing_told.get(meter.id, 0)
        off = meter.fate.unpowered
        steps = range(int(self.day.length // PERIOD) + 1)
        wanted = sum(1 for step in steps if off and off.holds(step * PERIOD))
        if told != wanted:
            self._fault(f"{meter.id}: {told} entries told missing, {wanted} are")

    @property
    def entries(self) -> int:
        return sum(1 for body in self._bodies if body.get("job") == "load")

    @property
    def doubles(self) -> int:
        return self._doubles

    def lag(self, kind: str) -> tuple[float, ...]:
        """Return median, 95th percentile and greatest of some lags, in seconds."""
        lags = sorted(self._lags[kind]) or [0.0]
        return tuple(lags[round(share * (len(lags) - 1))] for share in _LAGS)

    def busy(self) -> dict[str, float]:
        """Return the share of the day for which meters had each bus."""
        seconds = dict.fromkeys(self.day.bus_ids(), 0.0)
        for _, _, bus, took in self._noted("busy"):
            seconds[bus] += took
        return {bus: each / self.day.end for bus, each in seconds.items()}

    def report(self) -> str:
        """Return the figures as a table."""
        return "\n".join(f"{name:<36} {figure}" for name, figure in self._rows())

    def _rows(self) -> Iterator[tuple[str, str]]:
        day, lived = self.day, self.lived
        hours = _clock(day.end)
        yield "real time, CPU time", f"{lived.seconds:.0f} s, {lived.cpu:.0f} s, for {hours} h"
        yield "meters", f"{day.buses} buses with {day.meters} each, {100 * day.loss:g} % loss"
        yield "befell", self._fates()
        yield "SIGKILLs at", _times(lived.kills)
        yield "broker away", f"{_clock(day.away.begin)} to {_clock(day.away.end)}"
        yield "intervals", f"{self.entries}, doubles (all messages): {self._doubles}"
        yield "messages, values", f"{len(lived.heard)}, {self._values}"
        yield "values a real second", f"{self._values / lived.seconds:.0f}"
        for kind in self._lags:
            what = kind if "alarms" in kind else f"intervals, {kind}"
            figures = ", ".join(_minutes(each) for each in self.lag(kind))
            yield f"lag of {what}", f"{figures} ({len(self._lags[kind])})"
        yield from self._job_rows()
        yield from self._bus_rows()
        yield "entries shown late", "; ".join(self._filled)
        yield "entries never made, told", str(sum(self._missing_told.values()))

    def _fates(self) -> str:
        """Return how many meters something befell, by what it was."""
        names = [each.name for each in fields(Fate)]
        fates = [meter.fate for meter in self.day.all_meters()]
        counts = {name: sum(1 for fate in fates if getattr(fate, name)) for name in names}
        return ", ".join(f"{name} {count}" for name, count in counts.items())

    def _job_rows(self) -> Iterator[tuple[str, str]]:
        lags: dict[tuple[str, str], list[float]] = defaultdict(list)
        late: Counter[tuple[str, str]] = Counter()
        left_out: Counter[tuple[str, str]] = Counter()
        for _, _, bus, job, lag, is_late, skipped in self._noted("job"):
            lags[bus, job].append(lag)
            late[bus, job] += is_late
            left_out[bus, job] += skipped
        for key in sorted(lags):
            values = sorted(lags[key])
            spread = ", ".join(_minutes(values[round(s * (len(values) - 1))]) for s in _LAGS)
            figures = f"{spread} ({len(values)}; late {late[key]}, left out {left_out[key]})"
            yield f"lag of job {' '.join(key)}", figures

    def _bus_rows(self) -> Iterator[tuple[str, str]]:
        polls: dict[str, Counter[str]] = defaultdict(Counter)
        for _, _, bus, _, result in self._noted("poll"):
            polls[bus][result] += 1
        again: Counter[str] = Counter()
        for _, _, bus, frames in self._noted("again"):
            again[bus] += frames
        for bus, share in self.busy().items():
            told = ", ".join(f"{result} {count}" for result, count in polls[bus].most_common())
            yield bus, f"busy {100 * share:.1f} %, sent again {again[bus]}; polls: {told}"


def _value(body: dict[str, Any], obis: str) -> str | None:
    found = [value["value"] for value in body["values"] if value["obis"] == obis]
    return found[0] if found else None


def _clock(t: float) -> str:
    if t < 0:
        return f"-{_clock(-t)}"
    minutes, seconds = divmod(round(t), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


def _times(times: Iterable[float]) -> str:
    return ", ".join(_clock(t) for t in times)


def _minutes(seconds: float) -> str:
    return f"{seconds:.1f} s" if abs(seconds) < 120 else f"{seconds / 60:.1f} min"
