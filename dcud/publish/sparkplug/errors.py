"""What can go wrong with Sparkplug payloads."""

from typing import ClassVar

from dcud.errors import DcudError


class SparkplugError(DcudError):
    """Octets, or a message of the outbox, make no sense as what they should be."""

    code: ClassVar[str] = "sparkplug"
