"""The interface classes of narrow-band power line communication."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    50: """
        v1 S-FSK Phy&MAC setup
        2 initiator_electrical_phase enum
        3 delta_electrical_phase enum *
        4 max_receiving_gain unsigned
        5 max_transmitting_gain unsigned
        6 search_initiator_threshold unsigned
        7 frequencies structure
        8 mac_address long-unsigned *
        9 mac_group_addresses array
        10 repeater enum
        11 repeater_status boolean *
        12 min_delta_credit unsigned *
        13 initiator_mac_address long-unsigned *
        14 synchronization_locked boolean *
        15 transmission_speed enum *
    """,
    51: """
        v0 S-FSK Active initiator
        2 active_initiator structure *
        @? reset_new_not_synchronized
    """,
    52: """
        v0 S-FSK MAC synchronization timeouts
        2 search_initiator_time_out long-unsigned
        3 synchronization_confirmation_time_out long-unsigned
        4 time_out_not_addressed long-unsigned
        5 time_out_frame_not_ok long-unsigned
    """,
    53: """
        v0 S-FSK MAC counters
        2 synchronization_register array *
        3 desynchronization_listing structure *
        4 broadcast_frames_counter array *
        5 repetitions_counter double-long-unsigned *
        6 transmissions_counter double-long-unsigned *
        7 crc_ok_frames_counter double-long-unsigned *
        8 crc_nok_frames_counter double-long-unsigned *
        @? reset
    """,
    55: """
        v1 IEC 61334-4-32 LLC setup
        2 max_frame_length unsigned
        3 reply_status_list array *
    """,
    56: """
        v0 S-FSK Reporting system list
        2 reporting_system_list array *
    """,
    57: """
        v0 ISO/IEC 8802-2 LLC Type 1 setup
        2 max_octets_ui_pdu long-unsigned
    """,
    58: """
        v0 ISO/IEC 8802-2 LLC Type 2 setup
        2 transmit_window_size_k unsigned
        3 receive_window_size_rw unsigned
        4 max_octets_i_pdu_n1 long-unsigned
        5 max_number_transmissions_n2 unsigned
        6 acknowledgement_timer long-unsigned
        7 p_bit_timer long-unsigned
        8 reject_timer long-unsigned
        9 busy_state_timer long-unsigned
    """,
    59: """
        v0 ISO/IEC 8802-2 LLC Type 3 setup
        2 max_octets_acn_pdu_n3 long-unsigned
        3 max_number_transmissions_n4 unsigned
        4 acknowledgement_time_t1 long-unsigned
        5 receive_lifetime_var_t2 long-unsigned
        6 transmit_lifetime_var_t3 long-unsigned
    """,
    80: """
        v0 61334-4-32 LLC SSCS setup
        2 service_node_address long-unsigned *
        3 base_node_address long-unsigned *
        @? reset
    """,
    81: """
        v0 PRIME NB OFDM PLC Physical layer counters
        2 phy_stats_crc_incorrect_count long-unsigned *
        3 phy_stats_crc_fail_count long-unsigned *
        4 phy_stats_tx_drop_count long-unsigned *
        5 phy_stats_rx_drop_count long-unsigned *
        @? reset
    """,
    82: """
        v0 PRIME NB OFDM PLC MAC setup
        2 mac_min_switch_search_time unsigned
        3 mac_max_promotion_pdu unsigned
        4 mac_promotion_pdu_tx_period unsigned
        5 mac_beacons_per_frame unsigned
        6 mac_scp_max_tx_attempts unsigned
        7 mac_ctl_re_tx_timer unsigned
        8 mac_max_ctl_re_tx unsigned
    """,
    83: """
        v0 PRIME NB OFDM PLC MAC functional parameters
        2 mac_lnid long *
        3 mac_lsid unsigned *
        4 mac_sid unsigned *
        5 mac_sna octet-string *
        6 mac_state enum *
        7 mac_scp_length long *
        8 mac_node_hierarchy_level unsigned *
        9 mac_beacon_slot_count unsigned *
        10 mac_beacon_rx_slot unsigned *
        11 mac_beacon_tx_slot unsigned *
        12 mac_beacon_rx_frequency unsigned *
        13 mac_beacon_tx_frequency unsigned *
        14 mac_capabilities long-unsigned *
    """,
    84: """
        v0 PRIME NB OFDM PLC MAC counters
        2 mac_tx_data_pkt_count double-long-unsigned *
        3 mac_rx_data_pkt_count double-long-unsigned *
        4 mac_tx_ctrl_pkt_count double-long-unsigned *
        5 mac_rx_ctrl_pkt_count double-long-unsigned *
        6 mac_csma_fail_count double-long-unsigned *
        7 mac_csma_ch_busy_count double-long-unsigned *
        @? reset
    """,
    85: """
        v0 PRIME NB OFDM PLC MAC network administration data
        2 mac_list_multicast_entries array *
        3 mac_list_switch_table array *
        4 mac_list_direct_table array *
        5 mac_list_available_switches array *
        6 mac_list_phy_comm array *
        @? reset
    """,
    86: """
        v0 PRIME NB OFDM PLC Application identification
        2 firmware_version octet-string
        3 vendor_id long-unsigned
        4 product_id long-unsigned
    """,
    90: """
        v1 G3-PLC MAC layer counters
        2 mac_tx_data_packet_count double-long-unsigned *
        3 mac_rx_data_packet_count double-long-unsigned *
        4 mac_tx_cmd_packet_count double-long-unsigned *
        5 mac_rx_cmd_packet_count double-long-unsigned *
        6 mac_csma_fail_count double-long-unsigned *
        7 mac_csma_no_ack_count double-long-unsigned *
        8 mac_bad_crc_count double-long-unsigned *
        9 mac_tx_data_broadcast_count double-long-unsigned *
        10 mac_rx_data_broadcast_count double-long-unsigned *
        @? reset
    """,
    91: """
        v3 G3-PLC MAC setup
        2 mac_short_address long-unsigned *
        3 mac_rc_coord long-unsigned *
        4 mac_pan_id long-unsigned *
        5 mac_key_table array *
        6 mac_frame_counter double-long-unsigned *
        7 mac_tone_mask bit-string
        8 mac_tmr_ttl unsigned
        9 mac_max_frame_retries unsigned
        10 mac_neighbour_table_entry_ttl unsigned
        11 mac_neighbour_table array *
        12 mac_high_priority_window_size unsigned
        13 mac_csma_fairness_limit unsigned
        14 mac_beacon_randomization_window_length unsigned
        15 mac_a unsigned
        16 mac_k unsigned
        17 mac_min_cw_attempts unsigned
        18 mac_cenelec_legacy_mode unsigned
        19 mac_fcc_legacy_mode unsigned
        20 mac_max_be unsigned
        21 mac_max_csma_backoffs unsigned
        22 mac_min_be unsigned
        23 mac_broadcast_max_cw_enabled boolean
        24 mac_transmit_atten unsigned
        25 mac_pos_table array *
        26 mac_duplicate_detection_ttl unsigned
        @? mac_get_neighbour_table_entry mac_get_pos_table_entry
    """,
    92: """
        v3 G3-PLC 6LoWPAN adaptation layer setup
        2 adp_max_hops unsigned
        3 adp_weak_lqi_value unsigned
        4 adp_security_level unsigned
        5 adp_prefix_table array
        6 adp_routing_configuration array
        7 adp_broadcast_log_table_entry_ttl long-unsigned
        8 adp_routing_table array *
        9 adp_context_information_table array
        10 adp_blacklist_table array *
        11 adp_broadcast_log_table array *
        12 adp_group_table array
        13 adp_max_join_wait_time long-unsigned
        14 adp_path_discovery_time unsigned
        15 adp_active_key_index unsigned
        16 adp_metric_type unsigned
        17 adp_coord_short_address long-unsigned
        18 adp_disable_default_routing boolean
        19 adp_device_type enum
        20 adp_default_coord_route_enabled boolean
        21 adp_destination_address_set array
        22 adp_low_lqi unsigned
        23 adp_high_lqi unsigned
    """,
    160: """
        v0 G3-PLC Hybrid RF MAC layer counters
    """,
    161: """
        v0 G3-PLC Hybrid RF MAC setup
    """,
    162: """
        v0 G3-PLC Hybrid 6LoWPAN adaptation layer setup
    """,
}
"""By class id, in the notation of `notation`."""
