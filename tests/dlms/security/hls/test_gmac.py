import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.authentication import Mechanism
from dcud.dlms.errors import (
    CountersSpentError,
    KeyMissingError,
    MeterNotAuthenticError,
    ReplayError,
    SecurityControlError,
    SecurityError,
    SystemTitleError,
)
from dcud.dlms.secret import Secret
from dcud.dlms.security.counters import FreshCounter, GrantedCounters, ReceivedCounter
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.means import Claim
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.suite import SecuritySuite

EK = Secret(bytes.fromhex("000102030405060708090a0b0c0d0e0f"))
AK = Secret(bytes.fromhex("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"))
KEYS = KeySet(suite=SecuritySuite.SUITE_0, unicast=EK, authentication=AK)
OF_CLIENT = Claim(
    prover=bytes.fromhex("4d4d4d0000000001"),
    verifier=bytes.fromhex("4d4d4d0000bc614e"),
    challenge=bytes.fromhex("503677524a323146"),
    counter_challenge=bytes.fromhex("4b35366956616759"),
)
OF_METER = OF_CLIENT.reversed

# u9n/dlms-cosem tests (values quoted from the DLMS Green Book); jDLMS tests.
CLIENT_PROOF = bytes.fromhex("10000000011a52fe7dd3e72748973c1e28")
# DLMS Green Book HLS example (quoted in the DLMS security manual text).
METER_PROOF = bytes.fromhex("1001234567fe1466afb3dbcd4f9389e2b7")


def means(
    keys: KeySet = KEYS, *, counter: int = 0x42, received: ReceivedCounter | None = None
) -> Gmac:
    return Gmac(keys, FreshCounter(counter), ReceivedCounter() if received is None else received)


@pytest.mark.parametrize(
    ("claim", "counter", "proof"),
    [(OF_CLIENT, 1, CLIENT_PROOF), (OF_METER, 0x01234567, METER_PROOF)],
)
def test_the_vectors_in_both_directions(claim: Claim, counter: int, proof: bytes) -> None:
    received = ReceivedCounter()
    assert means(counter=counter).make(claim) == proof
    assert means(received=received).fits(claim, proof)
    assert received.floor == counter + 1


def test_what_it_is() -> None:
    assert means().mechanism is Mechanism.HLS_GMAC
    assert means().takes_titles


def test_a_proof_takes_a_counter() -> None:
    counter = GrantedCounters()
    counter.grant(7, 1)
    gmac = Gmac(KEYS, counter, ReceivedCounter())
    assert gmac.make(OF_CLIENT)[1:5] == bytes.fromhex("00000007")
    with pytest.raises(CountersSpentError):
        gmac.make(OF_CLIENT)


@pytest.mark.parametrize(
    ("suite", "control"), [(SecuritySuite.SUITE_1, 0x11), (SecuritySuite.SUITE_2, 0x12)]
)
def test_the_other_suites_name_themselves(suite: SecuritySuite, control: int) -> None:
    key = Secret(bytes(suite.key_size))
    keys = KeySet(suite=suite, unicast=key, authentication=key)
    proof = means(keys).make(OF_CLIENT)
    assert proof[0] == control
    assert len(proof) == 17
    assert means(keys).fits(OF_CLIENT, proof)


def refuses(proof: bytes, claim: Claim = OF_METER, keys: KeySet = KEYS) -> bool:
    """Tell whether a proof doesn't fit; no counter may have moved then."""
    received = ReceivedCounter(5)
    fits = means(keys, received=received).fits(claim, proof)
    assert fits or received.floor == 5
    return not fits


@pytest.mark.parametrize("position", [1, 4, 5, 16])
def test_a_changed_counter_or_tag(position: int) -> None:
    forged = bytearray(METER_PROOF)
    forged[position] ^= 1
    assert refuses(bytes(forged))


@pytest.mark.parametrize("forged", [b"", METER_PROOF[:-1], METER_PROOF + b"\x00", METER_PROOF[:5]])
def test_another_length(forged: bytes) -> None:
    assert refuses(forged)


def test_our_own_proof_sent_back() -> None:
    assert refuses(means().make(OF_CLIENT))


def test_other_keys() -> None:
    other = Secret(bytes(16))
    suite = SecuritySuite.SUITE_0
    assert refuses(METER_PROOF, keys=KeySet(suite=suite, unicast=other, authentication=AK))
    assert refuses(METER_PROOF, keys=KeySet(suite=suite, unicast=EK, authentication=other))


def test_another_system_title() -> None:
    claim = Claim(
        prover=bytes.fromhex("4d4d4d0000bc614f"),
        verifier=OF_METER.verifier,
        challenge=OF_METER.challenge,
        counter_challenge=OF_METER.counter_challenge,
    )
    assert refuses(METER_PROOF, claim)


@pytest.mark.parametrize("control", [0x00, 0x11, 0x12, 0x1F, 0x20, 0x30, 0x50, 0x90])
def test_another_security_control(control: int) -> None:
    received = ReceivedCounter()
    with pytest.raises(SecurityControlError, match=f"control {control:02X}, where 10 is due"):
        means(received=received).fits(OF_METER, bytes((control,)) + METER_PROOF[1:])
    assert received.floor == 0


def test_the_same_proof_again() -> None:
    received = ReceivedCounter()
    assert means(received=received).fits(OF_METER, METER_PROOF)
    with pytest.raises(ReplayError) as caught:
        means(received=received).fits(OF_METER, METER_PROOF)
    assert (caught.value.counter, caught.value.floor) == (0x01234567, 0x01234568)


def test_the_least_counter_that_is_new() -> None:
    assert means(received=ReceivedCounter(0x01234567)).fits(OF_METER, METER_PROOF)


def test_the_apdu_around_a_proof_has_the_later_counter() -> None:
    received = ReceivedCounter(0x01234000)
    gmac = means(received=received)
    gmac.make(OF_CLIENT)
    received.advance(0x01234568)  # the action response, which was verified before
    assert gmac.fits(OF_METER, METER_PROOF)
    assert received.floor == 0x01234569


def test_a_counter_from_before_our_own_proof_is_old() -> None:
    received = ReceivedCounter()
    gmac = means(received=received)
    received.advance(0x01234567)  # InitiateResponse
    gmac.make(OF_CLIENT)
    with pytest.raises(ReplayError):
        gmac.fits(OF_METER, METER_PROOF)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (KeySet(suite=SecuritySuite.SUITE_0, authentication=AK), "unicast"),
        (KeySet(suite=SecuritySuite.SUITE_0, unicast=EK), "authentication"),
    ],
)
def test_a_key_that_is_missing(keys: KeySet, name: str) -> None:
    with pytest.raises(KeyMissingError, match=f"no {name} key"):
        means(keys)


@pytest.mark.parametrize("title", [None, b"", b"MMM", bytes(9)])
def test_a_system_title_that_is_missing_or_none(title: bytes | None) -> None:
    claim = Claim(prover=title, verifier=OF_METER.verifier, challenge=b"P6wRJ21F",
                  counter_challenge=b"K56iVagY")  # fmt: skip
    with pytest.raises(SystemTitleError):
        means().make(claim)
    with pytest.raises(SystemTitleError):
        means().fits(claim, METER_PROOF)


@pytest.mark.parametrize(
    "request_apdu",
    [
        "c001c100080000010000ff0200",  # get
        "c003c1010008000001",  # get, a list
        "c101c100080000010000ff02001100",  # set
        "c104c10200080000010000ff0200",  # set, a list
        "c301c100460000600a03ff0100",  # action: disconnect
        "c305c10100460000600a03ff0100",  # action, a list in blocks
        "d9400000010001010008",  # access
        "d9400000010c07e801010100000000800000010300",  # access, with a time
        "050102fa00",  # read
        "060102fa000103",  # write
        "160104fa0001",  # unconfirmed write
    ],
)
def test_no_request_is_vouched_for_as_a_challenge(request_apdu: str) -> None:
    counter = GrantedCounters()
    counter.grant(1, 1)
    claim = Claim(
        prover=OF_CLIENT.prover,
        verifier=OF_CLIENT.verifier,
        challenge=bytes.fromhex(request_apdu),
        counter_challenge=OF_CLIENT.counter_challenge,
    )
    with pytest.raises(MeterNotAuthenticError, match="reads like a request"):
        Gmac(KEYS, counter, ReceivedCounter()).make(claim)
    assert counter.remaining == 1


@pytest.mark.parametrize("challenge", [b"P6wRJ21F", b"\xc0\x00\x00\x00\x00\x00\x00\x00", bytes(64)])
def test_other_challenges_are_answered(challenge: bytes) -> None:
    claim = Claim(prover=OF_CLIENT.prover, verifier=OF_CLIENT.verifier, challenge=challenge,
                  counter_challenge=b"K56iVagY")  # fmt: skip
    assert means().fits(claim, means().make(claim))


@given(proof=st.binary(max_size=20) | st.binary(min_size=16, max_size=16).map(b"\x10".__add__))
def test_any_octets_are_refused_or_a_typed_error(proof: bytes) -> None:
    try:
        assert refuses(proof)
    except SecurityError as error:
        assert type(error) in {SecurityControlError, ReplayError}  # noqa: PT017  # either of them
