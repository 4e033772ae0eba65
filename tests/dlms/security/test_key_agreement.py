import pytest

from dcud.dlms.errors import KeyInfoError, SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.key_agreement import (
    AES_GCM_128,
    AES_GCM_256,
    AES_WRAP_128,
    AES_WRAP_256,
    GBCS_AES_GCM_128,
    cipher_algorithm,
    derive_key,
    ephemeral_party,
    static_party,
    wrapping_algorithm,
)
from dcud.dlms.security.primitives.elliptic_curve import Curve, PrivateKey, PublicKey
from tests.support import gbcs_messages as gbcs
from tests.support import green_book_keys as green_book

# Sources: DLMS Green Book Ed.8 Annex C as used in EnergyICT/Connexo dlms tests;
# SmartDCCInnovation/gbcs-parser crypto test.
# private key, the other's point, Z, AlgorithmID, PartyU, PartyV, key
KNOWN = [
    pytest.param(
        "aad3fd0732e991cf52a74c66c1f2827ddc53522a2e0a169d7c4ffcc0fb5d6a4d",
        (
            "c323c2bd45711de4688637d919f92e9db8fb2dfc213a88d21c9dc8dcba917d8170511de1badb360d50058f79"
            "4b0960ae11fa28d392cff907a62d13e3357b1dc0"
        ),
        "0d4385ba0dd756cbcab9887eb538396ee8f090a14c1079b4359f115b977f4615",
        "60857405080300",
        "4d4d4d0000bc614e",
        "4d4d4d0000000001",
        "59a71fd81c929a86a99438da17a66c05",
        id="ka-C(1e,1s)-client-to-server",  # Green Book Ed.8 Annex C
    ),
    pytest.param(
        "a51c16ff5c498fcc89323d4a9267cd71bf81fd6f6a891cd240da7f3d6f283e65",
        (
            "6439724714b47cd9cb988897d8424ab946dcd083d37a954637616011b9c2378773295f0f850d8dafd1bbe9fe"
            "666e53e4f097cd10b38b69622152724a90987444"
        ),
        "2b4302dc49790e2e78d990cfb52ed6e2f273dece441a2d95e4301b93812a9fac",
        "60857405080300",
        "4d4d4d0000000001",
        "4d4d4d0000bc614e",
        "f0184bda9466bfa4601a64a7ef46504a",
        id="ka-C(1e,1s)-server-to-client",  # Green Book Ed.8 Annex C
    ),
    pytest.param(
        "ad35c8e1df832839b6937908e0c8229ff97eb5349da007b51a1079f56fc1df68",
        (
            "8f2052985d2db939a9371c8fef58acb6814b35d5bf2aa25f97f8d198b26dfe601add893fc4a1d98291f68e84"
            "29b715852367dc0f2c4902e6ff8a736ddc29c134"
        ),
        "ed342441df01551a6beaff3b54adc981f4c6a7e71dff4c3e1cc80b3c9f4e5ac0",
        "60857406080300",
        "90b3d51f3001000009010000000100000000",
        "00db1234567890a0",
        "6a93e360717394015df93e031218c9a6",
        id="ka-C(0e,2s)-gbcs-command",  # SmartDCCInnovation/gbcs-parser crypto test
    ),
    pytest.param(
        "40883990da5b372dc4ec96c76b576bf5d4206e3bfd34cbf60b62448f1f9ba544",
        (
            "8f2052985d2db939a9371c8fef58acb6814b35d5bf2aa25f97f8d198b26dfe601add893fc4a1d98291f68e84"
            "29b715852367dc0f2c4902e6ff8a736ddc29c134"
        ),
        "42da8fad4c8c9d613976f39f1e79ccc88571efa43933d57146b533bc6d253e0f",
        "60857406080300",
        "00db1234567890a009020000000100000000",
        "90b3d51f30010000",
        "03fd30815577c49eb7e3834b63ef8302",
        id="ka-C(0e,2s)-gbcs-response",  # SmartDCCInnovation/gbcs-parser crypto test
    ),
]


def scalar(octets: bytes) -> PrivateKey:
    return PrivateKey.from_scalar(Curve.P256, Secret(octets))


def point(octets: bytes) -> PublicKey:
    return PublicKey(Curve.P256, octets)


@pytest.mark.parametrize(
    ("private", "peer", "shared", "algorithm_id", "party_u", "party_v", "key"), KNOWN
)
def test_keys_of_the_known_answers(
    private: str,
    peer: str,
    shared: str,
    algorithm_id: str,
    party_u: str,
    party_v: str,
    key: str,
) -> None:
    agreed = scalar(bytes.fromhex(private)).agree(point(bytes.fromhex(peer)))
    assert agreed.octets.hex() == shared
    derived = derive_key(Curve.P256, agreed, *map(bytes.fromhex, (algorithm_id, party_u, party_v)))
    assert derived.octets.hex() == key


# Key agreement C(2e,0s): EnergyICT's Connexo, KeyAgreementImplTest and NIST_SP_800_56_KDFTest.
SERVER_EPHEMERAL = "34A8C23A34DBB519D09B245754C85A6CFE05D14A063EFA5AA41545AA8241EFAE"
SERVER_EPHEMERAL_POINT = (
    "95F41066009B185B074F5FFFF736B71C325FCADB2BC0CF1A4F4B17BBE7AB81D6"
    "2946506BC8169C7B539B39A5D8463787F449C9BD2583FA67A1075B0DBFC638BA"
)
CLIENT_EPHEMERAL_POINT = (
    "2914D60E10AB705F62ED6CC349D7CB99B9AB3F3978E59278C7AF595B3AF98794"
    "1372DAB6D5AF1FA867E134167E6F23DE664A6693E05F43414611058D1B48F894"
)


def test_a_key_that_two_ephemeral_key_pairs_agree_on() -> None:
    server = scalar(bytes.fromhex(SERVER_EPHEMERAL))
    assert server.public == point(bytes.fromhex(SERVER_EPHEMERAL_POINT))
    shared = server.agree(point(bytes.fromhex(CLIENT_EPHEMERAL_POINT)))
    assert shared.octets.hex().upper() == (
        "C1CF8FE7891AEF3617D7190795E61FE6C24EFC3CCA2E08469BAD1A225CE6EA08"
    )
    key = derive_key(
        Curve.P256,
        shared,
        AES_GCM_128,
        ephemeral_party(green_book.CLIENT_TITLE),
        ephemeral_party(green_book.SERVER_TITLE),
    )
    assert key.octets.hex().upper() == "C5F4512846EDE51CFB8CCF59F08A694E"


def test_a_key_that_two_static_key_pairs_agree_on() -> None:
    # Gurux's GXSymmetricTest; both sides
    client, server = scalar(green_book.CLIENT_AGREEMENT), scalar(green_book.SERVER_AGREEMENT)
    for own, peer in ((client, server), (server, client)):
        shared = own.agree(peer.public)
        assert shared.octets.hex().upper() == (
            "B1455B2AD5F68BCFFE6AD5412BA89548ACA7E0CBF4B1560D6A57496F15E931AD"
        )
        key = derive_key(
            Curve.P256,
            shared,
            AES_GCM_128,
            static_party(green_book.CLIENT_TITLE, bytes.fromhex("0102030405060708")),
            green_book.SERVER_TITLE,
        )
        assert key.octets.hex().upper() == "56C46B57DF675515C31025455822514A"


def test_the_key_pairs_of_the_known_answers_belong_together() -> None:
    pairs = {
        green_book.CLIENT_SIGNING: green_book.CLIENT_SIGNING_POINT,
        green_book.CLIENT_AGREEMENT: green_book.CLIENT_AGREEMENT_POINT,
        green_book.SERVER_AGREEMENT: green_book.SERVER_AGREEMENT_POINT,
        green_book.CLIENT_EPHEMERAL: green_book.CLIENT_EPHEMERAL_POINT,
    }
    for private, public in pairs.items():
        assert scalar(private).public.point == public


@pytest.mark.parametrize("command", gbcs.COMMANDS, ids=lambda command: command.name)
def test_the_keys_of_real_commands(command: gbcs.Command) -> None:
    shared = scalar(gbcs.AGREEMENT).agree(point(gbcs.PEER_AGREEMENT))
    assert shared == Secret(gbcs.SHARED)
    party_u = static_party(gbcs.PROVIDER, command.party_u[9:])
    assert party_u == command.party_u
    key = derive_key(Curve.P256, shared, GBCS_AES_GCM_128, party_u, gbcs.METER)
    assert key == Secret(command.key)


def test_the_wide_curve_gives_a_long_key() -> None:
    # SHA-384 of 00000001, 48 times 11, 60857405080301, "MMMCLIEN", "MMMSERVE": its first 32 octets
    key = derive_key(Curve.P384, Secret(b"\x11" * 48), AES_GCM_256, b"MMMCLIEN", b"MMMSERVE")
    assert key.octets.hex() == "c1b4a927276be422487fc370a076aba9e6398b3c3a304d9cb42d1be0aa877715"


def test_both_parties_and_the_purpose_make_the_key() -> None:
    shared = Secret(b"\x11" * 32)
    purposes = (AES_GCM_128, AES_WRAP_128, GBCS_AES_GCM_128)
    parties = ((b"MMMCLIEN", b"MMMSERVE"), (b"MMMSERVE", b"MMMCLIEN"))
    keys = {derive_key(Curve.P256, shared, it, *both) for it in purposes for both in parties}
    assert len(keys) == 6


def test_each_curve_has_its_purposes() -> None:
    assert [cipher_algorithm(curve) for curve in Curve] == [AES_GCM_128, AES_GCM_256]
    assert [wrapping_algorithm(curve) for curve in Curve] == [AES_WRAP_128, AES_WRAP_256]


@pytest.mark.parametrize("title", [b"", b"MMM", b"MMMCLIENT"])
def test_a_party_without_a_whole_title_is_refused(title: bytes) -> None:
    sentence = f"a system title of {len(title)} octets"
    with pytest.raises(SystemTitleError, match=sentence):
        ephemeral_party(title)
    with pytest.raises(SystemTitleError, match=sentence):
        static_party(title, b"1")


def test_static_keys_need_a_transaction() -> None:
    assert static_party(b"MMMCLIEN", bytes(200)) == b"MMMCLIEN\x81\xc8" + bytes(200)
    for transaction_id in (b"", bytes(256)):
        with pytest.raises(KeyInfoError, match="needs one of 1 to 255"):
            static_party(b"MMMCLIEN", transaction_id)
