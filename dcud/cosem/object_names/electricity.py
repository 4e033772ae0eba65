"""Names of the codes of electricity: C is the quantity, D the processing, E the rate."""

from collections.abc import Mapping
from itertools import product

from dcud.cosem.object_names.vocabulary import (
    NOT_USED,
    Entities,
    entity,
    join,
    listed,
    numbered,
    rate_name,
)


def _phases(first: Mapping[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Repeat the quantities of C 1..20 for the three phases, 20 codes apart."""
    phases = ((0, ""), (20, "l1"), (40, "l2"), (60, "l3"))
    return {
        c + offset: (join(momentary, phase), join(integral, phase))
        for (offset, phase), (c, (momentary, integral)) in product(phases, first.items())
    }


def _power(kind: str, direction: str) -> tuple[str, str]:
    return f"{kind}_power_{direction}", f"{kind}_energy_{direction}"


def _plain(name: str) -> tuple[str, str]:
    return name, f"{name}_integral"


_ELECTRICITY_QUANTITIES: Mapping[int, tuple[str, str]] = {
    **_phases(
        {
            1: _power("active", "import"),
            2: _power("active", "export"),
            3: _power("reactive", "import"),
            4: _power("reactive", "export"),
            **{4 + quadrant: _power("reactive", f"q{quadrant}") for quadrant in range(1, 5)},
            9: _power("apparent", "import"),
            10: _power("apparent", "export"),
            11: _plain("current"),
            12: _plain("voltage"),
            13: _plain("power_factor"),
            14: _plain("frequency"),
            15: _power("active", "absolute"),
            16: _power("active", "net"),
            **{16 + quadrant: _power("active", f"q{quadrant}") for quadrant in range(1, 5)},
        }
    ),
    82: _plain("pulses"),
    84: _plain("power_factor_export"),
    85: _plain("power_factor_export_l1"),
    86: _plain("power_factor_export_l2"),
    87: _plain("power_factor_export_l3"),
    88: _plain("squared_current"),
    89: _plain("squared_voltage"),
    90: _plain("current_sum"),
    91: _plain("current_neutral"),
    92: _plain("voltage_neutral"),
    124: _plain("voltage_l1_l2"),
    125: _plain("voltage_l2_l3"),
    126: _plain("voltage_l3_l1"),
}
"""By C: the name of the quantity as it is, then of its integral over time."""


_SCHEMES = (
    "cumulative_minimum",
    "cumulative_maximum",
    "minimum",
    "current_average",
    "last_average",
    "maximum",
)


_LIMITS = ("threshold", "count", "duration", "magnitude")


_MOMENTARY: dict[int, str] = {
    0: "billing_average",
    7: "",
    **listed(1, *_SCHEMES),
    **listed(11, *(f"{name}_2" for name in _SCHEMES)),
    **listed(21, *(f"{name}_3" for name in _SCHEMES)),
    **listed(27, "current_average_5", "current_average_6"),
    **listed(31, *(f"under_limit_{name}" for name in _LIMITS)),
    **listed(35, *(f"over_limit_{name}" for name in _LIMITS)),
    **listed(39, *(f"missing_{name}" for name in _LIMITS)),
    **listed(43, "under_limit_time", "over_limit_time", "missing_time"),
    46: "contracted",
    **listed(49, "average_interval_1", "average_interval_2"),
    **listed(51, "minimum_interval_1", "minimum_interval_2"),
    **listed(53, "maximum_interval_1", "maximum_interval_2"),
    55: "test_average",
}
"""By D: how a quantity was processed."""


_INTEGRALS: dict[int, str] = {
    **listed(8, "", "since_reset", "over_threshold"),
    **listed(17, *(f"time_integral_{number}" for number in range(7, 11))),
    **listed(29, "interval_1", "interval_2"),
    58: "test",
}
"""By D: over which time a quantity was integrated."""


_VOLTAGES = frozenset({12, 32, 52, 72, 124, 125, 126})


_WITH_HARMONICS = _VOLTAGES | {11, 15, 31, 35, 51, 55, 71, 75, 90, 91, 92}


_HARMONIC_PROCESSING = frozenset({7, 24, *range(31, 43)})


_DIPS = 32


_HARMONICS: Mapping[int, str] = {
    **listed(0, "", "fundamental", *(f"harmonic_{order}" for order in range(2, 121))),
    **listed(124, "thd", "tdd", "all_harmonics"),
}


_PHASE_ANGLES = 81


_LOSSES = 83


_LOSS_KINDS = tuple(
    f"{place}_{kind}_losses{direction}"
    for kind in ("active", "reactive")
    for place in ("line", "transformer", "total")
    for direction in ("_import", "_export", "")
)
"""In the order of E, which counts them from 1, and again from 31, 51 and 71 for each phase."""


_LOSS_NAMES: Mapping[int, str] = {
    **listed(1, *_LOSS_KINDS),
    **listed(31, *(f"{kind}_l1" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
    **listed(51, *(f"{kind}_l2" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
    **listed(71, *(f"{kind}_l3" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
}


_ANGLE_ENDS: Mapping[int, str] = {
    **listed(0, "voltage_l1", "voltage_l2", "voltage_l3"),
    **listed(4, "current_l1", "current_l2", "current_l3", "current_neutral"),
}


def electricity(c: int, d: int, e: int) -> str:
    """Return the name of value groups C, D, E; "" where no rule applies."""
    if (c, d) == (_PHASE_ANGLES, 7):
        return _phase_angle(e)
    if c == _LOSSES:
        return _losses(d, e)
    momentary, integral = _ELECTRICITY_QUANTITIES.get(c, ("", ""))
    quantity, processing = (integral, _INTEGRALS) if d in _INTEGRALS else (momentary, _MOMENTARY)
    detail = _electricity_detail(c, d, e)
    if not quantity or d not in processing or detail is None:
        return entity(_ELECTRICITY_ENTITIES, c, d, e)
    return join(quantity, processing[d], detail)


def _electricity_detail(c: int, d: int, e: int) -> str | None:
    if c in _VOLTAGES and d == _DIPS:  # here E classifies dips by their depth with their duration
        return "" if e == 0 else None
    if c in _WITH_HARMONICS and d in _HARMONIC_PROCESSING:
        return _HARMONICS.get(e)
    return rate_name(e)


def _losses(d: int, e: int) -> str:
    processing = _MOMENTARY | _INTEGRALS
    if e not in _LOSS_NAMES or d not in processing:
        return ""
    momentary, integral = _plain(_LOSS_NAMES[e])
    return join(integral if d in _INTEGRALS else momentary, processing[d])


def _phase_angle(e: int) -> str:
    """Name the angle by its two ends: E is 10 times the reference plus what is measured."""
    if e == NOT_USED:
        return "phase_angles"
    reference, measured = (_ANGLE_ENDS.get(end) for end in divmod(e, 10))
    return f"phase_angle_{measured}_to_{reference}" if reference and measured else ""


_ELECTRICITY_ENTITIES: Entities = {
    (0, 2): {
        **listed(1, "parameter_record_number", "time_switch_program_number"),
        **listed(3, "ripple_control_program_number", "connection_diagram_id"),
        7: "passive_calendar_name",
    },
    (0, 3): {
        **listed(0, "led_constant_active", "led_constant_reactive", "led_constant_apparent"),
        **listed(3, "pulse_constant_active", "pulse_constant_reactive", "pulse_constant_apparent"),
    },
    (0, 4): {
        **listed(0, "reading_factor_power", "reading_factor_energy"),
        **listed(2, "current_transformer_numerator", "voltage_transformer_numerator"),
        **listed(4, "transformer_numerator"),
        **listed(5, "current_transformer_denominator", "voltage_transformer_denominator"),
        **listed(7, "transformer_denominator"),
    },
    (0, 5): "demand_limit",
    (0, 6): {
        **listed(0, "nominal_voltage", "nominal_current", "nominal_frequency", "maximum_current"),
        **listed(4, "power_quality_reference_voltage", "nominal_auxiliary_voltage"),
    },
    (0, 7): "input_pulse_constant",
    (0, 8): {
        **listed(0, "measurement_period_1", "measurement_period_2"),
        **listed(2, "measurement_period_instantaneous", "measurement_period_test"),
        **listed(4, "recording_interval_1", "recording_interval_2"),
        **listed(6, "billing_period_1", "billing_period_2", "measurement_period_harmonics"),
    },
    (0, 9): {
        **listed(0, "time_since_reset", "local_time", "local_date"),
        **listed(5, "day_of_week", "last_reset_time", "last_reset_date", "output_pulse_duration"),
        **listed(9, "clock_synchronization_window", "clock_synchronization_method"),
        **listed(11, "clock_shift_limit", "reset_lockout_time"),
    },
    (0, 10): numbered(0, 4, "loss_parameter"),
    (0, 11): numbered(1, 7, "measurement_algorithm"),
    (99, 10): listed(1, "voltage_dip_log", "voltage_swell_log", "voltage_cut_log"),
    (99, 11): "voltage_harmonics_profile",
    (99, 12): "current_harmonics_profile",
    (99, 13): "unbalance_profile",
    (99, 14): "power_quality_profile",
}
