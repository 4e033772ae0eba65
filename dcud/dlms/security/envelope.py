"""Ciphered APDUs of every form taken apart into the same parts, nothing of them verified yet."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from dcud.dlms.security import general_ciphering
from dcud.dlms.security.ciphered_apdu import (
    GENERAL_DED_CIPHERING,
    GENERAL_GLO_CIPHERING,
    split_general,
    split_service,
)
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.key_info import KeyInfo
from dcud.dlms.security.service_tags import PLAIN_OF_DEDICATED, PLAIN_OF_GLOBAL


class Family(Enum):
    """The ciphered APDUs whose tags belong together."""

    GLO = "glo"
    DED = "ded"
    GENERAL_GLO = "general-glo-ciphering"
    GENERAL_DED = "general-ded-ciphering"
    GENERAL_CIPHERING = "general-ciphering"

    __hash__ = object.__hash__  # each is there once; that of Enum hashes names, for every APDU


@dataclass(slots=True)
class Envelope:
    """A ciphered APDU.

    Attributes:
        family: what it is.
        body: security control, invocation counter, content, tag.
        promised: the tag that its content must begin with; None where it may be any.
        system_title: the originator's, empty where it isn't told.
        header: with general-ciphering alone.
        key_info: with general-ciphering alone.
    """

    family: Family
    body: bytes
    promised: int | None = None
    system_title: bytes = b""
    header: GeneralHeader | None = None
    key_info: KeyInfo | None = None


def open_envelope(apdu: bytes) -> Envelope | None:
    """Take a ciphered APDU apart; None where it isn't one.

    Raises:
        DecodeError: it is malformed.
    """
    opener = _OPENERS.get(apdu[0]) if apdu else None
    return None if opener is None else opener(apdu)


def _glo(apdu: bytes) -> Envelope:
    tag, body = split_service(apdu)
    return Envelope(Family.GLO, body, PLAIN_OF_GLOBAL[tag])


def _ded(apdu: bytes) -> Envelope:
    tag, body = split_service(apdu)
    return Envelope(Family.DED, body, PLAIN_OF_DEDICATED[tag])


def _general_glo(apdu: bytes) -> Envelope:
    _, system_title, body = split_general(apdu)
    return Envelope(Family.GENERAL_GLO, body, None, system_title)


def _general_ded(apdu: bytes) -> Envelope:
    _, system_title, body = split_general(apdu)
    return Envelope(Family.GENERAL_DED, body, None, system_title)


def _general_ciphering(apdu: bytes) -> Envelope:
    general = GeneralCiphering.decode(apdu)
    return Envelope(
        Family.GENERAL_CIPHERING,
        general.body,
        None,
        general.header.originator_system_title,
        general.header,
        general.key_info,
    )


_OPENERS: dict[int, Callable[[bytes], Envelope]] = {
    **dict.fromkeys(PLAIN_OF_GLOBAL, _glo),
    **dict.fromkeys(PLAIN_OF_DEDICATED, _ded),
    GENERAL_GLO_CIPHERING: _general_glo,
    GENERAL_DED_CIPHERING: _general_ded,
    general_ciphering.TAG: _general_ciphering,
}
