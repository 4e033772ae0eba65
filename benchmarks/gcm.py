"""A 1 kB APDU protected, and the protection taken away and verified, beside dlms-cosem."""

from collections.abc import Callable
from importlib.metadata import version
from time import process_time

from dlms_cosem.protocol.xdlms import GeneralGlobalCipher
from dlms_cosem.security import SecurityControlField, encrypt

from benchmarks.result import Result
from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Counters
from dcud.dlms.security.counters import FreshCounter, ReceivedCounter
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, Guard, SecurityParameters
from dcud.dlms.security.protection import ClientProtection
from dcud.dlms.security.suite import SecuritySuite

APDUS = 5_000
"""In a round of either side."""

ROUNDS = 9
CLIENT = b"CLI00001"
METER = b"MTR00001"
KEY = bytes(range(16))
AUTHENTICATION_KEY = bytes(range(16, 32))
BOTH = Guard(authenticated=True, encrypted=True)
APDU = b"\xc4\x01\xc1\x00\x09\x82\x03\xf8" + bytes(range(254)) * 4


def protection(own: bytes, other: bytes) -> ClientProtection:
    parameters = SecurityParameters(
        client_system_title=own,
        server_system_title=other,
        suite=SecuritySuite.SUITE_0,
        requests=BOTH,
        answers=BOTH,
        form=Form.GENERAL,  # the peer has no other
    )
    keys = KeySet(
        suite=SecuritySuite.SUITE_0,
        unicast=Secret(KEY),
        authentication=Secret(AUTHENTICATION_KEY),
    )
    return ClientProtection(parameters, keys, Counters(FreshCounter(), ReceivedCounter()))


def protect_ours(apdus: int) -> bytes:
    protect = protection(CLIENT, METER).protect
    octets = b""
    for _ in range(apdus):
        octets, _ = protect(APDU)
    return octets


def protect_theirs(apdus: int) -> bytes:
    """The peer's own class has one octet for a length, which this is too long for: it gets ours."""
    octets = b""
    for counter in range(apdus):
        control = SecurityControlField(security_suite=0, authenticated=True, encrypted=True)
        content = encrypt(control, CLIENT, counter, KEY, APDU, AUTHENTICATION_KEY)
        body = control.to_bytes() + counter.to_bytes(4, "big") + content
        octets = b"\xdb\x08" + CLIENT + encode_length(len(body)) + body
    return octets


def received(apdus: int) -> list[bytes]:
    protect = protection(METER, CLIENT).protect
    return [protect(APDU)[0] for _ in range(apdus)]


def unprotect_ours(octets: list[bytes]) -> bytes:
    unprotect = protection(CLIENT, METER).unprotect
    apdu = b""
    for each in octets:
        apdu = unprotect(each)
    return apdu


def unprotect_theirs(octets: list[bytes]) -> bytes:
    apdu = b""
    for each in octets:
        apdu = GeneralGlobalCipher.from_bytes(each).to_plain_apdu(KEY, AUTHENTICATION_KEY)
    return apdu


def seconds(run: Callable[[], bytes]) -> float:
    begin = process_time()
    run()
    return process_time() - begin


def race(name: str, ours: Callable[[], bytes], theirs: Callable[[], bytes]) -> Result:
    """The best of interleaved rounds, in APDUs per second."""
    assert ours() == theirs()  # noqa: S101  # a wrong result would be fast
    rounds = [(seconds(ours), seconds(theirs)) for _ in range(ROUNDS)]
    value, peer_value = (APDUS / min(column) for column in zip(*rounds, strict=True))
    return Result(
        name=name,
        value=value,
        unit="APDUs/s",
        peer=f"dlms-cosem {version('dlms-cosem')}",
        peer_value=peer_value,
        ratio=value / peer_value,
    )


def run() -> list[Result]:
    octets = received(APDUS)
    return [
        race("gcm_protect", lambda: protect_ours(APDUS), lambda: protect_theirs(APDUS)),
        race("gcm_unprotect", lambda: unprotect_ours(octets), lambda: unprotect_theirs(octets)),
    ]
