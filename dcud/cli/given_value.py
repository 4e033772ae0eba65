"""Values that an operator writes for a meter."""

from dcud.cli.main import UsageError
from dcud.dlms.data import Data, DataType
from dcud.dlms.data_notation import format_data, parse_data
from dcud.dlms.errors import EncodeError

VALUE_FORMS = """\
VALUE is a type and a value, as "double-long-unsigned 5", "octet-string 0A0B" or
'structure {integer 1, enum 30}'; or a bare value, which takes the type that the meter gives now."""

_TEXTS = frozenset({DataType.VISIBLE_STRING, DataType.UTF8_STRING})
_NO_BARE_VALUE = frozenset(
    {DataType.NULL_DATA, DataType.DONT_CARE, DataType.ARRAY, DataType.STRUCTURE}
)
_TYPES = frozenset(kind.words for kind in DataType)


def given_value(text: str, current: Data | None) -> Data:
    """Return the Data that `text` writes.

    Args:
        text: with its type, or without.
        current: what the meter gives now; None where it gives nothing.

    Raises:
        UsageError: it is no value of that type, or its type can't be told.
    """
    first = text.split(maxsplit=1)[0].lower() if text.strip() else ""
    if first in _TYPES:
        return written_data(text)
    if current is None or current.type in _NO_BARE_VALUE:
        shown = "" if current is None else f"; it is {format_data(current)} now"
        raise UsageError(
            f"of which type {text!r} is can not be told{shown}",
            remedy='write the type, too, as "unsigned 5"',
        )
    kind = current.type
    quoted = f'"{text}"' if _is_text(current) and not text.startswith('"') else text
    try:
        return parse_data(f"{kind.words} {quoted}")
    except EncodeError as error:
        raise UsageError(
            f"{error.message}; the meter gives {format_data(current)}", remedy=error.remedy
        ) from None


def written_data(text: str) -> Data:
    """Return the Data that a type with a value writes.

    Raises:
        UsageError: it writes none.
    """
    try:
        return parse_data(text)
    except EncodeError as error:
        raise UsageError(error.message, remedy=error.remedy) from None


def _is_text(data: Data) -> bool:
    if data.type in _TEXTS:
        return True
    if data.type is not DataType.OCTET_STRING or not isinstance(data.value, bytes):
        return False
    return bool(data.value) and all(0x20 <= octet < 0x7F for octet in data.value)
