"""Protection of one APDU's octets: security control, invocation counter, content, tag.

[IEC 62056-5-3: ciphered xDLMS APDUs]
"""

from dcud.dlms.errors import CountersSpentError, DecodeError, SystemTitleError
from dcud.dlms.secret import Secret
from dcud.dlms.security.control import AUTHENTICATED, ENCRYPTED, SecurityControl
from dcud.dlms.security.counters import LAST_COUNTER
from dcud.dlms.security.primitives.aes_gcm import TAG_SIZE, GcmKey
from dcud.dlms.security.system_title import SYSTEM_TITLE_SIZE

PREFIX_SIZE = 5
"""Octets of security control and invocation counter before the content."""

_BOTH = AUTHENTICATED | ENCRYPTED


class BodyCipher:
    """Protects with one encryption key and one authentication key; both directions, no state.

    A body is security control (1 octet), invocation counter (4), content, and the tag (12) where
    the security control says so.

    Args:
        key: the encryption key: unicast, broadcast, dedicated, wrapped or agreed.
        authentication_key: None where the key alone vouches for the APDU.
    """

    __slots__ = ("_authentication_key", "_key")

    def __init__(self, key: Secret, authentication_key: Secret | None) -> None:
        self._key = GcmKey(key)
        self._authentication_key = b"" if authentication_key is None else authentication_key.octets

    def encipher(
        self,
        control: SecurityControl,
        system_title: bytes,
        counter: int,
        apdu: bytes,
        header: bytes = b"",
    ) -> bytes:
        """Return the body that carries `apdu`.

        Args:
            control: what is done to the APDU, and what is told of it.
            system_title: the originator's, 8 octets.
            counter: the originator's invocation counter under this key; never the same twice.
            apdu: compressed already where `control` says so.
            header: the octets of general-ciphering that the tag vouches for, too.

        Raises:
            SystemTitleError: the system title has not 8 octets.
            CountersSpentError: there is no such counter.
        """
        if not 0 <= counter <= LAST_COUNTER:
            raise CountersSpentError(
                f"the invocation counter {counter} must not be used",
                remedy="replace the meter's keys",
            )
        octet = control.octet
        invocation = counter.to_bytes(4, "big")
        iv = _initialization_vector(system_title, invocation)
        security = bytes((octet,))
        transformation = octet & _BOTH
        if transformation == _BOTH:
            associated = security + self._authentication_key + header
            return security + invocation + self._key.seal(iv, apdu, associated)
        if transformation == AUTHENTICATED:
            associated = security + self._authentication_key + header + apdu
            return security + invocation + apdu + self._key.seal(iv, b"", associated)
        if transformation == ENCRYPTED:
            return security + invocation + self._key.apply_keystream(iv, apdu)
        return security + invocation + apdu

    def decipher(self, body: bytes, system_title: bytes, header: bytes = b"") -> bytes:
        """Return the APDU that a body carries, still compressed where its control says so.

        Whether control and counter are acceptable is to be judged before, see `read_prefix`.

        Args:
            body: as it came.
            system_title: the originator's, 8 octets.
            header: the octets of general-ciphering that the tag vouches for, as they came.

        Raises:
            TagError: the tag doesn't fit; nothing of the content is shown then.
            SystemTitleError: the system title has not 8 octets.
            DecodeError: the body is too short.
        """
        if len(body) < PREFIX_SIZE:
            raise _too_short(body)
        iv = _initialization_vector(system_title, body[1:PREFIX_SIZE])
        transformation = body[0] & _BOTH
        content = body[PREFIX_SIZE:]
        if not transformation & AUTHENTICATED:
            return self._key.apply_keystream(iv, content) if transformation else content
        if len(content) < TAG_SIZE:
            raise _too_short(body)
        associated = body[:1] + self._authentication_key + header
        if transformation == _BOTH:
            return self._key.unseal(iv, content, associated)
        apdu = content[:-TAG_SIZE]
        self._key.unseal(iv, content[-TAG_SIZE:], associated + apdu)
        return apdu


def read_prefix(body: bytes) -> tuple[SecurityControl, int]:
    """Return security control and invocation counter of a body, as it claims them.

    Raises:
        DecodeError: the body is too short.
    """
    return control_of(body), counter_of(body)


def control_of(body: bytes) -> SecurityControl:
    """Return the security control of a body, as it claims it.

    Raises:
        DecodeError: the body is too short.
    """
    if len(body) < PREFIX_SIZE:
        raise _too_short(body)
    return SecurityControl.from_octet(body[0])


def counter_of(body: bytes) -> int:
    """Return the invocation counter of a body, as it claims it.

    Raises:
        DecodeError: the body is too short.
    """
    if len(body) < PREFIX_SIZE:
        raise _too_short(body)
    return int.from_bytes(body[1:PREFIX_SIZE], "big")


def _initialization_vector(system_title: bytes, invocation: bytes) -> bytes:
    if len(system_title) != SYSTEM_TITLE_SIZE:
        raise SystemTitleError(
            f"a system title has {SYSTEM_TITLE_SIZE} octets, not {len(system_title)}",
            remedy="look up the meter's system title, and configure it as server_system_title",
        )
    return system_title + invocation


def _too_short(body: bytes) -> DecodeError:
    return DecodeError(f"{len(body)} octets are too few for a ciphered content")
