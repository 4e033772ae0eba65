"""The shapes of attribute values, by interface class, in the notation of `value_shapes`.

[IEC 62056-6-2: interface classes]
"""

from collections.abc import Mapping
from typing import Final

_ATTRIBUTE: Final = "{class_id: number, logical_name: name, attribute: number}"
_SCRIPT: Final = "{script_logical_name: name, script_selector: number}"
_ACTION_SET: Final = f"{{over_threshold: {_SCRIPT}, under_threshold: {_SCRIPT}}}"
_CAPTURED: Final = "{class_id: number, logical_name: name, attribute: number, data_index: number}"
_CAPTURED_IN_PART: Final = (
    "{class_id: number, logical_name: name, attribute: number, data_index: number,"
    " restriction: {type: enum(0 none, 1 by_date, 2 by_entry), value: any},"
    f" columns: array {_CAPTURED}}}"
)
_SEASONS: Final = "array {season_profile_name: text, season_start: date-time, week_name: text}"
_WEEKS: Final = (
    "array {week_profile_name: text, monday: number, tuesday: number, wednesday: number,"
    " thursday: number, friday: number, saturday: number, sunday: number}"
)
_DAYS: Final = (
    "array {day_id: number, day_schedule: array"
    " {start_time: time, script_logical_name: name, script_selector: number}}"
)
_BAUDS: Final = (
    "enum(0 300, 1 600, 2 1200, 3 2400, 4 4800, 5 9600, 6 19200, 7 38400, 8 57600, 9 115200)"
)

SHAPES: Final[Mapping[int, Mapping[int, str]]] = {
    6: {
        2: "array {class_id: number, logical_name: name}",
        3: "array {mask_name: text, index_list: array number}",
        4: "text",
    },
    9: {
        2: "array {script_identifier: number, actions: array {service: enum(1 write, 2 execute),"
        " class_id: number, logical_name: name, index: number, parameter: any}}"
    },
    10: {
        2: "array {index: number, enable: boolean, script_logical_name: name,"
        " script_selector: number, switch_time: time, validity_window: number,"
        " exec_weekdays: bits, exec_specdays: bits, begin_date: date, end_date: date}"
    },
    11: {2: "array {index: number, specialday_date: date, day_id: number}"},
    17: {2: "array {sap: number, logical_device_name: text}"},
    18: {
        3: "bits",
        5: "boolean",
        6: "enum(0 not_initiated, 1 initiated, 2 verification_initiated,"
        " 3 verification_successful, 4 verification_failed, 5 activation_initiated,"
        " 6 activation_successful, 7 activation_failed)",
        7: "array {size: number, identification: text, signature: octets}",
    },
    19: {
        2: "enum(0 iec_62056_21, 1 hdlc, 2 not_specified)",
        3: _BAUDS,
        4: _BAUDS,
        5: "enum(0 20_ms, 1 200_ms)",
        6: "text",
    },
    20: {
        2: "text",
        3: _SEASONS,
        4: _WEEKS,
        5: _DAYS,
        6: "text",
        7: _SEASONS,
        8: _WEEKS,
        9: _DAYS,
        10: "date-time",
    },
    21: {
        2: "array any",
        3: _ATTRIBUTE,
        4: f"array {{action_up: {_SCRIPT}, action_down: {_SCRIPT}}}",
    },
    22: {
        2: _SCRIPT,
        3: "enum(1 one_time_wildcards, 2 same_time, 3 same_time_wildcards, 4 different_times,"
        " 5 different_times_wildcards)",
        4: "array {time: time, date: date}",
    },
    23: {2: _BAUDS},
    25: {2: _BAUDS, 3: _BAUDS, 4: "enum(0 not_assigned, 1 assigned)"},
    28: {
        3: "array {start: date-time, end: date-time}",
        4: "enum(0 inactive, 1 active, 2 locked)",
    },
    40: {
        2: f"array {_CAPTURED} | array {_CAPTURED_IN_PART}",
        3: "{transport_service: enum(0 tcp, 1 udp, 2 ftp, 3 smtp, 4 sms, 5 hdlc, 6 m_bus,"
        " 7 zigbee, 8 dlms_gateway, 9 coap_reliable, 10 coap_unreliable), destination: text,"
        " message: enum(0 a_xdr, 1 xml)}",
        4: "array {start: date-time, end: date-time}",
        7: "number | {min: number, exponent: number, max: number}",
        8: "name",
        11: "enum(0 unconfirmed_retried_by_the_link, 1 unconfirmed_retried_unless_confirmed,"
        " 2 confirmed)",
        12: "{start: date-time, interval: number}",
        13: "date-time",
    },
    41: {3: "name"},
    42: {2: "name", 4: "array number", 5: "array {type: number, length: number, data: octets}"},
    43: {2: "octets"},
    47: {
        3: "enum(0 not_registered, 1 home_network, 2 searching, 3 denied, 4 unknown, 5 roaming)",
        4: "enum(0 inactive, 1 incoming_call, 2 active)",
        5: "enum(0 inactive, 1 gprs, 2 edge, 3 umts, 4 hsdpa, 5 lte, 6 cdma)",
        8: "date-time",
    },
    62: {2: "octets", 5: "octets", 6: "enum(0 invoke, 1 implicit)"},
    64: {4: "octets", 5: "octets"},
    65: {
        2: "{class_id: number, logical_name: name, attribute: number, value: any}",
        3: "date-time",
        4: f"array {_ATTRIBUTE}",
    },
    70: {
        2: "boolean",
        3: "enum(0 disconnected, 1 connected, 2 ready_for_reconnection)",
    },
    71: {
        2: _ATTRIBUTE,
        8: "{emergency_profile_id: number, emergency_activation_time: date-time,"
        " emergency_duration: number}",
        9: "array number",
        10: "boolean",
        11: _ACTION_SET,
    },
    72: {
        2: "name",
        3: "array {data_information_block: octets, value_information_block: octets}",
        6: "bcd",
        7: "manufacturer",
        9: "enum(0 other, 2 electricity, 3 gas, 4 heat, 5 steam, 6 warm_water, 7 water,"
        " 8 heat_cost_allocator, 10 cooling_outlet, 11 cooling_inlet, 12 heat_inlet,"
        " 13 heat_and_cooling, 21 hot_water, 22 cold_water, 24 pressure)",
        14: "enum(0 no_key, 1 key_set, 2 key_transferred, 3 key_set_and_transferred, 4 key_in_use)",
    },
    100: {2: "boolean", 3: "text", 5: "enum(0 none, 1 shared_secret, 2 autokey_iff)"},
    111: {
        2: "{account_mode: enum(1 credit, 2 prepayment),"
        " account_status: enum(1 new, 2 active, 3 closed)}",
        4: "bits",
        9: "array name",
        10: "array name",
        13: "date-time",
        14: "date-time",
        15: "{name: text, scale: number, unit: enum(0 time, 1 consumption, 2 monetary)}",
    },
    112: {
        3: "enum(0 token, 1 reserved, 2 emergency, 3 time_based, 4 consumption_based)",
        7: "bits",
        8: "enum(0 enabled, 1 selectable, 2 selected, 3 in_use, 4 exhausted)",
        11: "date-time",
    },
    113: {
        3: "enum(0 consumption_based, 1 time_based, 2 payment_event_based)",
        7: "date-time",
        9: "bits",
        10: "date-time",
    },
    115: {
        2: "octets",
        3: "date-time",
        4: "array text",
        5: "enum(0 remote, 1 local, 2 manual)",
    },
    122: {
        2: "array {function_name: text, is_active: boolean}",
        3: "array {function_name: text, objects: array {class_id: number, logical_name: name}}",
    },
}
"""By class id, then by attribute."""
