"""What single values mean in words, where a companion profile tells: event codes, status words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dcud.cosem.event_codes import EventTexts, last_event_text
from dcud.cosem.profile_generic import CaptureObject
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis

_VALUE: Final = 2
_STATUS: Final[Mapping[bytes, str]] = {
    bytes((96, 10, 1)): "profile_status",
    bytes((96, 10, 3)): "profile_status",
    bytes((97, 98, 0)): "alarms_1",
    bytes((97, 98, 1)): "alarms_2",
    bytes((97, 98, 20)): "alarms_1",
    bytes((97, 98, 21)): "alarms_2",
}
"""By the groups C, D, E of status words, alarm registers and descriptors: which they are."""
_ALARM_REGISTERS: Final = frozenset(key for key, name in _STATUS.items() if "alarms" in name)
_OF_DSMR: Final = {
    "profile_status": "DSMR_PROFILE_STATUS",
    "alarms_1": "DSMR_ALARMS_1",
    "alarms_2": "IDIS_ALARMS_2",
}
_TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "idis": {
        "profile_status": "IDIS_PROFILE_STATUS",
        "alarms_1": "IDIS_ALARMS_1",
        "alarms_2": "IDIS_ALARMS_2",
    },
    "dsmr": _OF_DSMR,
    "esmr5": _OF_DSMR,
}
"""By companion profile and status word: the table of its bits in `status_words`."""


def value_text(companion: str, attribute: AttributeDescriptor, value: object) -> str:
    """Return what the value of an attribute means; "" where nobody knows.

    Args:
        companion: the companion profile; those that nobody knows have no texts.
        attribute: whose value it is.
        value: as it was decoded.
    """
    status = _status(companion, attribute.logical_name, attribute.attribute)
    if status is not None:
        return _bits(status, value)
    return last_event_text(companion, attribute, value)


def alarm_names(companion: str, logical_name: Obis) -> Mapping[int, str] | None:
    """Return the names of an alarm register's bits, by bit; None where it is not known as one.

    Args:
        companion: the companion profile; those that nobody knows have no alarm registers.
        logical_name: of the object whose value it is.
    """
    status = _status(companion, logical_name, _VALUE)
    if status is None or logical_name.octets[2:5] not in _ALARM_REGISTERS:
        return None
    from dcud.cosem import status_words  # noqa: PLC0415  # few meters have such words

    names: Mapping[int, str] = getattr(status_words, status)
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTexts:
    """What the cells of one profile mean.

    Attributes:
        companion: the companion profile; those that nobody knows have no texts.
        profile: the logical name, on which it depends what event codes mean.
    """

    companion: str
    profile: Obis

    def explains(self, captured: CaptureObject) -> bool:
        """Return whether a column holds something that may mean something."""
        if _status(self.companion, captured.logical_name, captured.attribute) is not None:
            return True
        return self._events.explains(captured)

    def text(self, captured: CaptureObject, cell: object) -> str:
        """Return what a cell of such a column means; "" where nobody knows."""
        status = _status(self.companion, captured.logical_name, captured.attribute)
        if status is not None:
            return _bits(status, cell)
        return self._events.text(captured, cell)

    @property
    def _events(self) -> EventTexts:
        return EventTexts(companion=self.companion, profile=self.profile)


def _status(companion: str, logical_name: Obis, attribute: int) -> str | None:
    """Return the name of the table of a status word's bits; None for anything else."""
    tables = _TABLES.get(companion)
    octets = logical_name.octets
    if tables is None or attribute != _VALUE or octets[0] != 0:
        return None
    which = _STATUS.get(octets[2:5])
    return None if which is None else tables[which]


def _bits(table: str, value: object) -> str:
    """Return the names of the bits that are set, the lowest first."""
    from dcud.cosem import status_words  # noqa: PLC0415  # few meters have such words

    if type(value) is not int or value < 0:
        return ""
    return ", ".join(status_words.names_of_bits(value, getattr(status_words, table)))
