"""A real ser2net that gives a device to the network, for tests."""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.mosquitto import free_port

_START_SECONDS = 10.0
_LISTENING = "0A"
_LOOPBACK = "0100007F"

RAW = ""
TELNET = "telnet,"
RFC2217 = "telnet(rfc2217),"


class Ser2Net:
    """A server that listens on 127.0.0.1:`port` from `start` (or entering) to `stop`.

    Args:
        directory: an existing directory of its own.
        device: what it opens for whoever connects, at 9600 baud and 8N1.
        mode: RAW, TELNET or RFC2217.
        kicks: whether a new client drives the one away that is there.
    """

    def __init__(
        self, directory: Path, device: str, *, mode: str = RAW, kicks: bool = True
    ) -> None:
        self.port = free_port()
        self._configuration = directory / "ser2net.yaml"
        self._configuration.write_text(
            "connection: &device\n"
            f"  accepter: {mode}tcp,127.0.0.1,{self.port}\n"
            f"  connector: serialdev,{device},9600n81,local\n"
            f"  options:\n    kickolduser: {'true' if kicks else 'false'}\n",
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        assert self._process is None
        # -u: no lock files in /var/lock, which want rights of their own
        self._process = subprocess.Popen(
            ["ser2net", "-n", "-u", "-c", str(self._configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _START_SECONDS
        while not self._listens():
            assert self._process.poll() is None, "ser2net has ended"
            assert time.monotonic() < until, "ser2net doesn't listen"
            time.sleep(0.01)

    def stop(self) -> None:
        """End it as a power cut would; nothing happens where it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _listens(self) -> bool:
        """Look into the kernel's table: a connection would open the device."""
        wanted = f"{_LOOPBACK}:{self.port:04X}"
        rows = (line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines())
        return any(row[1] == wanted and row[3] == _LISTENING for row in rows)
