"""What clients can change of a simulated meter."""

from collections.abc import Callable
from datetime import tzinfo

from dcud.cosem.clock import parse_time
from dcud.cosem.push_setup import PushObject
from dcud.dlms.access import DataAccessResult, Selection
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import octet_string
from dcud.dlms.data import decode_data
from dcud.dlms.data_types import Data
from dcud.dlms.errors import DecodeError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.sim import image_store, push, switch
from dcud.sim.load_profile import CLOCK

Attributes = dict[int, Callable[[float, Selection | None], Data | bytes]]
Preset = tuple[float, float, float]
"""A time, and the interval in which it may be taken over; unix seconds."""
Key = tuple[int, Obis]
"""Interface class and logical name."""

LABEL = (1, Obis.parse("0.0.96.1.9.255"))
"""An object for whatever its owner wants to write down in the meter."""
SWITCH = (switch.CLASS_ID, Obis.parse("0.0.96.3.10.255"))
CLOCK_OBJECT = (8, CLOCK)
_TIME = 2
_PRESET_ADJUSTING_TIME, _SHIFT_TIME = 5, 6
_LONGEST_SHIFT = 900
"""Seconds. [IEC 62056-6-2: Clock, shift_time]"""
_LONGEST_LABEL = 48

ATTRIBUTES = frozenset(
    {
        (CLOCK_OBJECT, _TIME),
        (LABEL, 2),
        *((push.OBJECT, attribute) for attribute in range(2, 8)),
    }
)
"""What can be written."""
METHODS = frozenset(
    {
        *((CLOCK_OBJECT, method) for method in (4, 5, 6)),
        *((SWITCH, method) for method in (1, 2)),
        *((image_store.OBJECT, method) for method in (1, 2, 3, 4)),
        (push.OBJECT, 1),
    }
)
"""What can be called."""


class Changeable:
    """As it was when the meter was new, until a client changes it.

    Args:
        clock: unix seconds as they are.
        zone: of the meter's clock.
    """

    def __init__(self, clock: Callable[[], float], zone: tzinfo) -> None:
        self._true_clock = clock
        self._zone = zone
        self._ahead = 0.0
        self._preset: Preset | None = None
        self._label = octet_string(b"")
        self._switch = switch.Switch()
        self._images = image_store.ImageStore()
        self._push = push.Push()
        self._writers: dict[Key, Callable[[int, Data], DataAccessResult]] = {
            CLOCK_OBJECT: lambda _, data: self._set_clock(data),
            LABEL: lambda _, data: self._set_label(data),
            push.OBJECT: self._push.write,
        }

    def clock(self) -> float:
        """Return unix seconds as the meter believes them to be."""
        return self._true_clock() + self._ahead

    def objects(self) -> dict[Key, Attributes]:
        """Return the objects that are there to be changed alone."""
        return {
            LABEL: {2: lambda _now, _selection: self._label},
            SWITCH: {index: _told(self._switch.attribute, index) for index in (2, 3, 4)},
            image_store.OBJECT: {
                index: _told(self._images.attribute, index) for index in range(2, 8)
            },
            push.OBJECT: {index: _told(self._push.attribute, index) for index in range(2, 8)},
        }

    def write(self, key: Key, attribute: int, value: bytes) -> DataAccessResult:
        """Take the value of one of the attributes that can be written."""
        try:
            return self._writers[key](attribute, _decoded(value))
        except DecodeError:
            return DataAccessResult.TYPE_UNMATCHED

    def take_push(self) -> tuple[PushObject, ...] | None:
        """Take (and forget) what is to be told unasked now; None for nothing."""
        return self._push.take_due()

    def _set_label(self, data: Data) -> DataAccessResult:
        if not isinstance(data.value, bytes):
            return DataAccessResult.TYPE_UNMATCHED
        if len(data.value) > _LONGEST_LABEL:
            return DataAccessResult.OTHER_REASON
        self._label = data
        return DataAccessResult.SUCCESS

    def _set_clock(self, data: Data) -> DataAccessResult:
        seconds = self._seconds(data)
        if seconds is None:
            return DataAccessResult.OTHER_REASON
        self._ahead = seconds - self._true_clock()
        return DataAccessResult.SUCCESS

    def _seconds(self, data: Data) -> float | None:
        """Return the unix seconds of a time; None where it is no moment."""
        moment = parse_time(data).moment
        if moment is None:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        return aware.timestamp()

    def call(self, key: Key, method: int, parameter: bytes | None) -> ActionResult:
        """Carry one of the methods out."""
        if key == SWITCH:
            self._switch.act(method)
            return ActionResult.SUCCESS
        if key == push.OBJECT:
            self._push.act()
            return ActionResult.SUCCESS
        try:
            data = _decoded(parameter or b"")
            if key == image_store.OBJECT:
                return self._images.call(method, data)
            return self._move_clock(method, data)
        except DecodeError:
            return ActionResult.TYPE_UNMATCHED

    def _move_clock(self, method: int, data: Data) -> ActionResult:
        if method == _SHIFT_TIME:
            return self._shift_clock(data)
        if method == _PRESET_ADJUSTING_TIME:
            return self._take_preset(data)
        preset, self._preset = self._preset, None
        if preset is None or not preset[1] <= self.clock() <= preset[2]:
            return ActionResult.OTHER_REASON
        self._ahead = preset[0] - self._true_clock()
        return ActionResult.SUCCESS

    def _take_preset(self, data: Data) -> ActionResult:
        """Note the time to be shown, and from when to when (by the meter) it may be taken over."""
        if not isinstance(data.value, tuple) or len(data.value) != 3:
            return ActionResult.TYPE_UNMATCHED
        time, begin, end = [self._seconds(each) for each in data.value]
        if time is None or begin is None or end is None:
            return ActionResult.OTHER_REASON
        self._preset = time, begin, end
        return ActionResult.SUCCESS

    def _shift_clock(self, data: Data) -> ActionResult:
        if not isinstance(data.value, int):
            return ActionResult.TYPE_UNMATCHED
        if abs(data.value) > _LONGEST_SHIFT:
            return ActionResult.OTHER_REASON
        self._ahead += data.value
        return ActionResult.SUCCESS


def _told(tell: Callable[[int], Data], index: int) -> Callable[[float, Selection | None], Data]:
    return lambda _now, _selection: tell(index)


def _decoded(octets: bytes) -> Data:
    cursor = Cursor(octets)
    data = decode_data(cursor)
    cursor.expect_end()
    return data
