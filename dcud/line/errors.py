"""What can go wrong on the line itself, before any protocol."""

from typing import ClassVar

from dcud.errors import DcudError


class PortError(DcudError):
    """The device or connection that carries the octets can't be opened, or is gone."""

    code: ClassVar[str] = "port"
    retryable: ClassVar[bool] = True


class PortBusyError(PortError):
    """Another program has the device to itself."""


class StalledError(DcudError):
    """The meter keeps talking, but what was asked for doesn't come to an end."""

    code: ClassVar[str] = "stalled"
    retryable: ClassVar[bool] = True
