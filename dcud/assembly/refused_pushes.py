"""What the listener refuses, as metrics, frame log and program log are told of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from dcud.line.pushes import PushRefusedError, Transport
from dcud.line.tracer import FrameTracer

_LOG = logging.getLogger("dcud")

LISTENER: Final = "listener"
"""Stands in the frame log where frames of a bus bear its id."""

QUIET_TIME: Final = 300.0
"""Seconds after one line of the log in which others of the same reason are only counted."""

WORDS: Final = {
    "unknown_sender": "no meter pushes from there; write its address as push_from of the meter,"
    " and its network into listener.allow_from",
    "unknown_meter": "no meter that pushes from there has this wrapper port; it must be the logical"
    " part of the meter's server_address",
    "connections": "it, or all together, have too many connections; raise listener.connections or"
    " listener.connections_per_address",
    "version": "it doesn't speak the DLMS wrapper; have the meter push over TCP or UDP with it",
    "size": "the APDU is too long; raise listener.max_apdu_size, or have the meter push less",
    "truncated": "the APDU ended before its end; see the network, and the frame log",
    "service": "it is no notification; only these are taken",
    "blocks": "blocks of it are missing, or each wants an answer; see the network, and how the"
    " meter is set up to push",
    "security": "it can't be trusted; see the meter's events and its keys",
    "unreadable": "it can't be read; see the frame log",
    "store": "it can't be kept; see the disk",
    "flood": "the meter pushes faster than is allowed; raise listener.pushes_per_minute",
}
"""By reason: what is the matter, and what to do. Of other reasons nothing is said."""


class PushCounts(Protocol):
    """Who counts."""

    def push_refused(self, transport: str, reason: str) -> None:
        """Count something that was refused."""
        ...

    def push_connections(self, count: int) -> None:
        """So many connections stand."""
        ...


@dataclass(slots=True)
class _Refusals:
    """Those of one reason: how many are untold, and when more may be told."""

    untold: int = 0
    not_before: float = float("-inf")


class RefusedPushes:
    """Counts each refusal, and logs one of a reason now and then.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, counts: PushCounts, tracer: FrameTracer, clock: Callable[[], float]) -> None:
        self._counts = counts
        self._tracer = tracer
        self._clock = clock
        self._refusals: dict[str, _Refusals] = {}

    def push_connections(self, count: int) -> None:
        """Show how many connections stand."""
        self._counts.push_connections(count)

    def push_refused(self, transport: Transport, sender: str, error: PushRefusedError) -> None:
        """Take note of what was refused, and of whom."""
        reason = error.reason
        self._counts.push_refused(transport, reason)
        if error.octets:
            self._tracer.discarded(LISTENER, "", reason, error.octets)
        refusals = self._refusals.setdefault(reason, _Refusals())
        refusals.untold += 1
        now = self._clock()
        if reason in WORDS and now >= refusals.not_before:
            _LOG.warning(
                "a push of %s over %s was refused (%d such since the last line): %s",
                sender,
                transport.upper(),
                refusals.untold,
                WORDS[reason],
            )
            refusals.untold, refusals.not_before = 0, now + QUIET_TIME
