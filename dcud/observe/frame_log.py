"""The log of every frame, which never makes a bus wait.

The event loop puts records into a bounded backlog; one thread renders and writes them, some dozens
of milliseconds' worth at a time. Where the device is slow, full or gone, the backlog fills, and
what doesn't fit is dropped, counted, and told of in the log itself once it goes on.
"""

import errno
import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from dcud.observe.errors import FrameLogError
from dcud.observe.log_file import LogFile
from dcud.observe.log_line import Record, line
from dcud.observe.mask import Mask

_LOGGER = logging.getLogger("dcud.observe")

DEFAULT_PATH: Final = Path("/var/log/dlms_client.log")

BACKLOG_RECORDS: Final = 10_000
"""Five seconds of a very busy gateway."""

BACKLOG_OCTETS: Final = 2 * 1024 * 1024
"""Of frames, before they become hex: what bounds memory when frames are long."""

_GATHERING: Final = 0.05
"""Seconds for which records are gathered before they are written together."""

_RETRY: Final = 1.0
"""Seconds between attempts on a device that refuses."""

_LASTING: Final = {
    errno.ENOENT: "create its directory, or set another path under [log]",
    errno.ENOTDIR: "set another path under [log]",
    errno.EISDIR: "set the path of a file under [log], not of a directory",
    errno.EACCES: "let the service user write there, or set another path under [log]",
    errno.EPERM: "let the service user write there, or set another path under [log]",
    errno.EROFS: "let the service write there (ReadWritePaths= of its unit), or set another path",
}
"""What does not pass by itself, with its remedy; anything else is waited out."""


class FrameLog:
    """Writes one line for each frame; satisfies the line's tracer.

    Args:
        path: the file; created with mode 640, its directory must exist.
        clock: gives Unix seconds.
        dropped: told how many lines were lost, in the thread of the caller who lost them.
    """

    def __init__(
        self,
        path: Path = DEFAULT_PATH,
        *,
        clock: Callable[[], float],
        dropped: Callable[[int], None] = lambda lines: None,  # noqa: ARG005  # nobody counts
    ) -> None:
        self._path = path
        self._clock = clock
        self._on_drop = dropped
        self._mask = Mask()
        self._file = LogFile(path)
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition(threading.Lock())
        # All of these under the condition's lock:
        self._backlog: list[Record] = []
        self._backlog_octets = 0
        self._dropped = 0
        self._reopening = False
        self._stopping = False
        self._ended_at = 0.0
        # The writing thread's own:
        self._troubled = False

    def register_secret(self, secret: bytes) -> None:
        """Mask these octets from now on wherever they stand, if they are at least four."""
        self._mask.add(secret)

    def start(self) -> None:
        """Open the file and begin to write.

        Raises:
            FrameLogError: the file can't be opened, and that won't change by itself.
        """
        try:
            self._file.open()
        except OSError as error:
            if error.errno in _LASTING:
                raise FrameLogError(
                    f"the frame log {self._path} can't be opened: {error.strerror}",
                    remedy=_LASTING[error.errno],
                ) from error
        self._thread = threading.Thread(target=self._write_on, name="frame-log", daemon=True)
        self._thread.start()

    def frame(
        self, bus: str, direction: str, meter: str, octets: bytes, secret: Sequence[tuple[int, int]]
    ) -> None:
        """Log one frame."""
        self._put(
            Record(
                at=self._clock(),
                bus=bus,
                mark=direction,
                meter=meter,
                octets=octets,
                secret=tuple(secret),
            )
        )

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Log octets that made no frame; none where they are withheld."""
        self._put(
            Record(at=self._clock(), bus=bus, mark="rx!", meter=meter, note=reason, octets=octets)
        )

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Log that so many frames go out once more."""
        note = f"retransmitting {frames}"
        self._put(Record(at=self._clock(), bus=bus, mark="tx!", meter=meter, note=note))

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Log nothing: the times of the frames tell it."""

    def reopen(self) -> None:
        """Open the path anew, soon, without losing a line; for SIGHUP after a rotation."""
        with self._changed:
            self._reopening = True
            self._changed.notify()

    def end(self) -> None:
        """Take no more, and write what is waiting while others stop, too; returns at once."""
        with self._changed:
            if not self._stopping:
                self._stopping = True
                self._ended_at = time.monotonic()
                self._changed.notify()

    def close(self, patience: float = 2.0) -> None:
        """Write what is waiting and stop; wait for a slow device so many seconds from `end` on."""
        if self._thread is None:
            return
        self.end()
        self._thread.join(max(0.0, self._ended_at + patience - time.monotonic()))
        if self._thread.is_alive():
            lost = len(self._backlog) + self._file.pending_lines
            _LOGGER.warning("the frame log %s is stuck; %d lines are lost", self._path, lost)
        else:
            lost = self._file.pending_lines
        if lost:
            self._on_drop(lost)
        self._thread = None

    def _put(self, record: Record) -> None:
        with self._changed:
            if self._stopping:
                return
            # Once full it stays so until it is taken whole: one gap, told of once.
            if self._is_full():
                self._dropped += 1
            else:
                self._backlog.append(record)
                self._backlog_octets += len(record.octets)
                if len(self._backlog) == 1:
                    self._changed.notify()
                return
        self._on_drop(1)

    def _is_full(self) -> bool:
        return len(self._backlog) >= BACKLOG_RECORDS or self._backlog_octets >= BACKLOG_OCTETS

    # The rest is the writing thread's.

    def _write_on(self) -> None:
        writing = True
        while writing:
            lines, writing = self._take()
            self._write(lines)
        self._file.close()

    def _take(self) -> tuple[bytes, bool]:
        """Wait for records and return them as lines, and whether there may be more."""
        with self._changed:
            self._changed.wait_for(lambda: self._backlog or self._reopening or self._stopping)
            if not (self._reopening or self._stopping):
                self._changed.wait(_GATHERING)
            records, self._backlog, self._backlog_octets = self._backlog, [], 0
            dropped, self._dropped = self._dropped, 0
            writing = not self._stopping
        if dropped:
            note = f"{dropped} lines dropped: the log could not keep up"
            records.append(Record(at=self._clock(), bus="", mark="!", meter="", note=note))
        return "".join(line(record, self._mask) for record in records).encode(), writing

    def _write(self, lines: bytes) -> None:
        """Write, and on failure again and again until it succeeds or we are to stop."""
        error = self._attempt(lines)
        while error is not None:
            self._tell_trouble(f"can't be written: {error.strerror}; frames are kept for a while")
            with self._changed:
                if self._changed.wait_for(lambda: self._stopping, _RETRY):
                    return
            error = self._attempt(b"")
        if self._file.astray is not None:
            reason = self._file.astray.strerror
            self._tell_trouble(f"can't be opened anew: {reason}; lines go on into the moved file")
        elif self._troubled:
            self._troubled = False
            _LOGGER.info("the frame log %s is written again", self._path)

    def _attempt(self, lines: bytes) -> OSError | None:
        with self._changed:
            anew, self._reopening = self._reopening, False
        try:
            self._file.append(lines, anew=anew)
        except OSError as error:
            return error
        return None

    def _tell_trouble(self, trouble: str) -> None:
        """Warn, once until all is well again."""
        if not self._troubled:
            self._troubled = True
            _LOGGER.warning("the frame log %s %s", self._path, trouble)
