"""`dcud switch`: a meter's switch, looked at, opened, closed."""

import argparse
import asyncio

from dcud.cli import visit
from dcud.cli.attribute_choice import obis_argument
from dcud.cli.confirmation import add_confirmation_argument, confirm
from dcud.cli.meter_choice import ChosenMeter, add_meter_arguments, choose
from dcud.cli.rendering import Column, Rows, add_format_argument, rows
from dcud.collect.switching import SWITCH, Direction, SwitchState, operate, switch_state

summary = "look at a meter's switch, disconnect or reconnect its consumer"

_EPILOG = """\
Without options it tells how the switch stands. A switch that is ready-for-reconnection is closed by
its own button, not from here. Where several meters are behind one device, --object names the switch
of each."""

_HEADINGS = ("when", "switch", "control state", "control mode")
_COLUMNS = tuple(Column(heading=each) for each in _HEADINGS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    change = parser.add_mutually_exclusive_group()
    change.add_argument("--disconnect", action="store_true", help="open it")
    change.add_argument("--reconnect", action="store_true", help="close it")
    parser.add_argument(
        "--object",
        type=obis_argument,
        default=SWITCH,
        metavar="OBIS",
        help="the Disconnect control object (default: %(default)s)",
    )
    add_confirmation_argument(parser)
    add_format_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look, operate, look again; returns 0."""
    chosen = choose(arguments)
    direction = _direction(arguments)
    if direction is not None:
        confirm(arguments, f"{direction.name.lower()} the consumer at meter {chosen.meter.id}")
    asyncio.run(_run(chosen, direction, arguments))
    return 0


def _direction(arguments: argparse.Namespace) -> Direction | None:
    if arguments.disconnect:
        return Direction.DISCONNECT
    return Direction.RECONNECT if arguments.reconnect else None


async def _run(
    chosen: ChosenMeter, direction: Direction | None, arguments: argparse.Namespace
) -> None:
    async with visit.visit(chosen, frames=arguments.frames) as session:
        with rows(arguments.format, _COLUMNS) as shown:
            before = await switch_state(session, arguments.object)
            _add(shown, "now" if direction is None else "before", before)
            if direction is not None:
                await operate(session, direction, arguments.object)
                _add(shown, "after", await switch_state(session, arguments.object))


def _add(shown: Rows, when: str, state: SwitchState) -> None:
    closed = {None: None, True: "closed", False: "open"}[state.is_closed]
    shown.add(
        [when, closed, state.control, state.mode],
        {
            "when": when,
            "closed": state.is_closed,
            "control_state": state.control,
            "control_mode": state.mode,
        },
    )
    shown.flush()
