"""The element names of the XML in which the field writes APDUs.

[field: XML of DLMS translators] They follow the names of the types in the specification; where they
don't, the exception stands here. Names by service come before those for all services.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

Names = Mapping[str, str]

CHOICES: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("get-request", "normal"): "GetRequestNormal",
        ("get-request", "next"): "GetRequestForNextDataBlock",
        ("get-request", "with-list"): "GetRequestWithList",
        ("get-response", "with-datablock"): "GetResponsewithDataBlock",
        ("set-request", "with-first-datablock"): "SetRequestFirstDataBlock",
        ("set-request", "with-datablock"): "SetRequestWithDataBlock",
        ("set-request", "with-list-and-first-datablock"): "SetRequestWithListAndWithFirstDataBlock",
        ("set-response", "datablock"): "SetResponseDataBlock",
        ("set-response", "last-datablock"): "SetResponseWithLastDataBlock",
        ("set-response", "last-datablock-with-list"): "SetResponseWithLastDataBlockWithList",
        ("action-request", "next-pblock"): "ActionRequestForNextDataBlock",
        ("action-request", "with-first-pblock"): "ActionRequestWithFirstPBlock",
        ("action-request", "with-list-and-first-pblock"): "ActionRequestWithListAndFirstPBlock",
        ("action-request", "with-pblock"): "ActionRequestWithPBlock",
        ("action-response", "with-pblock"): "ActionResponseWithPBlock",
        ("action-response", "next-pblock"): "ActionResponseNextBlock",
    }
)
"""Elements by service and kind, where they aren't the two names in one."""

ROOTS: Final[Names] = MappingProxyType(
    {
        "aarq": "AssociationRequest",
        "aare": "AssociationResponse",
        "rlrq": "ReleaseRequest",
        "rlre": "ReleaseResponse",
    }
)
"""Elements of whole APDUs."""

CIPHERED: Final[Names] = MappingProxyType({"confirmed-service-error": "GloConfirmedServiceError"})
"""Elements of what a service's own ciphering protects, by service, after glo_ or ded_."""

DATA: Final[Names] = MappingProxyType(
    {
        "null-data": "None",
        "array": "Array",
        "structure": "Structure",
        "boolean": "Boolean",
        "bit-string": "BitString",
        "double-long": "Int32",
        "double-long-unsigned": "UInt32",
        "octet-string": "OctetString",
        "visible-string": "String",
        "utf8-string": "StringUTF8",
        "bcd": "BCD",
        "integer": "Int8",
        "long": "Int16",
        "unsigned": "UInt8",
        "long-unsigned": "UInt16",
        "compact-array": "CompactArray",
        "long64": "Int64",
        "long64-unsigned": "UInt64",
        "enum": "Enum",
        "float32": "Float32",
        "float64": "Float64",
        "date-time": "DateTime",
        "date": "Date",
        "time": "Time",
        "dont-care": "DontCare",
        "delta-integer": "DeltaInt8",
        "delta-long": "DeltaInt16",
        "delta-double-long": "DeltaInt32",
        "delta-unsigned": "DeltaUInt8",
        "delta-long-unsigned": "DeltaUInt16",
        "delta-double-long-unsigned": "DeltaUInt32",
    }
)
"""Elements by type of Data."""

FIELDS: Final[Names] = MappingProxyType(
    {
        "cosem-attribute-descriptor": "AttributeDescriptor",
        "cosem-method-descriptor": "MethodDescriptor",
        "attributes": "AttributeDescriptorList",
        "methods": "MethodDescriptorList",
        "results": "Result",
        "datablock": "DataBlock",
        "specifications": "AccessRequestSpecification",
        "data-access-result": "DataAccessResult",
        "action-result": "Result",
        "access-selection/data": "AccessParameters",
        "protected": "CipheredService",
        "variables/data": "Parameter",
        "calling-AP-invocation-id": "CallingApInvocationId",
    }
)
"""Elements by field, where they aren't the field's name."""

FIELDS_BY_SERVICE: Final[Mapping[tuple[str, str], str]] = MappingProxyType(
    {
        ("get-response", "data"): "Data",
        ("get-response", "data-access-result"): "DataAccessError",
        ("get-response", "datablock"): "Result",
        ("get-response", "raw-data"): "Result/RawData",
        ("get-response", "datablock/data-access-result"): "Result/DataAccessResult",
        ("initiate-request", "dlms-version-number"): "ProposedDlmsVersionNumber",
        ("initiate-request", "conformance"): "ProposedConformance",
        ("initiate-request", "client-max-receive-pdu-size"): "ProposedMaxPduSize",
        ("aarq", "sender-acse-requirements"): "SenderACSERequirements",
        ("aarq", "calling-authentication-value"): "CallingAuthentication",
        ("aare", "result"): "AssociationResult",
        ("aare", "responder-acse-requirements"): "ResponderACSERequirement",
        ("aare", "responding-authentication-value"): "RespondingAuthentication",
        ("initiate-response", "dlms-version-number"): "NegotiatedDlmsVersionNumber",
        ("initiate-response", "conformance"): "NegotiatedConformance",
        ("initiate-response", "server-max-receive-pdu-size"): "NegotiatedMaxPduSize",
        ("initiate-request", "quality-of-service"): "ProposedQualityOfService",
        ("initiate-response", "quality-of-service"): "NegotiatedQualityOfService",
        ("set-request", "data"): "Value",
        ("set-request", "access-selection/data"): "AccessParameters",
        ("set-response", "data-access-result"): "Result",
        ("set-response", "results/data-access-result"): "DataAccessResult",
        ("action-request", "data"): "MethodInvocationParameters",
        ("event-notification-request", "data"): "AttributeValue",
        ("event-notification-request", "date-time"): "Time",
        ("data-notification", "data"): "NotificationBody/DataValue",
        ("action-request", "datablock"): "PBlock",
        ("action-response", "datablock"): "PBlock",
        ("action-response", "data"): "ReturnParameters/Data",
        ("action-response", "data-access-result"): "ReturnParameters/DataAccessError",
        ("read-response", "data-access-result"): "DataAccessError",
        ("write-response", "data-access-result"): "DataAccessError",
        ("access-response", "results"): "AccessResponseSpecification",
        ("access-response", "data-access-result"): "Result",
        ("general-ciphering", "protected"): "CipheredContent",
        ("write-request", "variables"): "ListOfVariableAccessSpecification",
        ("unconfirmed-write-request", "variables"): "ListOfVariableAccessSpecification",
        ("information-report-request", "variables"): "ListOfVariableAccessSpecification",
    }
)
"""Elements by service and field; a stroke stands between an element and the one within it."""

LISTS_OF_DATA: Final[Names] = MappingProxyType(
    {
        "set-request": "ValueList",
        "action-request": "MethodInvocationParametersList",
        "access-request": "AccessRequestListOfData",
        "access-response": "AccessResponseListOfData",
    }
)
"""Elements by service; ListOfData for others."""

ITEMS: Final[Names] = MappingProxyType({"attributes": "AttributeDescriptorWithSelection"})
"""Elements that each item of a list has around it."""

_REGISTERED: Final = "608574050802"
_MECHANISMS: Final = (
    "None",
    "Low",
    "High",
    "HighMd5",
    "HighSha1",
    "HighGmac",
    "HighSha256",
    "HighEcdsa",
)
VALUES: Final[Names] = MappingProxyType(
    {
        "60857405080101": "LN",
        "60857405080102": "SN",
        "60857405080103": "LN_WITH_CIPHERING",
        "60857405080104": "SN_WITH_CIPHERING",
        **{f"{_REGISTERED}{number:02X}": name for number, name in enumerate(_MECHANISMS)},
    }
)
"""Values of fields of an association that have names, by their octets in hex."""

RESULTS: Final[Names] = MappingProxyType(
    {
        "object-undefined": "UndefinedObject",
        "object-class-inconsistent": "InconsistentClass",
        "object-unavailable": "UnavailableObject",
        "type-unmatched": "UnmatchedType",
        "scope-of-access-violated": "AccessViolated",
        "long-get-aborted": "LongGetOrReadAborted",
        "no-long-get-in-progress": "NoLongGetOrReadInProgress",
        "long-set-aborted": "LongSetOrWriteAborted",
        "no-long-set-in-progress": "NoLongSetOrWriteInProgress",
    }
)
"""Results of one item, where they aren't the specification's name."""

ERRORS: Final[Names] = MappingProxyType(
    {
        "object-access-violated": "ObjectAccessInvalid",
        "ti-stopped": "tiStopped",
        "ti-running": "tiRunning",
        "ti-unusable": "tiUnusable",
    }
)
"""Values of service errors, likewise."""

SOURCES: Final[Names] = MappingProxyType(
    {"acse-service-user": "ACSEServiceUser", "acse-service-provider": "ACSEServiceProvider"}
)
"""Elements by who gives a diagnostic."""

UNWRITTEN: Final = frozenset(
    {
        "tag",
        "llc",
        "length",
        "result",
        "apdu",
        "value",
        "variable-access-specification",
        "read-response",
        "access-request",
        "access-response",
    }
)
"""Fields that no element tells of: what they say is told by what follows."""


def camel(name: str) -> str:
    """Return a field's name as an element's: get-request as GetRequest."""
    words = _NO_LETTERS.split(name)
    return "".join(word[:1].upper() + word[1:] for word in words)


_NO_LETTERS: Final = re.compile(r"[^A-Za-z0-9]+")
