"""Simulated lines in the world: on a pseudo-terminal, on TCP."""

import asyncio
import os
import pty
import tty
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol


class Line(Protocol):
    """What answers octets; `HdlcLine` and `WrapperLine` are such."""

    def receive(self, octets: bytes, now: float) -> bytes | None:
        """Return what to answer; None to hang up."""
        ...


class _Terminal:
    """The far end of a pseudo-terminal, with what its near end had no room for yet."""

    def __init__(self, master: int, line: Line) -> None:
        self._master = master
        self._line = line
        self._loop = asyncio.get_running_loop()
        self._unsaid = b""

    def hear(self) -> None:
        try:
            octets = os.read(self._master, 4096)
        except BlockingIOError:
            return
        self._unsaid += self._line.receive(octets, self._loop.time()) or b""
        self.say()

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
            while octets := await reader.read(4096):
                said = line.receive(octets, loop.time())
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
