"""The interface classes that act by time or event."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    8: """
        v0 Clock
        2 time octet-string *
        3 time_zone long
        4 status unsigned *
        5 daylight_savings_begin octet-string
        6 daylight_savings_end octet-string
        7 daylight_savings_deviation integer
        8 daylight_savings_enabled boolean
        9 clock_base enum
        @60 adjust_to_quarter adjust_to_measuring_period adjust_to_minute \
            adjust_to_preset_time preset_adjusting_time shift_time
    """,
    9: """
        v0 Script table
        2 scripts array
        @20 execute
    """,
    10: """
        v0 Schedule
        2 entries array
        @20 enable_disable insert delete
    """,
    11: """
        v0 Special days table
        2 entries array
        @10 insert delete
    """,
    20: """
        v0 Activity calendar
        2 calendar_name_active octet-string
        3 season_profile_active array
        4 week_profile_table_active array
        5 day_profile_table_active array
        6 calendar_name_passive octet-string
        7 season_profile_passive array
        8 week_profile_table_passive array
        9 day_profile_table_passive array
        10 activate_passive_calendar_time octet-string
        @50 activate_passive_calendar
    """,
    21: """
        v0 Register monitor
        2 thresholds array
        3 monitored_value structure
        4 actions array
    """,
    22: """
        v0 Single action schedule
        2 executed_script structure
        3 type enum
        4 execution_time array
    """,
    65: """
        v0 Parameter monitor
        2 changed_parameter structure *
        3 capture_time octet-string *
        4 parameter_list array
        @? add_parameter delete_parameter
        v1 Parameter monitor
        5 parameter_list_name octet-string
        6 hash_algorithm_id enum
        7 parameter_value_digest octet-string *
        8 parameter_values structure *
    """,
    100: """
        v0 NTP setup
        2 activated boolean
        3 server_address octet-string
        4 port long-unsigned
        5 authentication_method enum
        6 authentication_keys array
        7 client_key octet-string
        @? synchronize add_authentication_key delete_authentication_key
    """,
}
"""By class id, in the notation of `notation`."""
