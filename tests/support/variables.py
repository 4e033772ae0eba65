"""Strategies for what the services with short names are made of."""

from hypothesis import strategies as st

from dcud.dlms.data import encode_data
from dcud.dlms.variable_access import (
    BlockNumberAccess,
    NumberedBlock,
    ParameterizedAccess,
    ReadDataBlockAccess,
    Variable,
    VariableName,
    WriteDataBlockAccess,
)
from tests.support.apdus import octets_8, octets_16, parameters

encodings = parameters.map(encode_data)
blocks = st.builds(
    NumberedBlock,
    last_block=st.booleans(),
    block_number=octets_16,
    octets=st.binary(max_size=300),
)
variables: st.SearchStrategy[Variable] = st.one_of(
    octets_16.map(VariableName),
    st.builds(ParameterizedAccess, octets_16, octets_8, encodings),
    octets_16.map(BlockNumberAccess),
    blocks.map(ReadDataBlockAccess),
    st.builds(WriteDataBlockAccess, last_block=st.booleans(), block_number=octets_16),
)
writings = st.lists(st.tuples(variables, encodings), max_size=4)
