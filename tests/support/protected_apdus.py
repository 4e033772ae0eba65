"""A meter's protection written down plainly, to be held against the client's."""

from dataclasses import dataclass

from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.cipher import BodyCipher
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import KeyInfo, encode_key_info
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.suite import SecuritySuite

CLIENT = bytes.fromhex("434c493030303031")
METER = bytes.fromhex("4d54523030303031")
UNICAST = Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
AUTHENTICATION = Secret(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
BROADCAST = Secret(bytes.fromhex("0f0e0d0c0b0a09080706050403020100"))
MASTER = Secret(bytes.fromhex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"))
DEDICATED = Secret(bytes.fromhex("5e168412318ba71848c99b2b2ab33294"))

GET = bytes.fromhex("c001c100080000010000ff0200")
ANSWER = bytes.fromhex("c401c1000600000000")
NOTIFICATION = bytes.fromhex("0f00000001000600000007")
EVENT = bytes.fromhex("c20000080000010000ff020600000000")
INITIATE = bytes.fromhex("01000000065f1f0400001e1dffff")
INITIATE_RESPONSE = bytes.fromhex("0800065f1f0400001e1d04c80007")
REFUSAL = bytes.fromhex("d80106")
CONFIRMED_ERROR = bytes.fromhex("0e060101")


def keys(suite: SecuritySuite = SecuritySuite.SUITE_0) -> KeySet:
    """All that there are."""
    return KeySet(
        suite=suite,
        unicast=UNICAST,
        authentication=AUTHENTICATION,
        broadcast=BROADCAST,
        master=MASTER,
    )


@dataclass(frozen=True, kw_only=True)
class Protected:
    """Builds what a meter, or somebody who would pass for it, puts on the line."""

    key: Secret = UNICAST
    authentication_key: Secret | None = AUTHENTICATION
    title: bytes = METER
    octet: int = 0x30
    counter: int = 1

    def body(self, content: bytes, header: bytes = b"") -> bytes:
        """Security control, invocation counter, content, tag."""
        cipher = BodyCipher(self.key, self.authentication_key)
        control = SecurityControl.from_octet(self.octet)
        return cipher.encipher(control, self.title, self.counter, content, header)

    def service(self, tag: int, content: bytes) -> bytes:
        """A ciphered service."""
        body = self.body(content)
        return bytes((tag,)) + encode_length(len(body)) + body

    def general(self, content: bytes, tag: int = 0xDB, title: bytes | None = None) -> bytes:
        """Of general-glo-ciphering, or with DC of general-ded-ciphering."""
        told = self.title if title is None else title
        body = self.body(content)
        return bytes((tag, len(told))) + told + encode_length(len(body)) + body

    def general_ciphering(
        self, content: bytes, header: GeneralHeader, key_info: KeyInfo | None
    ) -> bytes:
        """Of general-ciphering."""
        octets = header.encode()
        body = self.body(content, octets)
        return b"\xdd" + octets + encode_key_info(key_info) + encode_length(len(body)) + body
