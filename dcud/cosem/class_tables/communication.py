"""The interface classes that set up ports with their protocols."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    19: """
        v1 IEC local port setup
        2 default_mode enum
        3 default_baud enum
        4 prop_baud enum
        5 response_time enum
        6 device_addr octet-string
        7 pass_p1 octet-string
        8 pass_p2 octet-string
        9 pass_w5 octet-string
    """,
    23: """
        v0 IEC HDLC setup
        2 comm_speed enum
        3 window_size_transmit unsigned
        4 window_size_receive unsigned
        5 max_info_field_length_transmit long-unsigned
        6 max_info_field_length_receive long-unsigned
        7 inter_octet_time_out long-unsigned
        8 inactivity_time_out long-unsigned
        9 device_address long-unsigned
        v1 IEC HDLC setup
    """,
    24: """
        v1 IEC twisted pair setup
        2 mode enum
        3 speed enum
        4 primary_address_list array
        5 tabi_list array
    """,
    27: """
        v1 Modem configuration
        2 comm_speed enum
        3 initialization_string array
        4 modem_profile array
    """,
    28: """
        v2 Auto answer
        2 mode enum
        3 listening_window array
        4 status enum *
        5 number_of_calls unsigned
        6 number_of_rings structure
        7 list_of_allowed_callers array
    """,
    29: """
        v1 Auto connect
        2 mode enum
        3 repetitions unsigned
        4 repetition_delay long-unsigned
        5 calling_window array
        6 destination_list array
        @? connect
        v2 Auto connect
    """,
    40: """
        v0 Push setup
        2 push_object_list array
        3 send_destination_and_method structure
        4 communication_window array
        5 randomisation_start_interval long-unsigned
        6 number_of_retries unsigned
        7 repetition_delay long-unsigned
        @38 push
        v1 Push setup
        8 port_reference octet-string
        9 push_client_sap integer
        10 push_protection_parameters array
        @? push
        v2 Push setup
        7 repetition_delay structure
        11 push_operation_method enum
        12 confirmation_parameters structure
        13 last_confirmation_date_time octet-string *
        @? push reset
    """,
    41: """
        v0 TCP-UDP setup
        2 tcp_udp_port long-unsigned
        3 ip_reference octet-string
        4 mss long-unsigned
        5 nb_of_sim_conn unsigned
        6 inactivity_time_out long-unsigned
    """,
    42: """
        v0 IPv4 setup
        2 dl_reference octet-string
        3 ip_address double-long-unsigned
        4 multicast_ip_address array
        5 ip_options array
        6 subnet_mask double-long-unsigned
        7 gateway_ip_address double-long-unsigned
        8 use_dhcp_flag boolean
        9 primary_dns_address double-long-unsigned
        10 secondary_dns_address double-long-unsigned
        @60 add_mc_ip_address delete_mc_ip_address get_nbof_mc_ip_addresses
    """,
    43: """
        v0 MAC address setup
        2 mac_address octet-string
    """,
    44: """
        v0 PPP setup
        2 phy_reference octet-string
        3 lcp_options array
        4 ipcp_options array
        5 ppp_authentication structure
    """,
    46: """
        v0 SMTP setup
        2 server_port long-unsigned
        3 user_name octet-string
        4 login_password octet-string
        5 server_address octet-string
        6 sender_address octet-string
    """,
    48: """
        v0 IPv6 setup
        2 dl_reference octet-string
        3 address_config_mode enum
        4 unicast_ipv6_address array
        5 multicast_ipv6_address array
        6 gateway_ipv6_address array
        7 primary_dns_address octet-string
        8 secondary_dns_address octet-string
        9 traffic_class unsigned
        10 neighbor_discovery_setup array
        @? add_ipv6_address remove_ipv6_address
    """,
    152: """
        v0 CoAP setup
        2 udp_reference octet-string
        3 ack_timeout long-unsigned
        4 ack_random_factor long-unsigned
        5 max_retransmit CHOICE
        6 nstart CHOICE
        7 delay_ack_timeout CHOICE
        8 exponential_back_off CHOICE
        9 probing_rate long-unsigned
        10 coap_uri_path octet-string
        11 transport_mode enum
        12 wrapper_version CHOICE
        13 token_length unsigned
    """,
    153: """
        v0 CoAP diagnostic
        2 messages_counter CHOICE *
        3 request_response_counter CHOICE *
        4 bt_counter CHOICE *
        5 capture_time CHOICE *
        @? reset
    """,
}
"""By class id, in the notation of `notation`."""
