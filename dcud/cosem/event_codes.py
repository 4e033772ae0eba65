"""What the codes in a meter's event logs mean, by companion profile.

Codes that a companion profile leaves open have no text: they stay numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from dcud.cosem.event_tables.event_log import UNSURE, EventTable
from dcud.cosem.profile_generic import CaptureObject
from dcud.dlms.access import AttributeDescriptor
from dcud.dlms.obis import Obis

TABLES: Mapping[str, tuple[str, str]] = {
    "idis": ("idis", "IDIS"),
    "dsmr": ("dsmr", "DSMR"),
    "esmr5": ("dsmr", "ESMR5"),
    "is15959": ("is15959", "IS15959"),
    "spodes": ("spodes", "SPODES"),
    "prime-iberia": ("prime_iberia", "PRIME_IBERIA"),
}
"""Module and name of the table by companion profile; a program pays for those that it meets."""

_EVENT_CODE = bytes((0, 0, 96, 11))
"""Begins the objects that hold the code of the last event of the log with the same E."""
_EVENT_LOG = bytes((0, 0, 99, 98))
_VALUE = 2
_POWER_UP = frozenset(
    {
        "power up",
        "meter started",
        "restarted with loss of data",
        "restarted without loss of data",
    }
)
"""Texts of the codes by which meters tell that they have power again."""


@cache
def _table(companion: str) -> EventTable | None:
    if companion not in TABLES:
        return None
    module, name = TABLES[companion]
    table: EventTable = getattr(import_module(f"dcud.cosem.event_tables.{module}"), name)
    return table


def event_text(companion: str, log: Obis, code: int) -> str | None:
    """Return what an event code means; None where nobody knows.

    Args:
        companion: the companion profile, a key of `TABLES`; others have no texts.
        log: the event log, or the object that holds the code of its last event.
        code: the event code.
    """
    table = _table(companion)
    return None if table is None else table.text(str(_log(log)), code)


def last_event_text(companion: str, attribute: AttributeDescriptor, value: object) -> str:
    """Return what the value of an attribute means where it is the code of a log's last event.

    "" stands for anything else, and where nobody knows.
    """
    if not _holds_code(attribute.logical_name, attribute.attribute) or type(value) is not int:
        return ""
    return event_text(companion, attribute.logical_name, value) or ""


def tells_power_up(companion: str, attribute: AttributeDescriptor, value: object) -> bool:
    """Return whether the value of an attribute is the code for power that is back."""
    return last_event_text(companion, attribute, value).removesuffix(UNSURE) in _POWER_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTexts:
    """What the event codes among the cells of one profile mean.

    Attributes:
        companion: the companion profile, a key of `TABLES`; others have no texts.
        profile: the logical name; where it is none of the event logs that the companion profile
            has, codes mean what they mean in the log of the object that was captured.
    """

    companion: str
    profile: Obis

    def explains(self, captured: CaptureObject) -> bool:
        """Return whether a column holds event codes of a log that is known."""
        if not _holds_code(captured.logical_name, captured.attribute):
            return False
        return log_name(self.companion, self._log_of(captured)) is not None

    def text(self, captured: CaptureObject, cell: object) -> str:
        """Return what a cell of such a column means; "" where nobody knows."""
        if type(cell) is not int:
            return ""
        return event_text(self.companion, self._log_of(captured), cell) or ""

    def _log_of(self, captured: CaptureObject) -> Obis:
        # Meters are met that capture the same object in every log.
        known = log_name(self.companion, self.profile)
        return captured.logical_name if known is None else self.profile


def log_name(companion: str, log: Obis) -> str | None:
    """Return what an event log is about; None where the companion profile has no such log."""
    table = _table(companion)
    known = None if table is None else table.logs.get(str(_log(log)))
    return None if known is None else known.name


def _holds_code(logical_name: Obis, attribute: int) -> bool:
    return attribute == _VALUE and logical_name.octets.startswith(_EVENT_CODE)


def _log(log: Obis) -> Obis:
    if not log.octets.startswith(_EVENT_CODE):
        return log
    return Obis(_EVENT_LOG + log.octets[len(_EVENT_CODE) :])
