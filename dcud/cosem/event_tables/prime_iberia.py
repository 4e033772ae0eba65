"""The event codes of Spanish and Portuguese meters.

[field: DLMS companion for PRIME, event codes]
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


def _changed(first: int, *names: str) -> Texts:
    return in_turn(first, *(f"{name} changed" for name in names))


def _contract(first: int, number: int, *more: str) -> Texts:
    """Return what is logged of a contract; `more` comes after its parameters."""
    own = (
        "closing commanded",
        "parameters changed",
        *more,
        "passive special days changed",
        "passive seasons changed",
        "passive calendar cleared",
        "passive automatic closings changed",
        "passive activation date changed",
    )
    return in_turn(first, *(f"contract {number}: {text}" for text in own))


_CONTRACT_1 = _contract(44, 1, "contracted power modified")
_CONTRACTED_POWER = 46

_STANDARD = {
    **in_turn(1, "restarted with loss of data", "restarted without loss of data", "power failure"),
    **by_phase(4, "power failure on {}"),
    **in_turn(7, "neutral lost", "battery low", "critical internal error"),
    **by_phase(21, "power failure on {} ended"),
    24: "summer time began",
    25: "winter time began",
    **_changed(
        30,
        "register parameters",
        "parameters of communication ports",
        "reading password",
        "parametrisation password",
        "firmware password",
    ),
    35: "battery counter cleared",
    **_changed(
        36,
        "automatic daylight saving",
        "minimum time between closings",
        "capture period of the load profile",
        "transformer ratio",
        "clock synchronisation mode",
        "program label",
        "activation of closings by hand",
        "output magnitude",
    ),
    **{code: text for code, text in _CONTRACT_1.items() if code != _CONTRACTED_POWER},
    **_contract(52, 2),
    **_contract(59, 3),
    66: "all contracts closed by the button",
    **_changed(
        90,
        "time threshold of sags and swells",
        "time threshold of long power failures",
        "nominal voltage",
        "highest voltage",
        "lowest voltage",
        "difference of low from no voltage",
        "contracted power",
        "firmware",
    ),
    98: "clock synchronised",
}

_STANDARD_UNSURE = {
    _CONTRACTED_POWER: _CONTRACT_1[_CONTRACTED_POWER],
    99: "passwords reset to the manufacturer's",
    100: "parameters and registers reset",
    101: "parameters reset",
    102: "contracted power of export changed",
}

_SWITCHING = in_turn(
    1,
    "connected by hand",
    "disconnected remotely",
    "connected remotely",
    "disconnected: contracted power exceeded",
    "connected by power control",
    "current exceeded, switching blocked",
    "disconnector enabled",
    "disconnector disabled",
    "disconnected by residual power control",
    "connected: residual power control deactivated",
    "connected by residual power control",
)

_SWITCHING_UNSURE = in_turn(
    12,
    "disconnect control mode changed",
    "disconnected: contracted export power exceeded",
    "current exceeded, switching blocked: ended",
)

_LINES = ("average of phases", "L1", "L2", "L3")
_ALL_LINES = ("all phases", "L1", "L2", "L3")


def _quality(first: int, end: str) -> Texts:
    """Return twelve codes: low voltage, high voltage, long failure."""
    return {
        **by_phase(first, f"low voltage on {{}}{end}", phases=_LINES),
        **by_phase(first + 4, f"high voltage on {{}}{end}", phases=_LINES),
        **by_phase(first + 8, f"long power failure on {{}}{end}", phases=_ALL_LINES),
    }


_QUALITY = {**_quality(1, ""), **_quality(13, " ended")}
_QUALITY_UNSURE = in_turn(25, "high impedance missing", "high impedance missing: ended")

_FRAUD = in_turn(
    1,
    "meter cover opened",
    "meter cover closed",
    "strong magnetic field detected",
    "strong magnetic field gone",
    "current without voltage",
    "intrusion by communication detected",
)

_FRAUD_UNSURE = {
    7: "terminal cover opened",
    8: "terminal cover closed",
    **began_and_ended(
        9, "voltage behind the open disconnector", "high impedance behind the open disconnector"
    ),
}


def _demand(first: int, kind: str) -> Texts:
    """Return what becomes of an order that the customer may refuse."""
    said = ("received", "accepted", "refused")
    return in_turn(first, *(f"uncritical order {text}: {kind}" for text in said))


_DEMAND = {
    1: "critical order received: residual power",
    2: "critical order received: percentage",
    3: "critical order received: absolute power",
    **_demand(4, "residual power"),
    **_demand(7, "percentage"),
    **_demand(10, "absolute power"),
    13: "contracted residual power changed",
    **began_and_ended(
        14, "residual power", "reduction by percentage", "reduction to an absolute power"
    ),
    20: "demand close to the contracted power",
}

_PORTS = by_phase(
    1,
    "communication on the {} port began",
    "communication on the {} port ended",
    phases=("power line", "optical", "serial"),
)

_CLEARED: Texts = {255: "event log cleared"}


def _log(name: str, texts: Texts, unsure: Texts | None = None) -> EventLog:
    return EventLog(name=name, texts=texts, unsure={**(unsure or {}), **_CLEARED})


PRIME_IBERIA = EventTable(
    one_numbering=False,
    logs=event_logs(
        _log("standard events", _STANDARD, _STANDARD_UNSURE),
        _log("fraud detection", _FRAUD, _FRAUD_UNSURE),
        _log("disconnector control", _SWITCHING, _SWITCHING_UNSURE),
        _log("power contract", _STANDARD, _STANDARD_UNSURE),
        _log("firmware", _STANDARD, _STANDARD_UNSURE),
        _log("power quality", _QUALITY, _QUALITY_UNSURE),
        _log("demand management", _DEMAND),
        _log("common events", _PORTS),
        _log("synchronisation", _STANDARD, _STANDARD_UNSURE),
        _log("power quality, finished", _QUALITY, _QUALITY_UNSURE),
    ),
)
"""The groups of codes: four logs share the first one, both logs of power quality another."""
