"""The interface classes that store what a meter measures."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    1: """
        v0 Data
        2 value CHOICE *
    """,
    3: """
        v0 Register
        2 value CHOICE /3 *
        3 scaler_unit scal_unit_type
        @28 reset
    """,
    4: """
        v0 Extended register
        2 value CHOICE /3 *
        3 scaler_unit scal_unit_type
        4 status CHOICE *
        5 capture_time octet-string *
        @38 reset
    """,
    5: """
        v0 Demand register
        2 current_average_value CHOICE /4 *
        3 last_average_value CHOICE /4 *
        4 scaler_unit scal_unit_type
        5 status CHOICE *
        6 capture_time octet-string *
        7 start_time_current octet-string *
        8 period double-long-unsigned
        9 number_of_periods long-unsigned
        @48 reset next_period
    """,
    6: """
        v0 Register activation
        2 register_assignment array
        3 mask_list array
        4 active_mask octet-string *
        @30 add_register add_mask delete_mask
    """,
    7: """
        v0 Profile generic
        2 buffer array *
        3 capture_objects array
        4 capture_period double-long-unsigned
        5 sort_method enum
        6 sort_object capture_object_definition
        7 entries_in_use double-long-unsigned *
        8 profile_entries double-long-unsigned
        @58 reset capture get_buffer_by_range get_buffer_by_index
        v1 Profile generic
        @58 reset capture
    """,
    26: """
        v0 Utility tables
        2 table_id long-unsigned
        3 length double-long-unsigned
        4 buffer octet-string *
    """,
    61: """
        v0 Register table
        2 table_cell_values CHOICE *
        3 table_cell_definition structure
        4 scaler_unit scal_unit_type
        @28 reset capture
    """,
    62: """
        v0 Compact data
        2 compact_buffer octet-string *
        3 capture_objects array
        4 template_id unsigned
        5 template_description octet-string *
        6 capture_method enum
        @? reset capture
        v1 Compact data
    """,
    63: """
        v0 Status mapping
        2 status_word CHOICE *
        3 mapping_table structure
    """,
}
"""By class id, in the notation of `notation`."""
