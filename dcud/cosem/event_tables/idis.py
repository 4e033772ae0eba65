"""The event codes of IDIS packages 1 to 3.

[field: IDIS, event codes]
"""

from dcud.cosem.event_tables.event_log import (
    EventLog,
    EventTable,
    Texts,
    by_phase,
    event_logs,
    in_turn,
)

CLEARED: Texts = {255: "event log cleared"}

STANDARD: Texts = in_turn(
    1,
    "power down",
    "power up",
    "daylight saving time began or ended",
    "clock adjusted, old time",
    "clock adjusted, new time",
    "clock invalid",
    "battery must be replaced",
    "battery low",
    "new tariff calendar active",
    "error register cleared",
    "alarm register cleared",
    "program memory error",
    "RAM error",
    "non-volatile memory error",
    "watchdog error",
    "measurement system error",
    "firmware ready for activation",
    "firmware activated",
    "passive tariff calendar programmed",
)
SELF_CHECK: Texts = {20: "self-check after firmware update passed"}
LOCAL_PORTS: Texts = by_phase(
    26, "communication on {} began", "communication on {} ended", phases=("P3", "P0")
)
PROFILES_CLEARED: Texts = {238: "load profile cleared", 254: "load profile cleared"}

COVERS: Texts = in_turn(
    40,
    "terminal cover removed",
    "terminal cover closed",
    "strong magnetic field detected",
    "strong magnetic field gone",
    "meter cover removed",
    "meter cover closed",
    "client failed to authenticate, several times",
    "parameters changed",
)

SWITCHING: Texts = in_turn(
    60,
    "disconnected by hand",
    "connected by hand",
    "disconnected remotely",
    "connected remotely",
    "disconnected by the meter",
    "limiter threshold exceeded",
    "limiter threshold no longer exceeded",
    "limiter threshold changed",
)

MBUS: Texts = {
    10 * channel + code: f"M-Bus channel {channel + 1}: {text}"
    for channel in range(4)
    for code, text in in_turn(
        100,
        "communication error",
        "communication works again",
        "battery must be replaced",
        "fraud attempt",
        "clock adjusted",
        "new device discovered",
        "permanent error",
    ).items()
}

CONTROL_LOGS = {
    f"0.{channel}.24.5.0.255": EventLog(name="M-Bus control") for channel in range(1, 5)
}
POWER_FAILURES = {"1.0.99.97.0.255": EventLog(name="power failures")}
"""Has durations in place of codes."""

IDIS = EventTable(
    one_numbering=True,
    logs={
        **event_logs(
            EventLog(
                name="standard events",
                texts={**STANDARD, **SELF_CHECK, **CLEARED},
                unsure={**LOCAL_PORTS, **PROFILES_CLEARED},
            ),
            EventLog(
                name="fraud detection",
                texts={**COVERS, **CLEARED},
                unsure=in_turn(
                    48,
                    "global key changed",
                    "decryption or authentication failed",
                    "replayed message refused",
                    "firmware verification failed",
                ),
            ),
            EventLog(
                name="disconnector control",
                texts={**SWITCHING, **CLEARED},
                unsure={
                    59: "ready to be reconnected by hand",
                    68: "disconnection or reconnection failed",
                    69: "reconnected by the meter",
                    **by_phase(
                        70,
                        "supervision {} threshold exceeded",
                        "supervision {} threshold no longer exceeded",
                        phases=("1", "2", "3"),
                    ),
                },
            ),
            EventLog(name="M-Bus events", texts={**MBUS, **CLEARED}),
            EventLog(
                name="power quality",
                texts=CLEARED,
                unsure={
                    **by_phase(76, "undervoltage on {}"),
                    **by_phase(79, "overvoltage on {}"),
                    **by_phase(82, "voltage missing on {}"),
                    **by_phase(85, "voltage normal on {}"),
                    88: "wrong phase sequence",
                    89: "neutral missing",
                    90: "phases out of balance",
                    **by_phase(92, "bad voltage quality on {}"),
                },
            ),
            EventLog(
                name="communication",
                texts=CLEARED,
                unsure=in_turn(
                    140,
                    "no connection for too long",
                    "modem failed to start",
                    "SIM card failed",
                    "SIM card works",
                    "GSM registration failed",
                    "GPRS registration failed",
                    "PDP context established",
                    "PDP context ended",
                    "PDP context failed",
                    "modem reset by software",
                    "modem reset by hardware",
                    "outgoing connection",
                    "incoming connection",
                    "connection hung up",
                    "modem diagnosis failed",
                    "modem set-up by the user failed",
                    "signal too weak",
                    "too many calls",
                    "local communication attempted",
                ),
            ),
        ),
        **POWER_FAILURES,
        **CONTROL_LOGS,
    },
)
"""What is unsure comes of one implementation of a client."""
