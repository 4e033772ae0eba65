"""Names of the codes of the abstract medium."""

from dcud.cosem.object_names.vocabulary import LAST_STANDARD, Entities, entity, listed

_UTILITY_TABLES = 65


_UTILITY_TABLE_KINDS = ("standard", "manufacturer", "pending_standard", "pending_manufacturer")
"""In the order of their blocks of sixteen D."""


def abstract(c: int, d: int, e: int) -> str:
    """Return the name of value groups C, D, E; "" where no rule applies."""
    if c == _UTILITY_TABLES:
        return _utility_table(d, e)
    return entity(_ABSTRACT_ENTITIES, c, d, e)


def _utility_table(d: int, e: int) -> str:
    """Name a table by its number, which goes on from one D to the next."""
    kind, block = divmod(d, 16)
    if kind >= len(_UTILITY_TABLE_KINDS) or e > LAST_STANDARD:
        return ""
    return f"{_UTILITY_TABLE_KINDS[kind]}_utility_table_{128 * block + e}"


_ACCOUNTS: Entities = {
    **{(19, n): {0: f"account_{n}"} for n in range(10)},
    **{(19, 10 + n): f"account_{n}_credit" for n in range(10)},
    **{(19, 20 + n): f"account_{n}_charge" for n in range(10)},
    **{(19, 40 + n): {0: f"account_{n}_token_gateway"} for n in range(10)},
    **{
        (19, 50 + n): listed(1, f"account_{n}_max_credit_limit", f"account_{n}_max_vend_limit")
        for n in range(10)
    },
    **{(19, 60 + n): {0: f"account_{n}_sts_attributes"} for n in range(10)},
}
"""The units digit of D is the number of the account."""


_ABSTRACT_ENTITIES: Entities = {
    (0, 2): {1: "firmware_version"},
    (1, 0): "clock",
    (1, 1): "unix_clock",
    (1, 2): "high_resolution_clock",
    (2, 0): "modem_configuration",
    (2, 1): "auto_connect",
    (2, 2): "auto_answer",
    (10, 0): {
        **listed(0, "global_reset_script", "end_of_billing_period_script"),
        **listed(100, "tariffication_script", "test_mode_script", "normal_mode_script"),
        **listed(103, "output_script", "optical_test_script", "power_quality_script"),
        **listed(106, "disconnect_script", "image_activation_script", "push_script"),
        **listed(109, "load_profile_script", "mbus_profile_script", "function_control_script"),
        125: "broadcast_script",
    },
    (11, 0): "special_days",
    (12, 0): "schedule",
    (13, 0): "activity_calendar",
    (14, 0): "register_activation",
    (15, 0): listed(
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
    (20, 0): listed(0, "optical_port_setup", "current_loop_port_setup"),
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
