"""The client's side of the protection of an association's APDUs."""

from collections.abc import Sequence
from dataclasses import replace

from dcud.dlms.errors import KeyMissingError, SystemTitleError
from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.channels import Channels
from dcud.dlms.security.ciphered_apdu import (
    GENERAL_DED_CIPHERING,
    GENERAL_GLO_CIPHERING,
)
from dcud.dlms.security.compression import compressed
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.envelope import Family
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralKeys, GeneralMeans
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import Form, SecurityParameters
from dcud.dlms.security.primitives.aes_gcm import TAG_SIZE
from dcud.dlms.security.reception import Reception
from dcud.dlms.security.service_tags import DEDICATED_TAGS, GLOBAL_TAGS
from dcud.dlms.security.transaction import Transaction

_Ranges = tuple[tuple[int, int], ...]

_SERVICE_SPECIFIC = {Family.GLO: GLOBAL_TAGS, Family.DED: DEDICATED_TAGS}
_GENERAL_TAGS = {
    Family.GENERAL_GLO: GENERAL_GLO_CIPHERING,
    Family.GENERAL_DED: GENERAL_DED_CIPHERING,
}
_FAMILIES = {
    (Form.SERVICE_SPECIFIC, False): Family.GLO,
    (Form.SERVICE_SPECIFIC, True): Family.DED,
    (Form.GENERAL, False): Family.GENERAL_GLO,
    (Form.GENERAL, True): Family.GENERAL_DED,
    (Form.GENERAL_CIPHERING, False): Family.GENERAL_CIPHERING,
    (Form.GENERAL_CIPHERING, True): Family.GENERAL_CIPHERING,
}
_GENERAL_OF = {Family.GLO: Family.GENERAL_GLO, Family.DED: Family.GENERAL_DED}

_OVERHEADS = {Form.SERVICE_SPECIFIC: 32, Form.GENERAL: 32, Form.GENERAL_CIPHERING: 288}
"""Octets added at most: tags, titles, transaction, key-info, lengths, prefix and tag."""

_SIGNATURE_OVERHEAD = 160


class ClientProtection:
    """Protects requests, and takes the protection of answers and notifications away.

    It satisfies `dcud.dlms.protection.Protection`. One is made for each association.

    Args:
        parameters: what is done to requests, and demanded of what comes.
        keys: the global ones.
        counters: those under the global key: the broadcast one where the parameters say so, else
            the unicast one.
        dedicated_key: a fresh one for this association, None where it is to have none.
        means: what general-ciphering and signatures need; None where neither is used.

    Raises:
        KeyMissingError: the keys are another suite's.
    """

    __slots__ = (
        "_asked", "_channels", "_controls", "_general_begins", "_general_keys", "_means",
        "_parameters", "_reception", "_transaction",
    )  # fmt: skip

    def __init__(
        self,
        parameters: SecurityParameters,
        keys: KeySet,
        counters: Counters,
        *,
        dedicated_key: Secret | None = None,
        means: GeneralMeans | None = None,
    ) -> None:
        if keys.suite is not parameters.suite:
            raise KeyMissingError(
                f"the keys are made for security suite {keys.suite.value},"
                f" not for {parameters.suite.value}"
            )
        self._parameters = parameters
        self._means = means
        self._channels = Channels(parameters, keys, counters, dedicated_key)
        self._general_keys = GeneralKeys(parameters, keys, means, self._channels.under_global_key)
        self._transaction = Transaction()
        self._reception = Reception(
            parameters,
            self._channels,
            self._general_keys,
            self._transaction,
            None if means is None else means.signing,
        )
        self._controls = {family: _control(parameters, family) for family in Family}
        self._general_begins = {
            family: _general_begin(parameters, tag) for family, tag in _GENERAL_TAGS.items()
        }
        self._asked = _FAMILIES[parameters.form, dedicated_key is not None]

    @property
    def client_system_title(self) -> bytes:
        """The client's system title; 8 octets."""
        return self._parameters.client_system_title

    @property
    def dedicated_key(self) -> Secret | None:
        """The key for this association alone."""
        return self._channels.dedicated_key

    def meet(self, server_system_title: bytes | None) -> None:
        """Learn the meter's system title as AARE tells it, None where it tells none.

        Raises:
            SystemTitleError: it is another than the configured one, malformed, or nowhere known.
        """
        self._reception.meet(server_system_title)

    def protect_initiate(self, initiate: bytes) -> bytes:
        """Return InitiateRequest as glo-initiate-request; plain where requests are not ciphered.

        It is encrypted in any case where it carries a dedicated key.

        Raises:
            SecurityError: a key or a counter is missing.
        """
        control = self._controls[Family.GLO]
        if self.dedicated_key is not None:
            control = replace(control, encrypted=True)
        if not (control.authenticated or control.encrypted):
            return initiate
        channel = self._channels.under_global_key()
        body = channel.encipher(control, self.client_system_title, initiate)
        return bytes((GLOBAL_TAGS[initiate[0]],)) + encode_length(len(body)) + body

    def unprotect_initiate(self, user_information: bytes) -> bytes:
        """Return the InitiateResponse, or ConfirmedServiceError, that AARE and RLRE carry.

        Raises:
            SecurityError: it can't be trusted; plain where it must not be, among others.
            DecodeError: it is malformed.
        """
        return self._reception.open_initiate(user_information)

    def protect(
        self, apdu: bytes, secret: Sequence[tuple[int, int]] = (), *, in_proof: bool = False
    ) -> tuple[bytes, _Ranges]:
        """Return a request as it goes out, with the ranges of it that no log may show.

        Raises:
            SecurityError: a key or a counter is missing.
        """
        parameters = self._parameters
        guard = parameters.requests
        general = guard.ciphers and parameters.form is Form.GENERAL_CIPHERING
        header = self._open_transaction() if general or guard.signed else None
        octets = self._sign(header, apdu) if header is not None and guard.signed else apdu
        self._asked = family = self._family(octets[0], in_proof=in_proof)
        if guard.ciphers:
            octets = self._encipher(family, octets, header)
        return octets, self._hidden(octets, apdu, secret) if secret else ()

    def unprotect(self, apdu: bytes) -> bytes:
        """Return the APDU within what the meter sent, answer or notification.

        Raises:
            SecurityError: it can't be trusted; plain where it must not be, among others.
            DecodeError: it is malformed.
        """
        return self._reception.open(apdu, self._asked)

    def overhead(self) -> int:
        """Return how many octets protection adds to a request at most."""
        guard = self._parameters.requests
        ciphering = _OVERHEADS[self._parameters.form] if guard.ciphers else 0
        return ciphering + (_SIGNATURE_OVERHEAD if guard.signed else 0)

    def _family(self, tag: int, *, in_proof: bool) -> Family:
        """Return in what a request goes out: generally, where its service has no tag for it."""
        parameters = self._parameters
        dedicated = self.dedicated_key is not None and not (
            in_proof and parameters.proof_under_global_key
        )
        family = _FAMILIES[parameters.form, dedicated]
        tags = _SERVICE_SPECIFIC.get(family)
        return family if tags is None or tag in tags else _GENERAL_OF[family]

    def _open_transaction(self) -> GeneralHeader:
        """Return the header of a request that awaits the answer to it alone."""
        title = self._reception.server_system_title
        if title is None:
            raise SystemTitleError(
                "the meter's system title is needed for a request, but not known",
                remedy="configure server_system_title",
            )
        if self._means is None:
            raise KeyMissingError("nothing makes the transaction ids that a request needs")
        header = GeneralHeader(
            transaction_id=self._means.transaction_id(),
            originator_system_title=self.client_system_title,
            recipient_system_title=title,
        )
        self._transaction.open(header)
        return header

    def _sign(self, header: GeneralHeader, apdu: bytes) -> bytes:
        signing = None if self._means is None else self._means.signing
        if signing is None:
            raise KeyMissingError(
                "no key is known to sign requests with", remedy="add signing_key to the key file"
            )
        return signing.sign(header, apdu)

    def _encipher(self, family: Family, content: bytes, header: GeneralHeader | None) -> bytes:
        """Return what goes out for `content`, which may be signed already."""
        tags = _SERVICE_SPECIFIC.get(family)
        control = self._controls[family]
        if tags is None:
            begin = self._general_begins.get(family, b"")
            content, control = self._compress(content, control)
        else:
            begin = bytes((tags[content[0]],))
        if header is not None and family is Family.GENERAL_CIPHERING:
            return self._general_ciphering(control, content, header)
        body = self._channel(family).encipher(control, self.client_system_title, content)
        return begin + encode_length(len(body)) + body

    def _compress(self, content: bytes, control: SecurityControl) -> tuple[bytes, SecurityControl]:
        """Return content and control as they are if compression makes them no shorter."""
        parameters = self._parameters
        shorter = compressed(content) if parameters.compress and parameters.compressible else None
        if shorter is None:
            return content, control
        return shorter, replace(control, compressed=True)

    def _channel(self, family: Family) -> Channel:
        if family is Family.DED or family is Family.GENERAL_DED:
            return self._channels.under_dedicated_key()
        return self._channels.under_global_key()

    def _general_ciphering(
        self, control: SecurityControl, content: bytes, header: GeneralHeader
    ) -> bytes:
        channel, key_info = self._general_keys.for_sending(header)
        body = channel.encipher(control, self.client_system_title, content, header.encode())
        return GeneralCiphering(header=header, key_info=key_info, body=body).encode()

    def _hidden(self, octets: bytes, apdu: bytes, secret: Sequence[tuple[int, int]]) -> _Ranges:
        """Return where the secret ranges of `apdu` are in what goes out for it."""
        guard = self._parameters.requests
        if guard.encrypted:
            return ()
        if not guard.authenticated and not guard.signed:
            return tuple(secret)
        offset = len(octets) - TAG_SIZE - len(apdu)
        if octets[offset:-TAG_SIZE] != apdu:
            return ((0, len(octets)),)  # signed or compressed, it is anywhere in there
        return tuple((begin + offset, end + offset) for begin, end in secret)


def _control(parameters: SecurityParameters, family: Family) -> SecurityControl:
    """Return what a request of this family says of its protection."""
    return SecurityControl(
        suite=parameters.suite,
        authenticated=parameters.requests.authenticated,
        encrypted=parameters.requests.encrypted,
        broadcast=parameters.broadcast and family in {Family.GLO, Family.GENERAL_GLO},
    )


def _general_begin(parameters: SecurityParameters, tag: int) -> bytes:
    """Return the octets of general-glo-ciphering or general-ded-ciphering before its body."""
    title = b"" if parameters.omit_system_title else parameters.client_system_title
    return bytes((tag, len(title))) + title
