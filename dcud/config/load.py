"""From a configuration file, its drop-in files, its templates, to the model."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from dcud.config import medium, model, rules, shipped
from dcud.config.bind import Part, Parts, Spoiled, bind
from dcud.config.build import Builder
from dcud.config.document import read
from dcud.config.merge import merge
from dcud.config.problem import ConfigError
from dcud.config.report import Place, Report, suggestion
from dcud.config.rules import ToldBus, ToldMeter
from dcud.config.schema import DROP_IN_KEYS, MAIN_KEYS

DROP_IN_DIRECTORY = "conf.d"
"""Beside the main file, unless its key `include` names another."""

T = TypeVar("T")
BrokerT = TypeVar("BrokerT", bound=model.Mqtt)


def load(path: Path | str) -> model.Configuration:
    """Return the configuration that the file at `path` begins.

    Raises:
        ConfigError: it can't be used; holds every fault found, with file, line and remedy.
    """
    report = Report()
    told = _Told(bind_main(Path(path), report))
    if _read_drop_ins(told, report):
        configuration = _Loader(told, report).configuration()
        report.raise_if_any()
        return configuration
    # A file that can't be parsed may hold what the others refer to.
    report.raise_if_any()
    raise AssertionError("a file without faults was not read")


def bind_main(path: Path, report: Report) -> Part:
    """Return what the main file says.

    Raises:
        ConfigError: it can't be read, or is no TOML.
    """
    document = read(path)
    return bind(document.data, MAIN_KEYS, Place(document), report)


@dataclass(slots=True, eq=False)
class _Told:
    """What all the files say."""

    main: Part
    drop_ins: Parts = field(default_factory=list)

    def tables(self, name: str) -> Iterator[Part]:
        """Give the elements of the list `name` in all files."""
        for part in (self.main, *self.drop_ins):
            value = part.values.get(name)
            if isinstance(value, list):
                yield from value

    def templates(self) -> Iterator[tuple[str, Part]]:
        for part in (self.main, *self.drop_ins):
            value = part.values.get("template")
            if isinstance(value, dict):
                yield from value.items()


def _read_drop_ins(told: _Told, report: Report) -> bool:
    """Add the drop-in files to what is told; returns whether all of them could be parsed."""
    complete = True
    for path in _drop_in_files(told.main, report):
        try:
            document = read(path)
        except ConfigError as error:
            report.extend(error.problems)
            complete = False
        else:
            told.drop_ins.append(bind(document.data, DROP_IN_KEYS, Place(document), report))
    return complete


def _drop_in_files(main: Part, report: Report) -> list[Path]:
    named = main.values.get("include")
    if not isinstance(named, str):
        shown = Path(main.place.document.name).parent / DROP_IN_DIRECTORY
        return sorted(shown.glob("*.toml"))
    if not Path(named).is_dir():
        report.add(main.place / "include", "is no directory", "create it, or correct the path")
    return sorted(Path(named).glob("*.toml"))


class _Loader:
    """Brings what the files say together."""

    def __init__(self, told: _Told, report: Report) -> None:
        self._told = told
        self._report = report
        self._builder = Builder(report)
        self._gateway = self._section("gateway", model.Gateway) or model.Gateway(id="unknown")
        self._templates = self._collect_templates()
        self._layers: dict[tuple[str, tuple[str, ...]], Part] = {}

    def configuration(self) -> model.Configuration:
        """Return the configuration; it means nothing where the report has faults."""
        rules.check_secret_source(self._part("gateway"), self._report)
        buses = self._buses()
        listener = self._section("listener", model.Listener) or model.Listener()
        meters = self._meters(buses)
        rules.check_pushing(meters, listener, self._report)
        return model.Configuration(
            gateway=self._gateway,
            mqtt=self._mqtt(),
            uplinks=self._uplinks(),
            metrics=self._with_secrets("metrics", model.Metrics) or model.Metrics(),
            listener=listener,
            commands=self._with_secrets("commands", model.Commands) or model.Commands(),
            log=self._section("log", model.Log) or model.Log(),
            outbox=self._outbox(),
            buses=tuple(told.bus for told in buses),
            meters=tuple(told.meter for told in meters),
        )

    def _part(self, name: str) -> Part:
        """Return the section of that name, an empty one where the file has none to be used."""
        value = self._told.main.values.get(name)
        return value if isinstance(value, Part) else Part(self._told.main.place / name)

    def _section(self, name: str, table: type[T]) -> T | None:
        if isinstance(self._told.main.values.get(name), Spoiled):
            return None
        return self._builder.build(self._part(name), table)

    def _mqtt(self) -> model.Mqtt:
        return self._broker(self._part("mqtt"), model.Mqtt, "") or model.Mqtt()

    def _uplinks(self) -> tuple[model.Uplink, ...]:
        parts = list(self._told.tables("uplink"))
        self._report_double_ids(parts, "uplink")
        told = [(part, part.values.get("id")) for part in parts]
        for part, name in told:
            if name == model.FIRST_BROKER:
                self._report.add(part.place / "id", "is the name of [mqtt]", "take another one")
        built = [self._broker(part, model.Uplink, f"-{name}") for part, name in told]
        return tuple(uplink for uplink in built if uplink)

    def _broker(self, part: Part, table: type[BrokerT], suffix: str) -> BrokerT | None:
        rules.check_secret_source(part, self._report)
        values = {**self._secret_source(part, ("key_file", "credential")), **part.values}
        host, tls = values.get("host"), values.get("tls")
        if tls is None:
            values["tls"] = tls = isinstance(host, str) and not model.is_loopback(host)
        values.setdefault("port", 8883 if tls is True else 1883)
        values.setdefault("client_id", f"dcud-{self._gateway.id}{suffix}")
        broker = self._builder.build(Part(part.place, values), table)
        if broker is not None:
            rules.check_mqtt(broker, part, self._report)
        return broker

    def _with_secrets(self, name: str, table: type[T]) -> T | None:
        """Return a section whose secrets stand where the gateway's do, unless it says otherwise."""
        part = self._part(name)
        rules.check_secret_source(part, self._report)
        values = {**self._secret_source(part, ("key_file", "credential")), **part.values}
        return self._builder.build(Part(part.place, values), table)

    def _outbox(self) -> model.Outbox:
        part = self._part("outbox")
        default = str(Path(self._gateway.state_directory, "dcud.db"))
        whole = Part(part.place, {"path": default, **part.values})
        return self._builder.build(whole, model.Outbox) or model.Outbox()

    def _secret_source(self, part: Part, sources: Iterable[str]) -> dict[str, object]:
        """Return the one among the gateway's `sources` for a table that names none."""
        if part.values.keys() & set(rules.SECRET_SOURCES):
            return {}
        source = {name: getattr(self._gateway, name) for name in sources}
        return {name: value for name, value in source.items() if value is not None}

    def _collect_templates(self) -> dict[str, Part]:
        templates = list(self._told.templates())
        places: list[tuple[Hashable, Place]] = [(name, part.place) for name, part in templates]
        rules.report_doubles(
            places, self._report, "has the name of the template at {}", "rename one of them"
        )
        for _, part in templates:
            self._report_double_jobs(part)
        return dict(templates)

    def _template(self, name: str) -> Part | None:
        """Return the template of that name, this configuration's own before the shipped one."""
        if name not in self._templates and (path := shipped.path_of(name)):
            document = read(path)
            part = bind(document.data, DROP_IN_KEYS, Place(document), self._report)
            self._templates.update(_Told(part).templates())
        return self._templates.get(name)

    def _layer(self, on: str, names: tuple[str, ...]) -> Part:
        """Return what the templates of these names say together.

        What follows from the medium `on` which the meter is, and from the gateway, lies beneath.
        """
        if (on, names) not in self._layers:
            place = self._part("gateway").place
            clock = Part(place, {"time_zone": self._gateway.time_zone})
            found = [self._template(name) for name in names]
            beneath = [medium.meter_layer(on), Part(place, {"clock": clock})]
            self._layers[on, names] = merge([*beneath, *(part for part in found if part)])
        return self._layers[on, names]

    def _buses(self) -> Sequence[ToldBus]:
        parts = list(self._told.tables("bus"))
        self._report_double_ids(parts, "bus")
        wholes = [(part, medium.whole_bus(part)) for part in parts]
        built = [(part, self._builder.build(whole, model.Bus)) for part, whole in wholes]
        buses = [ToldBus(part, bus) for part, bus in built if bus]
        rules.check_buses(buses, self._report)
        return buses

    def _meters(self, buses: Sequence[ToldBus]) -> Sequence[ToldMeter]:
        parts = list(self._told.tables("meter"))
        self._report_double_ids(parts, "meter")
        ids = {part.values.get("id") for part in self._told.tables("bus")}
        by_id: dict[object, model.Bus] = {told.bus.id: told.bus for told in buses}
        meters = []
        for part in parts:
            self._report_double_jobs(part)
            bus = by_id.get(part.values.get("bus"))
            whole, is_complete = self._whole_meter(part, bus)
            meter = self._builder.build(whole, model.Meter)
            self._check_bus(part, ids)
            if meter and is_complete:
                meters.append(ToldMeter(part, meter, bus))
        rules.check_meters(meters, self._report)
        return meters

    def _whole_meter(self, part: Part, bus: model.Bus | None) -> tuple[Part, bool]:
        """Return what a meter and its templates say, and whether all of these exist."""
        names = part.values.get("template", ())
        names = names if isinstance(names, tuple) else ()
        rules.check_secret_source(part, self._report)
        whole = merge([self._layer(bus.medium if bus else model.MEDIA[0], names), part])
        whole.values.update(self._secret_source(part, rules.SECRET_SOURCES))
        if self._gateway.system_title is not None:
            whole.values.setdefault("client_system_title", self._gateway.system_title)
        missing = [name for name in names if name not in self._templates]
        for name in missing:
            remedy = suggestion(name, {*self._templates, *shipped.shipped()})
            self._report.add(part.place / "template", f'there is no template "{name}"', remedy)
        return whole, not missing

    def _check_bus(self, part: Part, ids: set[object]) -> None:
        bus = part.values.get("bus")
        if isinstance(bus, str) and bus not in ids:
            remedy = suggestion(bus, (name for name in ids if isinstance(name, str)))
            self._report.add(
                part.place / "bus", f'there is no bus "{bus}"', remedy or "add a [[bus]]"
            )

    def _report_double_ids(self, parts: Iterable[Part], what: str) -> None:
        message = f"is the id of the {what} at {{}}, too"
        self._report_doubles(parts, "id", message)

    def _report_double_jobs(self, part: Part) -> None:
        jobs = part.values.get("job")
        if isinstance(jobs, list):
            self._report_doubles(jobs, "name", "is the name of the job at {}, too")

    def _report_doubles(self, parts: Iterable[Part], key: str, message: str) -> None:
        names: list[tuple[Hashable, Place]] = [
            (name, part.place / key)
            for part in parts
            if isinstance(name := part.values.get(key), str)
        ]
        rules.report_doubles(names, self._report, message, "rename one of them")
