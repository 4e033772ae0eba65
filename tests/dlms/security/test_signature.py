import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, KeyMissingError, SecurityError, SignatureError
from dcud.dlms.security.asymmetric import Signing
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_signing import GeneralSigning
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import Curve, PublicKey, fresh_key
from dcud.dlms.security.signature import KeyPairSigning
from tests.support.gbcs_messages import SIGNED_MESSAGES, SignedMessage

MESSAGES = pytest.mark.parametrize("message", SIGNED_MESSAGES, ids=lambda message: message.name)
HEADER = GeneralHeader(transaction_id=b"12345678", originator_system_title=b"MMM\0\0\0\0\1")
APDU = bytes.fromhex("C001C1000100002A0000FF0200")


def verifier(point: bytes) -> KeyPairSigning:
    return KeyPairSigning(KeyPairs(curve=Curve.P256, peer_signing=PublicKey(Curve.P256, point)))


def both(curve: Curve, *, with_content_length: bool = True) -> KeyPairSigning:
    """Return a party that talks to itself."""
    key = fresh_key(curve)
    pairs = KeyPairs(curve=curve, signing=key, peer_signing=key.public)
    return KeyPairSigning(pairs, with_content_length=with_content_length)


@MESSAGES
def test_a_real_message_is_its_signers(message: SignedMessage) -> None:
    signing: Signing = verifier(message.signer)
    header, content = signing.verify(message.apdu)
    assert header.transaction_id == message.signed[1:10]
    assert message.signed.endswith(content)


@MESSAGES
def test_a_real_message_is_nobody_elses(message: SignedMessage) -> None:
    with pytest.raises(SignatureError):
        verifier(fresh_key(Curve.P256).public.point).verify(message.apdu)


@pytest.mark.parametrize("position", [2, 11, 20, 30, 40, 60, 100])
def test_a_message_with_one_bit_changed_is_refused(position: int) -> None:
    message = SIGNED_MESSAGES[1]
    forged = bytearray(message.apdu)
    forged[position] ^= 0x10
    with pytest.raises((SignatureError, DecodeError)):
        verifier(message.signer).verify(bytes(forged))


def test_a_message_whose_signature_is_cut_off_is_refused() -> None:
    message = SIGNED_MESSAGES[0]
    with pytest.raises(SignatureError, match="a signature of 0 octets"):
        verifier(message.signer).verify(b"\xdf" + message.signed)


@pytest.mark.parametrize("with_content_length", [True, False])
@pytest.mark.parametrize("curve", list(Curve))
def test_what_is_signed_is_verified(curve: Curve, *, with_content_length: bool) -> None:
    signing = both(curve, with_content_length=with_content_length)
    signed = signing.sign(HEADER, APDU)
    assert signing.verify(signed) == (HEADER, APDU)
    assert len(GeneralSigning.decode(signed).signature) == curve.point_size


def test_the_contents_length_is_signed_as_told() -> None:
    key = fresh_key(Curve.P256)
    pairs = KeyPairs(curve=Curve.P256, signing=key)
    header = HEADER.encode()
    length = bytes((len(APDU),))
    for with_length, octets in ((True, header + length + APDU), (False, header + APDU)):
        signing = KeyPairSigning(pairs, with_content_length=with_length)
        apdu = GeneralSigning.decode(signing.sign(HEADER, APDU))
        key.public.verify(apdu.signature, octets)


def test_a_signature_is_for_one_content_alone() -> None:
    """A signature with the length is none for a content that begins with that length."""
    signing = both(Curve.P256)
    apdu = GeneralSigning.decode(signing.sign(HEADER, APDU))
    longer = GeneralSigning(
        header=HEADER, content=bytes((len(APDU),)) + APDU, signature=apdu.signature
    )
    with pytest.raises(SignatureError, match="of a general-signing APDU doesn't fit"):
        signing.verify(longer.encode())
    with pytest.raises(SignatureError, match="begins like a length"):
        both(Curve.P256, with_content_length=False).sign(HEADER, longer.content)


def test_keys_that_are_not_known_are_named() -> None:
    nobody = KeyPairSigning(KeyPairs(curve=Curve.P256))
    with pytest.raises(KeyMissingError, match="our key for digital signature"):
        nobody.sign(HEADER, APDU)
    with pytest.raises(KeyMissingError, match="the meter's key for digital signature"):
        nobody.verify(SIGNED_MESSAGES[0].apdu)


@given(st.binary(max_size=120).map(lambda octets: b"\xdf" + octets))
@settings(max_examples=50)
def test_any_octets_are_refused(octets: bytes) -> None:
    with pytest.raises((SecurityError, DecodeError)):
        verifier(SIGNED_MESSAGES[0].signer).verify(octets)
