"""Exchanges of the client of gurux-dlms, which we did not write, with a simulated line."""

import warnings
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own affair
    from gurux_dlms import GXByteBuffer, GXReplyData

from dcud.sim.serving import Line


class GuruxExchange:
    """Carries what a client asks to a line, until it has its answer."""

    def __init__(self, client: Any, line: Line) -> None:
        self._client = client
        self._line = line
        # What it asks for in the middle of general blocks, and has under another name.
        settings = type(client.settings)
        settings.blockNumber = property(lambda settings: settings.blockIndex)

    def ask(self, frames: Any) -> Any:
        """Return what the meter says to a request, its blocks joined."""
        reply = GXReplyData()
        for frame in frames if isinstance(frames, list) else [frames]:
            reply.clear()
            self._exchange(frame, reply)
        return reply

    def _exchange(self, frame: Any, reply: Any) -> None:
        heard = GXByteBuffer(self._line.receive(bytes(frame), 0.0) or b"")
        while True:
            whole = self._client.getData(heard, reply, None)
            assert reply.error == 0
            if whole and not reply.isMoreData():
                return
            if len(heard) == heard.position or not whole:
                more = self._client.receiverReady(reply)
                assert more
                heard = GXByteBuffer(self._line.receive(bytes(more), 0.0) or b"")
