"""Strategies for what APDUs are made of."""

from hypothesis import strategies as st

from dcud.dlms.access import (
    AttributeDescriptor,
    DataAccessResult,
    InvokeIdAndPriority,
    LongInvokeIdAndPriority,
    MethodDescriptor,
    Selection,
)
from dcud.dlms.data import octet_string, unsigned
from dcud.dlms.obis import Obis

octets_8 = st.integers(0, 0xFF)
octets_16 = st.integers(0, 0xFFFF)
octets_32 = st.integers(0, 0xFFFFFFFF)
signed_8 = st.integers(-0x80, 0x7F)

obis_codes = st.binary(min_size=6, max_size=6).map(Obis)
attributes = st.builds(AttributeDescriptor, octets_16, obis_codes, signed_8)
methods = st.builds(MethodDescriptor, octets_16, obis_codes, signed_8)
parameters = octets_8.map(unsigned) | st.binary(max_size=300).map(octet_string)
selections = st.none() | st.builds(Selection, octets_8, parameters)
refusals = octets_8.map(DataAccessResult)
invokes = st.builds(
    InvokeIdAndPriority,
    invoke_id=st.integers(0, 15),
    confirmed=st.booleans(),
    high_priority=st.booleans(),
)
long_invokes = st.builds(
    LongInvokeIdAndPriority,
    invoke_id=st.integers(0, 0xFFFFFF),
    self_descriptive=st.booleans(),
    break_on_error=st.booleans(),
    confirmed=st.booleans(),
    high_priority=st.booleans(),
)
