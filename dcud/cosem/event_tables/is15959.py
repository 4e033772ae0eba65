"""The event codes of Indian meters.

[field: IS 15959, event codes]
"""

from dcud.cosem.event_tables.event_log import (
    EventLog,
    EventTable,
    Texts,
    began_and_ended,
    by_phase,
    event_logs,
    in_turn,
)

_PHASES = ("R", "Y", "B")


def _of_phases(first: int, name: str) -> Texts:
    return by_phase(first, f"{name} began", f"{name} ended", phases=_PHASES)


_VOLTAGE = {
    **_of_phases(1, "voltage missing on phase {}:"),
    **began_and_ended(7, "overvoltage", "low voltage", "voltage unbalance"),
    **began_and_ended(21, "wrong phase sequence"),
}

_CURRENT = {
    **_of_phases(51, "reverse current on phase {}:"),
    **_of_phases(57, "open current transformer on phase {}:"),
    **began_and_ended(63, "current unbalance", "current bypass", "overcurrent", "earth loading"),
    **began_and_ended(81, "current mismatch", "high neutral current"),
}

_TRANSACTIONS = {
    **in_turn(
        151,
        "clock set",
        "demand integration period changed",
        "profile capture period changed",
        "billing dates changed",
        "tariff calendar changed",
    ),
    **in_turn(
        157,
        "new firmware activated",
        "load limit set",
        "load limit enabled",
        "load limit disabled",
        "LLS secret of client MR changed",
        "HLS key of client US changed",
        "HLS key of client FW changed",
        "global keys changed",
        "event status word filter changed",
        "maximum demand reset",
        "metering mode changed",
    ),
    169: "schedule of image activation changed",
    182: "relay times changed",
}

_OTHER = {
    **began_and_ended(
        201,
        "magnetic influence",
        "neutral disturbance",
        "very low power factor",
        "neutral missing (single wire)",
    ),
    209: "communication module removed",
    210: "communication module back",
    211: "changed to post-paid",
    212: "changed to pre-paid",
    213: "changed to forward-only metering",
    214: "changed to import and export metering",
    **began_and_ended(215, "overload"),
}

IS15959 = EventTable(
    one_numbering=True,
    logs=event_logs(
        EventLog(name="voltage events", texts=_VOLTAGE),
        EventLog(name="current events", texts=_CURRENT),
        EventLog(name="power events", texts=began_and_ended(101, "power failure")),
        EventLog(
            name="transactions",
            texts=_TRANSACTIONS,
            unsure={178: "changed to import and export metering"},
        ),
        EventLog(name="other events", texts=_OTHER),
        EventLog(
            name="non-rollover events",
            texts={251: "meter cover opened", 253: "switch welded"},
        ),
        EventLog(
            name="control events",
            texts={301: "load switch disconnected", 302: "load switch connected"},
        ),
    ),
)
