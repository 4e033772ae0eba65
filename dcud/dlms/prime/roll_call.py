"""Asks a PRIME base node which nodes it has.

Asked to report, a base node tells of all its nodes, one after the other, and doesn't say which is
the last; the roll is over when none was told of for a while.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dcud.dlms.datalink import Frame, FrameReceived, OctetsDiscarded
from dcud.dlms.errors import DecodeError, EncodeError, MisuseError
from dcud.dlms.prime.messages import (
    BASE_NODE_PORT,
    CONCENTRATOR_PORT,
    StartReporting,
    decode_message,
)
from dcud.dlms.prime.network import NodeJoined, NodeLeft, PrimeNetwork
from dcud.dlms.wrapper import Unreadable, Wpdu, WrapperDelimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCalled:
    """Nothing more will come; `readable` says whether what came was a base node's wrapper."""

    readable: bool = True


RollCallEvent = NodeJoined | NodeLeft | RollCalled | FrameReceived | OctetsDiscarded


class RollCall:
    """One roll call on one connection, on which nothing else is asked meanwhile.

    Like a data link it is driven by `frames_to_send`, `frames_sent`, `receive_data`,
    `next_timeout` and `handle_timeout`; it ends with `RollCalled`.

    Args:
        patience: seconds without a word about nodes after which there are no more.
    """

    def __init__(self, patience: float = 5.0) -> None:
        if patience <= 0:
            raise EncodeError("a roll call's patience isn't positive")
        self._patience = patience
        self._network = PrimeNetwork()
        self._delimiter = WrapperDelimiter()
        self._outgoing: list[Frame] = []
        self._deadline: float | None = None
        self._is_started = self._is_over = False

    def start(self) -> None:
        """Begin.

        Raises:
            MisuseError: when it was started before.
        """
        if self._is_started:
            raise MisuseError("a roll call is started once; make a new one")
        self._is_started = True
        unit = Wpdu(CONCENTRATOR_PORT, BASE_NODE_PORT, StartReporting().encode())
        self._outgoing.append(Frame(unit.build()))

    def seconds_left(self) -> float:
        """Return how long the rest takes if no other node is told of."""
        return 0.0 if self._is_over else self._patience

    def frames_to_send(self) -> list[Frame]:
        """Take (and forget) the frames that are to go out now."""
        frames, self._outgoing = self._outgoing, []
        return frames

    def frames_sent(self, now: float) -> None:
        """Begin to wait."""
        self._wait(now)

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called, on the clock of `now`, or None."""
        return self._deadline

    def receive_data(self, octets: bytes, now: float) -> list[RollCallEvent]:
        """Take octets as they come, cut anywhere."""
        return self._take(self._delimiter.feed(octets), now)

    def handle_timeout(self, now: float) -> list[RollCallEvent]:
        """Act on time that has passed; harmless when called early."""
        if self._deadline is None or now < self._deadline:
            return []
        return [self._end(RollCalled())]

    def _wait(self, now: float) -> None:
        if not self._is_over:
            self._deadline = now + self._patience

    def _end(self, how: RollCalled) -> RollCalled:
        self._is_over = True
        self._deadline = None
        return how

    def _take(self, units: Iterable[Wpdu | Unreadable], now: float) -> list[RollCallEvent]:
        events: list[RollCallEvent] = []
        for unit in units:
            if isinstance(unit, Unreadable):
                events.append(OctetsDiscarded(reason="version", octets=unit.octets))
                if not self._is_over:
                    events.append(self._end(RollCalled(readable=False)))
                continue
            events.append(FrameReceived(Frame(unit.build())))
            if (unit.source, unit.destination) == (BASE_NODE_PORT, CONCENTRATOR_PORT):
                changes = self._heed(unit.apdu)
                if changes:
                    self._wait(now)
                events += changes
        return events

    def _heed(self, octets: bytes) -> list[NodeJoined | NodeLeft]:
        try:
            return self._network.note(decode_message(octets))
        except DecodeError:
            return []
