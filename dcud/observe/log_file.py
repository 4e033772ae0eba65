"""A file that is appended to while others move it away."""

import os
from pathlib import Path
from typing import Final

_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
"""Opening never waits, not even for a reader of a named pipe; writing may."""

_MODE: Final = 0o640
"""The log tells what meters are read, and how: the administrators' group may see it, others not."""


class LogFile:
    """Appends lines, follows its path when another file stands there, keeps what it couldn't write.

    Attributes:
        astray: why no new file could be made after the file was moved away; lines go on into the
            moved one meanwhile. None while all is well.
    """

    def __init__(self, path: Path) -> None:
        self.astray: OSError | None = None
        self._path = path
        self._descriptor: int | None = None
        self._pending = b""
        self._written = 0

    @property
    def pending_lines(self) -> int:
        """How many lines were given to `append` and do not stand whole in a file yet."""
        return self._pending.count(b"\n", self._written)

    def open(self) -> None:
        """Open what stands at the path, in place of what was open.

        Raises:
            OSError: it can't be; what was open stays so.
        """
        opened = os.open(self._path, _FLAGS, _MODE)
        os.set_blocking(opened, True)
        self.close()
        self._descriptor = opened
        # A line of which a full disk took only a part begins anew in the new file.
        self._written = self._pending.rfind(b"\n", 0, self._written) + 1

    def append(self, lines: bytes, *, anew: bool = False) -> None:
        """Append whole lines, after those that wait; `anew` opens the path again in any case.

        Raises:
            OSError: not all could be written; the rest waits for the next call.
        """
        self._pending += lines
        self._follow(anew=anew)
        while self._written < len(self._pending):
            self._written += self._write(memoryview(self._pending)[self._written :])
        self._pending, self._written = b"", 0

    def close(self) -> None:
        """Close the file; harmless when none is open."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _write(self, octets: memoryview) -> int:
        if self._descriptor is None:
            self.open()
            return 0
        return os.write(self._descriptor, octets)

    def _follow(self, *, anew: bool) -> None:
        """Open anew where the path leads elsewhere; go on with the open file if that fails."""
        if self._descriptor is None or not (anew or self._moved(self._descriptor)):
            return
        try:
            self.open()
        except OSError as error:
            if os.fstat(self._descriptor).st_nlink == 0:
                raise
            self.astray = error
        else:
            self.astray = None

    def _moved(self, descriptor: int) -> bool:
        try:
            return not os.path.samestat(self._path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return True
