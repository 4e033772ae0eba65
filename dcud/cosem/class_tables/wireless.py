"""The interface classes of wireless meshes."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    95: """
        v0 Wi-SUN setup
    """,
    96: """
        v0 Wi-SUN diagnostic
    """,
    101: """
        v0 ZigBee SAS startup
        2 short_address long-unsigned
        3 extended_pan_id octet-string
        4 pan_id long-unsigned
        5 channel_mask double-long-unsigned
        6 protocol_version unsigned
        7 stack_profile enum
        8 start_up_control enum
        9 trust_centre_address octet-string
        10 link_key octet-string
        11 network_key octet-string
        12 use_insecure_join boolean
    """,
    102: """
        v0 ZigBee SAS join
        2 scan_attempts unsigned
        3 time_between_scans long-unsigned
        4 rejoin_interval long-unsigned
        5 rejoin_retry_interval long-unsigned
    """,
    103: """
        v0 ZigBee SAS APS fragmentation
        2 aps_interframe_delay long-unsigned
        3 aps_max_window_size long-unsigned
    """,
    104: """
        v0 ZigBee network control
        2 enable_disable_joining boolean
        3 join_timeout long-unsigned
        4 active_devices array *
        @? register_device unregister_device unregister_all_devices backup_pan \
            restore_pan identify_device remove_mirror update_network_key update_link_key \
            create_pan remove_pan
    """,
    105: """
        v0 ZigBee tunnel setup
        2 max_incoming_transfer_size long-unsigned
        3 max_outgoing_transfer_size long-unsigned
        4 protocol_address octet-string
        5 close_tunnel_timeout long-unsigned
    """,
}
"""By class id, in the notation of `notation`."""
