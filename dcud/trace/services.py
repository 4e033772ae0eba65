"""The layouts of the services that read, write, invoke and notify.

[IEC 62056-5-3: xDLMS APDUs] Each is a row of parts; what is decoded elsewhere in the stack is read
by the same decoders here, what isn't (SET, ACTION, ACCESS, short names) is described here alone.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from dcud.dlms.octets import Cursor
from dcud.trace.layout import (
    Part,
    action_result,
    attribute_descriptor,
    choice,
    data,
    data_access_result,
    date_time,
    invoke_id_and_priority,
    list_of,
    long_invoke_id_and_priority,
    method_descriptor,
    nothing,
    number,
    octet_string,
    optional,
    quiet_data,
    selection,
    sequence,
    service,
)
from dcud.trace.tree import Block, Dissection, within


def _confirmed(*parts: Part) -> Part:
    """Return what follows the choice of a service: the invoke id, then its parts."""
    return sequence(invoke_id_and_priority, *parts)


# Blocks


def _block_number(d: Dissection) -> None:
    start = d.cursor.position
    value = d.cursor.u32()
    d.leaf("block-number", start, value)
    d.say(f"block {value}")


def _note_block(
    d: Dissection,
    part: tuple[int, bool, int],
    describe: Callable[[Dissection], None],
    *,
    begins: bool,
) -> None:
    """Note the part that a block carries: its number, whether it is the last, where it begins."""
    block_number, is_last, start = part
    end = d.cursor.position
    octets = d.octets[start:end]
    d.block = Block(block_number, is_last, octets, within(d.masked, start, end), begins, describe)
    last = ", the last" if is_last else ""
    d.say(f"{len(octets)} octets{last}")


def _raw_data(d: Dissection) -> int:
    """Read a length and the octets of a block; returns where these begin."""
    start = d.cursor.position
    octets = d.cursor.octet_string()
    d.leaf("raw-data", start, octets.hex().upper(), f"{len(octets)} octets")
    return d.cursor.position - len(octets)


def _datablock(describe: Callable[[Dissection], None], *, begins: bool = False) -> Part:
    """Return a block of a request: last-block, block-number, raw data."""

    def part(d: Dissection) -> None:
        with d.group("datablock"):
            start = d.cursor.position
            is_last = bool(d.cursor.u8())
            d.leaf("last-block", start, is_last)
            start = d.cursor.position
            block_number = d.cursor.u32()
            d.leaf("block-number", start, block_number)
            d.say(f"block {block_number}")
            first = _raw_data(d)
            told = block_number, is_last, first
            _note_block(d, told, describe, begins=begins or block_number <= 1)

    return part


def _get_datablock(d: Dissection) -> None:
    """Read a block of an answer, which may hold a refusal in the place of data."""
    with d.group("datablock"):
        start = d.cursor.position
        is_last = bool(d.cursor.u8())
        d.leaf("last-block", start, is_last)
        start = d.cursor.position
        block_number = d.cursor.u32()
        d.leaf("block-number", start, block_number)
        d.say(f"block {block_number}")
        start = d.cursor.position
        refused = d.cursor.u8()
        d.leaf("result", start, refused, "data-access-result" if refused else "raw-data")
        if refused:
            data_access_result(d)
            return
        told = block_number, is_last, _raw_data(d)
        whole = _get_results if d.of_list else data
        _note_block(d, told, whole, begins=block_number <= 1)


# GET

_get_data_result: Final = choice("result", {0: ("data", data), 1: ("refused", data_access_result)})
_get_results: Final = list_of("results", _get_data_result)


def _several(*parts: Part) -> Part:
    """Return parts that ask for several things at once."""
    whole = sequence(*parts)

    def describe(d: Dissection) -> None:
        d.of_list = True
        whole(d)

    return describe


GET_REQUEST: Final = service(
    "get-request",
    {
        1: ("normal", _confirmed(attribute_descriptor, selection)),
        2: ("next", _confirmed(_block_number)),
        3: (
            "with-list",
            _confirmed(_several(list_of("attributes", attribute_descriptor, selection))),
        ),
    },
)
GET_RESPONSE: Final = service(
    "get-response",
    {
        1: ("normal", _confirmed(_get_data_result)),
        2: ("with-datablock", _confirmed(_get_datablock)),
        3: ("with-list", _confirmed(_get_results)),
    },
)

# SET

_data_list: Final = list_of("data", quiet_data)

SET_REQUEST: Final = service(
    "set-request",
    {
        1: ("normal", _confirmed(attribute_descriptor, selection, data)),
        2: (
            "with-first-datablock",
            _confirmed(attribute_descriptor, selection, _datablock(data, begins=True)),
        ),
        3: ("with-datablock", _confirmed(_datablock(data))),
        4: (
            "with-list",
            _confirmed(list_of("attributes", attribute_descriptor, selection), _data_list),
        ),
        5: (
            "with-list-and-first-datablock",
            _confirmed(
                list_of("attributes", attribute_descriptor, selection),
                _datablock(_data_list, begins=True),
            ),
        ),
    },
)
SET_RESPONSE: Final = service(
    "set-response",
    {
        1: ("normal", _confirmed(data_access_result)),
        2: ("datablock", _confirmed(_block_number)),
        3: ("last-datablock", _confirmed(data_access_result, _block_number)),
        4: (
            "last-datablock-with-list",
            _confirmed(list_of("results", data_access_result), _block_number),
        ),
        5: ("with-list", _confirmed(list_of("results", data_access_result))),
    },
)

# ACTION

_parameter: Final = optional("parameter present", data)
_return: Final = optional("return-parameter present", _get_data_result)

_outcome: Final = sequence(action_result, _return)
_outcomes: Final = list_of("results", _outcome)


def _block_outcome(d: Dissection) -> None:
    """Read what the blocks of an answer make together.

    [field: stacks that leave out result and choice] No Data begins like a success and those.
    """
    start = d.cursor.position
    is_whole = bytes(d.octets[start : start + 2]) == b"\x00\x01"
    (_outcome if is_whole else data)(d)


def _returned_datablock(d: Dissection) -> None:
    """Read a block of what methods return."""
    _datablock(_outcomes if d.of_list else _block_outcome)(d)


ACTION_REQUEST: Final = service(
    "action-request",
    {
        1: ("normal", _confirmed(method_descriptor, _parameter)),
        2: ("next-pblock", _confirmed(_block_number)),
        3: ("with-list", _confirmed(_several(list_of("methods", method_descriptor)), _data_list)),
        4: ("with-first-pblock", _confirmed(method_descriptor, _datablock(data, begins=True))),
        5: (
            "with-list-and-first-pblock",
            _confirmed(
                _several(list_of("methods", method_descriptor)),
                _datablock(_data_list, begins=True),
            ),
        ),
        6: ("with-pblock", _confirmed(_datablock(data))),
    },
)
ACTION_RESPONSE: Final = service(
    "action-response",
    {
        1: ("normal", _confirmed(_outcome)),
        2: ("with-pblock", _confirmed(_returned_datablock)),
        3: ("with-list", _confirmed(_outcomes)),
        4: ("next-pblock", _confirmed(_block_number)),
    },
)

# ACCESS

_ACCESS_REQUESTS: Final[Mapping[int, tuple[str, Part]]] = MappingProxyType(
    {
        1: ("get", attribute_descriptor),
        2: ("set", attribute_descriptor),
        3: ("action", method_descriptor),
        4: ("get-with-selection", sequence(attribute_descriptor, selection)),
        5: ("set-with-selection", sequence(attribute_descriptor, selection)),
    }
)
_access_result: Final = choice(
    "access-response",
    {
        1: ("get", data_access_result),
        2: ("set", data_access_result),
        3: ("action", action_result),
    },
)
"""[IEC 62056-5-3: ACCESS service] With selection, selector and parameters follow without a flag."""


def _access_selection(d: Dissection) -> None:
    with d.group("access-selection"):
        d.number("access-selector", Cursor.u8)
        quiet_data(d)


_access_specification: Final = choice(
    "access-request",
    {
        **_ACCESS_REQUESTS,
        4: ("get-with-selection", sequence(attribute_descriptor, _access_selection)),
        5: ("set-with-selection", sequence(attribute_descriptor, _access_selection)),
    },
)

ACCESS_REQUEST: Final = sequence(
    long_invoke_id_and_priority,
    date_time,
    list_of("specifications", _access_specification),
    _data_list,
)
ACCESS_RESPONSE: Final = sequence(
    long_invoke_id_and_priority,
    date_time,
    optional("specifications present", list_of("specifications", _access_specification)),
    _data_list,
    list_of("results", _access_result),
)

# Notifications


def _event_time(d: Dissection) -> None:
    """Read a time that may be absent.

    [field: the time as Data, its tag where the flag should stand]
    """
    start = d.cursor.position
    present = d.cursor.u8()
    d.leaf("time present", start, present, "present" if present else "absent")
    if present:
        date_time(d)


EVENT_NOTIFICATION: Final = sequence(_event_time, attribute_descriptor, data)
DATA_NOTIFICATION: Final = sequence(long_invoke_id_and_priority, date_time, data)
DATA_NOTIFICATION_CONFIRM: Final = sequence(long_invoke_id_and_priority, date_time)

# Short names


def _short_name(d: Dissection) -> None:
    start = d.cursor.position
    value = d.cursor.u16()
    d.leaf("variable-name", start, value, f"{value:04X}")
    d.say(f"{value:04X}")


def _short_block(d: Dissection) -> None:
    start = d.cursor.position
    is_last = bool(d.cursor.u8())
    d.leaf("last-block", start, is_last)
    start = d.cursor.position
    block_number = d.cursor.u16()
    d.leaf("block-number", start, block_number)
    d.say(f"block {block_number}")
    _note_block(d, (block_number, is_last, _raw_data(d)), nothing, begins=block_number <= 1)


_variable: Final = choice(
    "variable-access-specification",
    {
        2: ("variable-name", _short_name),
        4: (
            "parameterized-access",
            sequence(_short_name, number("selector", Cursor.u8), quiet_data),
        ),
        5: ("block-number-access", number("block-number", Cursor.u16)),
        6: ("read-data-block-access", _short_block),
        7: (
            "write-data-block-access",
            sequence(number("last-block", Cursor.u8), number("block-number", Cursor.u16)),
        ),
    },
)
_variables: Final = list_of("variables", _variable)

READ_REQUEST: Final = _variables
READ_RESPONSE: Final = list_of(
    "results",
    choice(
        "read-response",
        {
            0: ("data", data),
            1: ("data-access-error", data_access_result),
            2: ("data-block-result", _short_block),
            3: ("block-number", number("block-number", Cursor.u16)),
        },
    ),
)
WRITE_REQUEST: Final = sequence(_variables, _data_list)
WRITE_RESPONSE: Final = list_of(
    "results",
    choice(
        "write-response",
        {
            0: ("success", nothing),
            1: ("data-access-error", data_access_result),
            2: ("block-number", number("block-number", Cursor.u16)),
        },
    ),
)
INFORMATION_REPORT: Final = sequence(
    optional("current-time present", octet_string("current-time")), _variables, _data_list
)
