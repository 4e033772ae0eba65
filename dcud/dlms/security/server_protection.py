"""The server's side of the protection of an association's APDUs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from dcud.dlms.apdu import exception_response
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.errors import (
    DecodeError,
    KeyInfoError,
    ProtocolError,
    ReplayError,
    SecurityControlError,
    SecurityPolicyError,
    SignatureError,
    SystemTitleError,
    TagError,
    TransactionError,
)
from dcud.dlms.octets import encode_length
from dcud.dlms.secret import Secret
from dcud.dlms.security import general_signing
from dcud.dlms.security.channel import Channel, Counters
from dcud.dlms.security.cipher import read_prefix
from dcud.dlms.security.ciphered_apdu import (
    GENERAL_DED_CIPHERING,
    GENERAL_GLO_CIPHERING,
    GeneralGloDedCiphering,
)
from dcud.dlms.security.compression import compressed, expanded
from dcud.dlms.security.control import SecurityControl
from dcud.dlms.security.envelope import Envelope, Family, open_envelope
from dcud.dlms.security.general_ciphering import GeneralCiphering
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralKeys, GeneralMeans
from dcud.dlms.security.key_info import (
    STATIC,
    AgreedKey,
    KeyInfo,
    WrappedKey,
)
from dcud.dlms.security.keys import KeySet
from dcud.dlms.security.parameters import (
    Guard,
    KeyInfoMethod,
    SecurityParameters,
)
from dcud.dlms.security.policy import Admission
from dcud.dlms.security.server_setup import ServerSecuritySetup
from dcud.dlms.security.service_tags import DEDICATED_TAGS, GLOBAL_TAGS
from dcud.dlms.security.system_title import check_system_title

LARGEST_APDU = 0x10000
"""Octets that a compressed request may expand to."""

_SERVICE_SPECIFIC = {Family.GLO: GLOBAL_TAGS, Family.DED: DEDICATED_TAGS}
_GENERAL = {
    Family.GENERAL_GLO: GENERAL_GLO_CIPHERING,
    Family.GENERAL_DED: GENERAL_DED_CIPHERING,
}
_DEDICATED = frozenset({Family.DED, Family.GENERAL_DED})
_GLOBAL = frozenset({Family.GLO, Family.GENERAL_GLO})
_OVERHEAD = 32
_OVERHEAD_OF_GENERAL_CIPHERING = 288
_OVERHEAD_OF_SIGNATURE = 160


class CounterRefusal(Enum):
    """What a server says to a client whose invocation counter is too low.

    [field: all of them are met]
    """

    HINT = "hint"
    """ExceptionResponse with the counter that it expects."""

    NO_HINT = "no-hint"
    """ExceptionResponse with invocation-counter-error alone."""

    DECIPHERING_ERROR = "deciphering-error"
    """ExceptionResponse that doesn't tell counters from tags."""

    SILENT = "silent"
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShape:
    """How an answer is protected, as follows from the request.

    Attributes:
        family: what it is sent as; None in the clear, or signed alone.
        control: what is done to it.
        originator: the system title that it is protected under.
        header: of general-ciphering and general-signing.
        signed: whether it is signed.
        method: how general-ciphering tells its key.
    """

    family: Family | None = None
    control: SecurityControl
    originator: bytes
    header: GeneralHeader | None = None
    signed: bool = False
    method: KeyInfoMethod = KeyInfoMethod.IDENTIFIED


class MeterProtection:
    """Satisfies `dcud.dlms.server_security.ServerProtection`; one is made for each association.

    Args:
        setup: what all associations share.
        counter_refusal: what a client is told whose counter is too low.
    """

    def __init__(
        self,
        setup: ServerSecuritySetup,
        counter_refusal: CounterRefusal = CounterRefusal.HINT,
    ) -> None:
        self._setup = setup
        self._counter_refusal = counter_refusal
        self._client_system_title: bytes | None = None
        self._dedicated: Channel | None = None
        self._transactions: set[bytes] = set()
        self._shape = self._plain()

    @property
    def system_title(self) -> bytes:
        """The server's, as AARE tells it; 8 octets."""
        return self._setup.system_title

    def meet(self, client_system_title: bytes | None) -> None:
        """Learn the system title that AARQ tells.

        Raises:
            SystemTitleError: there is none, it has not 8 octets, or is the server's own.
        """
        title = client_system_title or b""
        check_system_title("the client's", title)
        if title == self.system_title:
            raise SystemTitleError(f"a client bears the meter's system title, {title.hex()}")
        self._client_system_title = self._setup.client_system_title = title

    def adopt(self, dedicated_key: Secret | None) -> None:
        """Take the key that the client has made for this association alone.

        Raises:
            KeyMissingError: it is as long as none of the suite.
        """
        self._dedicated = None
        if dedicated_key is not None:
            keys = KeySet(suite=self._setup.suite, unicast=dedicated_key)
            self._dedicated = Channel(
                keys.demand("unicast"), self._setup.keys.authentication, Counters.fresh()
            )

    def open_initiate(self, user_information: bytes) -> bytes:
        """Return the InitiateRequest that AARQ and RLRQ carry.

        Raises:
            SecurityError: it can't be trusted, or is protected less than the policy demands.
            DecodeError: it is malformed.
        """
        envelope = open_envelope(user_information)
        if envelope is None:
            if self._setup.policy.requests.ciphers:
                raise _weak()
            self._shape = self._plain()
            return user_information
        if envelope.family not in _GLOBAL:
            raise SecurityControlError(f"an InitiateRequest comes as {envelope.family.value}")
        content = self._decipher(envelope)
        self._shape = self._shape_of(envelope, None)
        return content

    def close_initiate(self, initiate: bytes) -> bytes:
        """Return InitiateResponse as AARE and RLRE carry it: in the form of the request."""
        return self.close(initiate)

    def open(self, apdu: bytes) -> bytes:
        """Return the request within.

        Raises:
            SecurityError: it can't be trusted, or is protected less than the policy demands.
            DecodeError: it is malformed.
        """
        envelope = open_envelope(apdu)
        if envelope is None:
            demanded = self._setup.policy.requests
            if demanded.ciphers:
                raise _weak()
            content = apdu
        else:
            content = self._decipher(envelope)
        signed_header, request = self._verify(content)
        self._shape = self._shape_of(envelope, signed_header)
        return request

    def close(self, apdu: bytes) -> bytes:
        """Return the answer to the request opened last as it goes out: in the form of that.

        Raises:
            SecurityError: a key is missing.
        """
        shape = self.shape(apdu)
        content = apdu
        if shape.signed and shape.header is not None:
            signing = self._means(shape.method).signing
            if signing is None:
                raise SignatureError("the meter has no key to sign with")
            content = signing.sign(shape.header, apdu)
        if shape.family is None:
            return content
        return self.seal(shape, content)

    def refuse(self, error: ProtocolError) -> bytes | None:
        """Return what a client is told whose APDU could not be opened; None for nothing."""
        if isinstance(error, ReplayError):
            return self._refuse_counter(error)
        service_error = next(
            (number for kind, number in _REFUSALS.items() if isinstance(error, kind)),
            exception_response.DECIPHERING_ERROR,
        )
        return _exception(service_error)

    def overhead(self) -> int:
        """Return how many octets protection adds to the answer that is due at most."""
        shape = self._shape
        octets = _OVERHEAD_OF_SIGNATURE if shape.signed else 0
        if shape.family is Family.GENERAL_CIPHERING:
            return octets + _OVERHEAD_OF_GENERAL_CIPHERING
        return octets if shape.family is None else octets + _OVERHEAD

    def shape(self, _apdu: bytes) -> AnswerShape:
        """Return how this answer is protected."""
        return self._shape

    def seal(self, shape: AnswerShape, content: bytes) -> bytes:
        """Return what goes out for `content`, which may be signed already.

        Raises:
            SecurityError: a key is missing.
        """
        family, control = shape.family, shape.control
        tags = _SERVICE_SPECIFIC.get(family) if family else None
        if tags is not None and content[0] not in tags:
            family, tags = _GENERAL_OF[family or Family.GLO], None
        if tags is not None:
            body = self._channel(shape, family).encipher(control, shape.originator, content)
            return bytes((tags[content[0]],)) + encode_length(len(body)) + body
        if control.compressed:
            shorter = compressed(content)
            content = content if shorter is None else shorter
            control = replace(control, compressed=shorter is not None)
        if family is Family.GENERAL_CIPHERING:
            return self._seal_general(shape, control, content)
        body = self._channel(shape, family).encipher(control, shape.originator, content)
        return GeneralGloDedCiphering(
            _GENERAL[family or Family.GENERAL_GLO], shape.originator, body
        ).encode()

    def _seal_general(self, shape: AnswerShape, control: SecurityControl, content: bytes) -> bytes:
        header = shape.header or GeneralHeader()
        channel, key_info = self._general_channel(shape, header)
        body = channel.encipher(control, shape.originator, content, header.encode())
        return GeneralCiphering(header=header, key_info=key_info, body=body).encode()

    def _general_channel(
        self, shape: AnswerShape, header: GeneralHeader
    ) -> tuple[Channel, KeyInfo]:
        return self._general_keys(shape.method).for_sending(header)

    def _channel(self, shape: AnswerShape, family: Family | None) -> Channel:
        if family in _DEDICATED:
            return self._under_dedicated_key()
        return self._setup.channel(broadcast=shape.control.broadcast)

    def _under_dedicated_key(self) -> Channel:
        if self._dedicated is None:
            raise SecurityControlError("an APDU comes under a dedicated key that was never told")
        return self._dedicated

    def _decipher(self, envelope: Envelope) -> bytes:
        control, _ = read_prefix(envelope.body)
        self._admission(envelope.family, control).check(control)
        title = self._originator(envelope.system_title)
        channel = self._channel_of(envelope, control, title)
        header = b"" if envelope.header is None else envelope.header.authenticated_octets
        content = channel.decipher(envelope.body, title, header)
        if control.compressed:
            content = expanded(content, LARGEST_APDU)
        if not content:
            raise DecodeError("a ciphered APDU carries nothing")
        if envelope.promised not in {None, content[0]}:
            raise SecurityControlError("an APDU carries another service than its tag promises")
        channel.settle(envelope.body)
        if envelope.header is not None and envelope.header.transaction_id:
            self._transactions.add(envelope.header.transaction_id)
        return content

    def _admission(self, family: Family, control: SecurityControl) -> Admission:
        return Admission(
            suite=self._setup.suite,
            guard=self._setup.policy.requests,
            broadcast=control.broadcast and family in _GLOBAL,
            compressed=family not in _SERVICE_SPECIFIC,
            bare=family is Family.GENERAL_CIPHERING,
        )

    def _originator(self, told: bytes) -> bytes:
        known = self._client_system_title
        if known is None:
            raise SystemTitleError("a client protects an APDU, but does not tell its system title")
        if told not in {b"", known}:
            raise SystemTitleError(f"an APDU bears {told.hex()}, but the client is {known.hex()}")
        return known

    def _channel_of(
        self, envelope: Envelope, control: SecurityControl, originator: bytes
    ) -> Channel:
        header = envelope.header
        if envelope.family in _DEDICATED:
            return self._under_dedicated_key()
        if header is None:
            return self._setup.channel(broadcast=control.broadcast)
        if header.recipient_system_title not in {b"", self.system_title}:
            raise TransactionError("an APDU is meant for another meter")
        method = _method_of(envelope.key_info)
        if method is not KeyInfoMethod.IDENTIFIED and header.transaction_id in self._transactions:
            # Under a key that was never used nothing but the transaction tells a replay.
            raise TransactionError("an APDU repeats a transaction")
        parties = replace(
            header,
            originator_system_title=originator,
            recipient_system_title=self.system_title,
            received=b"",
        )
        return self._general_keys(method).for_receiving(envelope.key_info, parties)

    def _verify(self, content: bytes) -> tuple[GeneralHeader | None, bytes]:
        """Return what is signed, with its header; what isn't without any, where it may be so."""
        if content[:1] != bytes((general_signing.TAG,)):
            if self._setup.policy.requests.signed:
                raise SecurityPolicyError("a request is not signed, though the policy demands it")
            return None, content
        signing = self._means(KeyInfoMethod.IDENTIFIED).signing
        if signing is None:
            raise SignatureError("the meter knows no certificate to verify a signature with")
        header, request = signing.verify(content)
        self._originator(header.originator_system_title)
        if header.recipient_system_title not in {b"", self.system_title}:
            raise TransactionError("a request is meant for another meter")
        if not request:
            raise DecodeError("a signed APDU carries nothing")
        return header, request

    def _shape_of(self, envelope: Envelope | None, signed: GeneralHeader | None) -> AnswerShape:
        """Return how a request like this is answered."""
        policy = self._setup.policy.answers
        header = signed if envelope is None or envelope.header is None else envelope.header
        shape = replace(
            self._plain(),
            header=None if header is None else self._mirrored(header),
            signed=header is not None and (signed is not None or policy.signed),
        )
        if envelope is None:
            return shape
        asked, _ = read_prefix(envelope.body)
        return replace(
            shape,
            family=envelope.family,
            control=replace(
                asked,
                authenticated=asked.authenticated or policy.authenticated,
                encrypted=asked.encrypted or policy.encrypted,
                compressed=asked.compressed,
            ),
            method=_method_of(envelope.key_info),
        )

    def _mirrored(self, header: GeneralHeader) -> GeneralHeader:
        """Return the header of the answer: the same transaction, the other way round."""
        return GeneralHeader(
            transaction_id=header.transaction_id,
            originator_system_title=self.system_title,
            recipient_system_title=self._client_system_title or header.originator_system_title,
        )

    def _plain(self) -> AnswerShape:
        return AnswerShape(
            control=SecurityControl(suite=self._setup.suite), originator=self.system_title
        )

    def _general_keys(self, method: KeyInfoMethod) -> GeneralKeys:
        setup = self._setup
        parameters = SecurityParameters(
            client_system_title=self._client_system_title or b"",
            suite=setup.suite,
            requests=Guard(),
            answers=Guard(),
            key_info=method,
        )
        means = setup.means
        return GeneralKeys(
            parameters, setup.keys, None if means is None else means(method), setup.channel
        )

    def _means(self, method: KeyInfoMethod) -> GeneralMeans:
        if self._setup.means is None:
            raise SignatureError("the meter has no key pairs")
        return self._setup.means(method)

    def _refuse_counter(self, error: ReplayError) -> bytes | None:
        if self._counter_refusal is CounterRefusal.SILENT:
            return None
        if self._counter_refusal is CounterRefusal.DECIPHERING_ERROR:
            return _exception(exception_response.DECIPHERING_ERROR)
        hint = error.floor if self._counter_refusal is CounterRefusal.HINT else None
        return _exception(exception_response.INVOCATION_COUNTER_ERROR, hint)


_GENERAL_OF = {Family.GLO: Family.GENERAL_GLO, Family.DED: Family.GENERAL_DED}

_REFUSALS: Mapping[type[ProtocolError], int] = {
    TagError: exception_response.DECIPHERING_ERROR,
    KeyInfoError: exception_response.DECIPHERING_ERROR,
    DecodeError: exception_response.OTHER_REASON,
    SecurityPolicyError: exception_response.OPERATION_NOT_POSSIBLE,
    SecurityControlError: exception_response.OPERATION_NOT_POSSIBLE,
    SystemTitleError: exception_response.OPERATION_NOT_POSSIBLE,
}
"""What else isn't understood is a deciphering-error, too."""


def _method_of(key_info: KeyInfo | None) -> KeyInfoMethod:
    match key_info:
        case WrappedKey():
            return KeyInfoMethod.WRAPPED
        case AgreedKey(parameters):
            return KeyInfoMethod.STATIC if parameters == STATIC else KeyInfoMethod.ONE_PASS
        case _:
            return KeyInfoMethod.IDENTIFIED


def _exception(service_error: int, counter: int | None = None) -> bytes:
    return ExceptionResponse(
        state_error=exception_response.SERVICE_NOT_ALLOWED,
        service_error=service_error,
        invocation_counter=counter,
    ).encode()


def _weak() -> SecurityPolicyError:
    return SecurityPolicyError("a request comes unprotected, though the policy demands protection")
