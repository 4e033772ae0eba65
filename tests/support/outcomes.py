"""What requests came to, told apart."""

from typing import TypeGuard

from dcud.dlms.exchange import Answered


def has_value(event: object) -> TypeGuard[Answered[bytes]]:
    """Tell whether the meter gave a value."""
    return isinstance(event, Answered) and isinstance(event.answer, bytes)
