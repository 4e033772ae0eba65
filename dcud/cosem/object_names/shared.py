"""Names of what stands at the same place in every medium."""

from dcud.cosem.object_names.vocabulary import NOT_USED, Entities, listed, numbered

_PHASE_ORDER = ("", "_l1", "_l2", "_l3")


_ANY_ORDER = (*_PHASE_ORDER, "_any_phase")


_TAMPERS = (
    *("meter_cover_opening", "terminal_cover_opening", "tilt", "strong_dc_field"),
    *("supply_switch_tamper", "metrology_tamper", "communication_tamper"),
)
"""In the order of their groups of five E."""


SHARED_ENTITIES: Entities = {
    (0, 0): {**numbered(0, 10, "id"), NOT_USED: "ids"},
    (0, 1): {
        **listed(0, "billing_period_counter", "billing_periods_available", "billing_period_time"),
        **listed(
            3, "billing_period_counter_2", "billing_periods_available_2", "billing_period_time_2"
        ),
    },
    (0, 2): {0: "firmware_id", 8: "firmware_signature"},
    (96, 1): {**numbered(0, 10, "device_id"), 10: "metering_point_id", NOT_USED: "device_ids"},
    (96, 2): {
        **listed(0, "configuration_changes", "last_configuration_change"),
        **listed(2, "last_time_switch_program_change", "last_ripple_control_change"),
        **listed(4, "security_switch_status", "last_calibration", "next_configuration_time"),
        7: "passive_calendar_activation",
        **listed(10, "protected_configuration_changes", "last_protected_configuration_change"),
        **listed(12, "last_clock_synchronization", "last_firmware_activation"),
    },
    (96, 3): {
        **numbered(0, 5, "io_control_signals"),
        10: "disconnect_control",
        **numbered(20, 10, "arbitrator"),
    },
    (96, 4): "internal_control_signals",
    (96, 5): "operating_status",
    (96, 6): {
        **listed(0, "battery_use_time", "battery_charge", "battery_next_change"),
        **listed(3, "battery_voltage", "battery_initial_capacity", "battery_installation_time"),
        6: "battery_remaining_time",
        **listed(10, "auxiliary_supply_use_time", "auxiliary_supply_voltage"),
    },
    (96, 7): {
        **listed(0, *(f"power_failures{phase}" for phase in _PHASE_ORDER)),
        4: "auxiliary_supply_failures",
        **listed(5, *(f"long_power_failures{phase}" for phase in _ANY_ORDER)),
        **listed(10, *(f"power_failure_time{phase}" for phase in _ANY_ORDER)),
        **listed(15, *(f"long_power_failure_duration{phase}" for phase in _ANY_ORDER)),
        **listed(20, "long_power_failure_threshold", "power_failures_any_phase"),
    },
    (96, 8): "operating_time",
    (96, 9): listed(0, "ambient_temperature", "ambient_pressure", "ambient_humidity"),
    (96, 10): "status_register",
    (96, 11): "event_code",
    (96, 12): {
        1: "connections",
        **listed(4, "communication_parameter", "gsm_field_strength", "telephone_number"),
    },
    (96, 13): listed(0, "consumer_message_code", "consumer_message_text"),
    (96, 14): "current_tariff",
    (96, 15): "event_counter",
    (96, 16): "profile_signature",
    (96, 20): {
        5 * group + detail: f"{tamper}_{measure}"
        for group, tamper in enumerate(_TAMPERS)
        for detail, measure in enumerate(("count", "time", "duration", "total_duration"))
    },
    (97, 97): {**numbered(0, 10, "error_register"), NOT_USED: "error_profile"},
    (97, 98): {
        **numbered(0, 10, "alarm_register"),
        **numbered(10, 10, "alarm_filter"),
        **numbered(20, 10, "alarm_descriptor"),
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
