"""The form of the tables: which event codes each log of a companion profile has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

UNSURE = " (?)"
"""Ends a text that rests on a single source."""

Texts = Mapping[int, str]
"""By event code."""

_LINES = ("L1", "L2", "L3")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLog:
    """One log with the codes that are written to it.

    Attributes:
        name: what the log is about.
        texts: what its codes mean.
        unsure: what further codes mean, by a single source.
    """

    name: str
    texts: Texts = field(default_factory=dict)
    unsure: Texts = field(default_factory=dict)

    def text(self, code: int) -> str | None:
        """Return what a code means, `UNSURE` at its end where it is; None where nobody knows."""
        if code in self.texts:
            return self.texts[code]
        return self.unsure[code] + UNSURE if code in self.unsure else None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTable:
    """The logs of one companion profile.

    Attributes:
        logs: by logical name.
        one_numbering: whether a code means the same in whichever log it is met.
    """

    logs: Mapping[str, EventLog]
    one_numbering: bool

    def text(self, log: str, code: int) -> str | None:
        """Return what a code means in the log with that logical name; None where nobody knows."""
        own = self.logs.get(log)
        if own is None:
            return None
        # Meters are met that write an event to the log next to the one where it belongs.
        others = self.logs.values() if self.one_numbering else ()
        found = (each.text(code) for each in (own, *others))
        return next((text for text in found if text is not None), None)


def in_turn(first: int, *texts: str) -> Texts:
    """Return codes that follow on one another."""
    return dict(enumerate(texts, first))


def by_phase(first: int, *texts: str, phases: tuple[str, ...] = _LINES) -> Texts:
    """Return codes that follow on one another: for each phase, put in place of {}, all texts."""
    return in_turn(first, *(text.format(phase) for phase in phases for text in texts))


def began_and_ended(first: int, *names: str) -> Texts:
    """Return codes that follow on one another: for each name that it began, then that it ended."""
    return in_turn(first, *(f"{name} {end}" for name in names for end in ("began", "ended")))


def event_logs(*logs: EventLog) -> Mapping[str, EventLog]:
    """Return logs under the logical names 0.0.99.98.e.255, e counted from 0."""
    return {f"0.0.99.98.{number}.255": log for number, log in enumerate(logs)}
