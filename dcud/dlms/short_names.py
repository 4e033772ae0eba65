"""How a meter that knows its objects by short names is asked for them.

[IEC 62056-5-3: short name referencing]
"""

from typing import Final, Protocol

from dcud.dlms.access import AttributeDescriptor, MethodDescriptor
from dcud.dlms.errors import ProtocolError
from dcud.dlms.obis import Obis

OBJECT_LIST: Final = 0xFA08
"""The object list of the current association, which has the base names of all objects."""

REPLY_TO_HLS_AUTHENTICATION: Final = MethodDescriptor(12, Obis.parse("0.0.40.0.0.255"), 8)
"""Of the current association, whose short name is known without any list."""


class UnknownNameError(ProtocolError):
    """An attribute or method has no short name that is known."""

    code = "unknown_name"
    retryable = False


class ShortNames(Protocol):
    """The short names of one meter's objects."""

    @property
    def is_known(self) -> bool:
        """Whether they were learned."""
        ...

    def learn(self, object_list: bytes) -> None:
        """Learn them.

        Args:
            object_list: the encoding of what `OBJECT_LIST` is.

        Raises:
            DecodeError: it is no object list.
        """
        ...

    def attribute(self, descriptor: AttributeDescriptor) -> int:
        """Return the name of an attribute, 0..65535; raises `UnknownNameError`."""
        ...

    def method(self, descriptor: MethodDescriptor) -> int:
        """Return the name of a method, 0..65535; raises `UnknownNameError`."""
        ...

    def returns_data(self, descriptor: MethodDescriptor) -> bool:
        """Tell whether a method returns something, hence is called by being read."""
        ...
