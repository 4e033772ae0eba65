"""The interface classes of mobile networks."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    45: """
        v0 GPRS modem setup
        2 apn octet-string
        3 pin_code long-unsigned
        4 quality_of_service structure
    """,
    47: """
        v0 GSM diagnostic
        2 operator visible-string *
        3 status enum *
        4 cs_attachment enum *
        5 ps_status enum *
        6 cell_info structure *
        7 adjacent_cells array *
        8 capture_time octet-string *
        v1 GSM diagnostic
    """,
    151: """
        v0 LTE monitoring
        2 lte_network_parameters structure *
        3 lte_quality_of_service structure *
        v1 LTE monitoring
    """,
}
"""By class id, in the notation of `notation`."""
