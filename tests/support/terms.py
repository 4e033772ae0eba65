"""Terms on which exchanges are tried without a connection."""

from dcud.dlms.access import InvokeIdAndPriority
from dcud.dlms.conformance import Conformance
from dcud.dlms.exchange import ExchangeParameters, Terms
from dcud.dlms.short_names import ShortNames

EVERYTHING = Conformance(0xFFFFFF)


def terms(
    invoke_id: int = 1,
    *,
    high_priority: bool = True,
    parameters: ExchangeParameters | None = None,
    conformance: Conformance = EVERYTHING,
    room: int | None = None,
    names: ShortNames | None = None,
) -> Terms:
    """Return terms with a meter that speaks everything, unless said otherwise."""
    return Terms(
        invoke=InvokeIdAndPriority(invoke_id=invoke_id, high_priority=high_priority),
        parameters=parameters or ExchangeParameters(),
        conformance=conformance,
        room=room,
        names=names,
    )
