import pytest

from dcud.dlms.authentication import HighLevelSecurity, Mechanism
from dcud.dlms.errors import MeterNotAuthenticError, MisuseError, SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.hls.client import ClientAuthentication
from dcud.dlms.security.hls.digest import Digest
from dcud.dlms.security.hls.gmac import Gmac
from dcud.dlms.security.hls.manufacturer import Manufacturer
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.suite import SecuritySuite

SECRET = Secret(b"secret0123456789")
CLIENT = bytes.fromhex("4d4d4d0000000001")
METER = bytes.fromhex("4d4d4d0000bc614e")
CTOS = b"K56iVagY"
STOC = b"P6wRJ21F"
# Computed from the order in which the standard has secret, titles and challenges.
CLIENT_PROOF = bytes.fromhex("9f727813352f627e9946ee16109302e2b7c9a5807c77eb528404180628d586a5")
METER_PROOF = bytes.fromhex("1b71b69f957733bf91ed0467ca6cf9a11ea5f8461cdc79129af90fd7d09b03d8")


def md5(challenge: bytes = CTOS, *, short_challenges: bool = False) -> ClientAuthentication:
    return ClientAuthentication(
        Digest(Mechanism.HLS_MD5, SECRET), challenge=challenge, short_challenges=short_challenges
    )


def sha256(client: bytes | None = CLIENT, configured: bytes | None = None) -> ClientAuthentication:
    return ClientAuthentication(
        Digest(Mechanism.HLS_SHA256, SECRET),
        challenge=CTOS,
        client_system_title=client,
        server_system_title=configured,
    )


def test_both_passes() -> None:
    authentication: HighLevelSecurity = sha256()
    assert authentication.mechanism is Mechanism.HLS_SHA256
    assert authentication.challenge == CTOS
    assert authentication.client_system_title == CLIENT
    assert authentication.prove(STOC, METER) == CLIENT_PROOF
    authentication.check(METER_PROOF)


def test_a_mechanism_without_system_titles_tells_none() -> None:
    authentication = ClientAuthentication(
        Manufacturer(SECRET), challenge=CTOS, client_system_title=CLIENT
    )
    assert authentication.client_system_title is None
    authentication.prove(STOC, b"\x01")  # nor does it care for the meter's


@pytest.mark.parametrize("size", [0, 7, 65])
def test_a_challenge_of_ours_that_is_none(size: int) -> None:
    with pytest.raises(MisuseError, match=f"of {size} octets"):
        md5(bytes(size))


@pytest.mark.parametrize("size", [0, 1, 7, 65, 200])
def test_a_challenge_of_the_meters_that_is_none(size: int) -> None:
    with pytest.raises(MeterNotAuthenticError, match=f"of {size} octets"):
        md5().prove(bytes(size), None)


@pytest.mark.parametrize(("size", "borne"), [(0, False), (1, True), (7, True), (65, False)])
def test_short_challenges_may_be_borne(size: int, borne: bool) -> None:  # noqa: FBT001  # a column
    authentication = md5(short_challenges=True)
    if borne:
        assert authentication.prove(bytes(size), None)
    else:
        with pytest.raises(MeterNotAuthenticError, match=f"of {size} octets"):
            authentication.prove(bytes(size), None)


def test_our_own_challenge_sent_back() -> None:
    with pytest.raises(MeterNotAuthenticError, match="our own challenge"):
        md5().prove(CTOS, None)


def test_a_meter_that_does_not_know_the_secret() -> None:
    authentication = sha256()
    authentication.prove(STOC, METER)
    with pytest.raises(MeterNotAuthenticError, match="doesn't fit"):
        authentication.check(CLIENT_PROOF)


def test_a_meter_has_one_attempt() -> None:
    authentication = sha256()
    authentication.prove(STOC, METER)
    with pytest.raises(MeterNotAuthenticError):
        authentication.check(b"")
    with pytest.raises(MisuseError, match="no proof"):
        authentication.check(METER_PROOF)


def test_no_proof_is_awaited_before_ours() -> None:
    with pytest.raises(MisuseError, match="no proof"):
        sha256().check(METER_PROOF)


def test_none_is_awaited_after_a_refused_challenge() -> None:
    authentication = sha256()
    with pytest.raises(MeterNotAuthenticError):
        authentication.prove(CTOS, METER)
    with pytest.raises(MisuseError, match="no proof"):
        authentication.check(METER_PROOF)


def test_a_challenge_is_for_one_association() -> None:
    authentication = sha256()
    authentication.prove(STOC, METER)
    with pytest.raises(MisuseError, match="second association"):
        authentication.prove(STOC, METER)


@pytest.mark.parametrize("title", [None, b"", b"MMM", bytes(9)])
def test_a_system_title_of_ours_that_is_none(title: bytes | None) -> None:
    with pytest.raises(SystemTitleError, match="the client's"):
        sha256(title)


def test_a_configured_system_title_that_is_none() -> None:
    with pytest.raises(SystemTitleError, match="the meter's"):
        sha256(configured=b"MMM")


@pytest.mark.parametrize("told", [None, b"", METER, b"MMM\x00\x00\xbc\x61\x4e"])
def test_a_configured_system_title(told: bytes | None) -> None:
    authentication = sha256(configured=METER)
    assert authentication.prove(STOC, told) == CLIENT_PROOF
    authentication.check(METER_PROOF)


def test_a_system_title_that_is_told_cut_short() -> None:
    sha256(configured=b"MMM\x01\x02\x03\x00\x00").prove(STOC, b"MMM\x01\x02\x03")


def test_another_system_title_than_the_configured() -> None:
    with pytest.raises(SystemTitleError, match=r"4d4d4d0000bc614f, but 4d4d4d0000bc614e"):
        sha256(configured=METER).prove(STOC, bytes.fromhex("4d4d4d0000bc614f"))


@pytest.mark.parametrize("told", [None, b""])
def test_a_system_title_that_nobody_tells(told: bytes | None) -> None:
    with pytest.raises(SystemTitleError, match="does not tell"):
        sha256().prove(STOC, told)


@pytest.mark.parametrize("told", [b"MMM", bytes(9)])
def test_a_system_title_that_is_none(told: bytes) -> None:
    with pytest.raises(SystemTitleError, match="the meter's"):
        sha256().prove(STOC, told)


@pytest.mark.parametrize("configured", [None, CLIENT])
def test_a_meter_that_bears_our_system_title(configured: bytes | None) -> None:
    with pytest.raises(SystemTitleError, match="the same system title"):
        sha256(configured=configured).prove(STOC, CLIENT)


def test_a_kaifa_meter() -> None:
    # jDLMS CipheringTest.testKaifaMessages: request and response of an ACTION. The keys were never
    # told, so that only the shape can be seen, and that other keys are noticed.
    key = Secret(bytes(16))
    keys = KeySet(suite=SecuritySuite.SUITE_0, unicast=key, authentication=key)
    authentication = ClientAuthentication(
        Gmac(keys, FreshCounter(0x01234567), ReceivedCounter(0x1A9190BC)),
        challenge=CTOS,
        client_system_title=CLIENT,
    )
    proof = authentication.prove(STOC, METER)
    assert proof[:5] == bytes.fromhex("10012345677d52391c407e3a45210f000e")[:5]
    with pytest.raises(MeterNotAuthenticError, match="doesn't fit"):
        authentication.check(bytes.fromhex("101a9190bc0a587217bcd2bcd4fddb7143"))


def test_no_text_shows_a_secret_or_a_challenge() -> None:
    authentication = sha256()
    shown = repr(authentication) + repr(Digest(Mechanism.HLS_MD5, SECRET))
    authentication.prove(STOC, METER)
    with pytest.raises(MeterNotAuthenticError) as caught:
        authentication.check(b"\x00" * 32)
    for octets in (SECRET.octets, METER_PROOF, CLIENT_PROOF):
        assert octets.hex() not in shown + str(caught.value)
        assert str(octets) not in shown + str(caught.value)
