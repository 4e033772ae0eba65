"""Which lines of a frame log an operator wants to see."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dcud.trace.conversation import Conversations, Heard
from dcud.trace.record import Record

_BEFORE: Final = 120_000
"""Milliseconds before the time asked for of which answers may still tell."""


def add_choice_arguments(parser: argparse._ActionsContainer) -> None:
    """Declare `--bus`, `--meter`, `--kind`, `--since`, `--until`."""
    parser.add_argument("--bus", action="append", metavar="ID", help="of this bus; may be repeated")
    parser.add_argument(
        "--meter", action="append", metavar="ID", help="with this meter; may be repeated"
    )
    parser.add_argument(
        "--kind",
        action="append",
        metavar="WORD",
        help='whose kind begins so: "snrm", "i", "aare", "get-request", "get", "discarded", '
        '"retransmission", "trouble" for all that is not right; may be repeated',
    )
    parser.add_argument(
        "--since",
        type=_moment,
        metavar="TIME",
        help='from then on: "2026-05-01", "2026-05-01T12:00"; UTC unless an offset is given',
    )
    parser.add_argument("--until", type=_moment, metavar="TIME", help="and up to then")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is wanted; empty or None for no matter."""

    buses: frozenset[str] = frozenset()
    meters: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> "Choice":
        """Return what the arguments ask for."""
        return cls(
            buses=frozenset(arguments.bus or ()),
            meters=frozenset(arguments.meter or ()),
            kinds=tuple(word.lower() for word in arguments.kind or ()),
            since=arguments.since,
            until=arguments.until,
        )

    def hear(self, record: Record, conversations: Conversations) -> Iterator[Heard]:
        """Yield what was heard, where it is wanted.

        What shortly precedes the time asked for is heard too: it tells what answers answer.
        """
        if self.buses and record.bus not in self.buses:
            return
        if self.meters and record.meter not in self.meters:
            return
        if self.until is not None and record.at >= self.until:
            return
        if self.since is not None and record.at < self.since - _BEFORE:
            return
        heard = conversations.hear(record)
        if (self.since is None or record.at >= self.since) and self._is_of_kind(heard):
            yield heard

    def _is_of_kind(self, heard: Heard) -> bool:
        if not self.kinds:
            return True
        kinds = (*heard.kinds, "trouble") if heard.has_trouble else heard.kinds
        return any(kind.startswith(self.kinds) for kind in kinds)


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no time; write as 2026-05-01 or 2026-05-01T12:00+02:00"
        ) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
