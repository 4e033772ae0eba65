import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import KeyInfoError, KeyMissingError, SecurityError, SignatureError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.elliptic_curve import (
    Curve,
    PrivateKey,
    PublicKey,
    fresh_key,
)
from dcud.dlms.security.suite import SecuritySuite

# DLMS Green Book Ed.8 Table C.1 as quoted in EnergyICT's Connexo dlms tests
SIGNING = "418073c239fa6125011de4d6cd2e645780289f761bb21bfb0835cb5585e8b373"
SIGNING_POINT = bytes.fromhex(
    "baaffde06a8cb1c9dae8d94023c601dbbb249254ba22edd827e820bca2bcc643"
    "62fbb83d86a82b87bb8b7161d2aab5521911a946b97a284a90f7785cd9047d25"
)
MESSAGE = bytes.fromhex(
    "002914d60e10ab705f62ed6cc349d7cb99b9ab3f3978e59278c7af595b3af98794"
    "1372dab6d5af1fa867e134167e6f23de664a6693e05f43414611058d1b48f894"
)
SIGNATURE = bytes.fromhex(
    "06f0607702aa0e2435a183e2f6b1ecd19629712e389a213610c03f77b2590860"
    "ea840af5c3fa1f2bcdf055d4744e9a01ce9a0e55026bcaa4eebeb764ced64bb3"
)
CLIENT_EPHEMERAL_POINT = (
    "c323c2bd45711de4688637d919f92e9db8fb2dfc213a88d21c9dc8dcba917d81"
    "70511de1badb360d50058f794b0960ae11fa28d392cff907a62d13e3357b1dc0"
)
# the same source's general-ciphering example: signer, signed point, signature
SIGNED_POINTS = [
    (
        SIGNING_POINT.hex(),
        CLIENT_EPHEMERAL_POINT,
        (
            "b51be089d0b682863b2217201e73a1a9031968a9b4121dcbc3281a69739af874"
            "29f5b3ac5471e7b6a04a2c0f2f8a25fd772a317df97fc5463feac248eb8ab8be"
        ),
    ),
    (
        (
            "933acf15b03a9248e029b2787fb52a0aecaf635f07c42a0019fb3197e38f8f54"
            "9a125ea36781b0ca96be89a0e1fe2cf9b7361ed48b3c5e24592b9c0f4edd31d1"
        ),
        (
            "6439724714b47cd9cb988897d8424ab946dcd083d37a954637616011b9c23787"
            "73295f0f850d8dafd1bbe9fe666e53e4f097cd10b38b69622152724a90987444"
        ),
        (
            "e1ff47974a1f6931a6502f58147463f0e8cc517d47f55b0ac56dd8ac5c9d0e48"
            "1934f2d90f9893016bd82b6e3ffe21ff1588f3278b4e9d98eb4fb62add64b380"
        ),
    ),
]
# the same source, key agreement C(1e,1s): private key, the other's point, Z
AGREED = [
    (
        "aad3fd0732e991cf52a74c66c1f2827ddc53522a2e0a169d7c4ffcc0fb5d6a4d",
        CLIENT_EPHEMERAL_POINT,
        "0d4385ba0dd756cbcab9887eb538396ee8f090a14c1079b4359f115b977f4615",
    ),
    (
        "47dab03842e5b6e74828ef4f449b378d7dd1a5dae1ffca5ae0b0be0ad18ec57e",
        (
            "a653565b0e06070bae9fbe140a5d2156812aee2dd525053e3efc850bf13bfdff"
            "cb240bc7b77bff5883344e7275908d2287befa3725017295a096989d2338290b"
        ),
        "0d4385ba0dd756cbcab9887eb538396ee8f090a14c1079b4359f115b977f4615",
    ),
]
ORDERS = {
    Curve.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    Curve.P384: int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
}
CURVES = pytest.mark.parametrize("curve", list(Curve))
PKCS8 = serialization.PrivateFormat.PKCS8
SEC1 = serialization.PrivateFormat.TraditionalOpenSSL
PLAIN = serialization.NoEncryption()


def scalar(text: str) -> PrivateKey:
    return PrivateKey.from_scalar(Curve.P256, Secret(bytes.fromhex(text)))


def pem(
    key: object,
    layout: serialization.PrivateFormat = PKCS8,
    encryption: serialization.KeySerializationEncryption = PLAIN,
) -> bytes:
    assert isinstance(key, ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey)
    return key.private_bytes(serialization.Encoding.PEM, layout, encryption)


def test_a_private_key_has_the_public_key_of_the_known_answer() -> None:
    assert scalar(SIGNING).public == PublicKey(Curve.P256, SIGNING_POINT)


@CURVES
def test_a_key_written_as_pem_is_the_same_again(curve: Curve) -> None:
    key = fresh_key(curve)
    written = key.to_pem()
    assert written.octets.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    assert PrivateKey.from_pem(written).public == key.public


def test_the_signature_of_the_known_answer_fits() -> None:
    PublicKey(Curve.P256, SIGNING_POINT).verify(SIGNATURE, MESSAGE)


@pytest.mark.parametrize(("point", "message", "signature"), SIGNED_POINTS)
def test_the_signatures_of_ephemeral_keys_fit(point: str, message: str, signature: str) -> None:
    signer = PublicKey(Curve.P256, bytes.fromhex(point))
    signer.verify(bytes.fromhex(signature), bytes.fromhex(message))


@pytest.mark.parametrize(("private", "peer", "shared"), AGREED)
def test_a_shared_secret_is_that_of_the_known_answer(private: str, peer: str, shared: str) -> None:
    agreed = scalar(private).agree(PublicKey(Curve.P256, bytes.fromhex(peer)))
    assert agreed == Secret(bytes.fromhex(shared))


@CURVES
def test_what_is_signed_can_be_verified(curve: Curve) -> None:
    key = fresh_key(curve)
    signature = key.sign(MESSAGE)
    assert len(signature) == curve.point_size == 2 * curve.coordinate_size
    key.public.verify(signature, MESSAGE)


@CURVES
def test_both_sides_agree_on_one_secret(curve: Curve) -> None:
    one, other = fresh_key(curve), fresh_key(curve)
    assert one.agree(other.public) == other.agree(one.public)
    assert len(one.agree(other.public).octets) == curve.coordinate_size


@pytest.mark.parametrize("bit", [0, 255, 256, 511])
def test_a_signature_with_one_bit_changed_is_refused(bit: int) -> None:
    forged = (int.from_bytes(SIGNATURE, "big") ^ 1 << bit).to_bytes(64, "big")
    with pytest.raises(SignatureError, match="forged, damaged, or made with another key"):
        PublicKey(Curve.P256, SIGNING_POINT).verify(forged, MESSAGE)


def test_a_signature_under_another_key_or_over_another_message_is_refused() -> None:
    with pytest.raises(SignatureError):
        fresh_key(Curve.P256).public.verify(SIGNATURE, MESSAGE)
    with pytest.raises(SignatureError):
        PublicKey(Curve.P256, SIGNING_POINT).verify(SIGNATURE, MESSAGE[:-1])


@pytest.mark.parametrize("signature", [b"", SIGNATURE[:-1], SIGNATURE + b"\0", bytes(96)])
def test_a_signature_of_another_size_is_refused(signature: bytes) -> None:
    with pytest.raises(SignatureError, match="it has 64"):
        PublicKey(Curve.P256, SIGNING_POINT).verify(signature, MESSAGE)


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64])
def test_halves_that_no_signature_has_are_refused(signature: bytes) -> None:
    with pytest.raises(SignatureError):
        PublicKey(Curve.P256, SIGNING_POINT).verify(signature, MESSAGE)


@given(st.binary(max_size=100), st.binary(max_size=3))
@settings(max_examples=50)
def test_any_octets_are_refused_as_a_signature(signature: bytes, message: bytes) -> None:
    with pytest.raises(SignatureError):
        PublicKey(Curve.P256, SIGNING_POINT).verify(signature, message)
    with pytest.raises(SignatureError):
        PublicKey(Curve.P256, SIGNING_POINT).verify_der(signature, message)


def test_a_point_off_the_curve_is_refused() -> None:
    off = SIGNING_POINT[:-1] + bytes((SIGNING_POINT[-1] ^ 1,))
    with pytest.raises(KeyInfoError, match="a public key is no point of P-256"):
        PublicKey(Curve.P256, off)


@pytest.mark.parametrize("point", [b"", bytes(64), b"\xff" * 64, SIGNING_POINT[:-1], bytes(96)])
@CURVES
def test_octets_that_are_no_point_are_refused(curve: Curve, point: bytes) -> None:
    with pytest.raises(KeyInfoError):
        PublicKey(curve, point)


def test_a_point_of_another_size_is_refused_with_both_sizes() -> None:
    with pytest.raises(KeyInfoError, match=r"a public key of 64 octets; on P-384 it has 96"):
        PublicKey(Curve.P384, SIGNING_POINT)


def test_keys_on_two_curves_agree_on_nothing() -> None:
    with pytest.raises(KeyInfoError, match="on P-384 can't be agreed on with one on P-256"):
        scalar(SIGNING).agree(fresh_key(Curve.P384).public)


@pytest.mark.parametrize("layout", [PKCS8, SEC1])
@CURVES
def test_a_key_is_read_from_pem(curve: Curve, layout: serialization.PrivateFormat) -> None:
    library_key = ec.generate_private_key(
        {Curve.P256: ec.SECP256R1(), Curve.P384: ec.SECP384R1()}[curve]
    )
    text = pem(library_key, layout)
    key = PrivateKey.from_pem(Secret(text))
    assert key.public == PublicKey.of_library(library_key.public_key())
    assert key.curve is curve
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert PrivateKey.from_pem(Secret(parameters + text)).public == key.public


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is no private key in PEM"),
        (b"418073c239fa6125", "is no private key in PEM"),
        (b"PRIVATE KEY-----", "is no private key in PEM"),
        (
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "is no private key in PEM",
        ),
        (pem(ec.generate_private_key(ec.SECP521R1())), "is on neither P-256 nor P-384"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "is on neither P-256 nor P-384"),
        (
            pem(
                ec.generate_private_key(ec.SECP256R1()),
                PKCS8,
                serialization.BestAvailableEncryption(b"pass"),
            ),
            "is encrypted; store it without a passphrase",
        ),
    ],
)
def test_what_is_no_usable_key_is_refused(text: bytes, sentence: str) -> None:
    with pytest.raises(KeyMissingError, match=f"^signing_key {sentence}") as caught:
        PrivateKey.from_pem(Secret(text), name="signing_key")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@given(st.binary(max_size=40))
@settings(max_examples=50)
def test_any_text_is_a_key_or_a_typed_error(text: bytes) -> None:
    wrapped = b"-----BEGIN PRIVATE KEY-----\n" + text + b"\n-----END PRIVATE KEY-----\n"
    for each in (text, wrapped):
        with pytest.raises(KeyMissingError):
            PrivateKey.from_pem(Secret(each))


@CURVES
def test_what_is_no_scalar_is_refused(curve: Curve) -> None:
    size = curve.coordinate_size
    for octets in (bytes(size), ORDERS[curve].to_bytes(size, "big"), b"\xff" * size):
        with pytest.raises(KeyMissingError, match="is no scalar of"):
            PrivateKey.from_scalar(curve, Secret(octets))
    for value in (1, ORDERS[curve] - 1):
        octets = value.to_bytes(size, "big")
        assert PrivateKey.from_scalar(curve, Secret(octets)).curve is curve


def test_a_scalar_of_another_size_is_refused() -> None:
    with pytest.raises(KeyMissingError, match="a private key of 31 octets; on P-256 it has 32"):
        scalar("11" * 31)


def test_nothing_of_a_private_key_shows() -> None:
    key = scalar(SIGNING)
    number = str(int(SIGNING, 16))
    for text in (repr(key), str(key), repr([key])):
        assert SIGNING not in text.lower()
        assert number not in text


def test_keys_of_other_kinds_are_refused() -> None:
    with pytest.raises(KeyInfoError, match="on no elliptic curve"):
        PublicKey.of_library(ed25519.Ed25519PrivateKey.generate().public_key())
    with pytest.raises(KeyInfoError, match="on secp521r1, which no security suite knows"):
        PublicKey.of_library(ec.generate_private_key(ec.SECP521R1()).public_key())


def test_each_suite_has_its_curve() -> None:
    assert Curve.of_suite(SecuritySuite.SUITE_1) is Curve.P256
    assert Curve.of_suite(SecuritySuite.SUITE_2) is Curve.P384
    for suite in (SecuritySuite.SUITE_1, SecuritySuite.SUITE_2):
        assert Curve.of_suite(suite).coordinate_size == suite.coordinate_size
    with pytest.raises(SecurityError, match="suite 0 has no elliptic curve"):
        Curve.of_suite(SecuritySuite.SUITE_0)


def test_the_signature_algorithm_is_told_as_certificates_do() -> None:
    assert Curve.P256.signature_algorithm == "1.2.840.10045.4.3.2"
    assert Curve.P384.signature_algorithm == "1.2.840.10045.4.3.3"
