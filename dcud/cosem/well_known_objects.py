"""The objects that have one place in nearly every meter, by the names that people give them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from dcud.dlms.obis import Obis


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object of which class and logical name are known beforehand."""

    class_id: int
    logical_name: Obis


def _objects(class_id: int, **codes: str) -> dict[str, NamedObject]:
    return {name: NamedObject(class_id, Obis.parse(code)) for name, code in codes.items()}


WELL_KNOWN: Final[Mapping[str, NamedObject]] = {
    **_objects(
        1,
        logical_device_name="0.0.42.0.0.255",
        device_id="0.0.96.1.0.255",
        serial="0.0.96.1.0.255",
        firmware_id="1.0.0.2.0.255",
        invocation_counter="0.0.43.1.0.255",
        error_register="0.0.97.97.0.255",
        alarm_register="0.0.97.98.0.255",
        alarm_filter="0.0.97.98.10.255",
        alarm_descriptor="0.0.97.98.20.255",
        current_tariff="0.0.96.14.0.255",
        consumer_message="0.0.96.13.0.255",
    ),
    **_objects(
        3,
        active_energy_import="1.0.1.8.0.255",
        active_energy_export="1.0.2.8.0.255",
        reactive_energy_import="1.0.3.8.0.255",
        reactive_energy_export="1.0.4.8.0.255",
        active_power_import="1.0.1.7.0.255",
        active_power_export="1.0.2.7.0.255",
        active_power_net="1.0.16.7.0.255",
        power_factor="1.0.13.7.0.255",
        frequency="1.0.14.7.0.255",
        current_l1="1.0.31.7.0.255",
        current_l2="1.0.51.7.0.255",
        current_l3="1.0.71.7.0.255",
        voltage_l1="1.0.32.7.0.255",
        voltage_l2="1.0.52.7.0.255",
        voltage_l3="1.0.72.7.0.255",
    ),
    **_objects(6, register_activation="0.0.14.0.0.255"),
    **_objects(
        7,
        profile="1.0.99.1.0.255",
        load_profile_1="1.0.99.1.0.255",
        load_profile_2="1.0.99.2.0.255",
        billing_profile="0.0.98.1.0.255",
        power_failure_log="1.0.99.97.0.255",
        event_log="0.0.99.98.0.255",
    ),
    **_objects(8, clock="0.0.1.0.0.255"),
    **_objects(
        9,
        global_reset_script="0.0.10.0.0.255",
        end_of_billing_period_script="0.0.10.0.1.255",
        tariffication_script="0.0.10.0.100.255",
        disconnect_script="0.0.10.0.106.255",
        image_activation_script="0.0.10.0.107.255",
        push_script="0.0.10.0.108.255",
    ),
    **_objects(10, schedule="0.0.12.0.0.255"),
    **_objects(11, special_days="0.0.11.0.0.255"),
    **_objects(12, association_sn="0.0.40.0.0.255"),
    **_objects(15, association="0.0.40.0.0.255", current_association="0.0.40.0.0.255"),
    **_objects(17, sap_assignment="0.0.41.0.0.255"),
    **_objects(18, image_transfer="0.0.44.0.0.255"),
    **_objects(19, optical_port_setup="0.0.20.0.0.255"),
    **_objects(20, activity_calendar="0.0.13.0.0.255"),
    **_objects(21, register_monitor="0.0.16.0.0.255", alarm_monitor="0.0.16.1.0.255"),
    **_objects(
        22,
        end_of_billing_period_schedule="0.0.15.0.0.255",
        disconnect_schedule="0.0.15.0.1.255",
        image_activation_schedule="0.0.15.0.2.255",
        push_schedule="0.0.15.0.4.255",
    ),
    **_objects(23, hdlc_setup="0.0.22.0.0.255"),
    **_objects(27, modem_configuration="0.0.2.0.0.255"),
    **_objects(28, auto_answer="0.0.2.2.0.255"),
    **_objects(29, auto_connect="0.0.2.1.0.255"),
    **_objects(30, data_protection="0.0.43.2.0.255"),
    **_objects(40, push_setup="0.0.25.9.0.255"),
    **_objects(41, tcp_udp_setup="0.0.25.0.0.255"),
    **_objects(42, ipv4_setup="0.0.25.1.0.255"),
    **_objects(43, mac_address_setup="0.0.25.2.0.255"),
    **_objects(44, ppp_setup="0.0.25.3.0.255"),
    **_objects(45, gprs_modem_setup="0.0.25.4.0.255"),
    **_objects(46, smtp_setup="0.0.25.5.0.255"),
    **_objects(47, gsm_diagnostic="0.0.25.6.0.255"),
    **_objects(48, ipv6_setup="0.0.25.7.0.255"),
    **_objects(62, compact_data="0.0.66.0.0.255"),
    **_objects(64, security_setup="0.0.43.0.0.255"),
    **_objects(65, parameter_monitor="0.0.16.2.0.255"),
    **_objects(68, arbitrator="0.0.96.3.20.255"),
    **_objects(70, disconnect_control="0.0.96.3.10.255"),
    **_objects(71, limiter="0.0.17.0.0.255"),
    **_objects(
        72,
        mbus_client_1="0.1.24.1.0.255",
        mbus_client_2="0.2.24.1.0.255",
        mbus_client_3="0.3.24.1.0.255",
        mbus_client_4="0.4.24.1.0.255",
    ),
    **_objects(74, mbus_master_port_setup="0.0.24.6.0.255"),
    **_objects(100, ntp_setup="0.0.25.10.0.255"),
    **_objects(122, function_control="0.0.44.1.0.255"),
    **_objects(123, array_manager="0.0.18.0.0.255"),
    **_objects(151, lte_monitoring="0.0.25.11.0.255"),
}
"""[IEC 62056-6-1: abstract objects], and of the electricity objects those that are read most."""
