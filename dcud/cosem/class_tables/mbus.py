"""The interface classes of M-Bus."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    25: """
        v0 M-Bus slave port setup
        2 default_baud enum
        3 avail_baud enum
        4 addr_state enum
        5 bus_address unsigned
    """,
    72: """
        v0 M-Bus client
        2 mbus_port_reference octet-string
        3 capture_definition array
        4 capture_period double-long-unsigned
        5 primary_address unsigned
        6 identification_number double-long-unsigned
        7 manufacturer_id long-unsigned
        8 version unsigned
        9 device_type unsigned
        10 access_number unsigned *
        11 status unsigned *
        12 alarm unsigned *
        @60 slave_install slave_deinstall capture reset_alarm synchronize_clock \
            data_send set_encryption_key transfer_key
        v1 M-Bus client
        13 configuration long-unsigned
        14 encryption_key_status enum *
        @70 slave_install slave_deinstall capture reset_alarm synchronize_clock \
            data_send set_encryption_key transfer_key
    """,
    73: """
        v1 Wireless Mode Q channel
        2 addr_state enum
        3 device_address octet-string
        4 address_mask octet-string
    """,
    74: """
        v0 M-Bus master port setup
        2 comm_speed enum
    """,
    76: """
        v0 DLMS/COSEM server M-Bus port setup
        2 mbus_profile_selection octet-string
        3 mbus_port_communication_status enum *
        4 mbus_data_header_type enum
        5 primary_address unsigned
        6 identification_number double-long-unsigned
        7 manufacturer_id long-unsigned
        8 version unsigned
        9 device_type unsigned
        10 max_pdu_size long-unsigned
        11 listening_window array
    """,
    77: """
        v0 M-Bus diagnostic
        2 received_signal_strength unsigned *
        3 channel_id unsigned *
        4 link_status enum *
        5 broadcast_frames_counter array *
        6 transmissions_counter double-long-unsigned *
        7 fcs_ok_frames_counter double-long-unsigned *
        8 fcs_nok_frames_counter double-long-unsigned *
        9 capture_time structure *
        @? reset
    """,
}
"""By class id, in the notation of `notation`."""
