"""Runs the discovery of new S-FSK meters on a port."""

import asyncio
from collections.abc import Callable

from dcud.dlms.datalink import FrameReceived, OctetsDiscarded
from dcud.dlms.sfsk.discovery import (
    Discovery,
    DiscoveryFinished,
    MeterDiscovered,
    MeterRegistered,
    RegistrationFailed,
)
from dcud.line.port import Port
from dcud.line.session import Watch

Finding = MeterDiscovered | MeterRegistered | RegistrationFailed | DiscoveryFinished
"""What a discovery is about, without the frames that it took."""


async def discover(
    port: Port, discovery: Discovery, *, watch: Watch, found: Callable[[Finding], None]
) -> None:
    """Run a discovery to its end, on an open port that nobody else uses meanwhile.

    Args:
        port: where the modem is.
        discovery: one that hasn't been started.
        watch: who is told of frames; its `meter` stands for all of them.
        found: called with each finding as it comes, `DiscoveryFinished` last.

    Raises:
        PortError: the line is gone.
    """
    loop = asyncio.get_running_loop()
    port.discard_input()
    discovery.start()
    is_finished = False
    while not is_finished:
        await _send(port, discovery, watch)
        until = discovery.next_timeout() or loop.time()
        octets = await port.read(max(0.0, until - loop.time()))
        now = loop.time()
        events = discovery.receive_data(octets, now) if octets else []
        events += discovery.handle_timeout(now)
        for event in events:
            match event:
                case FrameReceived(frame=frame):
                    watch.tracer.frame(watch.bus, "rx", watch.meter, frame.octets, frame.secret)
                case OctetsDiscarded(reason=reason, octets=discarded):
                    watch.tracer.discarded(watch.bus, watch.meter, reason, discarded)
                case _:
                    found(event)
                    is_finished = isinstance(event, DiscoveryFinished)


async def _send(port: Port, discovery: Discovery, watch: Watch) -> None:
    frames = discovery.frames_to_send()
    if not frames:
        return
    for frame in frames:
        watch.tracer.frame(watch.bus, "tx", watch.meter, frame.octets, frame.secret)
    await port.write(b"".join([frame.octets for frame in frames]))
    discovery.frames_sent(asyncio.get_running_loop().time())
