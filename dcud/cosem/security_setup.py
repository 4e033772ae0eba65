"""Security setup: how a meter's associations are protected, and under which keys.

Of each method's parameter and result, and of each attribute, a value and its Data in both
directions. [IEC 62056-6-2: Security setup, versions 0 and 1]
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from dcud.dlms.data import Data, DataType, array, enum, octet_string, structure
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.fields import check_field
from dcud.dlms.obis import Obis
from dcud.dlms.security.policy import SecurityPolicy

SECURITY_SETUP = 64
CURRENT_SECURITY_SETUP = Obis.parse("0.0.43.0.0.255")

_BY_ENTITY = 0
_BY_SERIAL = 1


class SetupAttribute(IntEnum):
    """The attributes; the last one since version 1."""

    SECURITY_POLICY = 2
    SECURITY_SUITE = 3
    CLIENT_SYSTEM_TITLE = 4
    SERVER_SYSTEM_TITLE = 5
    CERTIFICATES = 6


class SetupMethod(IntEnum):
    """The methods; those from 3 on since version 1."""

    SECURITY_ACTIVATE = 1
    KEY_TRANSFER = 2
    KEY_AGREEMENT = 3
    GENERATE_KEY_PAIR = 4
    GENERATE_CERTIFICATE_REQUEST = 5
    IMPORT_CERTIFICATE = 6
    EXPORT_CERTIFICATE = 7
    REMOVE_CERTIFICATE = 8


class KeyId(IntEnum):
    """The symmetric keys that can be replaced; the last one since version 1."""

    UNICAST = 0
    BROADCAST = 1
    AUTHENTICATION = 2
    MASTER = 3


@dataclass(frozen=True, slots=True)
class KeyData:
    """What is told of one key.

    Attributes:
        key_id: which one, see `KeyId`; 0..255.
        octets: in key_transfer the key, wrapped with the master key; in key_agreement an ephemeral
            public key with its signature.
    """

    key_id: int
    octets: bytes

    def __post_init__(self) -> None:
        check_field("key_id", self.key_id, 0, 0xFF)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what a structure of a key's number and octets says."""
        key_id, octets = _members(data, 2, "a key's number and octets")
        return cls(parse_enum(key_id), parse_octets(octets))

    def to_data(self) -> Data:
        """Return the structure."""
        return structure((enum(self.key_id), octet_string(self.octets)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ByEntity:
    """A certificate named by whose it is and what for.

    Attributes:
        entity: see `dcud.dlms.security.certificate_kind.CertificateEntity`; 0..255.
        type: see `dcud.dlms.security.certificate_kind.CertificateType`; 0..255.
        system_title: the entity's.
    """

    entity: int
    type: int
    system_title: bytes

    def __post_init__(self) -> None:
        check_field("certificate entity", self.entity, 0, 0xFF)
        check_field("certificate type", self.type, 0, 0xFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class BySerial:
    """A certificate named by its serial number.

    Attributes:
        serial_number: the content of the INTEGER in DER.
        issuer: the issuer's distinguished name in DER.
    """

    serial_number: bytes
    issuer: bytes


CertificateIdentification = ByEntity | BySerial


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInfo:
    """One of the certificates that the meter holds.

    Attributes:
        entity: whose it is, see `CertificateEntity`; 0..255.
        type: what for, see `CertificateType`; 0..255.
        serial_number: the content of the INTEGER in DER.
        issuer: the issuer's distinguished name in DER.
        subject: the subject's distinguished name in DER.
        subject_alt_name: DER of the extension; empty where there is none.
    """

    entity: int
    type: int
    serial_number: bytes
    issuer: bytes
    subject: bytes
    subject_alt_name: bytes

    def __post_init__(self) -> None:
        check_field("certificate entity", self.entity, 0, 0xFF)
        check_field("certificate type", self.type, 0, 0xFF)

    @property
    def identification(self) -> BySerial:
        """Return how to ask for the certificate itself."""
        return BySerial(serial_number=self.serial_number, issuer=self.issuer)

    @classmethod
    def from_data(cls, data: Data) -> Self:
        """Return what an element of the attribute `certificates` says."""
        entity, kind, serial_number, issuer, subject, alt_name = _members(data, 6, "a certificate")
        return cls(
            entity=parse_enum(entity),
            type=parse_enum(kind),
            serial_number=parse_octets(serial_number),
            issuer=parse_octets(issuer),
            subject=parse_octets(subject),
            subject_alt_name=parse_octets(alt_name),
        )

    def to_data(self) -> Data:
        """Return the element."""
        octets = (self.serial_number, self.issuer, self.subject, self.subject_alt_name)
        return structure((enum(self.entity), enum(self.type), *map(octet_string, octets)))


def policy_data(policy: SecurityPolicy, version: int) -> Data:
    """Return security_policy, which is the parameter of security_activate, too.

    Args:
        policy: what to demand.
        version: the class's, 0 or 1.

    Raises:
        EncodeError: version 0 can't say it.
    """
    return enum(policy.as_version_1 if version else policy.as_version_0)


def parse_policy(data: Data, version: int) -> SecurityPolicy:
    """Return the policy that security_policy demands in this version of the class."""
    number = parse_enum(data)
    if version:
        return SecurityPolicy.of_version_1(number)
    return SecurityPolicy.of_version_0(number)


def parse_enum(data: Data) -> int:
    """Return an enumeration's number, 0..255: of security_suite, of a kind of certificate.

    [field: unsigned where the standard has enum]
    """
    match data:
        case Data(DataType.ENUM | DataType.UNSIGNED, int(number)):
            return number
        case _:
            raise DecodeError(f"{data.type.words} is no enumeration of a security setup")


def parse_octets(data: Data) -> bytes:
    """Return octets: a system title, a certificate or the request for one in DER, an issuer."""
    match data:
        case Data(DataType.OCTET_STRING, bytes(octets)):
            return octets
        case _:
            raise DecodeError(f"{data.type.words} where a security setup has octets")


def key_data(keys: Iterable[KeyData]) -> Data:
    """Return the parameter of key_transfer or key_agreement, or the result of the latter.

    Raises:
        EncodeError: there is no key, or one twice.
    """
    told = tuple(keys)
    if not told or len({each.key_id for each in told}) < len(told):
        raise EncodeError(f"{len(told)} keys, of which each must be told once, at least one")
    return array(each.to_data() for each in told)


def parse_key_data(data: Data) -> tuple[KeyData, ...]:
    """Return what is told of keys, each one once."""
    keys = tuple(KeyData.from_data(each) for each in _items(data))
    if len({each.key_id for each in keys}) < len(keys):
        raise DecodeError("a security setup tells of one key twice")
    return keys


def certificates_data(certificates: Iterable[CertificateInfo]) -> Data:
    """Return the attribute `certificates`."""
    return array(each.to_data() for each in certificates)


def parse_certificates(data: Data) -> tuple[CertificateInfo, ...]:
    """Return what the attribute `certificates` tells."""
    return tuple(CertificateInfo.from_data(each) for each in _items(data))


def identification_data(identification: CertificateIdentification) -> Data:
    """Return the parameter of export_certificate or remove_certificate."""
    if isinstance(identification, ByEntity):
        options = structure(
            (
                enum(identification.entity),
                enum(identification.type),
                octet_string(identification.system_title),
            )
        )
        return structure((enum(_BY_ENTITY), options))
    options = structure(map(octet_string, (identification.serial_number, identification.issuer)))
    return structure((enum(_BY_SERIAL), options))


def parse_identification(data: Data) -> CertificateIdentification:
    """Return which certificate the parameter of export_certificate or remove_certificate names."""
    kind, options = _members(data, 2, "a certificate's identification")
    number = parse_enum(kind)
    if number == _BY_ENTITY:
        entity, use, system_title = _members(options, 3, "an identification by entity")
        return ByEntity(
            entity=parse_enum(entity),
            type=parse_enum(use),
            system_title=parse_octets(system_title),
        )
    if number == _BY_SERIAL:
        serial_number, issuer = _members(options, 2, "an identification by serial number")
        return BySerial(serial_number=parse_octets(serial_number), issuer=parse_octets(issuer))
    raise DecodeError(f"certificates are identified in no way numbered {number}")


def _members(data: Data, size: int, name: str) -> tuple[Data, ...]:
    match data:
        case Data(DataType.STRUCTURE, tuple(members)) if len(members) == size:
            return members
        case _:
            raise DecodeError(f"{data.type.words} is not {name}")


def _items(data: Data) -> tuple[Data, ...]:
    match data:
        case Data(DataType.ARRAY, tuple(items)):
            return items
        case _:
            raise DecodeError(f"{data.type.words} where a security setup has an array")
