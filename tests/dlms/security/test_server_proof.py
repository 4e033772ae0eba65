import pytest

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import SecurityError, SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.means import Means
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.server_proof import MeterProofDemand
from dcud.dlms.security.suite import SecuritySuite

# Green Book: HLS 5, in hex as the tests of u9n/dlms-cosem quote it
CLIENT = bytes.fromhex("4d4d4d0000000001")
METER = bytes.fromhex("4d4d4d0000bc614e")
KEYS = KeySet(
    suite=SecuritySuite.SUITE_0,
    unicast=Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f")),
    authentication=Secret(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf")),
)
CTOS = b"K56iVagY"
STOC = b"P6wRJ21F"
CLIENTS_PROOF = bytes.fromhex("10000000011a52fe7dd3e72748973c1e28")
METERS_PROOF = bytes.fromhex("1001234567fe1466afb3dbcd4f9389e2b7")


def demand() -> MeterProofDemand:
    counters = Counters(FreshCounter(0x01234567), ReceivedCounter())

    def means() -> Means:
        return Gmac(KEYS, counters.ours, counters.theirs)

    return MeterProofDemand(Mechanism.HLS_GMAC, METER, means, lambda _size: STOC)


def test_the_green_books_exchange() -> None:
    proof = demand().begin(CTOS, CLIENT)
    assert proof.challenge == STOC
    assert proof.answer(CLIENTS_PROOF) == METERS_PROOF


def test_a_proof_of_an_earlier_association_is_old() -> None:
    demanded = demand()
    demanded.begin(CTOS, CLIENT).answer(CLIENTS_PROOF)
    with pytest.raises(SecurityError):
        demanded.begin(CTOS, CLIENT).answer(CLIENTS_PROOF)


@pytest.mark.parametrize("title", [None, b"", b"DCU", METER])
def test_a_client_that_cannot_be_told(title: bytes | None) -> None:
    with pytest.raises(SystemTitleError):
        demand().begin(CTOS, title)


@pytest.mark.parametrize("challenge", [b"", b"1234567", bytes(65), STOC])
def test_a_challenge_that_will_not_do(challenge: bytes) -> None:
    with pytest.raises(SecurityError):
        demand().begin(challenge, CLIENT)


def test_challenges_are_long_enough_for_all() -> None:
    sizes: list[int] = []

    def random(size: int) -> bytes:
        sizes.append(size)
        return bytes(size)

    secret = Secret(b"a secret")
    digest = MeterProofDemand(
        Mechanism.HLS_MD5, METER, lambda: Digest(Mechanism.HLS_MD5, secret), random
    )
    assert digest.begin(CTOS, None).challenge == bytes(32)
    assert sizes == [32]
