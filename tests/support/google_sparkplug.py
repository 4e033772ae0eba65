"""Google's decoder for Sparkplug payloads, its messages described here by the field numbers.

[Sparkplug 3.0: Google Protocol Buffer Schema]
"""

from collections.abc import Iterable
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_Field = descriptor_pb2.FieldDescriptorProto

_SCALARS: Final = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "string": _Field.TYPE_STRING,
    "uint32": _Field.TYPE_UINT32,
    "uint64": _Field.TYPE_UINT64,
}

_PACKAGE: Final = "org.eclipse.tahu.protobuf"

_MESSAGES: Final = {
    "Payload": """
        1 timestamp uint64
        2 metrics repeated Metric
        3 seq uint64
        4 uuid string
        5 body bytes
    """,
    "Metric": """
        1 name string
        2 alias uint64
        3 timestamp uint64
        4 datatype uint32
        5 is_historical bool
        6 is_transient bool
        7 is_null bool
        9 properties PropertySet
        10 int_value oneof uint32
        11 long_value oneof uint64
        12 float_value oneof float
        13 double_value oneof double
        14 boolean_value oneof bool
        15 string_value oneof string
        16 bytes_value oneof bytes
    """,
    "PropertySet": """
        1 keys repeated string
        2 values repeated PropertyValue
    """,
    "PropertyValue": """
        1 type uint32
        2 is_null bool
        3 int_value oneof uint32
        4 long_value oneof uint64
        5 float_value oneof float
        6 double_value oneof double
        7 boolean_value oneof bool
        8 string_value oneof string
    """,
}


def google_payload() -> Any:
    """Return an empty payload of Google's library."""
    return _PAYLOAD()


def google_decoded(octets: bytes) -> Any:
    """Return a payload as Google's library reads it; raise its `DecodeError`."""
    return _PAYLOAD.FromString(octets)


def _described() -> Any:
    """Return the class of payloads."""
    file = descriptor_pb2.FileDescriptorProto(
        name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        words = [line.split() for line in fields.strip().splitlines()]
        if any("oneof" in each for each in words):
            message.oneof_decl.add(name="value")
        message.field.extend(_fields(words))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))


def _fields(lines: Iterable[list[str]]) -> Iterable[descriptor_pb2.FieldDescriptorProto]:
    for number, name, *marks, type_name in lines:
        field = _Field(name=name, number=int(number))
        field.label = _Field.LABEL_REPEATED if "repeated" in marks else _Field.LABEL_OPTIONAL
        if type_name in _SCALARS:
            field.type = _SCALARS[type_name]
        else:
            field.type = _Field.TYPE_MESSAGE
            field.type_name = f".{_PACKAGE}.{type_name}"
        if "oneof" in marks:
            field.oneof_index = 0
        yield field


_PAYLOAD: Final = _described()
