"""The parameters of a request, read one by one."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import ClassVar, Final

from dcud.errors import DcudError

_LONGEST_TEXT: Final = 16_384


class ParameterError(DcudError):
    """A parameter that a verb can't take."""

    code: ClassVar[str] = "parameters"


class Parameters:
    """What a request says beside its verb; what nobody asks for is refused at the end."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values
        self._known: set[str] = set()

    def text(self, name: str, default: str | None = None) -> str:
        """Return text.

        Raises:
            ParameterError: it is none, or missing where there is no default.
        """
        value = self._take(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value or len(value) > _LONGEST_TEXT:
            raise _unfit(name, "text")
        return value

    def texts(self, name: str, most: int) -> list[str]:
        """Return a list of texts, at least one.

        Raises:
            ParameterError: it is none.
        """
        value = self._take(name)
        if not isinstance(value, list) or not 0 < len(value) <= most:
            raise _unfit(name, f"a list of 1 to {most} texts")
        if not all(isinstance(each, str) and len(each) <= _LONGEST_TEXT for each in value):
            raise _unfit(name, "a list of texts")
        return [str(each) for each in value]

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number from `low` to `high`.

        Raises:
            ParameterError: it is none, or missing where there is no default.
        """
        value = self._take(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise _unfit(name, f"a whole number, {low} to {high}")
        return value

    def instant(self, name: str) -> datetime:
        """Return an instant, in UTC.

        Raises:
            ParameterError: it is none, or says no offset.
        """
        value = self._take(name)
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) else None
            if moment is not None and moment.tzinfo is not None:
                return moment.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise _unfit(name, 'an instant, as "2026-03-01T12:00:00Z"')

    def has(self, name: str) -> bool:
        """Tell whether it is there."""
        self._known.add(name)
        return self._values.get(name) is not None

    def end(self) -> None:
        """Refuse what was not asked for.

        Raises:
            ParameterError: there is such.
        """
        unknown = sorted(self._values.keys() - self._known)
        if unknown:
            known = ", ".join(sorted(self._known)) or "none"
            raise ParameterError(f"{unknown[0][:40]!r} means nothing", remedy=f"known: {known}")

    def _take(self, name: str) -> object:
        self._known.add(name)
        return self._values.get(name)


def _unfit(name: str, wanted: str) -> ParameterError:
    return ParameterError(f'"{name}" is missing or unfit', remedy=f"write {wanted}")
