"""A known answer of Data protection: attributes that are ciphered as such, not with their APDU.

Source: GBCS RTDS 4.5.0 test set in SmartDCCInnovation/gbcs-parser.
"""

import pytest

from dcud.dlms.data import Data, decode_data, encode_data
from dcud.dlms.errors import TagError
from dcud.dlms.octets import Cursor
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher, read_prefix
from dcud.dlms.security.control import SecurityControl

KEY = Secret(bytes.fromhex("12cb821c471ec2144c68e12a5657f9fd"))
METER = bytes.fromhex("00db1234567890a0")
PROTECTED = bytes.fromhex(
    "3100000000e3035372ddd0648adedb866dff001f09450debd034c36c6101dc1d3cb50d35311b344436f883"
)
PLAINTEXT = bytes.fromhex("02010204060000000a02020f00161e060000000a02020f001620")
ASSOCIATED = b"\x31"
# within an access request: the parameter of the method get_protected_attributes
REQUEST = bytes.fromhex(
    "d9200003e8000103001e00002b0208ff0101020201010205120001090600005e2c220a0f021200000202160000"
    "010102021602020509090400000000000003e8090890b3d51f30010000090800db1234567890a0090002021602"
    "02020901020900"
)
# within an access response: its result
RESPONSE = bytes.fromhex(
    "da200003e80000010202010102021602020509090400000000000003e8090800db1234567890a0090890b3d51f"
    "3001000009000202160202020901020900092b3100000000e3035372ddd0648adedb866dff001f09450debd034"
    "c36c6101dc1d3cb50d35311b344436f883010300"
)
PARAMETER_AT, RESULT_AT = 18, 8


def data_at(octets: bytes, position: int) -> tuple[Data, bytes]:
    """Return the Data that stands there, and its octets."""
    cursor = Cursor(octets)
    cursor.position = position
    data = decode_data(cursor)
    return data, octets[position : cursor.position]


@pytest.mark.parametrize(("octets", "position"), [(REQUEST, PARAMETER_AT), (RESPONSE, RESULT_AT)])
def test_request_and_answer_are_data(octets: bytes, position: int) -> None:
    data, encoded = data_at(octets, position)
    assert encode_data(data) == encoded


def test_what_is_protected_is_understood() -> None:
    result, _ = data_at(RESPONSE, RESULT_AT)
    assert isinstance(result.value, tuple)
    protected = result.value[1]
    assert isinstance(protected, Data)
    assert protected.value == PROTECTED
    control, counter = read_prefix(PROTECTED)
    assert control == SecurityControl(suite=1, authenticated=True, encrypted=True)
    assert control.octet == ASSOCIATED[0]
    assert counter == 0
    assert BodyCipher(KEY, None).decipher(PROTECTED, METER) == PLAINTEXT
    cursor = Cursor(PLAINTEXT)
    decode_data(cursor)
    cursor.expect_end()


def test_it_is_protected_again_in_the_same_way() -> None:
    control = SecurityControl(suite=1, authenticated=True, encrypted=True)
    assert BodyCipher(KEY, None).encipher(control, METER, 0, PLAINTEXT) == PROTECTED


@pytest.mark.parametrize("position", [0, 4, 5, 30, 42])
def test_what_was_changed_is_refused(position: int) -> None:
    forged = bytearray(PROTECTED)
    forged[position] ^= 0x80
    with pytest.raises(TagError):
        BodyCipher(KEY, None).decipher(bytes(forged), METER)
