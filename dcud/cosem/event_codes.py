"""What the codes in a meter's event logs mean, by companion profile.

Codes that a companion profile leaves open have no text: they stay numbers.
"""

from collections.abc import Mapping

from dcud.cosem.event_tables.dsmr import DSMR, ESMR5
from dcud.cosem.event_tables.event_log import EventTable
from dcud.cosem.event_tables.idis import IDIS
from dcud.cosem.event_tables.is15959 import IS15959
from dcud.cosem.event_tables.prime_iberia import PRIME_IBERIA
from dcud.cosem.event_tables.spodes import SPODES
from dcud.dlms.obis import Obis

TABLES: Mapping[str, EventTable] = {
    "idis": IDIS,
    "dsmr": DSMR,
    "esmr5": ESMR5,
    "is15959": IS15959,
    "spodes": SPODES,
    "prime-iberia": PRIME_IBERIA,
}
"""By companion profile."""

_EVENT_CODE = bytes((0, 0, 96, 11))
_EVENT_LOG = bytes((0, 0, 99, 98))


def is_event_code(logical_name: Obis) -> bool:
    """Return whether the object holds the code of the last event: 0.0.96.11.e."""
    return logical_name.octets.startswith(_EVENT_CODE)


def event_text(companion: str, log: Obis, code: int) -> str | None:
    """Return what an event code means; None where nobody knows.

    Args:
        companion: the companion profile, a key of `TABLES`; others have no texts.
        log: the event log, or the object that holds the code of its last event.
        code: the event code.
    """
    table = TABLES.get(companion)
    return None if table is None else table.text(str(_log(log)), code)


def log_name(companion: str, log: Obis) -> str | None:
    """Return what an event log is about; None where the companion profile has no such log."""
    table = TABLES.get(companion)
    known = None if table is None else table.logs.get(str(_log(log)))
    return None if known is None else known.name


def _log(log: Obis) -> Obis:
    if not is_event_code(log):
        return log
    return Obis(_EVENT_LOG + log.octets[len(_EVENT_CODE) :])
