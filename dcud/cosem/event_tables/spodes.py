"""The event codes of Russian meters.

[GOST R 58940-2020: annex D]
"""

from dcud.cosem.event_tables.event_log import (
    EventLog,
    EventTable,
    Texts,
    began_and_ended,
    by_phase,
    in_turn,
)


def _of_phases(first: int, name: str) -> Texts:
    return by_phase(first, f"{name} on {{}} began", f"{name} on {{}} ended")


def _changed(first: int, *names: str) -> Texts:
    return in_turn(first, *(f"{name} changed" for name in names))


def _cleared(first: int, *names: str) -> Texts:
    return in_turn(first, *(f"{name} cleared" for name in names))


def _tested(first: int, *names: str) -> Texts:
    return in_turn(first, *(f"{name}: {end}" for name in names for end in ("error", "in order")))


_VOLTAGE = {
    **by_phase(1, "voltage lost on {}", "voltage back on {}"),
    **began_and_ended(
        7, "overvoltage on some phase", "low voltage on some phase", "voltage unbalance"
    ),
    **_of_phases(13, "overvoltage"),
    **_of_phases(19, "voltage sag"),
    **began_and_ended(25, "wrong phase sequence"),
}

_CURRENT = {
    **_of_phases(1, "export"),
    **by_phase(7, "current transformer of {} open", "current transformer of {} in order"),
    **began_and_ended(
        13, "current unbalance", "current transformer short circuit", "overcurrent on some phase"
    ),
    **_of_phases(19, "current without voltage"),
    **_of_phases(25, "overcurrent"),
    31: "current without voltage (broken neutral) began",
}

_CURRENT_UNSURE = {
    32: "current without voltage (broken neutral) ended",
    **began_and_ended(
        33,
        "reverse power in a one-way meter",
        "power in different directions by phase",
        "current while the relay is open",
    ),
}

_SWITCHING = in_turn(
    1,
    "power down",
    "power up",
    "disconnected remotely",
    "connected remotely",
    "customer allowed to reconnect",
    "relay opened by the customer",
    "relay closed by the customer",
    "disconnected: power limit exceeded",
    "disconnected: maximum current exceeded",
    "disconnected: magnetic field",
    "disconnected: overvoltage",
    "connected: voltage normal again",
    "disconnected: current without voltage",
    "disconnected: current unbalance",
    "disconnected: temperature",
    "backup power on",
    "backup power off",
)

_PROGRAMMING = {
    **_changed(1, "address or speed of RS-485-1", "address or speed of RS-485-2"),
    3: "clock set",
    **_changed(
        4,
        "daylight saving rule",
        "seasons of the tariff calendar",
        "weeks of the tariff calendar",
        "days of the tariff calendar",
        "activation date of the tariff calendar",
    ),
    9: "tariff calendar activated",
    **_changed(
        10,
        "billing day and hour",
        "displayed values",
        "automatic scrolling of the display",
        "reading password",
        "writing password",
        "metering point data",
        "current transformer ratio",
        "voltage transformer ratio",
        "line parameters for losses",
        "power limit for disconnection",
        "delay of disconnection by power",
        "delay of disconnection by current",
        "delay of disconnection by voltage",
        "delay of disconnection by magnetic field",
        "threshold of power failures",
        "threshold of overvoltages",
        "threshold of voltage sags",
        "threshold of tg phi",
        "threshold of voltage unbalance",
        "agreed voltage",
        "integration period of maximum demand",
        "capture period of profile 1",
        "capture period of profile 2",
        "display backlight",
        "telemetry mode 1",
    ),
    **_cleared(
        35,
        "monthly profile",
        "daily profile",
        "voltage log",
        "current log",
        "switching log",
        "external influences log",
        "communication log",
        "access log",
        "power quality log",
        "tg phi log",
        "input and output log",
        "profile 1",
        "profile 2",
        "profile 3",
    ),
    **_changed(49, "special days", "relay control mode"),
    51: "monthly readings captured",
    **_changed(
        52,
        "mode of unsolicited messages",
        "unicast key, low security",
        "broadcast key, low security",
        "unicast key, high security",
        "broadcast key, high security",
        "authentication key, high security",
        "master key",
        "security level, low security",
        "security level, high security",
        "number of the remote display",
        "active energy metering mode",
    ),
    63: "clock set by satellite",
    64: "disconnection by broken neutral changed",
    65: "firmware updated",
    66: "disconnection by current unbalance changed",
    67: "disconnection by temperature changed",
    68: "clock corrected",
}

_PROGRAMMING_UNSURE = {
    69: "authentication key, low security changed",
    70: "flags of unsolicited messages cleared",
    **_changed(
        71,
        "HDLC time-out",
        "hours of high load",
        "hours of maximum control",
        "connection scheme",
        "telemetry mode 2",
        "telemetry mode 3",
        "telemetry mode 4",
        "disconnection by opened covers",
        "communication profile of ports",
    ),
    80: "monthly power quality log cleared",
    **_changed(
        81,
        "integration period of network parameters",
        "time threshold of tg phi",
        "time threshold of differential current",
        "time threshold of voltage unbalance",
        "address or speed of the optical port",
        "address or speed of port P4",
    ),
}

_EXTERNAL = {
    **began_and_ended(1, "magnetic field"),
    3: "seal of the terminal cover broken",
    4: "seal of the meter cover broken",
}

_SELF_DIAGNOSIS = {
    1: "meter started",
    2: "measuring unit: error",
    3: "measuring unit: in order",
    4: "computing unit: error",
    **_tested(5, "clock", "power supply", "display", "memory"),
}

_SELF_DIAGNOSIS_UNSURE = {
    **_tested(13, "program memory", "processor's oscillator", "clock's oscillator"),
    19: "computing unit: in order",
}

_LOGS: dict[int, EventLog] = {
    0: EventLog(
        name="voltage events",
        texts=_VOLTAGE,
        unsure={27: "voltage interrupted", 28: "voltage back"},
    ),
    1: EventLog(name="current events", texts=_CURRENT, unsure=_CURRENT_UNSURE),
    2: EventLog(
        name="switching events", texts=_SWITCHING, unsure={18: "disconnected: cover opened"}
    ),
    3: EventLog(name="programming", texts=_PROGRAMMING, unsure=_PROGRAMMING_UNSURE),
    4: EventLog(name="external influences", texts=_EXTERNAL),
    5: EventLog(name="communication", texts={1: "connection ended", 2: "connection established"}),
    6: EventLog(
        name="access control",
        texts={1: "unauthorised access attempted", 2: "protocol violated"},
    ),
    7: EventLog(name="self-diagnosis", texts=_SELF_DIAGNOSIS, unsure=_SELF_DIAGNOSIS_UNSURE),
    8: EventLog(
        name="reactive power (tg phi)", texts=began_and_ended(1, "excess of the tg phi threshold")
    ),
    9: EventLog(name="power quality"),
    10: EventLog(name="inputs and outputs"),
    12: EventLog(name="limits of tg phi"),
    13: EventLog(name="time corrections"),
    15: EventLog(name="power quality by period"),
    16: EventLog(name="power control"),
    17: EventLog(name="battery"),
    18: EventLog(name="relay lock"),
    19: EventLog(name="temperature"),
    **{number: EventLog(name="voltage deviations") for number in range(20, 26)},
    26: EventLog(name="overvoltages"),
    27: EventLog(name="power interruptions"),
    28: EventLog(name="network parameters"),
}

SPODES = EventTable(
    one_numbering=False,
    logs={f"0.0.99.98.{number}.255": log for number, log in _LOGS.items()},
)
"""Each log counts its codes from 1."""
