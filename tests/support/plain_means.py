"""Stand-ins for what key pairs do, so simple that a test can say what comes out."""

from collections.abc import Callable, Iterator
from itertools import count

from dcud.dlms.errors import SignatureError
from dcud.dlms.octets import Cursor, encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralMeans
from dcud.dlms.security.key_info import STATIC, AgreedKey

SIGNATURE = b"\x5a" * 64
FRESH = Secret(bytes.fromhex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"))


def signed(header: GeneralHeader, apdu: bytes, signature: bytes = SIGNATURE) -> bytes:
    """A general-signing APDU."""
    content = encode_length(len(apdu)) + apdu
    return b"\xdf" + header.encode() + content + encode_length(len(signature)) + signature


class PlainSigning:
    """Takes one constant for every signature."""

    def sign(self, header: GeneralHeader, apdu: bytes) -> bytes:
        return signed(header, apdu)

    def verify(self, octets: bytes) -> tuple[GeneralHeader, bytes]:
        cursor = Cursor(octets[1:])
        header = GeneralHeader.decode(cursor)
        content = cursor.octet_string()
        if cursor.octet_string() != SIGNATURE:
            raise SignatureError("the signature is not the meter's")
        return header, content


class PlainAgreement:
    """Makes a key of the transaction-id and its originator, by repeating them."""

    def key(self, header: GeneralHeader) -> Secret:
        return Secret((header.transaction_id + header.originator_system_title).ljust(16)[:16])

    def fresh(self, header: GeneralHeader) -> tuple[Secret, AgreedKey]:
        return self.key(header), AgreedKey(STATIC, b"")

    def derive(self, key_info: AgreedKey, header: GeneralHeader) -> Secret:
        assert key_info == AgreedKey(STATIC, b"")
        return self.key(header)


def counted() -> Callable[[], bytes]:
    """Transaction ids 00..01, 00..02 and so on."""
    numbers: Iterator[int] = count(1)
    return lambda: next(numbers).to_bytes(8, "big")


def means() -> GeneralMeans:
    """All that general-ciphering and signatures need."""
    return GeneralMeans(
        transaction_id=counted(),
        key=lambda: FRESH,
        agreed_keys=PlainAgreement(),
        signing=PlainSigning(),
    )
