"""Recorded meters to be simulated, as an operator names them."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from dcud.cli.log_source import saved_lines
from dcud.cli.main import UsageError
from dcud.sim.replay import ReplayLine, recorded_meters
from dcud.trace.record import LogLineError, Record, parse_line


def add_replay_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare `--replay`, `--meter`, `--pace`."""
    parser.add_argument(
        "--replay",
        type=Path,
        metavar="FILE",
        help="serve what stands in this frame log in place of simulated meters",
    )
    parser.add_argument("--meter", metavar="ID", help="of the log, this one alone (default: all)")
    parser.add_argument(
        "--pace",
        type=_factor,
        default=1.0,
        metavar="FACTOR",
        help="what recorded pauses are multiplied with; 0 answers at once (default: 1)",
    )


def replay_lines(arguments: argparse.Namespace) -> tuple[Callable[[], ReplayLine], int]:
    """Return what makes a line to the recorded meters, and how many they are.

    Raises:
        UsageError: the log can't be read, or has nothing of that meter.
    """
    records = list(_records(arguments.replay))
    meters = len(recorded_meters(records, arguments.meter))
    if not meters:
        names = ", ".join(sorted({record.meter for record in records})) or "nobody"
        raise UsageError(
            f"{arguments.replay} has nothing to replay", remedy=f"it tells of {names}: see --meter"
        )

    def make_line() -> ReplayLine:
        recorded = recorded_meters(records, arguments.meter)
        return ReplayLine(recorded, pace=arguments.pace, tell=_tell)

    return make_line, meters


def _tell(words: str) -> None:
    print(f"dcud: {words}", file=sys.stderr, flush=True)


def _records(path: Path) -> Iterator[Record]:
    for number, text in enumerate(saved_lines(path), 1):
        try:
            if text:
                yield parse_line(text, number)
        except LogLineError as error:
            _tell(f"{path}: {error}")


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = -1
    if not 0 <= factor <= 1000:  # beyond that nobody waits
        raise argparse.ArgumentTypeError(f"{text!r} is no factor, 0 to 1000")
    return factor
