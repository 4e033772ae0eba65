import pytest

from dcud.cosem.object_names.abstract import abstract


@pytest.mark.parametrize(
    ("c", "d", "e", "expected"),
    [
        (1, 0, 0, "clock"),
        (1, 1, 0, "unix_clock"),
        (0, 2, 1, "firmware_version"),
        (10, 0, 106, "disconnect_script"),
        (10, 0, 125, "broadcast_script"),
        (15, 0, 0, "end_of_billing_period_schedule"),
        (25, 9, 0, "push_setup"),
        (40, 0, 0, "association"),
        (40, 0, 3, "association_3"),
        (41, 0, 0, "sap_assignment"),
        (42, 0, 0, "logical_device_name"),
        (43, 1, 6, "invocation_counter_6"),
        (44, 0, 0, "image_transfer"),
        (19, 0, 0, "account_0"),
        (19, 10, 0, "account_0_credit"),
        (19, 21, 3, "account_1_charge_3"),
        (19, 40, 0, "account_0_token_gateway"),
        (19, 50, 1, "account_0_max_credit_limit"),
        (19, 59, 2, "account_9_max_vend_limit"),
        (19, 60, 0, "account_0_sts_attributes"),
        (23, 0, 0, "twisted_pair_setup"),
        (24, 8, 0, "dlms_mbus_port_setup"),
        (24, 9, 0, "mbus_diagnostic"),
        (26, 5, 0, "sfsk_llc_setup"),
        (27, 2, 0, "llc_type_3_setup"),
        (28, 7, 0, "prime_application_identification"),
        (29, 2, 0, "g3_adaptation_layer_setup"),
        (30, 3, 0, "zigbee_network_control"),
        (31, 0, 0, "wireless_mode_q_channel"),
        (33, 0, 0, "hs_plc_mac_setup"),
        (65, 0, 1, "standard_utility_table_1"),
        (65, 1, 2, "standard_utility_table_130"),
        (65, 16, 0, "manufacturer_utility_table_0"),
        (65, 33, 0, "pending_standard_utility_table_128"),
        (65, 63, 127, "pending_manufacturer_utility_table_2047"),
        (99, 12, 0, "connection_log"),
        (99, 18, 0, "lte_monitoring_log"),
        (1, 0, 128, ""),
        (200, 0, 0, ""),
        (96, 20, 4, ""),
        (65, 64, 0, ""),
        (65, 0, 128, ""),
    ],
)
def test_value_groups_c_d_e_are_named(c: int, d: int, e: int, expected: str) -> None:
    assert abstract(c, d, e) == expected
