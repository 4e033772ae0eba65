from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.obis_names import Medium, obis_name
from dcud.dlms.obis import Obis


def name(code: str) -> str:
    return obis_name(Obis.parse(code))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # energies, with rates
        ("1.0.1.8.0.255", "active_energy_import"),
        ("1.0.1.8.2.255", "active_energy_import_rate_2"),
        ("1.0.2.8.0.255", "active_energy_export"),
        ("1.0.3.8.0.255", "reactive_energy_import"),
        ("1.0.4.8.0.255", "reactive_energy_export"),
        ("1.0.5.8.0.255", "reactive_energy_q1"),
        ("1.0.8.8.0.255", "reactive_energy_q4"),
        ("1.0.9.8.0.255", "apparent_energy_import"),
        ("1.0.10.8.0.255", "apparent_energy_export"),
        ("1.0.15.8.0.255", "active_energy_absolute"),
        ("1.0.17.8.0.255", "active_energy_q1"),
        ("1.0.1.29.0.255", "active_energy_import_interval_1"),
        ("1.0.1.9.0.255", "active_energy_import_since_reset"),
        ("1.0.41.8.63.255", "active_energy_import_l2_rate_63"),
        # what is there now
        ("1.0.1.7.0.255", "active_power_import"),
        ("1.0.16.7.0.255", "active_power_net"),
        ("1.0.21.7.0.255", "active_power_import_l1"),
        ("1.0.62.7.0.255", "active_power_export_l3"),
        ("1.0.31.7.0.255", "current_l1"),
        ("1.0.91.7.0.255", "current_neutral"),
        ("1.0.32.7.0.255", "voltage_l1"),
        ("1.0.52.7.0.255", "voltage_l2"),
        ("1.0.72.7.0.255", "voltage_l3"),
        ("1.0.124.7.0.255", "voltage_l1_l2"),
        ("1.0.13.7.0.255", "power_factor"),
        ("1.0.33.7.0.255", "power_factor_l1"),
        ("1.0.84.7.0.255", "power_factor_export"),
        ("1.0.14.7.0.255", "frequency"),
        ("1.0.31.7.3.255", "current_l1_harmonic_3"),
        ("1.0.32.7.124.255", "voltage_l1_thd"),
        ("1.0.81.7.1.255", "phase_angle_voltage_l2_to_voltage_l1"),
        ("1.0.81.7.26.255", "phase_angle_current_l3_to_voltage_l3"),
        # demand
        ("1.0.1.4.0.255", "active_power_import_current_average"),
        ("1.0.1.5.0.255", "active_power_import_last_average"),
        ("1.0.1.6.0.255", "active_power_import_maximum"),
        ("1.0.1.6.1.255", "active_power_import_maximum_rate_1"),
        ("1.0.1.16.0.255", "active_power_import_maximum_2"),
        ("1.0.12.32.0.255", "voltage_under_limit_count"),
        ("1.0.1.35.0.255", "active_power_import_over_limit_threshold"),
        # about the meter
        ("1.0.0.0.0.255", "id_1"),
        ("1.0.0.2.0.255", "firmware_id"),
        ("1.0.0.3.3.255", "pulse_constant_active"),
        ("1.0.0.4.2.255", "current_transformer_numerator"),
        ("1.0.0.8.4.255", "recording_interval_1"),
        ("1.0.99.1.0.255", "load_profile_1"),
        ("1.0.99.2.0.255", "load_profile_2"),
        ("1.0.98.1.0.255", "billing_profile_1"),
        ("1.0.99.97.0.255", "power_failure_log"),
        # channels, periods
        ("1.1.1.8.0.255", "active_energy_import_channel_1"),
        ("1.0.1.8.1.101", "active_energy_import_rate_1_previous_1"),
        ("1.0.1.8.1.125", "active_energy_import_rate_1_previous_25"),
        ("1.0.1.8.0.7", "active_energy_import_period_7"),
        ("1.0.1.8.0.126", "active_energy_import_all_periods"),
        # abstract
        ("0.0.1.0.0.255", "clock"),
        ("0.0.1.1.0.255", "unix_clock"),
        ("0.0.0.1.0.255", "billing_period_counter"),
        ("0.0.0.1.2.101", "billing_period_time_previous_1"),
        ("0.0.0.2.1.255", "firmware_version"),
        ("0.0.10.0.106.255", "disconnect_script"),
        ("0.0.10.0.125.255", "broadcast_script"),
        ("0.0.15.0.0.255", "end_of_billing_period_schedule"),
        ("0.0.25.9.0.255", "push_setup"),
        ("0.4.25.9.0.255", "push_setup_channel_4"),
        ("0.0.40.0.0.255", "association"),
        ("0.0.40.0.3.255", "association_3"),
        ("0.0.41.0.0.255", "sap_assignment"),
        ("0.0.42.0.0.255", "logical_device_name"),
        ("0.0.43.1.6.255", "invocation_counter_6"),
        ("0.0.44.0.0.255", "image_transfer"),
        ("0.0.96.1.0.255", "device_id_1"),
        ("0.0.96.1.9.255", "device_id_10"),
        ("0.0.96.1.10.255", "metering_point_id"),
        ("0.0.96.3.10.255", "disconnect_control"),
        ("0.0.96.6.3.255", "battery_voltage"),
        ("0.0.96.7.0.255", "power_failures"),
        ("0.0.96.7.3.255", "power_failures_l3"),
        ("0.0.96.7.21.255", "power_failures_any_phase"),
        ("0.0.96.10.1.255", "status_register_1"),
        ("0.0.96.11.0.255", "event_code"),
        ("0.0.97.97.0.255", "error_register_1"),
        ("0.0.97.98.0.255", "alarm_register_1"),
        ("0.0.97.98.10.255", "alarm_filter_1"),
        ("0.0.97.98.255.255", "alarm_profile"),
        ("0.0.99.98.1.255", "event_log_1"),
        ("0.1.24.2.1.255", "mbus_value_1_channel_1"),
        # gas
        ("7.0.3.0.0.255", "volume_forward_absolute"),
        ("7.0.13.2.0.255", "converted_volume_forward_absolute_converter"),
        ("7.0.1.1.2.255", "corrected_volume_forward_undisturbed_rate_2"),
        ("7.0.41.0.0.255", "temperature"),
        ("7.0.42.0.0.255", "pressure"),
        ("7.0.52.0.0.255", "conversion_factor"),
        ("7.0.99.99.3.255", "certification_log_3"),
        # heat, cooling, water
        ("6.0.1.0.0.255", "energy"),
        ("6.0.1.2.0.255", "energy_due_date"),
        ("6.0.8.5.0.255", "power_maximum"),
        ("6.0.10.0.0.255", "flow_temperature"),
        ("5.0.12.0.0.255", "temperature_difference"),
        ("4.0.1.0.0.255", "unrated_integral"),
        ("8.0.1.0.0.255", "volume"),
        ("9.0.2.0.0.255", "flow_rate"),
        ("8.0.96.1.0.255", "device_id_1"),
        # events about the meter, in any medium
        ("0.0.96.2.0.255", "configuration_changes"),
        ("0.0.96.2.5.255", "last_calibration"),
        ("0.0.96.2.7.255", "passive_calendar_activation"),
        ("0.0.96.2.10.255", "protected_configuration_changes"),
        ("0.0.96.2.12.255", "last_clock_synchronization"),
        ("0.0.96.2.13.255", "last_firmware_activation"),
        ("0.0.96.12.5.255", "gsm_field_strength"),
        ("0.0.96.12.6.255", "telephone_number"),
        ("0.0.96.20.0.255", "meter_cover_opening_count"),
        ("0.0.96.20.6.255", "terminal_cover_opening_time"),
        ("0.0.96.20.17.255", "strong_dc_field_duration"),
        ("0.0.96.20.33.255", "communication_tamper_total_duration"),
        # payment
        ("0.0.19.0.0.255", "account_0"),
        ("0.0.19.10.0.255", "account_0_credit"),
        ("0.0.19.21.3.255", "account_1_charge_3"),
        ("0.0.19.40.0.255", "account_0_token_gateway"),
        ("0.0.19.50.1.255", "account_0_max_credit_limit"),
        ("0.0.19.59.2.255", "account_9_max_vend_limit"),
        ("0.0.19.60.0.255", "account_0_sts_attributes"),
        # ports with their networks
        ("0.0.23.0.0.255", "twisted_pair_setup"),
        ("0.0.24.8.0.255", "dlms_mbus_port_setup"),
        ("0.0.24.9.0.255", "mbus_diagnostic"),
        ("0.0.26.5.0.255", "sfsk_llc_setup"),
        ("0.0.27.2.0.255", "llc_type_3_setup"),
        ("0.0.28.7.0.255", "prime_application_identification"),
        ("0.0.29.2.0.255", "g3_adaptation_layer_setup"),
        ("0.0.30.3.0.255", "zigbee_network_control"),
        ("0.0.31.0.0.255", "wireless_mode_q_channel"),
        ("0.0.33.0.0.255", "hs_plc_mac_setup"),
        # utility tables count on over D
        ("0.0.65.0.1.255", "standard_utility_table_1"),
        ("0.0.65.1.2.255", "standard_utility_table_130"),
        ("0.0.65.16.0.255", "manufacturer_utility_table_0"),
        ("0.0.65.33.0.255", "pending_standard_utility_table_128"),
        ("0.0.65.63.127.255", "pending_manufacturer_utility_table_2047"),
        # logs
        ("0.0.99.12.0.255", "connection_log"),
        ("0.0.99.18.0.255", "lte_monitoring_log"),
        ("1.0.99.12.0.255", "current_harmonics_profile"),
        ("1.0.99.10.1.255", "voltage_dip_log"),
        ("1.0.99.14.0.255", "power_quality_profile"),
        # about electricity meters
        ("1.0.0.2.3.255", "ripple_control_program_number"),
        ("1.0.0.2.7.255", "passive_calendar_name"),
        ("1.0.0.5.1.255", "demand_limit_1"),
        ("1.0.0.6.3.255", "maximum_current"),
        ("1.0.0.6.5.255", "nominal_auxiliary_voltage"),
        ("1.0.0.7.0.255", "input_pulse_constant"),
        ("1.0.0.8.3.255", "measurement_period_test"),
        ("1.0.0.8.8.255", "measurement_period_harmonics"),
        ("1.0.0.9.5.255", "day_of_week"),
        ("1.0.0.9.11.255", "clock_shift_limit"),
        ("1.0.0.10.0.255", "loss_parameter_1"),
        ("1.0.0.11.7.255", "measurement_algorithm_7"),
        # angles, pulses, losses
        ("1.0.81.7.255.255", "phase_angles"),
        ("1.0.82.8.0.255", "pulses_integral"),
        ("1.0.83.7.1.255", "line_active_losses_import"),
        ("1.0.83.8.3.255", "line_active_losses_integral"),
        ("1.0.83.8.18.255", "total_reactive_losses_integral"),
        ("1.0.83.7.35.255", "transformer_active_losses_export_l1"),
        ("1.0.83.8.49.255", "squared_current_l1_integral"),
        ("1.0.83.8.90.255", "squared_voltage_l3_integral"),
        # about gas meters
        ("7.0.0.1.6.255", "billing_period_counter_3"),
        ("7.0.0.2.3.255", "device_version"),
        ("7.0.0.2.11.255", "sensor_serial_1"),
        ("7.0.0.8.1.255", "recording_interval_1"),
        ("7.0.0.8.10.255", "billing_period"),
        ("7.0.0.9.3.255", "gas_day_start"),
        ("7.0.55.0.0.255", "gas_law_coefficient"),
        ("7.0.63.0.2.255", "energy_forward_absolute_rate_2"),
    ],
)
def test_codes_are_named_by_what_their_groups_say(code: str, expected: str) -> None:
    assert name(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "1.0.128.8.0.255",  # a manufacturer's quantity
        "1.0.1.128.0.255",  # a manufacturer's processing
        "1.0.1.8.64.255",  # no rate
        "1.0.1.8.128.255",  # a manufacturer's rate
        "1.65.1.8.0.255",  # a utility's channel
        "1.128.1.8.0.255",  # a manufacturer's channel
        "1.0.1.8.0.100",  # no billing period
        "1.0.1.8.0.127",
        "1.0.32.7.122.255",  # no harmonic
        "1.0.12.32.11.255",  # a class of dips
        "1.0.81.7.3.255",  # no such angle
        "1.0.81.7.90.255",
        "1.0.0.4.99.255",
        "0.0.1.0.128.255",  # a manufacturer's clock
        "0.0.200.0.0.255",
        "1.0.83.7.20.255",  # no such losses
        "1.0.83.60.1.255",  # no such processing
        "0.0.96.20.4.255",  # between two tampers
        "0.0.65.64.0.255",  # no utility table
        "0.0.65.0.128.255",
        "7.0.63.1.0.255",
        "7.0.63.0.64.255",
        "0.0.0.0.0.0",  # "no object"
        "7.0.1.6.0.255",
        "7.0.1.0.64.255",
        "7.0.41.0.1.255",
        "7.0.41.1.0.255",
        "6.0.1.9.0.255",
        "6.0.1.0.64.255",
        "6.0.3.0.0.255",
        "2.0.1.8.0.255",  # no medium
        "15.0.1.8.0.255",
        "255.255.255.255.255.255",
    ],
)
def test_codes_that_no_rule_covers_have_no_name(code: str) -> None:
    assert name(code) == ""


@pytest.mark.parametrize("medium", Medium)
def test_within_a_medium_no_two_codes_share_a_name(medium: Medium) -> None:
    names = Counter(
        found
        for c in range(128)
        for d in (*range(60), 91, 97, 98, 99)
        for e in (0, 1, 2, 10, 63, 124, 128, 255)
        if (found := obis_name(Obis(bytes((medium, 0, c, d, e, 255)))))
    )
    assert not [each for each, count in names.items() if count > 1]
    assert len(names) > 20


@given(st.binary(min_size=6, max_size=6))
def test_any_code_has_a_snake_cased_name_or_none(octets: bytes) -> None:
    found = obis_name(Obis(octets))
    assert found == "" or (found.isidentifier() and found == found.lower())
