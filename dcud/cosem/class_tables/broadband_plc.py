"""The interface classes of high speed power line communication."""

from collections.abc import Mapping
from typing import Final

CLASSES: Final[Mapping[int, str]] = {
    140: """
        v0 HS-PLC ISO/IEC 12139-1 MAC setup
    """,
    141: """
        v0 HS-PLC ISO/IEC 12139-1 CPAS setup
    """,
    142: """
        v0 HS-PLC ISO/IEC 12139-1 IP SSAS setup
    """,
    143: """
        v0 HS-PLC ISO/IEC 12139-1 HDLC SSAS setup
    """,
}
"""By class id, in the notation of `notation`."""
