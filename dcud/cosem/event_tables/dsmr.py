"""The event codes of Dutch meters on P3: DSMR, with what ESMR 5 changes.

[field: DSMR, event codes]
"""

from dcud.cosem.event_tables.event_log import EventLog, EventTable, Texts, by_phase, event_logs
from dcud.cosem.event_tables.idis import (
    CLEARED,
    CONTROL_LOGS,
    COVERS,
    LOCAL_PORTS,
    MBUS,
    POWER_FAILURES,
    PROFILES_CLEARED,
    SELF_CHECK,
    STANDARD,
    SWITCHING,
)

_SESSIONS: Texts = {
    71: "metrological maintenance",
    72: "technical maintenance",
    73: "electricity meter readings retrieved",
    74: "gas meter readings retrieved",
    75: "electricity interval data retrieved",
    76: "gas interval data retrieved",
}

_PHASE_OUTAGES: Texts = {
    **by_phase(86, "outage of {}"),
    89: "phase outage test",
    **by_phase(90, "{} is back"),
}


def _table(voltage: Texts) -> EventTable:
    """Return the logs, with the codes for voltages that the generation has."""
    return EventTable(
        one_numbering=True,
        logs={
            **event_logs(
                EventLog(
                    name="standard events",
                    texts={**STANDARD, **SELF_CHECK, **CLEARED},
                    unsure={
                        21: "communication module removed",
                        22: "communication module inserted",
                        **LOCAL_PORTS,
                        **PROFILES_CLEARED,
                    },
                ),
                EventLog(
                    name="fraud detection",
                    texts={**COVERS, **CLEARED},
                    unsure={48: "module cover opened", 49: "module cover closed"},
                ),
                EventLog(name="disconnector control", texts={**SWITCHING, **CLEARED}),
                EventLog(name="M-Bus events", texts={**MBUS, **CLEARED}),
                EventLog(name="communication sessions", texts={**_SESSIONS, **CLEARED}),
                EventLog(
                    name="power quality",
                    texts={**by_phase(77, "undervoltage on {}"), **CLEARED},
                    unsure={**voltage, **_PHASE_OUTAGES},
                ),
            ),
            **POWER_FAILURES,
            **CONTROL_LOGS,
        },
    )


DSMR = _table({**by_phase(80, "voltage sag on {}"), **by_phase(83, "voltage swell on {}")})
ESMR5 = _table({**by_phase(80, "overvoltage on {}"), **by_phase(83, "voltage normal on {}")})
