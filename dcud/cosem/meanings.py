"""What the value of an attribute means, with the standard's names for what is inside."""

from dcud.cosem.value_shapes import Value, parse_shape
from dcud.cosem.value_tables import SHAPES
from dcud.dlms.data import Data

__all__ = ["Value", "has_meaning", "meaning"]


def has_meaning(class_id: int, attribute: int) -> bool:
    """Tell whether `meaning` knows the attribute."""
    return attribute in SHAPES.get(class_id, {})


def meaning(class_id: int, attribute: int, data: Data) -> Value:
    """Return what `data` means as the value of an attribute that is known.

    Raises:
        DecodeError: it is none of that attribute's values.
    """
    return parse_shape(SHAPES[class_id][attribute]).read(data)
