"""A meter's switch: how it stands, opened, closed."""

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

from dcud.collect.asking import Asker
from dcud.collect.meter_memory import get_data
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.constructors import integer
from dcud.dlms.data import encode_data
from dcud.dlms.obis import Obis
from dcud.dlms.refusal_causes import explain_result
from dcud.dlms.requests import Act
from dcud.errors import DcudError

CLASS_ID: Final = 70
SWITCH: Final = Obis.parse("0.0.96.3.10.255")
"""[IEC 62056-6-1: abstract objects]"""
_OUTPUT_STATE, _CONTROL_STATE, _CONTROL_MODE = 2, 3, 4


class Direction(IntEnum):
    """Methods of Disconnect control. [IEC 62056-6-2: Disconnect control]."""

    DISCONNECT = 1
    RECONNECT = 2


_CONTROL_STATES: Final = ("disconnected", "connected", "ready-for-reconnection")
"""[IEC 62056-6-2: Disconnect control, control_state]"""


class SwitchError(DcudError):
    """A meter's switch can't be read, or does not obey."""

    code: ClassVar[str] = "switch"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchState:
    """How a switch stands; None where the meter does not tell.

    Attributes:
        is_closed: whether current can flow.
        control: what the meter wants it to be: "disconnected", "connected", or
            "ready-for-reconnection", where somebody has to press its button.
        mode: which ways of opening and closing it are allowed, 0..6.
    """

    is_closed: bool | None
    control: str | None
    mode: int | None


async def switch_state(asker: Asker, switch: Obis = SWITCH) -> SwitchState:
    """Ask how a switch stands.

    Raises:
        SwitchError: the meter tells nothing of it.
    """
    indices = (_OUTPUT_STATE, _CONTROL_STATE, _CONTROL_MODE)
    answers = [await get_data(asker, AttributeDescriptor(CLASS_ID, switch, i)) for i in indices]
    refusals = [answer for answer in answers if isinstance(answer, DataAccessResult)]
    if len(refusals) == len(answers):
        raise SwitchError(
            f"the switch {switch}: {refusals[0].words}", remedy=explain_result(refusals[0]).remedy
        )
    output, control, mode = (
        None if isinstance(answer, DataAccessResult) else answer.value for answer in answers
    )
    return SwitchState(
        is_closed=bool(output) if isinstance(output, bool | int) else None,
        control=_control(control) if isinstance(control, int) else None,
        mode=mode if isinstance(mode, int) else None,
    )


def _control(state: int) -> str:
    return _CONTROL_STATES[state] if 0 <= state < len(_CONTROL_STATES) else f"state {state}"


async def operate(asker: Asker, direction: Direction, switch: Obis = SWITCH) -> None:
    """Open or close a switch.

    Raises:
        SwitchError: the meter refuses.
    """
    method = MethodDescriptor(CLASS_ID, switch, direction)
    result = await asker.ask(Act(MethodCall(method=method, parameter=encode_data(integer(0)))))
    if isinstance(result, ActionResult | DataAccessResult):
        raise SwitchError(
            f"the switch {switch} does not {direction.name.lower()}: {result.words}",
            remedy=explain_result(result).remedy,
        )
