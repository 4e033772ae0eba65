"""`dcud call`: a method of one meter, called by hand."""

import argparse
import asyncio

from dcud.cli import visit
from dcud.cli.confirmation import add_confirmation_argument, confirm
from dcud.cli.explaining import explain_refusal
from dcud.cli.given_value import written_data
from dcud.cli.main import DENIED, UsageError
from dcud.cli.meter_choice import add_meter_arguments, choose
from dcud.cli.rendering import Column, add_format_argument, rows
from dcud.cosem.classes import interface_class
from dcud.cosem.references import parse_reference
from dcud.dlms.access import DataAccessResult
from dcud.dlms.action_exchange import MethodCall, Returned
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import decode_data, encode_data
from dcud.dlms.data_notation import format_data
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act

summary = "call a method of one meter"

_EPILOG = """\
METHOD is CLASS/OBIS/METHOD, as 70/0.0.96.3.10.255/remote_disconnect or 70/0.0.96.3.10.255/method:1;
or a well-known object with its method, as clock.adjust_to_minute.

PARAMETER is a type and a value, as "integer 0" or 'structure {unsigned 1, octet-string 0A0B}'. Most
methods that need none want "integer 0", which is the default.

The exit code is 77 where the meter refuses."""

_COLUMNS = tuple(Column(heading=each) for each in ("method", "name", "result", "returned"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.epilog = _EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("method", metavar="METHOD", help="what to call")
    parser.add_argument(
        "parameter", nargs="?", default="integer 0", metavar="PARAMETER", help="what it takes"
    )
    parser.add_argument("--no-parameter", action="store_true", help="send none at all")
    add_confirmation_argument(parser)
    add_format_argument(parser)
    add_meter_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Call, and show; returns 0, or the exit code for denied."""
    method = parse_reference(arguments.method)
    if not isinstance(method, MethodDescriptor):
        raise UsageError(
            f"{arguments.method} is an attribute",
            remedy="dcud read and dcud write are for those; write a method as method:1",
        )
    data = None if arguments.no_parameter else written_data(arguments.parameter)
    parameter = None if data is None else encode_data(data)
    chosen = choose(arguments)
    confirm(arguments, f"call {_name(method) or method} of meter {chosen.meter.id}")
    call = MethodCall(method=method, parameter=parameter)

    async def ask() -> Returned:
        async with visit.visit(chosen, frames=arguments.frames) as session:
            return await session.ask(Act(call))

    return _show(method, asyncio.run(ask()), arguments.format)


def _name(method: MethodDescriptor) -> str:
    known = interface_class(method.class_id)
    methods = known.methods if known else ()
    return next((each.name for each in methods if each.index == method.method), "")


def _show(method: MethodDescriptor, outcome: Returned, form: str) -> int:
    refused = outcome if isinstance(outcome, ActionResult | DataAccessResult) else None
    returned = "" if refused or not isinstance(outcome, bytes) else _text(outcome)
    words = refused.words if refused else ActionResult.SUCCESS.words
    with rows(form, _COLUMNS) as shown:
        shown.add(
            [str(method), _name(method), words, returned],
            {
                "class_id": method.class_id,
                "obis": str(method.logical_name),
                "method": method.method,
                "method_name": _name(method),
                "result": words,
                "returned": returned or None,
            },
        )
    if refused is None:
        return 0
    explain_refusal(refused)
    return DENIED


def _text(octets: bytes) -> str:
    cursor = Cursor(octets)
    data = decode_data(cursor)
    cursor.expect_end()
    return format_data(data)
