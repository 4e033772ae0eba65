"""The event logs of Spanish and Portuguese meters.

[field: DLMS companion for PRIME, event logs]
"""

from dcud.cosem.event_tables.event_log import EventLog, EventTable, event_logs

PRIME_IBERIA = EventTable(
    one_numbering=False,
    logs=event_logs(
        EventLog(name="standard events"),
        EventLog(name="fraud detection"),
        EventLog(name="disconnector control"),
        EventLog(name="power contract"),
        EventLog(name="firmware"),
        EventLog(name="power quality"),
        EventLog(name="demand management"),
        EventLog(name="common events"),
        EventLog(name="synchronisation"),
        EventLog(name="power quality, finished"),
    ),
)
"""Nothing is known of what the codes mean."""
