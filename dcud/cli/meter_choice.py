"""The meter that a command by hand asks: from options to the configuration's model.

A configured meter is taken as its configuration has it. One given by its line (`--serial`, `--tcp`,
`--rfc2217`, `--udp`) is told by options that stand for keys of the configuration: they are checked
by the same rules, and the defaults are the same.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dcud.cli.check import DEFAULT_PATH
from dcud.cli.core_dumps import forbid_core_dumps
from dcud.cli.main import UsageError
from dcud.cli.meter_options import OPTIONS, THE_LINE, Option
from dcud.config import medium, model, rules
from dcud.config.bind import bind
from dcud.config.build import Builder
from dcud.config.document import Document, RawTable
from dcud.config.key_file import Access
from dcud.config.key_ring import KeyRing
from dcud.config.load import load
from dcud.config.merge import merge
from dcud.config.meter_secrets import NO_SECRETS, MeterSecrets, holds_secrets
from dcud.config.problem import ConfigError, Problem
from dcud.config.report import Place, Report, suggestion
from dcud.config.rules import ToldBus, ToldMeter
from dcud.config.schema import keys_of

BUS_ID = "line"
"""Of the bus that no configuration names."""
METER_ID = "meter"
"""Of the meter that nobody named."""

_LINE_FLAGS = "--serial, --tcp, --rfc2217 or --udp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenMeter:
    """A meter with all that is needed to ask it.

    Attributes:
        gateway: the one that asks, whose state directory holds the invocation counters.
        configured: whether it stands in a configuration, so that a daemon may be polling it.
    """

    bus: model.Bus
    meter: model.Meter
    gateway: model.Gateway
    secrets: MeterSecrets = NO_SECRETS
    configured: bool = False


def add_meter_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose a meter."""
    configured = parser.add_argument_group("a configured meter")
    configured.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"the configuration (default: {DEFAULT_PATH})",
    )
    configured.add_argument(
        "--meter",
        metavar="ID",
        help="its id; with a line, its name in frames and key file (default: meter)",
    )
    configured.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="key file with the password, under [meter.ID] (default: the configured one)",
    )
    direct = parser.add_argument_group("or any meter, given by its line")
    for option in OPTIONS:
        if option.bare is not None:
            direct.add_argument(
                option.flag, action="store_const", const=option.bare, help=option.words
            )
            continue
        direct.add_argument(
            option.flag, metavar=option.metavar, type=option.read, help=option.words
        )
    parser.add_argument(
        "--frames", action="store_true", help="show every frame on standard error, secrets masked"
    )


def choose(arguments: argparse.Namespace) -> ChosenMeter:
    """Return the meter that the options choose.

    Raises:
        UsageError: they contradict each other.
        ConfigError: the configuration or the key file can't be used.
    """
    lines = [line for line in model.LINES if getattr(arguments, line) is not None]
    for line in lines[1:]:
        raise UsageError(f"--{line} contradicts --{lines[0]}", remedy="keep one of the two")
    chosen = _direct(arguments, lines[0]) if lines else _configured(arguments)
    if holds_secrets(chosen.meter):
        forbid_core_dumps()
    if chosen.meter.key_command is not None:
        return chosen
    secrets = KeyRing(Access.of_this_process()).meter_secrets(chosen.meter)
    return replace(chosen, secrets=secrets)


def _configured(arguments: argparse.Namespace) -> ChosenMeter:
    for option, _ in _given(arguments):
        raise UsageError(
            f"{option.flag} is for a meter given by its line",
            remedy=f"add {_LINE_FLAGS}, or leave it out: the configuration tells of its meters",
        )
    configuration = load(arguments.config or DEFAULT_PATH)
    meter = _named(configuration.meters, arguments.meter)
    if arguments.key_file is not None:
        own = str(arguments.key_file.absolute())
        meter = replace(meter, key_file=own, credential=None, key_command=None)
    bus = next(bus for bus in configuration.buses if bus.id == meter.bus)
    return ChosenMeter(bus=bus, meter=meter, gateway=configuration.gateway, configured=True)


def _named(meters: tuple[model.Meter, ...], name: str | None) -> model.Meter:
    if name is None and len(meters) == 1:
        return meters[0]
    names = [meter.id for meter in meters]
    if name is None:
        raise UsageError("which meter?", remedy=f"add --meter ID; {suggestion('', names)}")
    if name not in names:
        raise UsageError(f"no meter {name} is configured", remedy=suggestion(name, names))
    return meters[names.index(name)]


def _given(arguments: argparse.Namespace) -> Iterator[tuple[Option, object]]:
    """Give the options that stand for keys, with their values, as far as they were used."""
    for option in OPTIONS:
        value = getattr(arguments, option.destination)
        if value is not None:
            yield option, value


def _direct(arguments: argparse.Namespace, line: str) -> ChosenMeter:
    if arguments.config is not None:
        raise UsageError(
            f"--config contradicts --{line}", remedy="name a configured --meter, or a line"
        )
    _check_options(arguments, line)
    tables = _tables(arguments, line)
    document = Document("the command line", Path.cwd(), "", tables)
    report = Report()
    told = [
        bind(tables[name], keys_of(table), Place(document) / name, report)  # type: ignore[arg-type]  # made a table in _tables
        for name, table in (("bus", model.Bus), ("meter", model.Meter))
    ]
    builder = Builder(report)
    bus = builder.build(medium.whole_bus(told[0]), model.Bus)
    layer = medium.meter_layer(bus.medium if bus else model.MEDIA[0])
    meter = builder.build(merge([layer, told[1]]), model.Meter)
    if bus is not None:
        rules.check_buses([ToldBus(told[0], bus)], report)
    if meter is not None:
        rules.check_meters([ToldMeter(told[1], meter, bus)], report)
    try:
        report.raise_if_any()
    except ConfigError as error:
        raise UsageError("; ".join(map(_as_option, error.problems))) from None
    assert bus is not None  # noqa: S101  # else the report has raised
    assert meter is not None  # noqa: S101  # likewise
    return ChosenMeter(bus=bus, meter=meter, gateway=_gateway())


def _gateway() -> model.Gateway:
    """Return the gateway that a person is who has no configuration.

    Its state is where programs of that person's keep theirs.
    """
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return model.Gateway(id=METER_ID, state_directory=str(Path(home, "dcud")))


def _check_options(arguments: argparse.Namespace, line: str) -> None:
    """Refuse options that mean nothing on this line, or with this framing; miss what it needs."""
    framing = arguments.framing or ("wrapper" if line == "udp" else "hdlc")
    given = [option for option, _ in _given(arguments)]
    for option in OPTIONS:
        if option in given and option.lines and line not in option.lines:
            raise UsageError(f"{option.flag} contradicts --{line}", remedy="keep one of the two")
        if option in given and option.framings and framing not in option.framings:
            raise UsageError(
                f"{option.flag} means nothing with --framing {framing}",
                remedy=f"leave it out, or take --framing {' or '.join(option.framings)}",
            )
        if option not in given and framing in option.framings:
            raise UsageError(
                f"--framing {framing} needs {option.flag}",
                remedy=f"add {option.flag} {option.metavar}: {option.words}",
            )


def _tables(arguments: argparse.Namespace, line: str) -> RawTable:
    """Return the options as the tables that a configuration file would have."""
    # A meter that is not enabled needs no jobs.
    meter: RawTable = {"id": arguments.meter or METER_ID, "bus": BUS_ID, "enabled": False}
    if arguments.key_file is not None:
        meter |= {"key_file": str(arguments.key_file), "authentication": "lls"}
    elif arguments.authentication == "lls":
        raise UsageError(
            "--authentication lls needs a password",
            remedy=f'add --key-file FILE, with lls_password = "..." under [meter.{meter["id"]}]',
        )
    tables: RawTable = {"bus": {"id": BUS_ID}, "meter": meter}
    for option, value in _given(arguments):
        *path, key = option.path
        table = tables
        for step in path:
            step = line if step == THE_LINE else step  # noqa: PLW2901  # the line's own name
            table = table.setdefault(step, {})  # type: ignore[assignment]  # tables all the way
        if isinstance(value, dict):
            table.setdefault(key, {}).update(value)  # type: ignore[attr-defined]  # likewise
        else:
            table[key] = value
    return tables


def _as_option(problem: Problem) -> str:
    """Return a fault in a key as one of the option that stands for it."""
    flags = [
        _Flag(".".join(option.path).replace(THE_LINE, line), option.flag)
        for option in OPTIONS
        for line in option.lines or ("",)
    ]
    flags.append(_Flag("meter.id", "--meter"))
    known = [each for each in flags if f"{problem.key}.".startswith(f"{each.key}.")]
    named = max(known, key=lambda each: len(each.key)).flag if known else problem.key
    remedy = f" ({problem.remedy})" if problem.remedy else ""
    return f"{named}: {problem.message}{remedy}"


@dataclass(frozen=True, slots=True)
class _Flag:
    key: str
    flag: str
