"""A meter's Security setup, spoken with over an association.

Imported only where somebody wants to look at a meter's keys and certificates, or to change them.
[IEC 62056-6-2: Security setup]
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import ClassVar, Protocol

from dcud.collect.job import Reader
from dcud.collect.meter_memory import get_data
from dcud.cosem.security_setup import (
    CURRENT_SECURITY_SETUP,
    SECURITY_SETUP,
    CertificateIdentification,
    CertificateInfo,
    KeyData,
    SetupAttribute,
    SetupMethod,
    identification_data,
    key_data,
    parse_certificates,
    parse_enum,
    parse_key_data,
    parse_octets,
    parse_policy,
    policy_data,
)
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import Data, decode_data, encode_data, enum, octet_string
from dcud.dlms.errors import CertificateError
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.security.certificate import Certificate
from dcud.dlms.security.certificate_kind import CertificateType
from dcud.dlms.security.policy import SecurityPolicy
from dcud.dlms.security.primitives.x509 import CertificateRequest
from dcud.errors import DcudError

MAX_CERTIFICATES = 64
"""Certificates that are fetched from one meter; the field has about ten."""


class SetupRefusedError(DcudError):
    """The meter doesn't show its security setup, or doesn't do what it is asked for."""

    code: ClassVar[str] = "setup_refused"


class Speaker(Reader, Protocol):
    """An open association with one meter, over which methods can be called, too."""

    async def act(
        self, call: MethodCall, *, progress: Callable[[int], None] | None = None
    ) -> bytes | DataAccessResult | ActionResult | None:
        """Return what the method returns, None for nothing, or the meter's refusal."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a meter gave of its certificates.

    Attributes:
        certificates: those that can be read; nobody has judged them yet.
        refusals: why each of the others could not be had.
    """

    certificates: tuple[Certificate, ...]
    refusals: tuple[DcudError, ...]


class SecuritySetupDialogue:
    """Asks one Security setup object, and has it change keys and certificates.

    Every method raises `SetupRefusedError` where the meter refuses, `DecodeError` where its answer
    makes no sense, and what the association raises. Where a change is broken off by an error of the
    association, nobody knows whether it was carried out.
    """

    def __init__(self, speaker: Speaker, logical_name: Obis = CURRENT_SECURITY_SETUP) -> None:
        self._speaker = speaker
        self._logical_name = logical_name

    async def policy(self, version: int) -> SecurityPolicy:
        """Return what the meter demands, by this version of the class."""
        return parse_policy(await self._get(SetupAttribute.SECURITY_POLICY), version)

    async def suite(self) -> int:
        """Return the security suite's number."""
        return parse_enum(await self._get(SetupAttribute.SECURITY_SUITE))

    async def server_system_title(self) -> bytes:
        """Return the meter's system title."""
        return parse_octets(await self._get(SetupAttribute.SERVER_SYSTEM_TITLE))

    async def certificates(self) -> tuple[CertificateInfo, ...]:
        """Return what the meter tells of the certificates that it holds."""
        return parse_certificates(await self._get(SetupAttribute.CERTIFICATES))

    async def activate(self, policy: SecurityPolicy, version: int) -> None:
        """Have the meter demand more from now on; it never takes less."""
        await self._act(SetupMethod.SECURITY_ACTIVATE, policy_data(policy, version))

    async def transfer_keys(self, keys: Iterable[KeyData]) -> None:
        """Replace keys by these, wrapped with the master key."""
        await self._act(SetupMethod.KEY_TRANSFER, key_data(keys))

    async def agree_keys(self, keys: Iterable[KeyData]) -> tuple[KeyData, ...]:
        """Return the meter's part in the agreement on new keys, given ours."""
        return parse_key_data(await self._result(SetupMethod.KEY_AGREEMENT, key_data(keys)))

    async def generate_key_pair(self, kind: CertificateType) -> None:
        """Have the meter make itself a new key pair."""
        await self._act(SetupMethod.GENERATE_KEY_PAIR, enum(kind))

    async def request_certificate(self, kind: CertificateType) -> CertificateRequest:
        """Return the meter's request for a certificate of a key pair of its own.

        Raises:
            CertificateError: it is malformed, or not signed with the key that it is for.
        """
        told = await self._result(SetupMethod.GENERATE_CERTIFICATE_REQUEST, enum(kind))
        return CertificateRequest.from_der(parse_octets(told))

    async def import_certificate(self, certificate: Certificate) -> None:
        """Give the meter a certificate: its own, ours, or an authority's."""
        await self._act(SetupMethod.IMPORT_CERTIFICATE, octet_string(certificate.x509.der))

    async def export_certificate(self, identification: CertificateIdentification) -> Certificate:
        """Return one of the certificates that the meter holds, not judged yet.

        Raises:
            CertificateError: it is malformed.
        """
        parameter = identification_data(identification)
        told = await self._result(SetupMethod.EXPORT_CERTIFICATE, parameter)
        return Certificate.from_der(parse_octets(told))

    async def remove_certificate(self, identification: CertificateIdentification) -> None:
        """Have the meter forget a certificate."""
        await self._act(SetupMethod.REMOVE_CERTIFICATE, identification_data(identification))

    async def fetch_certificates(self) -> Fetched:
        """Return all certificates that the meter holds, the first `MAX_CERTIFICATES` of them."""
        found: list[Certificate] = []
        refusals: list[DcudError] = []
        for info in (await self.certificates())[:MAX_CERTIFICATES]:
            try:
                found.append(await self.export_certificate(info.identification))
            except (CertificateError, SetupRefusedError) as error:
                refusals.append(error)
        return Fetched(certificates=tuple(found), refusals=tuple(refusals))

    async def _get(self, attribute: SetupAttribute) -> Data:
        descriptor = AttributeDescriptor(SECURITY_SETUP, self._logical_name, attribute)
        data = await get_data(self._speaker, descriptor)
        if isinstance(data, DataAccessResult):
            words = attribute.name.lower()
            raise _refused(f"does not show {words} of {self._logical_name}", data.words)
        return data

    async def _act(self, method: SetupMethod, parameter: Data) -> bytes | None:
        descriptor = MethodDescriptor(SECURITY_SETUP, self._logical_name, method)
        call = MethodCall(method=descriptor, parameter=encode_data(parameter))
        outcome = await self._speaker.act(call)
        if isinstance(outcome, ActionResult | DataAccessResult):
            words = method.name.lower()
            raise _refused(f"refuses {words} of {self._logical_name}", outcome.words)
        return outcome

    async def _result(self, method: SetupMethod, parameter: Data) -> Data:
        octets = await self._act(method, parameter)
        if octets is None:
            words = method.name.lower()
            raise _refused(f"returns nothing from {words} of {self._logical_name}", "no data")
        cursor = Cursor(octets)
        data = decode_data(cursor)
        cursor.expect_end()
        return data


def _refused(what: str, why: str) -> SetupRefusedError:
    return SetupRefusedError(
        f"the meter {what}: {why}",
        remedy="use a client that may, over an association protected as much as it demands",
    )
