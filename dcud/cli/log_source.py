"""The lines of a frame log: saved, compressed, or still growing."""

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

from dcud.cli.main import UsageError

_CHUNK: Final = 256 * 1024
_LONGEST_LINE: Final = 1024 * 1024
"""Octets without an end of line that are taken for none of a frame log."""

Passed = Callable[[int], None]
"""Told how many octets of the file have been read."""


class Lines:
    """Cuts octets into lines, with constant memory whatever they are."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, octets: bytes) -> list[str]:
        """Return the lines that are whole now."""
        *lines, self._left = (self._left + octets).split(b"\n")
        if len(self._left) > _LONGEST_LINE:
            lines.append(self._left)
            self._left = b""
        return [line.decode("utf-8", "replace") for line in lines]

    def rest(self) -> list[str]:
        """Return the line that has no end."""
        left, self._left = self._left, b""
        return [left.decode("utf-8", "replace")] if left else []


def saved_lines(path: Path | None, passed: Passed = lambda octets: None) -> Iterator[str]:  # noqa: ARG005  # nobody looks
    """Yield the lines of a file, compressed by gzip or not; of standard input for None.

    Raises:
        UsageError: the file can't be read.
    """
    lines = Lines()
    try:
        with sys.stdin.buffer if path is None else path.open("rb") as raw:
            for chunk in _chunks(cast("BinaryIO", raw), passed):
                yield from lines.feed(chunk)
    except (OSError, EOFError) as error:
        yield from lines.rest()
        raise _unreadable(path, error) from None
    yield from lines.rest()


def _chunks(raw: BinaryIO, passed: Passed) -> Iterator[bytes]:
    head = raw.read(2)
    if head == b"\x1f\x8b":
        # Only files are read again from their beginning.
        raw.seek(0)
        with gzip.open(raw) as unpacked:
            while chunk := unpacked.read(_CHUNK):
                yield chunk
                passed(raw.tell())
        return
    yield head
    count = len(head)
    # What comes through a pipe is shown as it comes.
    read = getattr(raw, "read1", raw.read)
    while chunk := read(_CHUNK):
        yield chunk
        count += len(chunk)
        passed(count)


def followed_lines(
    path: Path, pause: Callable[[], None], *, from_end: bool = False
) -> Iterator[str]:
    """Yield the lines of a file as they are written; never ends by itself.

    Where another file stands at the path, what is left of the old one is read, then the new one;
    a file that was cut short is read from its beginning.

    Args:
        path: of the log.
        pause: waits a moment; called whenever there is nothing to read.
        from_end: whether what stands there already is passed over.

    Raises:
        UsageError: the file can't be read.
    """
    while True:
        try:
            file = path.open("rb")
        except OSError as error:
            raise _unreadable(path, error) from None
        with file:
            if from_end:
                file.seek(0, os.SEEK_END)
                from_end = False
            yield from _grown(path, file, pause)
        while not path.exists():
            pause()


def _grown(path: Path, file: BinaryIO, pause: Callable[[], None]) -> Iterator[str]:
    lines = Lines()
    moved = False
    while True:
        chunk = file.read(_CHUNK)
        if chunk:
            yield from lines.feed(chunk)
        elif moved:
            yield from lines.rest()
            return
        else:
            # Once more after it has moved, for what was written until then.
            moved = _is_moved(path, file)
            if not moved:
                _heed_cut(file)
                pause()


def _is_moved(path: Path, file: BinaryIO) -> bool:
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return True


def _heed_cut(file: BinaryIO) -> None:
    if os.fstat(file.fileno()).st_size < file.tell():
        file.seek(0)


def _unreadable(path: Path | None, error: OSError | EOFError) -> UsageError:
    what = getattr(error, "strerror", None) or str(error)
    return UsageError(
        f"{path or 'standard input'} can't be read: {what}",
        remedy="name the frame log, or a copy of it; /var/log/dlms_client.log unless configured",
    )
