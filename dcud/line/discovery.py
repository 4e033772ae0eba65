"""Runs on a port what finds out which meters are on a power line."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from dcud.dlms.datalink import Frame, FrameReceived, OctetsDiscarded
from dcud.dlms.prime.network import NodeJoined, NodeLeft
from dcud.dlms.prime.roll_call import RollCalled, RollCallEvent
from dcud.dlms.sfsk.discovery import (
    DiscoveryEvent,
    DiscoveryFinished,
    MeterDiscovered,
    MeterRegistered,
    RegistrationFailed,
)
from dcud.line.port import Port
from dcud.line.session import Watch

Finding = (
    MeterDiscovered
    | MeterRegistered
    | RegistrationFailed
    | DiscoveryFinished
    | NodeJoined
    | NodeLeft
    | RollCalled
)
"""What a discovery is about, without the frames that it took."""


class Inquiry(Protocol):
    """What finds out: the discovery of S-FSK meters, the roll call of a PRIME base node."""

    def start(self) -> None:
        """Begin."""
        ...

    def seconds_left(self) -> float:
        """Return how long the rest takes if nobody else is found."""
        ...

    def frames_to_send(self) -> Sequence[Frame]:
        """Take the frames that are to go out now."""
        ...

    def frames_sent(self, now: float) -> None:
        """Learn that they have left."""
        ...

    def next_timeout(self) -> float | None:
        """Return when `handle_timeout` wants to be called."""
        ...

    def receive_data(
        self, octets: bytes, now: float
    ) -> Sequence[DiscoveryEvent] | Sequence[RollCallEvent]:
        """Take octets as they come."""
        ...

    def handle_timeout(self, now: float) -> Sequence[DiscoveryEvent] | Sequence[RollCallEvent]:
        """Act on time that has passed."""
        ...


def _nothing() -> None:
    """Do nothing."""


async def discover(
    port: Port,
    discovery: Inquiry,
    *,
    watch: Watch,
    found: Callable[[Finding], None],
    moved: Callable[[], None] = _nothing,
) -> None:
    """Run a discovery to its end, on an open port that nobody else uses meanwhile.

    Args:
        port: where the modem, or the base node, is.
        discovery: one that hasn't been started.
        watch: who is told of frames; its `meter` stands for all of them.
        found: called with each finding as it comes, `DiscoveryFinished` or `RollCalled` last.
        moved: called with each step that begins.

    Raises:
        PortError: the line is gone.
    """
    loop = asyncio.get_running_loop()
    port.discard_input()
    discovery.start()
    is_finished = False
    while not is_finished:
        if await _send(port, discovery, watch):
            moved()
        until = discovery.next_timeout() or loop.time()
        octets = await port.read(max(0.0, until - loop.time()))
        now = loop.time()
        events = [*discovery.receive_data(octets, now)] if octets else []
        events += discovery.handle_timeout(now)
        for event in events:
            match event:
                case FrameReceived(frame=frame):
                    watch.tracer.frame(watch.bus, "rx", watch.meter, frame.octets, frame.secret)
                case OctetsDiscarded(reason=reason, octets=discarded):
                    watch.tracer.discarded(watch.bus, watch.meter, reason, discarded)
                case _:
                    found(event)
                    is_finished |= isinstance(event, DiscoveryFinished | RollCalled)


async def _send(port: Port, discovery: Inquiry, watch: Watch) -> bool:
    """Send what there is; returns whether there was anything."""
    frames = discovery.frames_to_send()
    if not frames:
        return False
    for frame in frames:
        watch.tracer.frame(watch.bus, "tx", watch.meter, frame.octets, frame.secret)
    await port.write(b"".join([frame.octets for frame in frames]))
    discovery.frames_sent(asyncio.get_running_loop().time())
    return True
