"""The stretch of time that an operator asks for."""

import argparse
from datetime import UTC, datetime, timedelta, tzinfo

from dcud.cli.main import UsageError
from dcud.config.quantity import QuantityError, parse_duration
from dcud.cosem.profile_selection import TimeRange


def add_span_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare `--from`, `--to`, `--last`."""
    parser.add_argument(
        "--from",
        dest="start",
        type=_moment,
        metavar="TIME",
        help='entries captured from then on: "2026-05-01", "2026-05-01T12:00", with an offset or '
        "in the meter's time zone",
    )
    parser.add_argument(
        "--to", dest="end", type=_moment, metavar="TIME", help="and up to then (default: now)"
    )
    parser.add_argument(
        "--last", type=_duration, metavar="TIME", help='entries of the last "1 d", "2 h 30 min"'
    )


def is_given(arguments: argparse.Namespace) -> bool:
    """Return whether any of the arguments was used."""
    return any(each is not None for each in (arguments.start, arguments.end, arguments.last))


def span(
    arguments: argparse.Namespace, *, now: float, zone: tzinfo | None, otherwise: timedelta | None
) -> TimeRange | None:
    """Return the stretch that the arguments ask for.

    Args:
        arguments: with what `add_span_arguments` declares.
        now: Unix seconds.
        zone: of times without an offset; None for UTC.
        otherwise: the last so much, where nothing was asked for; None for everything.

    Raises:
        UsageError: the arguments contradict each other.
    """
    last = arguments.last
    if last is not None and (arguments.start is not None or arguments.end is not None):
        raise UsageError("--last contradicts --from and --to", remedy="keep one way of asking")
    if arguments.end is not None and arguments.start is None:
        raise UsageError("--to has no beginning", remedy="add --from TIME")
    present = datetime.fromtimestamp(now, UTC)
    if arguments.start is None:
        length = otherwise if last is None else timedelta(seconds=last)
        return None if length is None else TimeRange(start=_before(present, length), end=present)
    start = _aware(arguments.start, zone)
    end = present if arguments.end is None else _aware(arguments.end, zone)
    if end < start:
        raise UsageError(f"--from {start} is after {end}", remedy="exchange --from and --to")
    return TimeRange(start=start, end=end)


def _before(moment: datetime, length: timedelta) -> datetime:
    try:
        return moment - length
    except OverflowError:
        raise UsageError("--last begins before the calendar", remedy="ask for less") from None


def _aware(moment: datetime, zone: tzinfo | None) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone or UTC)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write as 2026-05-01 or 2026-05-01T12:00+02:00"
        ) from None


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except QuantityError:
        raise argparse.ArgumentTypeError(
            f'{text!r} is no duration; write as "1 d" or "2 h 30 min"'
        ) from None
