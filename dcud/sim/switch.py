"""A simulated meter's switch, which its client and its button open and close.

[IEC 62056-6-2: Disconnect control]
"""

from enum import IntEnum

from dcud.dlms.constructors import boolean, enum
from dcud.dlms.data_types import Data

CLASS_ID = 70
_REMOTE_DISCONNECT = 1
_MODE = 4
"""Disconnected and reconnected remotely; nobody but the head-end closes it again."""


class ControlState(IntEnum):
    """What the meter wants the switch to be."""

    DISCONNECTED = 0
    CONNECTED = 1
    READY_FOR_RECONNECTION = 2


class Switch:
    """Closed when the meter is new."""

    def __init__(self) -> None:
        self._state = ControlState.CONNECTED

    def attribute(self, index: int) -> Data:
        """Return output_state (2), control_state (3) or control_mode (4)."""
        match index:
            case 2:
                return boolean(self._state is ControlState.CONNECTED)
            case 3:
                return enum(self._state)
            case _:
                return enum(_MODE)

    def act(self, method: int) -> None:
        """Open it (1, remote_disconnect) or close it (2, remote_reconnect)."""
        opens = method == _REMOTE_DISCONNECT
        self._state = ControlState.DISCONNECTED if opens else ControlState.CONNECTED
