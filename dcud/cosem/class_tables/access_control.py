"""The interface classes that control who may do what with a meter."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    12: """
        v0 Association SN
        2 object_list array
        @20 getlist_by_classid getobj_by_logicalname read_by_logicalname \
            get_attributes_and_methods change_lls_secret change_hls_secret get_hls_challenge \
            reply_to_hls_authentication
        v1 Association SN
        3 access_rights_list array
        v2 Association SN
        4 security_setup_reference octet-string
        v3 Association SN
        5 user_list array
        6 current_user structure *
        @20 getlist_by_classid getobj_by_logicalname read_by_logicalname \
            get_attributes_and_methods change_lls_secret change_hls_secret get_hls_challenge \
            reply_to_hls_authentication add_user remove_user
        v4 Association SN
    """,
    15: """
        v0 Association LN
        2 object_list object_list_type
        3 associated_partners_id associated_partners_type
        4 application_context_name application_context_name
        5 xdlms_context_info xDLMS_context_type
        6 authentication_mechanism_name mechanism_name
        7 secret octet-string
        8 association_status enum *
        @60 reply_to_hls_authentication change_hls_secret add_object remove_object
        v1 Association LN
        9 security_setup_reference octet-string
        v2 Association LN
        10 user_list array
        11 current_user structure *
        @60 reply_to_hls_authentication change_hls_secret add_object remove_object \
            add_user remove_user
        v3 Association LN
    """,
    17: """
        v0 SAP assignment
        2 sap_assignment_list array
        @20 connect_logical_device
    """,
    18: """
        v0 Image transfer
        2 image_block_size double-long-unsigned
        3 image_transferred_blocks_status bit-string *
        4 image_first_not_transferred_block_number double-long-unsigned *
        5 image_transfer_enabled boolean
        6 image_transfer_status enum *
        7 image_to_activate_info array *
        @40 image_transfer_initiate image_block_transfer image_verify image_activate
    """,
    30: """
        v0 Data protection
        2 protection_buffer octet-string *
        3 protection_object_list array
        4 protection_parameters_get array
        5 protection_parameters_set array
        6 required_protection enum
        @30 get_protected_attributes set_protected_attributes invoke_protected_method
    """,
    64: """
        v0 Security setup
        2 security_policy enum
        3 security_suite enum
        4 client_system_title octet-string *
        5 server_system_title octet-string
        @? security_activate global_key_transfer
        v1 Security setup
        6 certificates array *
        @? security_activate key_transfer key_agreement generate_key_pair \
            generate_certificate_request import_certificate export_certificate \
            remove_certificate
    """,
    122: """
        v0 Function control
        2 activation_status array
        3 function_list array
        @? set_function_status add_function remove_function
    """,
    123: """
        v0 Array manager
        2 array_object_list array
        @? retrieve_number_of_entries retrieve_entries insert_entry update_entry \
            remove_entries
    """,
    124: """
        v0 Communication port protection
        2 protection_mode enum
        3 allowed_failed_attempts long-unsigned
        4 initial_lockout_time double-long-unsigned
        5 steepness_factor unsigned
        6 max_lockout_time double-long-unsigned
        7 port_reference octet-string
        8 protection_status enum *
        9 failed_attempts double-long-unsigned *
        10 cumulative_failed_attempts double-long-unsigned *
        @50 reset
    """,
}
"""By class id, in the notation of `notation`."""
