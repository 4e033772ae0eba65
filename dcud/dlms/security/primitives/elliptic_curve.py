"""Elliptic curves P-256 and P-384: private keys, public points, signatures, agreed secrets.

Points are x || y, signatures r || s, each half as wide as a coordinate, most significant octet
first; nowhere the 04 of uncompressed points, nowhere DER. [IEC 62056-5-3: elliptic curve
cryptography]
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384

from dcud.dlms.errors import KeyInfoError, KeyMissingError, SignatureError
from dcud.dlms.secret import Secret
from dcud.dlms.security.suite import SecuritySuite

_UNCOMPRESSED = b"\x04"
_BEGIN = b"-----BEGIN "
_PRIVATE_KEY = b"PRIVATE KEY-----"


class Curve(Enum):
    """A curve that a security suite knows, valued with the name that the field has for it."""

    P256 = "P-256"
    P384 = "P-384"

    @property
    def coordinate_size(self) -> int:
        """Return the octets of a coordinate; a point and a signature are twice as long."""
        return 32 if self is Curve.P256 else 48

    @property
    def point_size(self) -> int:
        """Return the octets of a point, and of a signature."""
        return 2 * self.coordinate_size

    @property
    def signature_algorithm(self) -> str:
        """Return the object identifier of ECDSA with this curve's hash, as certificates tell it."""
        return f"1.2.840.10045.4.3.{2 if self is Curve.P256 else 3}"

    @classmethod
    def of_suite(cls, suite: SecuritySuite) -> Self:
        """Return the suite's curve.

        Raises:
            KeyMissingError: suite 0 has none.
        """
        if suite is SecuritySuite.SUITE_0:
            raise KeyMissingError(
                "security suite 0 has no elliptic curve: neither signatures nor agreed keys",
                remedy="set the meter's suite to 1 or 2",
            )
        return cls("P-256" if suite is SecuritySuite.SUITE_1 else "P-384")


_LIBRARY_CURVES: dict[Curve, ec.EllipticCurve] = {
    Curve.P256: ec.SECP256R1(),
    Curve.P384: ec.SECP384R1(),
}
_ORDERS = {
    Curve.P256: 0xFFFFFFFF_00000000_FFFFFFFF_FFFFFFFF_BCE6FAAD_A7179E84_F3B9CAC2_FC632551,
    Curve.P384: (1 << 384) - 0x389CB27E_0BC8D220_A7E5F24D_B74F5885_1313E695_333AD68D,
}
_ALGORITHMS = {Curve.P256: ec.ECDSA(SHA256()), Curve.P384: ec.ECDSA(SHA384())}
_OF_NAME = {library.name: curve for curve, library in _LIBRARY_CURVES.items()}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point that is known to be on its curve.

    Attributes:
        curve: the curve.
        point: x || y; 64 or 96 octets.

    Raises:
        KeyInfoError: the octets are too many or too few, or no point of the curve.
    """

    curve: Curve
    point: bytes
    _library_key: ec.EllipticCurvePublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.point) != self.curve.point_size:
            raise KeyInfoError(
                f"a public key of {len(self.point)} octets; on {self.curve.value} it has"
                f" {self.curve.point_size}"
            )
        try:
            key = ec.EllipticCurvePublicKey.from_encoded_point(
                _LIBRARY_CURVES[self.curve], _UNCOMPRESSED + self.point
            )
        except ValueError:
            raise KeyInfoError(f"a public key is no point of {self.curve.value}") from None
        object.__setattr__(self, "_library_key", key)

    @classmethod
    def of_library(cls, key: object) -> Self:
        """Return the library's key as ours.

        Raises:
            KeyInfoError: it is of another kind or on another curve.
        """
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise KeyInfoError("a public key is on no elliptic curve")
        curve = _curve_of(key.curve)
        encoded = key.public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return cls(curve, encoded[1:])

    def verify(self, signature: bytes, message: bytes) -> None:
        """Judge a signature, r || s, over `message` with the curve's hash.

        Raises:
            SignatureError: it doesn't fit, or is too long or too short.
        """
        if len(signature) != self.curve.point_size:
            raise SignatureError(
                f"a signature of {len(signature)} octets; on {self.curve.value} it has"
                f" {self.curve.point_size}"
            )
        self.verify_der(_der(signature), message)

    def verify_der(self, signature: bytes, message: bytes) -> None:
        """Judge a signature in DER, as certificates have it.

        Raises:
            SignatureError: it doesn't fit.
        """
        try:
            self._library_key.verify(signature, message, _ALGORITHMS[self.curve])
        except InvalidSignature:
            raise SignatureError(
                "a digital signature doesn't fit: forged, damaged, or made with another key"
            ) from None


@dataclass(frozen=True, slots=True, eq=False)
class PrivateKey:
    """A private key, of which no `repr` and no error shows anything.

    Attributes:
        public: the public key that belongs to it.
    """

    public: PublicKey
    _library_key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def curve(self) -> Curve:
        """Return the key's curve."""
        return self.public.curve

    @classmethod
    def from_pem(cls, text: Secret, *, name: str = "the private key") -> Self:
        """Return the key in a PEM text, PKCS#8 or SEC1; what stands around it is left alone.

        Args:
            text: the PEM text.
            name: what errors call the key, as "signing_key".

        Raises:
            KeyMissingError: there is none, it is encrypted, or on no curve of a suite.
        """
        try:
            key = serialization.load_pem_private_key(_section(text.octets), password=None)
        except TypeError:
            raise _unusable(name, "is encrypted", "store it without a passphrase") from None
        except (ValueError, UnsupportedAlgorithm):
            raise _unusable(
                name, "is no private key in PEM", "store it as PKCS#8 or SEC1"
            ) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _OF_NAME:
            raise _unusable(name, "is on neither P-256 nor P-384", "make one on the suite's curve")
        return cls._of_library(key)

    @classmethod
    def from_scalar(cls, curve: Curve, scalar: Secret) -> Self:
        """Return the key with this scalar; 32 or 48 octets.

        Raises:
            KeyMissingError: it is no scalar of the curve.
        """
        if len(scalar.octets) != curve.coordinate_size:
            raise KeyMissingError(
                f"a private key of {len(scalar.octets)} octets; on {curve.value} it has"
                f" {curve.coordinate_size}"
            )
        value = int.from_bytes(scalar.octets, "big")
        if not 0 < value < _ORDERS[curve]:  # which old releases of the library don't ask
            raise KeyMissingError(f"a private key is no scalar of {curve.value}")
        return cls._of_library(ec.derive_private_key(value, _LIBRARY_CURVES[curve]))

    @classmethod
    def _of_library(cls, key: ec.EllipticCurvePrivateKey) -> Self:
        return cls(PublicKey.of_library(key.public_key()), key)

    def to_pem(self) -> Secret:
        """Return the key as PKCS#8 in PEM, without a passphrase."""
        return Secret(
            self._library_key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def sign(self, message: bytes) -> bytes:
        """Return a signature, r || s, over `message` with the curve's hash."""
        der = self._library_key.sign(message, _ALGORITHMS[self.curve])
        size = self.curve.coordinate_size
        return b"".join(half.to_bytes(size, "big") for half in decode_dss_signature(der))

    def agree(self, peer: PublicKey) -> Secret:
        """Return the shared secret Z of this key and the peer's; as long as a coordinate.

        Raises:
            KeyInfoError: the peer's key is on another curve.
        """
        if peer.curve is not self.curve:
            raise KeyInfoError(
                f"a public key on {peer.curve.value} can't be agreed on with one on"
                f" {self.curve.value}"
            )
        return Secret(self._library_key.exchange(ec.ECDH(), peer._library_key))  # noqa: SLF001  # two halves of one module


def fresh_key(curve: Curve) -> PrivateKey:
    """Return a new private key that the library draws, for whoever injects ephemeral keys."""
    return PrivateKey._of_library(ec.generate_private_key(_LIBRARY_CURVES[curve]))  # noqa: SLF001  # likewise


def _curve_of(library_curve: ec.EllipticCurve) -> Curve:
    curve = _OF_NAME.get(library_curve.name)
    if curve is None:
        raise KeyInfoError(f"a public key on {library_curve.name}, which no security suite knows")
    return curve


def _der(signature: bytes) -> bytes:
    half = len(signature) // 2
    r, s = (int.from_bytes(octets, "big") for octets in (signature[:half], signature[half:]))
    return encode_dss_signature(r, s)


def _section(pem: bytes) -> bytes:
    """Return a PEM text from its private key on: parameters of the curve may stand before it."""
    start = pem.rfind(_BEGIN, 0, max(0, pem.find(_PRIVATE_KEY)))
    return pem[max(0, start) :]


def _unusable(name: str, what: str, remedy: str) -> KeyMissingError:
    return KeyMissingError(f"{name} {what}", remedy=remedy)
