"""The requests for attributes and methods, as a meter takes them that knows short names.

[IEC 62056-5-3: mapping of logical name referencing to short name referencing]
"""

from collections.abc import Sequence

from dcud.dlms.access import ActionResult, AttributeWithSelection, DataAccessResult
from dcud.dlms.action_exchange import AllReturned, MethodCall, Returned
from dcud.dlms.data import encode_data
from dcud.dlms.exchange import Exchange, Terms, Understood
from dcud.dlms.get_exchange import Value
from dcud.dlms.read_exchange import ReadExchange, Values
from dcud.dlms.set_exchange import Results, Writing
from dcud.dlms.short_names import ShortNames
from dcud.dlms.variable_access import ParameterizedAccess, Variable, VariableName
from dcud.dlms.write_exchange import WriteExchange

_NO_PARAMETER = b"\x0f\x00"
"""What a method gets that takes nothing."""
_METHOD_SELECTOR = 1
"""[field: selector 1 for methods that are read]"""


def read_attributes(
    targets: Sequence[AttributeWithSelection], names: ShortNames, terms: Terms
) -> Exchange[Values]:
    """Return the exchange that reads attributes.

    Raises:
        UnknownNameError: one of them is not known to the meter.
    """
    variables = tuple([_variable(target, names) for target in targets])
    return ReadExchange(variables, _subject("READ", targets[0].attribute, len(targets)), terms)


def read_variable(name: int, terms: Terms) -> Exchange[Values]:
    """Return the exchange that reads what has a name, 0..65535."""
    return ReadExchange((VariableName(name),), f"READ {name:04X}", terms)


def write_attributes(
    writings: Sequence[Writing], names: ShortNames, terms: Terms
) -> Exchange[Results]:
    """Return the exchange that writes attributes.

    Raises:
        UnknownNameError: one of them is not known to the meter.
    """
    return WriteExchange(
        tuple([_variable(writing.target, names) for writing in writings]),
        tuple([writing.value for writing in writings]),
        _subject("WRITE", writings[0].target.attribute, len(writings)),
        terms,
        is_secret=any(writing.is_secret for writing in writings),
    )


def call_methods(
    calls: Sequence[MethodCall], names: ShortNames, terms: Terms
) -> Exchange[AllReturned]:
    """Return the exchange that calls methods: read where any returns something, else written.

    Raises:
        UnknownNameError: one of them is not known to the meter.
    """
    short = [names.method(call.method) for call in calls]
    parameters = [_NO_PARAMETER if call.parameter is None else call.parameter for call in calls]
    is_secret = any(call.is_secret for call in calls)
    if any(names.returns_data(call.method) for call in calls):
        read = tuple(
            [
                ParameterizedAccess(name, _METHOD_SELECTOR, parameter)
                for name, parameter in zip(short, parameters, strict=True)
            ]
        )
        subject = _subject("READ", calls[0].method, len(calls))
        return Understood(ReadExchange(read, subject, terms, is_secret=is_secret), _all_returned)
    written = tuple([VariableName(name) for name in short])
    subject = _subject("WRITE", calls[0].method, len(calls))
    exchange = WriteExchange(written, tuple(parameters), subject, terms, is_secret=is_secret)
    return Understood(exchange, _all_returned)


def _variable(target: AttributeWithSelection, names: ShortNames) -> Variable:
    name, selection = names.attribute(target.attribute), target.selection
    if selection is None:
        return VariableName(name)
    return ParameterizedAccess(name, selection.selector, encode_data(selection.parameters))


def _subject(service: str, first: object, count: int) -> str:
    return f"{service} {first}" if count == 1 else f"{service} {first} and {count - 1} more"


def _all_returned(results: Sequence[Value]) -> AllReturned:
    return tuple([_returned(result) for result in results])


def _returned(result: Value) -> Returned:
    """Return what a method came to; the codes of both kinds of results are the same."""
    if result is DataAccessResult.SUCCESS:
        return None
    return ActionResult(result) if isinstance(result, DataAccessResult) else result
