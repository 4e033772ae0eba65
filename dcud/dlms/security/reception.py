"""The judging of what the meter sends: nothing of it gets any further until it is verified."""

from dcud.dlms.apdu import confirmed_service_error, data_notification, exception_response
from dcud.dlms.errors import (
    DecodeError,
    SecurityControlError,
    SecurityPolicyError,
    SignatureError,
    SystemTitleError,
    TransactionError,
)
from dcud.dlms.security.asymmetric import Signing
from dcud.dlms.security.channel import Channel
from dcud.dlms.security.channels import Channels
from dcud.dlms.security.cipher import control_of
from dcud.dlms.security.compression import expanded
from dcud.dlms.security.envelope import Envelope, Family, open_envelope
from dcud.dlms.security.general_header import GeneralHeader
from dcud.dlms.security.general_keys import GeneralKeys
from dcud.dlms.security.parameters import (
    Form,
    Guard,
    KeyInfoMethod,
    SecurityParameters,
)
from dcud.dlms.security.policy import Admission
from dcud.dlms.security.transaction import Transaction

GENERAL_SIGNING = 0xDF

_REFUSALS = frozenset({exception_response.TAG, confirmed_service_error.TAG})
"""What a meter may say in the clear, since it may lack the means to protect it."""

_EVENT_NOTIFICATION = 0xC2
_INFORMATION_REPORT = 0x18
_NOTIFICATIONS = frozenset({data_notification.TAG, _EVENT_NOTIFICATION, _INFORMATION_REPORT})
"""What comes unasked, so in a form that no request has chosen."""

_MAYBE_NOTIFICATIONS = _NOTIFICATIONS | {None}
"""What may turn out to be one: the general forms promise nothing."""


class Reception:
    """Takes the protection of a meter's APDUs away, or refuses them.

    Args:
        parameters: of the association.
        channels: under the global and the dedicated key.
        general_keys: those of general-ciphering.
        transaction: the one that our requests open.
        signing: None where no signature can be verified.

    Attributes:
        server_system_title: the meter's, None until it is met.
    """

    __slots__ = (
        "_admissions", "_channels", "_general_keys", "_parameters", "_signing", "_transaction",
        "server_system_title",
    )  # fmt: skip

    def __init__(
        self,
        parameters: SecurityParameters,
        channels: Channels,
        general_keys: GeneralKeys,
        transaction: Transaction,
        signing: Signing | None,
    ) -> None:
        self._parameters = parameters
        self._channels = channels
        self._general_keys = general_keys
        self._transaction = transaction
        self._signing = signing
        self._admissions = _admissions(parameters)
        self.server_system_title = parameters.server_system_title

    def meet(self, told: bytes | None) -> None:
        """Learn the meter's system title as AARE tells it, None where it tells none.

        Raises:
            SystemTitleError: it is another than the configured one, malformed, ours,
                or nowhere known.
        """
        configured = self._parameters.server_system_title
        if configured is not None:
            # Some tell a title cut short, which they fill up with zeros where they use it.
            if told and told.ljust(len(configured), b"\x00") != configured:
                raise _another_title(told, configured)
        elif told:
            self._parameters.check_server(told)
            self.server_system_title = told
        elif self._parameters.answers != Guard() or self._parameters.requests != Guard():
            raise _no_title()

    def open_initiate(self, user_information: bytes) -> bytes:
        """Return what AARE and RLRE carry, under the global key always.

        Raises:
            SecurityError: it can't be trusted.
            DecodeError: it is malformed.
        """
        envelope = open_envelope(user_information)
        if envelope is None:
            if self._parameters.answers.ciphers:
                self._check_refusal(user_information)
            return user_information
        if envelope.family not in self._families_of_initiate():
            raise _another_family(envelope.family, Family.GLO)
        channel, content = self._decipher(envelope)
        channel.settle(envelope.body)
        return content

    def open(self, apdu: bytes, asked: Family) -> bytes:
        """Return the APDU within what the meter sent.

        Args:
            apdu: as it came.
            asked: in what the last request went out.

        Raises:
            SecurityError: it can't be trusted.
            DecodeError: it is malformed.
        """
        envelope = open_envelope(apdu)
        if envelope is None:
            return self._open_unciphered(apdu)
        is_expected = envelope.family is asked or self._parameters.any_form
        if not is_expected and envelope.promised not in _MAYBE_NOTIFICATIONS:
            raise _another_family(envelope.family, asked)
        channel, content = self._decipher(envelope)
        signed_header, content = self._open_signed(content)
        if content[0] not in _NOTIFICATIONS:
            if not is_expected:
                raise _another_family(envelope.family, asked)
            self._end_transaction(envelope.header, signed_header)
        channel.settle(envelope.body)
        return content

    def _decipher(self, envelope: Envelope) -> tuple[Channel, bytes]:
        """Return what an APDU carries, with the channel that it went through."""
        control = control_of(envelope.body)
        self._admissions[envelope.family].check(control)
        title = self._originator(envelope.system_title)
        channel = self._channel_of(envelope, title)
        header = b"" if envelope.header is None else envelope.header.authenticated_octets
        content = channel.decipher(envelope.body, title, header)
        if control.compressed:
            content = expanded(content, self._parameters.largest_apdu)
        if not content:
            raise DecodeError("a ciphered APDU carries nothing")
        if envelope.promised is not None and envelope.promised != content[0]:
            raise SecurityControlError(
                f"an APDU whose tag promises {envelope.promised:02X} carries {content[0]:02X}:"
                " somebody has changed the tag"
            )
        return channel, content

    def _originator(self, told: bytes) -> bytes:
        """Return the system title under which an APDU was protected."""
        known = self.server_system_title
        if known is None:
            raise _no_title()
        if told and told != known:
            raise _another_title(told, known)
        return known

    def _channel_of(self, envelope: Envelope, originator: bytes) -> Channel:
        header = envelope.header
        if header is None:
            if envelope.family in _DEDICATED:
                return self._channels.under_dedicated_key()
            return self._channels.under_global_key()
        ours = self._parameters.client_system_title
        if header.recipient_system_title not in {b"", ours}:
            raise TransactionError(
                f"an APDU is meant for {header.recipient_system_title.hex()}, not for us"
            )
        if self._parameters.key_info is not KeyInfoMethod.IDENTIFIED:
            # Under a key that was never used nothing but the transaction tells a replay.
            self._transaction.check(header)
        parties = GeneralHeader(
            transaction_id=header.transaction_id,
            originator_system_title=originator,
            recipient_system_title=ours,
            date_time=header.date_time,
            other_information=header.other_information,
        )
        return self._general_keys.for_receiving(envelope.key_info, parties)

    def _open_unciphered(self, apdu: bytes) -> bytes:
        """Return what came with a signature alone, or with nothing, where that may be."""
        demanded = self._parameters.answers
        if demanded.ciphers or not apdu:
            self._check_refusal(apdu)
            return apdu
        if apdu[0] == GENERAL_SIGNING:
            header, content = self._verify(apdu)
            self._end_transaction(header)
            return content
        if demanded.signed:
            self._check_refusal(apdu)
        return apdu

    def _open_signed(self, apdu: bytes) -> tuple[GeneralHeader | None, bytes]:
        """Return what is signed, with its header; what isn't without any."""
        if apdu[0] != GENERAL_SIGNING:
            if self._parameters.answers.signed and apdu[0] not in _REFUSALS:
                raise SecurityPolicyError(
                    "an APDU is not signed, where the security policy demands a signature",
                    remedy="see security.signed_answers in the configuration",
                )
            return None, apdu
        return self._verify(apdu)

    def _verify(self, apdu: bytes) -> tuple[GeneralHeader, bytes]:
        """Return header and content of what the meter has signed."""
        if self._signing is None:
            raise SignatureError(
                "an APDU is signed, but nothing is known to verify signatures with",
                remedy="add the meter's certificate",
            )
        header, content = self._signing.verify(apdu)
        self._originator(header.originator_system_title)
        if not content:
            raise DecodeError("a signed APDU carries nothing")
        return header, content

    def _check_refusal(self, apdu: bytes) -> None:
        """Raise `SecurityPolicyError` unless it says no more than that a request is refused."""
        if not apdu:
            raise DecodeError("the meter sent an APDU of no octets")
        if apdu[0] not in _REFUSALS:
            raise SecurityPolicyError(
                f"an APDU (tag {apdu[0]:02X}) comes unprotected, where the security policy demands"
                " protection",
                remedy="check that the meter takes this client for one that it must speak to"
                " securely; if it does, somebody else may have sent this",
            )

    def _end_transaction(self, *headers: GeneralHeader | None) -> None:
        """Take the answer that has come under these; None is none."""
        for header in headers:
            if header is not None:
                self._transaction.check(header)
        self._transaction.close()

    def _families_of_initiate(self) -> frozenset[Family]:
        if self._parameters.any_form or self._parameters.form is Form.GENERAL:
            return frozenset({Family.GLO, Family.GENERAL_GLO})
        return frozenset({Family.GLO})


_DEDICATED = frozenset({Family.DED, Family.GENERAL_DED})


def _admissions(parameters: SecurityParameters) -> dict[Family, Admission]:
    """Return what the security control octet must say in each family."""
    general = frozenset({Family.GENERAL_GLO, Family.GENERAL_DED, Family.GENERAL_CIPHERING})
    return {
        family: Admission(
            suite=parameters.suite,
            guard=parameters.answers,
            broadcast=parameters.broadcast and family in {Family.GLO, Family.GENERAL_GLO},
            compressed=parameters.compressible and family in general,
            bare=family is Family.GENERAL_CIPHERING,
        )
        for family in Family
    }


def _another_family(family: Family, asked: Family) -> SecurityControlError:
    return SecurityControlError(
        f"an APDU comes as {family.value}, where {asked.value} was asked for",
        remedy="set security.any_form if this meter does that by design",
    )


def _another_title(told: bytes, known: bytes) -> SystemTitleError:
    return SystemTitleError(
        f"an APDU bears the system title {told.hex()}, but the meter's is {known.hex()}",
        remedy="if the meter was exchanged, change server_system_title and its keys",
    )


def _no_title() -> SystemTitleError:
    return SystemTitleError(
        "the meter does not tell its system title, and none is configured",
        remedy="configure server_system_title",
    )
