"""`dcud keys counter`: our invocation counter with one meter."""

import argparse
import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from dcud.cli.check import DEFAULT_PATH
from dcud.cli.main import UsageError
from dcud.cli.rendering import Cell, Column, add_format_argument, rows
from dcud.config.key_command import ask_key_command
from dcud.config.key_file import Access
from dcud.config.key_ring import KeyRing
from dcud.config.load import load
from dcud.config.meter_secrets import MeterSecrets
from dcud.config.model import Configuration, Meter
from dcud.config.report import suggestion
from dcud.dlms.secret import Secret
from dcud.errors import DcudError
from dcud.store.counter_rows import COUNTER_END, CounterRecord

summary = "show our invocation counter with a meter, or set it"

_COLUMNS = (
    Column(heading="meter"),
    Column(heading="client system title"),
    Column(heading="key"),
    Column(heading="next", right=True),
    Column(heading="trusted"),
    Column(heading="left", right=True),
    Column(heading="changed", whole=True),
)
_NAMES = ("meter", "client_system_title", "key", "next", "trusted", "left", "changed")

wall_clock = time.time  # noqa: TID251  # the counters' changes are told by the wall clock


class NoCounterError(DcudError):
    """A meter is configured so that nothing is counted."""

    code: ClassVar[str] = "config"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("meter", metavar="METER", help="its id in the configuration")
    parser.add_argument(
        "--config",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="the configuration (default: %(default)s)",
    )
    parser.add_argument(
        "--from",
        dest="first",
        type=_counter,
        metavar="NUMBER",
        help="go on at this counter, one above any that was used under this key; never lowers",
    )
    parser.add_argument(
        "--forget-floors",
        action="store_true",
        help="take whatever counter the meter itself sends next: it was exchanged",
    )
    add_format_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Show the counter, set it before if asked; returns 0."""
    configuration = load(arguments.config)
    meter = _named(configuration, arguments.meter)
    asyncio.run(_run(configuration, meter, arguments))
    return 0


async def _run(configuration: Configuration, meter: Meter, arguments: argparse.Namespace) -> None:
    from dcud.assembly.secured_meters import open_counters  # noqa: PLC0415  # loads ciphers
    from dcud.collect.counter_ledger import CounterLedger  # noqa: PLC0415  # likewise

    key, title = await _key(configuration, meter)
    async with await open_counters(configuration.gateway, wall_clock, exclusive=False) as store:
        at = (CounterLedger(store).fingerprint(key), title)
        before = await store.record(*at)
        if arguments.first is not None:
            await store.rebase(*at, arguments.first)
            _tell_kept(before, arguments.first)
        if arguments.forget_floors:
            forgotten = await store.forget_floors(meter.id)
            _tell(f"forgot {forgotten} of the counters that {meter.id} has sent; restart dcud")
        record = await store.record(*at)
    with rows(arguments.format, _COLUMNS) as shown:
        cells = _cells(meter, at, record)
        shown.add(cells, dict(zip(_NAMES, cells, strict=True)))
    if record is None or not record.trusted:
        _tell(_unknown(meter, record))


def _cells(meter: Meter, at: tuple[str, bytes], record: CounterRecord | None) -> list[Cell]:
    fingerprint, title = at
    named: list[Cell] = [meter.id, title.hex().upper(), fingerprint]
    if record is None:
        return [*named, None, False, None, None]
    changed = datetime.fromtimestamp(record.reserved_at, UTC).replace(microsecond=0)
    return [*named, record.next, record.trusted, COUNTER_END - record.next, changed]


async def _key(configuration: Configuration, meter: Meter) -> tuple[Secret, bytes]:
    """Return the key that is counted under, and our system title."""
    secrets = await _secrets(configuration, meter)
    if secrets.unicast_key is None or meter.client_system_title is None:
        raise NoCounterError(
            f"with meter {meter.id} nothing is counted: it has no unicast_key or no system title",
            remedy="add unicast_key to its key file, system_title to [gateway]",
        )
    return secrets.unicast_key, meter.client_system_title


async def _secrets(configuration: Configuration, meter: Meter) -> MeterSecrets:
    access = Access.of_this_process()
    if meter.key_command is None:
        return KeyRing(access).meter_secrets(meter)
    return await ask_key_command(meter, configuration.gateway.key_command_timeout, access)


def _tell_kept(before: CounterRecord | None, first: int) -> None:
    if before is not None and before.next > first:
        _tell(
            f"the counter stays at {before.next}: it is never lowered, since a counter that is "
            "used twice under one key lays the key's traffic open; rotate the keys to begin anew"
        )


def _unknown(meter: Meter, record: CounterRecord | None) -> str:
    reason = "nothing is known of the counter" if record is None else "the counter is not trusted"
    return (
        f"{reason}: it is set from {meter.id}'s frame counter where security.frame_counter names "
        "that, else by --from"
    )


def _tell(line: str) -> None:
    print(f"dcud: {line}", file=sys.stderr)


def _named(configuration: Configuration, name: str) -> Meter:
    for meter in configuration.meters:
        if meter.id == name:
            return meter
    remedy = suggestion(name, [meter.id for meter in configuration.meters])
    raise UsageError(f"no meter {name} is configured", remedy=remedy)


def _counter(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < COUNTER_END:
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 to {COUNTER_END - 1}")
    return number
