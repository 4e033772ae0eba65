"""The interface classes that sense loads or switch them."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    67: """
        v0 Sensor manager
        2 serial_number octet-string
        3 metrological_identification octet-string
        4 output_type unsigned
        5 adjustment_method octet-string
        6 sealing_method unsigned
        7 raw_value CHOICE /8 *
        8 scaler_unit scal_unit_type
        9 status CHOICE *
        10 capture_time octet-string *
        11 raw_value_thresholds array
        12 raw_value_actions array
        13 processed_value structure
        14 processed_value_thresholds array
        15 processed_value_actions array
        @? reset
    """,
    68: """
        v0 Arbitrator
        2 actions array
        3 permissions_table array
        4 weightings_table array
        5 most_recent_requests_table array *
        6 last_outcome unsigned *
        @? request_action reset
    """,
    70: """
        v0 Disconnect control
        2 output_state boolean *
        3 control_state enum *
        4 control_mode enum
        @20 remote_disconnect remote_reconnect
        v1 Disconnect control
    """,
    71: """
        v0 Limiter
        2 monitored_value structure
        3 threshold_active CHOICE *
        4 threshold_normal CHOICE
        5 threshold_emergency CHOICE
        6 min_over_threshold_duration double-long-unsigned
        7 min_under_threshold_duration double-long-unsigned
        8 emergency_profile structure
        9 emergency_profile_group_id_list array
        10 emergency_profile_active boolean *
        11 actions structure
    """,
}
"""By class id, in the notation of `notation`."""
