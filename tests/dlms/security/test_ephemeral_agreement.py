import pytest

from dcud.dlms.errors import (
    EncodeError,
    KeyInfoError,
    KeyMissingError,
    SignatureError,
    SystemTitleError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.ephemeral_agreement import (
    AgreementParties,
    EphemeralAgreement,
    answer_agreement,
)
from dcud.dlms.security.key_agreement import AES_GCM_128
from dcud.dlms.security.key_pairs import KeyPairs
from dcud.dlms.security.primitives.elliptic_curve import (
    Curve,
    PrivateKey,
    PublicKey,
    fresh_key,
)
from tests.support import green_book_keys as green_book

# DLMS Green Book Ed.8 Table C.1 as quoted in EnergyICT's Connexo, ECDSASignatureImplTest: key_id 00
# and the client's ephemeral public key with the client's signature.
CLIENT_TOLD = bytes.fromhex(
    "2914D60E10AB705F62ED6CC349D7CB99B9AB3F3978E59278C7AF595B3AF98794"
    "1372DAB6D5AF1FA867E134167E6F23DE664A6693E05F43414611058D1B48F894"
    "06F0607702AA0E2435A183E2F6B1ECD19629712E389A213610C03F77B2590860"
    "EA840AF5C3FA1F2BCDF055D4744E9A01CE9A0E55026BCAA4EEBEB764CED64BB3"
)
# The same source's KeyAgreementImplTest and NIST_SP_800_56_KDFTest
SERVER_EPHEMERAL = bytes.fromhex("34A8C23A34DBB519D09B245754C85A6CFE05D14A063EFA5AA41545AA8241EFAE")
SERVER_EPHEMERAL_POINT = bytes.fromhex(
    "95F41066009B185B074F5FFFF736B71C325FCADB2BC0CF1A4F4B17BBE7AB81D6"
    "2946506BC8169C7B539B39A5D8463787F449C9BD2583FA67A1075B0DBFC638BA"
)
UNICAST, AUTHENTICATION, MASTER = 0, 2, 3


def both(
    curve: Curve = Curve.P256, algorithm_id: bytes | None = None
) -> tuple[AgreementParties, AgreementParties]:
    """Return a client and its meter."""
    keys = fresh_key(curve), fresh_key(curve)
    client, server = (
        AgreementParties(
            pairs=KeyPairs(curve=curve, signing=own, peer_signing=peer.public),
            client_system_title=green_book.CLIENT_TITLE,
            server_system_title=green_book.SERVER_TITLE,
            algorithm_id=algorithm_id,
        )
        for own, peer in (keys, keys[::-1])
    )
    return client, server


def test_the_standards_example_is_answered() -> None:
    meter = fresh_key(Curve.P256)
    parties = AgreementParties(
        pairs=KeyPairs(
            curve=Curve.P256,
            signing=meter,
            peer_signing=PublicKey(Curve.P256, green_book.CLIENT_SIGNING_POINT),
        ),
        client_system_title=green_book.CLIENT_TITLE,
        server_system_title=green_book.SERVER_TITLE,
    )
    answer, keys = answer_agreement(
        parties,
        ((UNICAST, CLIENT_TOLD),),
        lambda: PrivateKey.from_scalar(Curve.P256, Secret(SERVER_EPHEMERAL)),
    )
    assert keys == {UNICAST: Secret(bytes.fromhex("C5F4512846EDE51CFB8CCF59F08A694E"))}
    ((key_id, told),) = answer
    assert key_id == UNICAST
    assert told[:64] == SERVER_EPHEMERAL_POINT
    meter.public.verify(told[64:], b"\0" + SERVER_EPHEMERAL_POINT)


def test_the_standards_client_is_signed_for_one_key_alone() -> None:
    parties = AgreementParties(
        pairs=KeyPairs(
            curve=Curve.P256,
            peer_signing=PublicKey(Curve.P256, green_book.CLIENT_SIGNING_POINT),
        ),
        client_system_title=green_book.CLIENT_TITLE,
        server_system_title=green_book.SERVER_TITLE,
    )
    with pytest.raises(SignatureError):
        parties.derive(AUTHENTICATION, fresh_key(Curve.P256), CLIENT_TOLD)


@pytest.mark.parametrize("curve", list(Curve))
def test_client_and_meter_have_the_same_new_keys(curve: Curve) -> None:
    client, server = both(curve)
    agreement = EphemeralAgreement(
        client, (UNICAST, AUTHENTICATION, MASTER), lambda: fresh_key(curve)
    )
    assert [key_id for key_id, _ in agreement.request] == [UNICAST, AUTHENTICATION, MASTER]
    answer, theirs = answer_agreement(server, agreement.request, lambda: fresh_key(curve))
    ours = agreement.conclude(answer)
    assert ours == theirs
    assert len({key.octets for key in ours.values()}) == 3
    assert {len(key.octets) for key in ours.values()} == {16 if curve is Curve.P256 else 32}
    assert agreement.conclude(answer[::-1]) == ours


def test_a_master_key_is_derived_for_wrapping_unless_told_otherwise() -> None:
    pair, peer = fresh_key(Curve.P256), fresh_key(Curve.P256)
    client, server = both()
    plain = AgreementParties(
        pairs=client.pairs,
        client_system_title=client.client_system_title,
        server_system_title=client.server_system_title,
        algorithm_id=AES_GCM_128,
    )
    told = server.tell(MASTER, peer)[1]
    assert client.derive(MASTER, pair, told) != plain.derive(MASTER, pair, told)
    told = server.tell(UNICAST, peer)[1]
    assert client.derive(UNICAST, pair, told) == plain.derive(UNICAST, pair, told)


@pytest.mark.parametrize("octet", [0, 63, 64, 127])
def test_a_forged_answer_is_refused(octet: int) -> None:
    client, server = both()
    agreement = EphemeralAgreement(client, (UNICAST,), lambda: fresh_key(Curve.P256))
    answer, _ = answer_agreement(server, agreement.request, lambda: fresh_key(Curve.P256))
    forged = bytearray(answer[0][1])
    forged[octet] ^= 1
    with pytest.raises(SignatureError):
        agreement.conclude(((UNICAST, bytes(forged)),))


def test_an_answer_of_another_meter_or_our_own_request_is_refused() -> None:
    client, _ = both()
    _, stranger = both()
    agreement = EphemeralAgreement(client, (UNICAST,), lambda: fresh_key(Curve.P256))
    foreign = stranger.tell(UNICAST, fresh_key(Curve.P256))
    for answer in ((foreign,), agreement.request):
        with pytest.raises(SignatureError):
            agreement.conclude(answer)


@pytest.mark.parametrize("ids", [(), (AUTHENTICATION,), (UNICAST, UNICAST), (UNICAST, MASTER)])
def test_an_answer_for_other_keys_is_refused(ids: tuple[int, ...]) -> None:
    client, server = both()
    agreement = EphemeralAgreement(client, (UNICAST,), lambda: fresh_key(Curve.P256))
    answer = tuple(server.tell(key_id, fresh_key(Curve.P256)) for key_id in ids)
    with pytest.raises(KeyInfoError, match="agrees on other keys than those"):
        agreement.conclude(answer)


def test_what_is_of_another_size_is_refused() -> None:
    client, _ = both()
    agreement = EphemeralAgreement(client, (UNICAST,), lambda: fresh_key(Curve.P256))
    with pytest.raises(KeyInfoError, match=r"127 octets tell a key .* has 128"):
        agreement.conclude(((UNICAST, bytes(127)),))


@pytest.mark.parametrize("ids", [(), (0, 0), (256,), (-1,)])
def test_keys_that_cant_be_asked_for_are_refused(ids: tuple[int, ...]) -> None:
    client, _ = both()
    with pytest.raises(EncodeError, match="can't be agreed on: each once"):
        EphemeralAgreement(client, ids, lambda: fresh_key(Curve.P256))


def test_missing_keys_and_titles_are_refused() -> None:
    nobody = AgreementParties(
        pairs=KeyPairs(curve=Curve.P256), client_system_title=b"", server_system_title=b""
    )
    with pytest.raises(KeyMissingError, match="our key for digital signature"):
        EphemeralAgreement(nobody, (UNICAST,), lambda: fresh_key(Curve.P256))
    with pytest.raises(KeyMissingError, match="the meter's key for digital signature"):
        nobody.derive(UNICAST, fresh_key(Curve.P256), bytes(128))
    client, server = both()
    nameless = AgreementParties(
        pairs=client.pairs,
        client_system_title=client.client_system_title,
        server_system_title=b"",
    )
    told = server.tell(UNICAST, fresh_key(Curve.P256))[1]
    with pytest.raises(SystemTitleError):
        nameless.derive(UNICAST, fresh_key(Curve.P256), told)


def test_nothing_of_the_new_keys_shows() -> None:
    client, server = both()
    agreement = EphemeralAgreement(client, (UNICAST,), lambda: fresh_key(Curve.P256))
    answer, keys = answer_agreement(server, agreement.request, lambda: fresh_key(Curve.P256))
    key = keys[UNICAST].octets
    for text in (repr(keys), repr(agreement.conclude(answer)), repr(client), repr(agreement)):
        assert key.hex() not in text
        assert repr(key) not in text
