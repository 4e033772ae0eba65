"""Readable names for OBIS codes, by rule.

A name says what the code says, group by group: 1.0.21.7.0.255 is "active_power_import_l1". Within
one medium no two codes share a name. What no rule covers, manufacturers' own ranges above all, has
none. The groups are those of [IEC 62056-6-1: object identification system].
"""

from collections.abc import Callable, Mapping
from enum import IntEnum
from itertools import product

from dcud.dlms.obis import Obis


class Medium(IntEnum):
    """Value group A."""

    ABSTRACT = 0
    ELECTRICITY = 1
    HEAT_COST_ALLOCATOR = 4
    COOLING = 5
    HEAT = 6
    GAS = 7
    COLD_WATER = 8
    HOT_WATER = 9


NOT_USED = 255
"""Value group F of whatever belongs to no billing period, E of a whole group."""

NO_OBJECT = Obis(bytes(6))
"""Stands where an object could be but none is, as in the sort object of an unsorted profile."""


def obis_name(obis: Obis) -> str:
    """Return a name such as "active_energy_import" for 1.0.1.8.0.255; "" where no rule applies."""
    a, b, c, d, e, f = obis.octets
    period = _billing_period(f)
    quantity = _QUANTITY_RULES.get(a)
    if quantity is None or period is None or b > _LAST_CHANNEL or obis == NO_OBJECT:
        return ""
    name = quantity(c, d, e) or _entity(_ENTITIES, c, d, e)
    return _join(name, f"channel_{b}" if b else "", period) if name else ""


_LAST_CHANNEL = 64
_LAST_RATE = 63
_LAST_STANDARD = 127
_ALL_PERIODS = 126

_Entities = Mapping[tuple[int, int], str | Mapping[int, str]]
"""By C, D: names by E, or one name for all E, which then gets E's number unless that is 0."""


def _entity(entities: _Entities, c: int, d: int, e: int) -> str:
    found = entities.get((c, d), {})
    if not isinstance(found, str):
        return found.get(e, "")
    if e > _LAST_STANDARD:
        return ""
    return _join(found, str(e) if e else "")


def _join(*parts: str) -> str:
    return "_".join(part for part in parts if part)


def _numbered(first: int, count: int, name: str) -> dict[int, str]:
    """Name `count` values of E from `first`; the names count from 1."""
    return {first + index: f"{name}_{index + 1}" for index in range(count)}


def _listed(first: int, *names: str) -> dict[int, str]:
    return dict(enumerate(names, first))


def _billing_period(f: int) -> str | None:
    """Name value group F; None where it has no meaning."""
    if f == NOT_USED:
        return ""
    if f == _ALL_PERIODS:
        return "all_periods"
    if f == 100 or f > _ALL_PERIODS:
        return None
    return f"period_{f}" if f < 100 else f"previous_{f - 100}"


def _rate(e: int) -> str | None:
    if e > _LAST_RATE:
        return None
    return f"rate_{e}" if e else ""


# Electricity: C is the quantity with its phase, D the processing, E the rate or the harmonic.


def _phases(first: Mapping[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """Repeat the quantities of C 1..20 for the three phases, 20 codes apart."""
    phases = ((0, ""), (20, "l1"), (40, "l2"), (60, "l3"))
    return {
        c + offset: (_join(momentary, phase), _join(integral, phase))
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
    **_listed(1, *_SCHEMES),
    **_listed(11, *(f"{name}_2" for name in _SCHEMES)),
    **_listed(21, *(f"{name}_3" for name in _SCHEMES)),
    **_listed(27, "current_average_5", "current_average_6"),
    **_listed(31, *(f"under_limit_{name}" for name in _LIMITS)),
    **_listed(35, *(f"over_limit_{name}" for name in _LIMITS)),
    **_listed(39, *(f"missing_{name}" for name in _LIMITS)),
    **_listed(43, "under_limit_time", "over_limit_time", "missing_time"),
    46: "contracted",
    **_listed(49, "average_interval_1", "average_interval_2"),
    **_listed(51, "minimum_interval_1", "minimum_interval_2"),
    **_listed(53, "maximum_interval_1", "maximum_interval_2"),
    55: "test_average",
}
"""By D: how a quantity was processed."""

_INTEGRALS: dict[int, str] = {
    **_listed(8, "", "since_reset", "over_threshold"),
    **_listed(17, *(f"time_integral_{number}" for number in range(7, 11))),
    **_listed(29, "interval_1", "interval_2"),
    58: "test",
}
"""By D: over which time a quantity was integrated."""

_VOLTAGES = frozenset({12, 32, 52, 72, 124, 125, 126})
_WITH_HARMONICS = _VOLTAGES | {11, 15, 31, 35, 51, 55, 71, 75, 90, 91, 92}
_HARMONIC_PROCESSING = frozenset({7, 24, *range(31, 43)})
_DIPS = 32
_HARMONICS: Mapping[int, str] = {
    **_listed(0, "", "fundamental", *(f"harmonic_{order}" for order in range(2, 121))),
    **_listed(124, "thd", "tdd", "all_harmonics"),
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
    **_listed(1, *_LOSS_KINDS),
    **_listed(31, *(f"{kind}_l1" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
    **_listed(51, *(f"{kind}_l2" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
    **_listed(71, *(f"{kind}_l3" for kind in (*_LOSS_KINDS, "squared_current", "squared_voltage"))),
}
_ANGLE_ENDS: Mapping[int, str] = {
    **_listed(0, "voltage_l1", "voltage_l2", "voltage_l3"),
    **_listed(4, "current_l1", "current_l2", "current_l3", "current_neutral"),
}


def _electricity(c: int, d: int, e: int) -> str:
    if (c, d) == (_PHASE_ANGLES, 7):
        return _phase_angle(e)
    if c == _LOSSES:
        return _losses(d, e)
    momentary, integral = _ELECTRICITY_QUANTITIES.get(c, ("", ""))
    quantity, processing = (integral, _INTEGRALS) if d in _INTEGRALS else (momentary, _MOMENTARY)
    detail = _electricity_detail(c, d, e)
    if not quantity or d not in processing or detail is None:
        return _entity(_ELECTRICITY_ENTITIES, c, d, e)
    return _join(quantity, processing[d], detail)


def _electricity_detail(c: int, d: int, e: int) -> str | None:
    if c in _VOLTAGES and d == _DIPS:  # here E classifies dips by their depth with their duration
        return "" if e == 0 else None
    if c in _WITH_HARMONICS and d in _HARMONIC_PROCESSING:
        return _HARMONICS.get(e)
    return _rate(e)


def _losses(d: int, e: int) -> str:
    processing = _MOMENTARY | _INTEGRALS
    if e not in _LOSS_NAMES or d not in processing:
        return ""
    momentary, integral = _plain(_LOSS_NAMES[e])
    return _join(integral if d in _INTEGRALS else momentary, processing[d])


def _phase_angle(e: int) -> str:
    """Name the angle by its two ends: E is 10 times the reference plus what is measured."""
    if e == NOT_USED:
        return "phase_angles"
    reference, measured = (_ANGLE_ENDS.get(end) for end in divmod(e, 10))
    return f"phase_angle_{measured}_to_{reference}" if reference and measured else ""


_ELECTRICITY_ENTITIES: _Entities = {
    (0, 2): {
        **_listed(1, "parameter_record_number", "time_switch_program_number"),
        **_listed(3, "ripple_control_program_number", "connection_diagram_id"),
        7: "passive_calendar_name",
    },
    (0, 3): {
        **_listed(0, "led_constant_active", "led_constant_reactive", "led_constant_apparent"),
        **_listed(3, "pulse_constant_active", "pulse_constant_reactive", "pulse_constant_apparent"),
    },
    (0, 4): {
        **_listed(0, "reading_factor_power", "reading_factor_energy"),
        **_listed(2, "current_transformer_numerator", "voltage_transformer_numerator"),
        **_listed(4, "transformer_numerator"),
        **_listed(5, "current_transformer_denominator", "voltage_transformer_denominator"),
        **_listed(7, "transformer_denominator"),
    },
    (0, 5): "demand_limit",
    (0, 6): {
        **_listed(0, "nominal_voltage", "nominal_current", "nominal_frequency", "maximum_current"),
        **_listed(4, "power_quality_reference_voltage", "nominal_auxiliary_voltage"),
    },
    (0, 7): "input_pulse_constant",
    (0, 8): {
        **_listed(0, "measurement_period_1", "measurement_period_2"),
        **_listed(2, "measurement_period_instantaneous", "measurement_period_test"),
        **_listed(4, "recording_interval_1", "recording_interval_2"),
        **_listed(6, "billing_period_1", "billing_period_2", "measurement_period_harmonics"),
    },
    (0, 9): {
        **_listed(0, "time_since_reset", "local_time", "local_date"),
        **_listed(5, "day_of_week", "last_reset_time", "last_reset_date", "output_pulse_duration"),
        **_listed(9, "clock_synchronization_window", "clock_synchronization_method"),
        **_listed(11, "clock_shift_limit", "reset_lockout_time"),
    },
    (0, 10): _numbered(0, 4, "loss_parameter"),
    (0, 11): _numbered(1, 7, "measurement_algorithm"),
    (99, 10): _listed(1, "voltage_dip_log", "voltage_swell_log", "voltage_cut_log"),
    (99, 11): "voltage_harmonics_profile",
    (99, 12): "current_harmonics_profile",
    (99, 13): "unbalance_profile",
    (99, 14): "power_quality_profile",
}


# Gas: C is the direction with the place of metering, D the conversion.


_GAS_VOLUMES: Mapping[int, str] = {
    c + offset: _join(f"{direction}_{disturbance}", place)
    for offset, place in ((0, ""), (10, "converter"), (20, "logger"))
    for c, (direction, disturbance) in enumerate(
        product(("forward", "reverse"), ("undisturbed", "disturbed", "absolute")), start=1
    )
}
_GAS_ENERGIES = {60 + c: direction for c, direction in _GAS_VOLUMES.items() if c < 10}
_GAS_CONVERSIONS = _listed(0, "volume", "corrected_volume", "converted_volume", "redundant_volume")
_GAS_STATES: Mapping[int, str] = {
    **_listed(41, "temperature", "pressure", "flow_rate", "sound_velocity", "density"),
    **_listed(46, "relative_density", "gauge_pressure", "differential_pressure", "air_density"),
    **_listed(51, "correction_factor", "conversion_factor", "compressibility", "calorific_value"),
    55: "gas_law_coefficient",
}
_GAS_ENTITIES: _Entities = {
    (0, 1): {
        **_listed(
            6, "billing_period_counter_3", "billing_periods_available_3", "billing_period_time_3"
        ),
        **_listed(
            9, "billing_period_counter_4", "billing_periods_available_4", "billing_period_time_4"
        ),
    },
    (0, 2): {
        **_listed(0, "program_version", "firmware_version", "software_version", "device_version"),
        **_numbered(11, 6, "sensor_serial"),
    },
    (0, 8): {**_numbered(1, 2, "recording_interval"), 10: "billing_period"},
    (0, 9): _listed(1, "local_time", "local_date", "gas_day_start", "residual_shift"),
}


def _gas(c: int, d: int, e: int) -> str:
    volume, conversion, rate = _GAS_VOLUMES.get(c), _GAS_CONVERSIONS.get(d), _rate(e)
    if volume and conversion and rate is not None:
        return _join(conversion, volume, rate)
    if d == 0 and rate is not None and c in _GAS_ENERGIES:
        return _join("energy", _GAS_ENERGIES[c], rate)
    state = _GAS_STATES.get(c, "") if d == e == 0 else ""
    return state or _entity(_GAS_ENTITIES, c, d, e)


# Heat, cooling, water: C is the quantity, D the date for which it holds.


_HELD_FOR = _listed(0, "", "periodical", "due_date", "billing_date", "minimum", "maximum", "test")
_THERMAL_QUANTITIES: Mapping[int, str] = {
    **_listed(1, "energy", "volume"),
    **_listed(8, "power", "flow_rate"),
    **_listed(10, "flow_temperature", "return_temperature", "temperature_difference"),
}
_WATER_QUANTITIES = _listed(1, "volume", "flow_rate", "forward_temperature")
_ALLOCATOR_QUANTITIES = _listed(1, "unrated_integral")


def _held(quantities: Mapping[int, str]) -> Callable[[int, int, int], str]:
    def name(c: int, d: int, e: int) -> str:
        quantity, held_for, rate = quantities.get(c), _HELD_FOR.get(d), _rate(e)
        if quantity is None or held_for is None or rate is None:
            return ""
        return _join(quantity, held_for, rate)

    return name


_UTILITY_TABLES = 65
_UTILITY_TABLE_KINDS = ("standard", "manufacturer", "pending_standard", "pending_manufacturer")
"""In the order of their blocks of sixteen D."""


def _abstract(c: int, d: int, e: int) -> str:
    if c == _UTILITY_TABLES:
        return _utility_table(d, e)
    return _entity(_ABSTRACT_ENTITIES, c, d, e)


def _utility_table(d: int, e: int) -> str:
    """Name a table by its number, which goes on from one D to the next."""
    kind, block = divmod(d, 16)
    if kind >= len(_UTILITY_TABLE_KINDS) or e > _LAST_STANDARD:
        return ""
    return f"{_UTILITY_TABLE_KINDS[kind]}_utility_table_{128 * block + e}"


_QUANTITY_RULES: Mapping[int, Callable[[int, int, int], str]] = {
    Medium.ABSTRACT: _abstract,
    Medium.ELECTRICITY: _electricity,
    Medium.HEAT_COST_ALLOCATOR: _held(_ALLOCATOR_QUANTITIES),
    Medium.COOLING: _held(_THERMAL_QUANTITIES),
    Medium.HEAT: _held(_THERMAL_QUANTITIES),
    Medium.GAS: _gas,
    Medium.COLD_WATER: _held(_WATER_QUANTITIES),
    Medium.HOT_WATER: _held(_WATER_QUANTITIES),
}


# Objects that describe the meter rather than what it measures.


_PHASE_ORDER = ("", "_l1", "_l2", "_l3")
_ANY_ORDER = (*_PHASE_ORDER, "_any_phase")

_TAMPERS = (
    *("meter_cover_opening", "terminal_cover_opening", "tilt", "strong_dc_field"),
    *("supply_switch_tamper", "metrology_tamper", "communication_tamper"),
)
"""In the order of their groups of five E."""

_ENTITIES: _Entities = {
    (0, 0): {**_numbered(0, 10, "id"), NOT_USED: "ids"},
    (0, 1): {
        **_listed(0, "billing_period_counter", "billing_periods_available", "billing_period_time"),
        **_listed(
            3, "billing_period_counter_2", "billing_periods_available_2", "billing_period_time_2"
        ),
    },
    (0, 2): {0: "firmware_id", 8: "firmware_signature"},
    (96, 1): {**_numbered(0, 10, "device_id"), 10: "metering_point_id", NOT_USED: "device_ids"},
    (96, 2): {
        **_listed(0, "configuration_changes", "last_configuration_change"),
        **_listed(2, "last_time_switch_program_change", "last_ripple_control_change"),
        **_listed(4, "security_switch_status", "last_calibration", "next_configuration_time"),
        7: "passive_calendar_activation",
        **_listed(10, "protected_configuration_changes", "last_protected_configuration_change"),
        **_listed(12, "last_clock_synchronization", "last_firmware_activation"),
    },
    (96, 3): {
        **_numbered(0, 5, "io_control_signals"),
        10: "disconnect_control",
        **_numbered(20, 10, "arbitrator"),
    },
    (96, 4): "internal_control_signals",
    (96, 5): "operating_status",
    (96, 6): {
        **_listed(0, "battery_use_time", "battery_charge", "battery_next_change"),
        **_listed(3, "battery_voltage", "battery_initial_capacity", "battery_installation_time"),
        6: "battery_remaining_time",
        **_listed(10, "auxiliary_supply_use_time", "auxiliary_supply_voltage"),
    },
    (96, 7): {
        **_listed(0, *(f"power_failures{phase}" for phase in _PHASE_ORDER)),
        4: "auxiliary_supply_failures",
        **_listed(5, *(f"long_power_failures{phase}" for phase in _ANY_ORDER)),
        **_listed(10, *(f"power_failure_time{phase}" for phase in _ANY_ORDER)),
        **_listed(15, *(f"long_power_failure_duration{phase}" for phase in _ANY_ORDER)),
        **_listed(20, "long_power_failure_threshold", "power_failures_any_phase"),
    },
    (96, 8): "operating_time",
    (96, 9): _listed(0, "ambient_temperature", "ambient_pressure", "ambient_humidity"),
    (96, 10): "status_register",
    (96, 11): "event_code",
    (96, 12): {
        1: "connections",
        **_listed(4, "communication_parameter", "gsm_field_strength", "telephone_number"),
    },
    (96, 13): _listed(0, "consumer_message_code", "consumer_message_text"),
    (96, 14): "current_tariff",
    (96, 15): "event_counter",
    (96, 16): "profile_signature",
    (96, 20): {
        5 * group + detail: f"{tamper}_{measure}"
        for group, tamper in enumerate(_TAMPERS)
        for detail, measure in enumerate(("count", "time", "duration", "total_duration"))
    },
    (97, 97): {**_numbered(0, 10, "error_register"), NOT_USED: "error_profile"},
    (97, 98): {
        **_numbered(0, 10, "alarm_register"),
        **_numbered(10, 10, "alarm_filter"),
        **_numbered(20, 10, "alarm_descriptor"),
        NOT_USED: "alarm_profile",
    },
    (98, 1): "billing_profile_1",
    (98, 2): "billing_profile_2",
    (98, 10): "register_table",
    (99, 1): "load_profile_1",
    (99, 2): "load_profile_2",
    (99, 3): "test_profile",
    (99, 97): "power_failure_log",
    (99, 98): "event_log",
    (99, 99): "certification_log",
}
"""What stands at the same place in every medium."""

_ACCOUNTS: _Entities = {
    **{(19, n): {0: f"account_{n}"} for n in range(10)},
    **{(19, 10 + n): f"account_{n}_credit" for n in range(10)},
    **{(19, 20 + n): f"account_{n}_charge" for n in range(10)},
    **{(19, 40 + n): {0: f"account_{n}_token_gateway"} for n in range(10)},
    **{
        (19, 50 + n): _listed(1, f"account_{n}_max_credit_limit", f"account_{n}_max_vend_limit")
        for n in range(10)
    },
    **{(19, 60 + n): {0: f"account_{n}_sts_attributes"} for n in range(10)},
}
"""The units digit of D is the number of the account."""

_ABSTRACT_ENTITIES: _Entities = {
    (0, 2): {1: "firmware_version"},
    (1, 0): "clock",
    (1, 1): "unix_clock",
    (1, 2): "high_resolution_clock",
    (2, 0): "modem_configuration",
    (2, 1): "auto_connect",
    (2, 2): "auto_answer",
    (10, 0): {
        **_listed(0, "global_reset_script", "end_of_billing_period_script"),
        **_listed(100, "tariffication_script", "test_mode_script", "normal_mode_script"),
        **_listed(103, "output_script", "optical_test_script", "power_quality_script"),
        **_listed(106, "disconnect_script", "image_activation_script", "push_script"),
        **_listed(109, "load_profile_script", "mbus_profile_script", "function_control_script"),
        125: "broadcast_script",
    },
    (11, 0): "special_days",
    (12, 0): "schedule",
    (13, 0): "activity_calendar",
    (14, 0): "register_activation",
    (15, 0): _listed(
        0,
        *("end_of_billing_period_schedule", "disconnect_schedule", "image_activation_schedule"),
        *("output_schedule", "push_schedule", "load_profile_schedule", "mbus_profile_schedule"),
        "function_control_schedule",
    ),
    (16, 0): "register_monitor",
    (16, 1): "alarm_monitor",
    (16, 2): "parameter_monitor",
    (17, 0): "limiter",
    (18, 0): "array_manager",
    **_ACCOUNTS,
    (20, 0): _listed(0, "optical_port_setup", "current_loop_port_setup"),
    (21, 0): "readout_list",
    (22, 0): "hdlc_setup",
    (23, 0): "twisted_pair_setup",
    (24, 0): "mbus_slave_port_setup",
    (24, 1): "mbus_client",
    (24, 2): "mbus_value",
    (24, 3): "mbus_profile",
    (24, 4): "mbus_disconnect_control",
    (24, 5): "mbus_control_log",
    (24, 6): "mbus_master_port_setup",
    (24, 8): "dlms_mbus_port_setup",
    (24, 9): "mbus_diagnostic",
    (25, 0): "tcp_udp_setup",
    (25, 1): "ipv4_setup",
    (25, 2): "mac_address_setup",
    (25, 3): "ppp_setup",
    (25, 4): "gprs_modem_setup",
    (25, 5): "smtp_setup",
    (25, 6): "gsm_diagnostic",
    (25, 7): "ipv6_setup",
    (25, 9): "push_setup",
    (25, 10): "ntp_setup",
    (25, 11): "lte_monitoring",
    (26, 0): "sfsk_phy_mac_setup",
    (26, 1): "sfsk_active_initiator",
    (26, 2): "sfsk_synchronization_timeouts",
    (26, 3): "sfsk_mac_counters",
    (26, 5): "sfsk_llc_setup",
    (26, 6): "sfsk_reporting_systems",
    (27, 0): "llc_type_1_setup",
    (27, 1): "llc_type_2_setup",
    (27, 2): "llc_type_3_setup",
    (28, 0): "prime_llc_setup",
    (28, 1): "prime_phy_counters",
    (28, 2): "prime_mac_setup",
    (28, 3): "prime_mac_functional_parameters",
    (28, 4): "prime_mac_counters",
    (28, 5): "prime_network_administration",
    (28, 6): "prime_mac_address",
    (28, 7): "prime_application_identification",
    (29, 0): "g3_mac_counters",
    (29, 1): "g3_mac_setup",
    (29, 2): "g3_adaptation_layer_setup",
    (30, 0): "zigbee_startup",
    (30, 1): "zigbee_join",
    (30, 2): "zigbee_fragmentation",
    (30, 3): "zigbee_network_control",
    (30, 4): "zigbee_tunnel_setup",
    (31, 0): "wireless_mode_q_channel",
    (33, 0): "hs_plc_mac_setup",
    (33, 1): "hs_plc_cpas_setup",
    (33, 2): "hs_plc_ip_ssas_setup",
    (33, 3): "hs_plc_hdlc_ssas_setup",
    (40, 0): "association",
    (41, 0): "sap_assignment",
    (42, 0): "logical_device_name",
    (43, 0): "security_setup",
    (43, 1): "invocation_counter",
    (43, 2): "data_protection",
    (44, 0): "image_transfer",
    (44, 1): "function_control",
    (66, 0): "compact_data",
    (99, 12): "connection_log",
    (99, 13): "gsm_diagnostic_log",
    (99, 14): "charge_collection_log",
    (99, 15): "token_credit_log",
    (99, 16): "parameter_monitor_log",
    (99, 17): "token_transfer_log",
    (99, 18): "lte_monitoring_log",
}
"""What stands in the abstract medium alone."""
