"""`dcud clock`: a meter's clock, compared with this machine's, and set."""

import argparse
import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from dcud.assembly.jobs import meter_memory
from dcud.cli import visit
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.rendering import Column, Rows, add_format_argument, rows
from dcud.collect.clock_setting import Comparison, compare, set_to, shift

summary = "compare a meter's clock with this machine's, or set it"

_EPILOG = """\
Without options the clocks are compared. The meter is taken to have looked at its clock halfway
between question and answer, and a time that is set is to be right when it arrives."""

_COLUMNS = (
    Column(heading="when"),
    Column(heading="meter's time"),
    Column(heading="this machine's"),
    Column(heading="ahead", right=True),
    Column(heading="status", sparse=True),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--set", action="store_true", help="set it to this machine's time")
    change.add_argument(
        "--to",
        type=_moment,
        metavar="TIME",
        help="set it to this time, as 2026-06-01T12:00:00Z",
    )
    change.add_argument(
        "--shift", type=int, metavar="SECONDS", help="shift it by so many seconds, -900..900"
    )
    add_format_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Compare, set, compare again; returns 0."""
    asyncio.run(_run(choose(arguments), arguments))
    return 0


async def _run(chosen: ChosenMeter, arguments: argparse.Namespace) -> None:
    memory = meter_memory(chosen.meter)
    target = _target(arguments)
    async with visit.visit(chosen, frames=arguments.frames) as session:
        with rows(arguments.format, _COLUMNS) as shown:
            before = await compare(session, memory, visit.wall_clock)
            changes = target is not None or arguments.shift is not None
            _add(shown, "before" if changes else "now", before)
            if target is not None:
                await set_to(session, memory, before, target)
            elif arguments.shift is not None:
                await shift(session, memory, arguments.shift)
            if changes:
                _add(shown, "after", await compare(session, memory, visit.wall_clock))


def _target(arguments: argparse.Namespace) -> Callable[[], datetime] | None:
    """Return what tells the time to set, None where none is to be set."""
    if arguments.set:
        return lambda: datetime.fromtimestamp(visit.wall_clock(), UTC)
    if arguments.to is not None:
        moment: datetime = arguments.to
        return lambda: moment
    return None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} does not tell its zone: add it, as in +02:00")
    return moment


def _add(shown: Rows, when: str, compared: Comparison) -> None:
    ahead = compared.deviation.total_seconds()
    own = compared.our_time.astimezone(compared.meter_time.tzinfo)
    meter_time, our_time = compared.meter_time.isoformat(), own.isoformat("T", "milliseconds")
    status = ", ".join(compared.status)
    shown.add(
        [when, meter_time, our_time, f"{ahead:+.3f} s", status],
        {
            "when": when,
            "meter_time": meter_time,
            "our_time": our_time,
            "ahead_ms": round(ahead * 1000),
            "round_trip_ms": round(compared.round_trip * 1000),
            "status": list(compared.status),
        },
    )
    shown.flush()
