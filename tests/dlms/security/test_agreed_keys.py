import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcud.dlms.errors import (
    KeyInfoError,
    KeyMissingError,
    SecurityError,
    SignatureError,
    SystemTitleError,
    TagError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.agreed_keys import KeyPairAgreement
from dcud.dlms.security.asymmetric import AgreedKeys
from dcud.dlms.security.cipher import PREFIX_SIZE, BodyCipher
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_signing import GeneralSigning
from dcud.dlms.security.key_agreement import GBCS_AES_GCM_128
from dcud.dlms.security.key_info import ONE_PASS, STATIC, AgreedKey
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.aes_gcm import TAG_SIZE, GcmKey
from dcud.dlms.security.primitives.elliptic_curve import (
    Curve,
    PrivateKey,
    PublicKey,
    fresh_key,
)
from dcud.dlms.security.signature import KeyPairSigning
from tests.support import gbcs_messages as gbcs
from tests.support import green_book_keys as green_book

# DLMS Green Book Table 41 as quoted in u9n's dlms-cosem (pull request 92) and EnergyICT's Connexo.
# Its tag fits with no authentication key that was ever published with it; key and content do.
ONE_PASS_APDU = bytes.fromhex(
    "dd080102030405060708084d4d4d0000bc614e084d4d4d00000000010000010201018180c323c2bd45711de4"
    "688637d919f92e9db8fb2dfc213a88d21c9dc8dcba917d8170511de1badb360d50058f794b0960ae11fa28d3"
    "92cff907a62d13e3357b1dc0b51be089d0b682863b2217201e73a1a9031968a9b4121dcbc3281a69739af874"
    "29f5b3ac5471e7b6a04a2c0f2f8a25fd772a317df97fc5463feac248eb8ab8be81eb3100000000f435069679"
    "270c5bf4425ee5777402a6c8d51c620eed52dbb188378b836e2857d5c053e6ddf27fa87409aef502cd9618ae"
    "47017c010224fd109cc0beb21e742d44ab40cd11908743ec90ec8c40e221d517f72228e1a26e827f43dc18ed"
    "27b5f458d66508b05a2a4cc6fed178c881afc3bc67064689be8bb41c80abb3c114a31f4cb03b8b64c7e0b4ce"
    "77b2399c93347858888f92239713b38df01c4858245827a92ef334172ea636b31cbbdf2a96ad5d035f66aa38"
    "f1a2d97d4bba99622e6b5f18789cecb2dfb3937d9f3e17f8b472098e6563238f37528374809836002aea6e70"
    "12d2adfaa7"
)
PLAINTEXT = bytes.fromhex(
    "d94000000000040100010000600100ff020100080000010000ff0202001400000d0000ff0702001400000d00"
    "00ff0804000001040203090100090cffffffffffffff00000000000901ff0203090101090cffffffffffffff"
    "00000000000901ff0203090102090cffffffffffffff00000000000901ff0203090103090cffffffffffffff"
    "00000000000901ff0104020809010011ff11ff11ff11ff11ff11ff11ff020809010111021101110111011101"
    "11011101020809010211ff11ff11ff11ff11ff11ff11ff02080901031101110211021102110211021102"
)
# Gurux's GXSymmetricTest: SC 31, counter 0; its tag fits with no published key, either
STATIC_BODY = bytes.fromhex(
    "3100000000607581d83815281b561904e6a72b83bf3fb0b1f2a0a23a82a804b39911f6cb1b4ef9b6f76c6338"
    "ed058014ffbf4a13a162e0eed11eeb8f597757a18215f28e1d3fc2d44586c4b8afe4500b535b579506cdb925"
    "cbeff7f1cf6bf96c583b9cf588fe8f6b01a574824d7cec597f057ffa8700af12ad63a7fa72040439f4392c08"
    "9b265f9eb1ac308239906dc04e1a8712abe383cf92349842eba166ef2e9eb2f53d0dba025d79875463398bbc"
    "3007bc4a6fc12780c21ee1abf080bf0fa926242834c0ac30d55a1ef8856e7ded48621f17fdf4d5b54eddadd8"
    "74119251049b6aee111c12fbc2feaf"
)
HEADER = GeneralHeader(
    transaction_id=bytes.fromhex("0102030405060708"),
    originator_system_title=green_book.CLIENT_TITLE,
    recipient_system_title=green_book.SERVER_TITLE,
)
ANSWER_HEADER = GeneralHeader(
    transaction_id=HEADER.transaction_id,
    originator_system_title=green_book.SERVER_TITLE,
    recipient_system_title=green_book.CLIENT_TITLE,
)
SCHEMES = pytest.mark.parametrize("scheme", [ONE_PASS, STATIC])


def scalar(octets: bytes) -> PrivateKey:
    return PrivateKey.from_scalar(Curve.P256, Secret(octets))


def point(octets: bytes) -> PublicKey:
    return PublicKey(Curve.P256, octets)


def client_ephemeral() -> PrivateKey:
    return scalar(green_book.CLIENT_EPHEMERAL)


CLIENT_PAIRS = KeyPairs(
    curve=Curve.P256,
    signing=scalar(green_book.CLIENT_SIGNING),
    agreement=scalar(green_book.CLIENT_AGREEMENT),
    peer_signing=point(green_book.SERVER_SIGNING_POINT),
    peer_agreement=point(green_book.SERVER_AGREEMENT_POINT),
)
SERVER_PAIRS = KeyPairs(
    curve=Curve.P256,
    agreement=scalar(green_book.SERVER_AGREEMENT),
    peer_signing=point(green_book.CLIENT_SIGNING_POINT),
    peer_agreement=point(green_book.CLIENT_AGREEMENT_POINT),
)
CLIENT = KeyPairAgreement(
    CLIENT_PAIRS, scheme=ONE_PASS, ephemeral=client_ephemeral, any_scheme=True
)
SERVER = KeyPairAgreement(
    SERVER_PAIRS, scheme=ONE_PASS, ephemeral=client_ephemeral, any_scheme=True
)


def content_of(body: bytes, key: Secret) -> bytes:
    """Decipher without regard to the tag, which fits with no published key."""
    iv = green_book.CLIENT_TITLE + body[1:PREFIX_SIZE]
    return GcmKey(key).apply_keystream(iv, body[PREFIX_SIZE:-TAG_SIZE])


def test_the_standards_one_pass_example_is_understood() -> None:
    apdu = GeneralCiphering.decode(ONE_PASS_APDU)
    assert apdu.header == HEADER
    assert isinstance(apdu.key_info, AgreedKey)
    key = SERVER.derive(apdu.key_info, apdu.header)
    assert key.octets.hex() == "59a71fd81c929a86a99438da17a66c05"
    assert content_of(apdu.body, key) == PLAINTEXT


def test_the_standards_one_pass_example_is_made() -> None:
    agreed: AgreedKeys = CLIENT
    key, key_info = agreed.fresh(HEADER)
    assert key.octets.hex() == "59a71fd81c929a86a99438da17a66c05"
    assert key_info.parameters == ONE_PASS
    assert key_info.ciphered_data[:64] == green_book.CLIENT_EPHEMERAL_POINT
    signature = key_info.ciphered_data[64:]
    point(green_book.CLIENT_SIGNING_POINT).verify(signature, green_book.CLIENT_EPHEMERAL_POINT)
    control = SecurityControl(suite=1, authenticated=True, encrypted=True)
    body = BodyCipher(key, None).encipher(control, green_book.CLIENT_TITLE, 0, PLAINTEXT)
    given = GeneralCiphering.decode(ONE_PASS_APDU).body
    assert body[:-TAG_SIZE] == given[:-TAG_SIZE]


def test_the_answer_to_the_standards_one_pass_example() -> None:
    data = green_book.SERVER_EPHEMERAL_POINT + green_book.SERVER_EPHEMERAL_SIGNATURE
    key = CLIENT.derive(AgreedKey(ONE_PASS, data), ANSWER_HEADER)
    assert key.octets.hex() == "f0184bda9466bfa4601a64a7ef46504a"


def test_the_static_example_in_both_directions() -> None:
    static = KeyPairAgreement(CLIENT_PAIRS, scheme=STATIC, ephemeral=client_ephemeral)
    key, key_info = static.fresh(HEADER)
    assert key_info == AgreedKey(STATIC, b"")
    assert key.octets.hex() == "56c46b57df675515c31025455822514a"
    assert SERVER.derive(key_info, HEADER) == key
    assert content_of(STATIC_BODY, key) == PLAINTEXT
    control = SecurityControl(suite=1, authenticated=True, encrypted=True)
    body = BodyCipher(key, None).encipher(control, green_book.CLIENT_TITLE, 0, PLAINTEXT)
    assert body[:-TAG_SIZE] == STATIC_BODY[:-TAG_SIZE]


@pytest.mark.parametrize("command", gbcs.COMMANDS, ids=lambda command: command.name)
def test_real_commands_are_unprotected_and_verified(command: gbcs.Command) -> None:
    """The header is told within, by the signed APDU."""
    apdu = GeneralCiphering.decode(command.apdu)
    within = GeneralSigning.decode(apdu.body[PREFIX_SIZE:-TAG_SIZE])
    pairs = KeyPairs(
        curve=Curve.P256,
        agreement=scalar(gbcs.AGREEMENT),
        peer_agreement=point(gbcs.PEER_AGREEMENT),
        peer_signing=point(gbcs.SIGNED_MESSAGES[1].signer),
    )
    agreed = KeyPairAgreement(
        pairs, scheme=STATIC, ephemeral=client_ephemeral, algorithm_id=GBCS_AES_GCM_128
    )
    key = agreed.derive(AgreedKey(STATIC, b""), within.header)
    assert key == Secret(command.key)
    header = apdu.header.authenticated_octets
    content = BodyCipher(key, None).decipher(apdu.body, gbcs.PROVIDER, header)
    assert KeyPairSigning(pairs).verify(content) == (within.header, within.content)
    forged = apdu.body[:-1] + bytes((apdu.body[-1] ^ 1,))
    with pytest.raises(TagError):
        BodyCipher(key, None).decipher(forged, gbcs.PROVIDER, header)
    made = BodyCipher(key, None).encipher(
        SecurityControl(suite=1, authenticated=True), gbcs.PROVIDER, 0, content, header
    )
    assert made == apdu.body
    assert made.endswith(command.tag)


def parties(curve: Curve, scheme: bytes) -> tuple[KeyPairAgreement, KeyPairAgreement]:
    keys = [fresh_key(curve) for _ in range(4)]
    one, other = (
        KeyPairs(
            curve=curve,
            signing=keys[own],
            agreement=keys[own + 1],
            peer_signing=keys[peer].public,
            peer_agreement=keys[peer + 1].public,
        )
        for own, peer in ((0, 2), (2, 0))
    )
    return (
        KeyPairAgreement(one, scheme=scheme, ephemeral=lambda: fresh_key(curve)),
        KeyPairAgreement(other, scheme=scheme, ephemeral=lambda: fresh_key(curve)),
    )


@SCHEMES
@pytest.mark.parametrize("curve", list(Curve))
def test_both_sides_have_one_key_in_each_direction(curve: Curve, scheme: bytes) -> None:
    client, server = parties(curve, scheme)
    key, key_info = client.fresh(HEADER)
    assert server.derive(key_info, HEADER) == key
    back, back_info = server.fresh(ANSWER_HEADER)
    assert client.derive(back_info, ANSWER_HEADER) == back
    assert back != key
    assert len(key.octets) == (16 if curve is Curve.P256 else 32)


def test_one_pass_makes_another_key_each_time() -> None:
    client, _ = parties(Curve.P256, ONE_PASS)
    assert client.fresh(HEADER)[0] != client.fresh(HEADER)[0]


def test_static_pairs_make_another_key_for_another_transaction() -> None:
    client, _ = parties(Curve.P256, STATIC)
    other = GeneralHeader(
        transaction_id=b"2",
        originator_system_title=green_book.CLIENT_TITLE,
        recipient_system_title=green_book.SERVER_TITLE,
    )
    assert client.fresh(HEADER)[0] != client.fresh(other)[0]


@pytest.mark.parametrize("octet", [0, 63, 64, 127])
def test_a_forged_ephemeral_key_is_refused_before_it_is_used(octet: int) -> None:
    data = bytearray(green_book.SERVER_EPHEMERAL_POINT + green_book.SERVER_EPHEMERAL_SIGNATURE)
    data[octet] ^= 1
    with pytest.raises(SignatureError):
        CLIENT.derive(AgreedKey(ONE_PASS, bytes(data)), ANSWER_HEADER)


def test_an_ephemeral_key_that_somebody_else_signed_is_refused() -> None:
    stranger = fresh_key(Curve.P256)
    ephemeral = green_book.SERVER_EPHEMERAL_POINT
    data = ephemeral + stranger.sign(ephemeral)
    with pytest.raises(SignatureError):
        CLIENT.derive(AgreedKey(ONE_PASS, data), ANSWER_HEADER)


def test_a_signed_point_off_the_curve_is_refused() -> None:
    server = fresh_key(Curve.P256)
    pairs = KeyPairs(curve=Curve.P256, agreement=CLIENT_PAIRS.agreement, peer_signing=server.public)
    client = KeyPairAgreement(pairs, scheme=ONE_PASS, ephemeral=client_ephemeral)
    off = b"\x01" * 64
    with pytest.raises(KeyInfoError, match="a public key is no point of P-256"):
        client.derive(AgreedKey(ONE_PASS, off + server.sign(off)), ANSWER_HEADER)


@pytest.mark.parametrize(
    ("key_info", "sentence"),
    [
        (AgreedKey(b"", b""), "nothing stands where 01"),
        (AgreedKey(b"\x03", b""), "03 stands where 01"),
        (AgreedKey(b"\x01\x01", b""), "0101 stands where 01"),
        (AgreedKey(ONE_PASS, bytes(127)), "127 octets tell an agreed key; .* has 128"),
        (AgreedKey(STATIC, b"\0"), "static key pairs are told to agree, with an ephemeral"),
    ],
)
def test_key_info_that_cant_be_followed_is_refused(key_info: AgreedKey, sentence: str) -> None:
    with pytest.raises(KeyInfoError, match=sentence):
        CLIENT.derive(key_info, ANSWER_HEADER)


@pytest.mark.parametrize(("ours", "theirs"), [(ONE_PASS, STATIC), (STATIC, ONE_PASS)])
def test_the_other_scheme_is_refused_unless_any_will_do(ours: bytes, theirs: bytes) -> None:
    keys = [fresh_key(Curve.P256) for _ in range(4)]
    one, other = (
        KeyPairs(
            curve=Curve.P256,
            signing=keys[own],
            agreement=keys[own + 1],
            peer_signing=keys[peer].public,
            peer_agreement=keys[peer + 1].public,
        )
        for own, peer in ((0, 2), (2, 0))
    )
    key, told = KeyPairAgreement(one, scheme=theirs, ephemeral=client_ephemeral).fresh(HEADER)
    strict = KeyPairAgreement(other, scheme=ours, ephemeral=client_ephemeral)
    with pytest.raises(KeyInfoError, match=f"scheme {theirs.hex()}, where {ours.hex()} is conf"):
        strict.derive(told, HEADER)
    either = KeyPairAgreement(other, scheme=ours, ephemeral=client_ephemeral, any_scheme=True)
    assert either.derive(told, HEADER) == key


def test_an_unknown_scheme_is_refused_at_once() -> None:
    with pytest.raises(KeyInfoError, match="00 stands where 01"):
        KeyPairAgreement(CLIENT_PAIRS, scheme=b"\0", ephemeral=client_ephemeral)


@SCHEMES
def test_parties_without_titles_are_refused(scheme: bytes) -> None:
    client, server = parties(Curve.P256, scheme)
    key_info = client.fresh(HEADER)[1]
    transaction = HEADER.transaction_id
    for header in (
        GeneralHeader(transaction_id=transaction, originator_system_title=green_book.CLIENT_TITLE),
        GeneralHeader(transaction_id=transaction, recipient_system_title=green_book.SERVER_TITLE),
    ):
        with pytest.raises(SystemTitleError):
            client.fresh(header)
        with pytest.raises(SystemTitleError):
            server.derive(key_info, header)


def test_static_pairs_without_a_transaction_are_refused() -> None:
    client, _ = parties(Curve.P256, STATIC)
    with pytest.raises(KeyInfoError, match="a transaction-id of 0 octets"):
        client.fresh(GeneralHeader(originator_system_title=green_book.CLIENT_TITLE))


@SCHEMES
def test_missing_keys_are_named(scheme: bytes) -> None:
    nobody = KeyPairAgreement(KeyPairs(curve=Curve.P256), scheme=scheme, ephemeral=client_ephemeral)
    with pytest.raises(KeyMissingError):
        nobody.fresh(HEADER)
    data = bytes(128) if scheme == ONE_PASS else b""
    with pytest.raises(KeyMissingError):
        nobody.derive(AgreedKey(scheme, data), ANSWER_HEADER)


@given(st.sampled_from([ONE_PASS, STATIC]) | st.binary(max_size=3), st.binary(max_size=140))
@settings(max_examples=50)
def test_any_key_info_gives_a_key_or_a_typed_error(parameters: bytes, data: bytes) -> None:
    if (parameters, data) == (STATIC, b""):
        assert len(CLIENT.derive(AgreedKey(parameters, data), ANSWER_HEADER).octets) == 16
        return
    with pytest.raises(SecurityError):
        CLIENT.derive(AgreedKey(parameters, data), ANSWER_HEADER)
