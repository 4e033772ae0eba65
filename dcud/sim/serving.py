"""Simulated lines in the world: on a pseudo-terminal, on TCP."""

import asyncio
import os
import pty
import termios
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, runtime_checkable

_SPEEDS = {
    getattr(termios, f"B{baud}"): baud for baud in (300, 600, 1200, 2400, 4800, 9600, 19_200)
}


class Line(Protocol):
    """What answers octets; `HdlcLine` and `WrapperLine` are such."""

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what to answer; None to hang up."""
        ...


@runtime_checkable
class TimedLine(Line, Protocol):
    """A line that also speaks by itself, and that is deaf at any speed but its own."""

    @property
    def baud(self) -> int | None:
        """The speed at which it speaks and understands now; None for any."""
        ...

    def next_timeout(self) -> float | None:
        """Return when it wants to speak, or None."""
        ...

    def handle_timeout(self, now: float) -> bytes:
        """Return what it says by itself."""
        ...


class _Terminal:
    """The far end of a pseudo-terminal, with what its near end had no room for yet."""

    def __init__(self, master: int, line: Line) -> None:
        self._master = master
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._unsaid = b""
        self._timer: asyncio.TimerHandle | None = None

    def hear(self) -> None:
        try:
            octets = os.read(self._master, 4096)
        except BlockingIOError:
            return
        if not self._is_understood():
            return
        answer = self._line.receive(octets, self._loop.time()) or b""
        self._answer(answer)

    def _is_understood(self) -> bool:
        """Whether the client's speed is the line's; at another one either hears only noise."""
        baud = self._line.baud if isinstance(self._line, TimedLine) else None
        return baud is None or _SPEEDS.get(termios.tcgetattr(self._master)[5]) == baud

    def _answer(self, octets: bytes) -> None:
        if self._is_understood():
            self._unsaid += octets
        self.say()
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = self._line.next_timeout() if isinstance(self._line, TimedLine) else None
        self._timer = None if due is None else self._loop.call_at(due, self._speak)

    def _speak(self) -> None:
        self._answer(_say(self._line, None, self._loop.time()) or b"")

    def say(self) -> None:
        try:
            written = os.write(self._master, self._unsaid) if self._unsaid else 0
        except BlockingIOError:
            written = 0
        self._unsaid = self._unsaid[written:]
        if self._unsaid:
            self._loop.add_writer(self._master, self.say)
        else:
            self._loop.remove_writer(self._master)

    def hang_up(self) -> None:
        self._loop.remove_reader(self._master)
        self._loop.remove_writer(self._master)
        if self._timer is not None:
            self._timer.cancel()


@asynccontextmanager
async def serve_pty(line: Line, link: Path | None = None) -> AsyncIterator[Path]:
    """Serve `line` on a new pseudo-terminal; yields the path that clients open.

    Args:
        line: what answers.
        link: where a symbolic link to the device is put, so that its name is known beforehand; one
            that is there already is replaced.
    """
    master, slave = pty.openpty()
    # Raw from the start: the terminal must neither echo nor translate before a client opens it.
    tty.setraw(slave)
    os.set_blocking(master, False)
    terminal = _Terminal(master, line)
    asyncio.get_running_loop().add_reader(master, terminal.hear)
    device = Path(os.ttyname(slave))
    try:
        yield device if link is None else _linked(link, device)
    finally:
        terminal.hang_up()
        # The slave stays open until here, or the device would hang up with every client that goes.
        os.close(slave)
        os.close(master)
        if link is not None:
            link.unlink(missing_ok=True)  # noqa: ASYNC240  # one call, at the very end


def _linked(link: Path, device: Path) -> Path:
    if link.is_symlink():
        link.unlink()
    link.symlink_to(device)
    return link


@asynccontextmanager
async def serve_tcp(
    make_line: Callable[[], Line], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[tuple[str, int]]:
    """Serve a line of its own on every connection; yields host and port."""
    loop = asyncio.get_running_loop()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = make_line()
        try:
            while (octets := await _hear(reader, line)) != b"":
                said = _say(line, octets, loop.time())
                if said is None:
                    break
                writer.write(said)
                await writer.drain()
        except ConnectionError:
            pass  # the client went; so does its line
        finally:
            writer.close()

    server = await asyncio.start_server(serve, host, port)
    async with server:
        address = server.sockets[0].getsockname()
        yield address[0], address[1]


async def _hear(reader: asyncio.StreamReader, line: Line) -> bytes | None:
    """Return what arrives, b"" at the end, None where the line wants to speak before."""
    due = line.next_timeout() if isinstance(line, TimedLine) else None
    try:
        async with asyncio.timeout_at(due):
            return await reader.read(4096)
    except TimeoutError:
        return None


def _say(line: Line, octets: bytes | None, now: float) -> bytes | None:
    if octets is not None:
        return line.receive(octets, now)
    return line.handle_timeout(now) if isinstance(line, TimedLine) else b""
