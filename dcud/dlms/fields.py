"""The check that a field's value fits the octets it has."""

from dcud.dlms.errors import EncodeError


def check_field(name: str, value: int | None, low: int, high: int) -> None:
    """Raise `EncodeError` unless `value` is absent (None) or in `low`..`high`, both included."""
    if value is not None and not low <= value <= high:
        raise EncodeError(f"{name} is {value}, but {low}..{high} can be encoded")
