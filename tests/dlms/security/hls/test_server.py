from collections.abc import Callable
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import (
    MeterNotAuthenticError,
    MisuseError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.hls.client import ClientAuthentication
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.ecdsa import Ecdsa
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.hls.server import ServerAuthentication
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.primitives.elliptic_curve import Curve, fresh_key
from dcud.dlms.security.suite import SecuritySuite

CLIENT = bytes.fromhex("4d4d4d0000000001")
METER = bytes.fromhex("4d4d4d0000bc614e")
CTOS = b"the client has drawn this one, 3"
STOC = b"the meter has drawn this, 32 oct"
SECRET = Secret(b"secret0123456789")
OTHER_SECRET = Secret(b"another secret..")
CLIENT_KEY, METER_KEY = fresh_key(Curve.P256), fresh_key(Curve.P256)


class Pair(NamedTuple):
    """What both parties have."""

    client: Means
    meter: Means


def gmac(suite: SecuritySuite, *, unicast: int = 1) -> Gmac:
    key, authentication = (Secret(bytes((fill,)) * suite.key_size) for fill in (unicast, 2))
    keys = KeySet(suite=suite, unicast=key, authentication=authentication)
    return Gmac(keys, FreshCounter(7), ReceivedCounter(7))


ALIKE: dict[str, Callable[[], Pair]] = {
    "manufacturer": lambda: Pair(Manufacturer(SECRET), Manufacturer(SECRET)),
    "md5": lambda: Pair(Digest(Mechanism.HLS_MD5, SECRET), Digest(Mechanism.HLS_MD5, SECRET)),
    "sha1": lambda: Pair(Digest(Mechanism.HLS_SHA1, SECRET), Digest(Mechanism.HLS_SHA1, SECRET)),
    "gmac-0": lambda: Pair(gmac(SecuritySuite.SUITE_0), gmac(SecuritySuite.SUITE_0)),
    "gmac-1": lambda: Pair(gmac(SecuritySuite.SUITE_1), gmac(SecuritySuite.SUITE_1)),
    "gmac-2": lambda: Pair(gmac(SecuritySuite.SUITE_2), gmac(SecuritySuite.SUITE_2)),
    "sha256": lambda: Pair(
        Digest(Mechanism.HLS_SHA256, SECRET), Digest(Mechanism.HLS_SHA256, SECRET)
    ),
    "ecdsa": lambda: Pair(Ecdsa(CLIENT_KEY, METER_KEY.public), Ecdsa(METER_KEY, CLIENT_KEY.public)),
}
UNLIKE: dict[str, Callable[[], Pair]] = {
    "manufacturer": lambda: Pair(Manufacturer(SECRET), Manufacturer(OTHER_SECRET)),
    "md5": lambda: Pair(Digest(Mechanism.HLS_MD5, SECRET), Digest(Mechanism.HLS_MD5, OTHER_SECRET)),
    "sha256": lambda: Pair(
        Digest(Mechanism.HLS_SHA256, SECRET), Digest(Mechanism.HLS_SHA256, OTHER_SECRET)
    ),
    "gmac": lambda: Pair(gmac(SecuritySuite.SUITE_0), gmac(SecuritySuite.SUITE_0, unicast=3)),
    "ecdsa": lambda: Pair(Ecdsa(CLIENT_KEY, METER_KEY.public), Ecdsa(CLIENT_KEY, METER_KEY.public)),
}


def parties(
    pair: Pair, ctos: bytes = CTOS, stoc: bytes = STOC
) -> tuple[ClientAuthentication, ServerAuthentication]:
    client = ClientAuthentication(pair.client, challenge=ctos, client_system_title=CLIENT)
    server = ServerAuthentication(
        pair.meter,
        challenge=stoc,
        client_challenge=client.challenge,
        client_system_title=client.client_system_title,
        server_system_title=METER,
    )
    assert server.mechanism is client.mechanism
    return client, server


@pytest.mark.parametrize("mechanism", ALIKE)
def test_both_prove_themselves(mechanism: str) -> None:
    client, server = parties(ALIKE[mechanism]())
    client.check(server.answer(client.prove(server.challenge, METER)))


@pytest.mark.parametrize("mechanism", UNLIKE)
def test_a_client_with_another_secret(mechanism: str) -> None:
    client, server = parties(UNLIKE[mechanism]())
    with pytest.raises(SecurityError, match="the client's proof"):
        server.answer(client.prove(server.challenge, METER))


@pytest.mark.parametrize("mechanism", UNLIKE)
def test_a_meter_with_another_secret(mechanism: str) -> None:
    client, server = parties(UNLIKE[mechanism]())
    client.prove(server.challenge, METER)
    impostor = UNLIKE[mechanism]().meter
    genuine_to_itself = ServerAuthentication(
        impostor,
        challenge=STOC,
        client_challenge=CTOS,
        client_system_title=client.client_system_title,
        server_system_title=METER,
    )
    proof = impostor.make(genuine_to_itself._awaited.reversed)  # type: ignore[union-attr]  # it has just been made
    with pytest.raises(MeterNotAuthenticError, match="doesn't fit"):
        client.check(proof)


@pytest.mark.parametrize("mechanism", ALIKE)
def test_the_clients_own_proof_is_not_the_meters(mechanism: str) -> None:
    client, server = parties(ALIKE[mechanism]())
    proof = client.prove(server.challenge, METER)
    with pytest.raises(MeterNotAuthenticError):
        client.check(proof)


def test_a_client_has_one_attempt() -> None:
    client, server = parties(ALIKE["sha256"]())
    with pytest.raises(SecurityError):
        server.answer(b"")
    with pytest.raises(MisuseError):
        server.answer(client.prove(server.challenge, METER))


def test_a_proof_that_was_heard_before() -> None:
    received = ReceivedCounter()
    keys = KeySet(suite=SecuritySuite.SUITE_0, unicast=SECRET, authentication=SECRET)
    for repeat in (False, True):
        meter = Gmac(keys, FreshCounter(), received)
        client, server = parties(Pair(Gmac(keys, FreshCounter(3), ReceivedCounter()), meter))
        proof = client.prove(server.challenge, METER)
        if repeat:
            with pytest.raises(ReplayError):
                server.answer(proof)
        else:
            server.answer(proof)


def test_a_meter_of_another_suite() -> None:
    client, server = parties(Pair(gmac(SecuritySuite.SUITE_0), gmac(SecuritySuite.SUITE_1)))
    with pytest.raises(SecurityControlError):
        server.answer(client.prove(server.challenge, METER))


@pytest.mark.parametrize("size", [0, 7, 65])
def test_a_challenge_of_the_clients_that_is_none(size: int) -> None:
    with pytest.raises(SecurityError, match=f"of {size} octets"):
        ServerAuthentication(
            Digest(Mechanism.HLS_MD5, SECRET), challenge=STOC, client_challenge=bytes(size)
        )


def test_the_same_challenge_twice() -> None:
    with pytest.raises(SecurityError, match="the same challenge"):
        ServerAuthentication(
            Digest(Mechanism.HLS_MD5, SECRET), challenge=STOC, client_challenge=STOC
        )


@given(
    mechanism=st.sampled_from(sorted(ALIKE)),
    ctos=st.binary(min_size=32, max_size=64),
    stoc=st.binary(min_size=32, max_size=64),
)
def test_any_challenges_lead_to_proofs_or_a_typed_error(
    mechanism: str, ctos: bytes, stoc: bytes
) -> None:
    try:
        client, server = parties(ALIKE[mechanism](), ctos, stoc)
        client.check(server.answer(client.prove(server.challenge, METER)))
    except ProtocolError as error:
        # Challenges that are equal, or share blocks, or read like requests.
        assert isinstance(error, SecurityError)  # noqa: PT017  # nothing else may come
