"""The faults found so far."""

from collections.abc import Iterable
from dataclasses import dataclass

from dcud.config.document import Document
from dcud.config.locate import Path as KeyPath
from dcud.config.problem import ConfigError, Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A key, or what should hold it, in a file."""

    document: Document
    path: KeyPath = ()

    def __truediv__(self, step: str | int) -> "Place":
        """Return the place one step further in."""
        return Place(self.document, (*self.path, step))


class Report:
    """Collects faults; lines are looked up only when it is asked for them."""

    def __init__(self) -> None:
        self._faults: list[tuple[Place, str, str]] = []
        self._problems: list[Problem] = []

    def add(self, place: Place, message: str, remedy: str = "") -> None:
        """Note a fault at `place`."""
        self._faults.append((place, message, remedy))

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note faults that know their place already."""
        self._problems.extend(problems)

    def raise_if_any(self) -> None:
        """End the loading if there was a fault.

        Raises:
            ConfigError: there was; holds all of them.
        """
        located = [
            Problem(
                file=place.document.name,
                line=place.document.line(place.path),
                key=place.document.label(place.path),
                message=message,
                remedy=remedy,
            )
            for place, message, remedy in self._faults
        ]
        if located or self._problems:
            raise ConfigError([*self._problems, *located])


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return a remedy for a word that is not among the `known` ones."""
    from difflib import get_close_matches  # noqa: PLC0415  # start-up: only for faults

    names = sorted(known)
    if close := get_close_matches(word, names, n=1):
        return f'did you mean "{close[0]}"?'
    if not names:
        return ""
    shown = ", ".join(names[:40])
    return f"known are: {shown}{', ...' if len(names) > 40 else ''}"
