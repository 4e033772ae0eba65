"""How the APDUs of one association are protected, and what the other party's must be."""

from dataclasses import dataclass
from enum import Enum

from dcud.dlms.errors import SystemTitleError
from dcud.dlms.security.suite import SecuritySuite
from dcud.dlms.security.system_title import check_system_title


class Form(Enum):
    """How a protected APDU looks."""

    SERVICE_SPECIFIC = "service-specific"
    """glo-get-request, ded-get-request and their like."""

    GENERAL = "general"
    """general-glo-ciphering, general-ded-ciphering."""

    GENERAL_CIPHERING = "general-ciphering"
    """general-ciphering, which names parties, transaction and key."""


class KeyInfoMethod(Enum):
    """How general-ciphering tells the key."""

    IDENTIFIED = "identified"
    WRAPPED = "wrapped"
    ONE_PASS = "one-pass"  # noqa: S105  # no password: C(1e,1s)
    STATIC = "static"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What is done to an APDU, or demanded of one at least.

    Attributes:
        authenticated: it has an authentication tag.
        encrypted: its content is ciphertext.
        signed: its content is signed by the originator's own key.
    """

    authenticated: bool = False
    encrypted: bool = False
    signed: bool = False

    @property
    def ciphers(self) -> bool:
        """Tell whether a symmetric key has a part in it."""
        return self.authenticated or self.encrypted


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityParameters:
    """What both parties know of each other's protection.

    Attributes:
        client_system_title: 8 octets.
        server_system_title: 8 octets; None where the meter tells it.
        suite: the one suite that APDUs may name.
        requests: what is done to requests.
        answers: what answers and notifications must have at least.
        form: how protected APDUs look.
        any_form: whether answers may come in another form, or under the other of global and
            dedicated key, than requests went out.
        key_info: how general-ciphering tells the key.
        broadcast: whether the global key is the broadcast one.
        compress: whether requests are compressed where they get shorter; general forms only.
        compress_in_any_suite: whether compression is taken for known in suite 0, too.
        proof_under_global_key: whether the proof of identity goes under the global key though there
            is a dedicated one.
        omit_system_title: whether general-glo-ciphering and general-ded-ciphering go out without
            our system title. [field: Pietro Fiorentini]
        largest_apdu: octets that a compressed APDU may expand to.

    Raises:
        SystemTitleError: a system title has not 8 octets, or both are the same.
    """

    client_system_title: bytes
    server_system_title: bytes | None = None
    suite: SecuritySuite
    requests: Guard
    answers: Guard
    form: Form = Form.SERVICE_SPECIFIC
    any_form: bool = False
    key_info: KeyInfoMethod = KeyInfoMethod.IDENTIFIED
    broadcast: bool = False
    compress: bool = False
    compress_in_any_suite: bool = False
    proof_under_global_key: bool = False
    omit_system_title: bool = False
    largest_apdu: int = 0x10000

    def __post_init__(self) -> None:
        check_system_title("the client's", self.client_system_title)
        if self.server_system_title is not None:
            self.check_server(self.server_system_title)

    @property
    def compressible(self) -> bool:
        """Tell whether compression is known."""
        return self.suite.compresses or self.compress_in_any_suite

    def check_server(self, system_title: bytes) -> None:
        """Judge whether the meter can have this system title.

        Raises:
            SystemTitleError: it has not 8 octets, or is ours.
        """
        check_system_title("the meter's", system_title)
        if system_title == self.client_system_title:
            # Both would use the same initialization vectors, and our requests could be sent back.
            raise SystemTitleError(
                f"client and meter have the same system title, {system_title.hex()}",
                remedy="give the client another one",
            )
