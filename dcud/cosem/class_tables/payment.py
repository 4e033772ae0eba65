"""The interface classes of payment metering."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    111: """
        v0 Account
        2 account_mode_and_status structure
        3 current_credit_in_use unsigned *
        4 current_credit_status bit-string *
        5 available_credit double-long *
        6 amount_to_clear double-long *
        7 clearance_threshold double-long
        8 aggregated_debt double-long *
        9 credit_reference_list array
        10 charge_reference_list array
        11 credit_charge_configuration array
        12 token_gateway_configuration array
        13 account_activation_time octet-string
        14 account_closure_time octet-string
        15 currency structure
        16 low_credit_threshold double-long
        17 next_credit_available_threshold double-long
        18 max_provision long-unsigned
        19 max_provision_period double-long
        @? activate_account close_account reset_account
    """,
    112: """
        v0 Credit
        2 current_credit_amount double-long *
        3 credit_type enum
        4 priority unsigned
        5 warning_threshold double-long
        6 limit double-long
        7 credit_configuration bit-string
        8 credit_status enum *
        9 preset_credit_amount double-long
        10 credit_available_threshold double-long
        11 period octet-string
        @? update_amount set_amount_to_value invoke_credit
    """,
    113: """
        v0 Charge
        2 total_amount_paid double-long *
        3 charge_type enum
        4 priority unsigned
        5 unit_charge_active structure
        6 unit_charge_passive structure
        7 unit_charge_activation_time octet-string
        8 period double-long-unsigned
        9 charge_configuration bit-string
        10 last_collection_time octet-string *
        11 last_collection_amount double-long *
        12 total_amount_remaining double-long *
        13 proportion long-unsigned
        @? update_unit_charge activate_passive_unit_charge collect \
            update_total_amount_remaining set_total_amount_remaining
    """,
    115: """
        v0 Token gateway
        2 token octet-string *
        3 token_time octet-string *
        4 token_description array *
        5 token_delivery_method enum *
        6 token_status structure *
        @? enter
    """,
    116: """
        v0 IEC 62055-41 attributes
        2 meter_pan CHOICE
        3 commodity CHOICE
        4 token_carrier_types CHOICE
        5 encryption_algorithm CHOICE
        6 supply_group_code double-long-unsigned
        7 tariff_index CHOICE
        8 key_revision_number CHOICE
        9 key_type CHOICE
        10 key_expiry_number CHOICE
        11 no_of_kct_supported CHOICE
        12 sts_certificate_number CHOICE
    """,
    8192: """
        v0 UNI/TS tariff plan
    """,
}
"""By class id, in the notation of `notation`."""
