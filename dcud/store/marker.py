"""The marker beside a database: tells the database, as it was used last, from every copy of it.

A copy of a file can have the same content, times, owner and name, but it is another inode; the same
inode filled with an old copy's content has not the content that was last put there. So a marker is
identified by a random token in it together with its inode: number and generation, which the file
system draws anew for each inode and nobody can set. Where a file system has no generations (tmpfs,
UBIFS) it does not use an inode's number twice, or the token has to do.

What no marker can show: a whole file system or machine put back to a snapshot, inodes and all.
"""

import fcntl
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dcud.store.errors import StoreError
from dcud.store.files import create_file

_GET_GENERATION = (2 << 30) | (struct.calcsize("l") << 16) | (ord("v") << 8) | 1
"""FS_IOC_GETVERSION, which is _IOR('v', 1, long)."""

_TOKEN_OCTETS = 16
_WARNING = (
    "\nBy this file dcud knows whether the database beside it is the one that it used last.\n"
    "Neither copy it, nor put it back from a backup, nor edit or delete it.\n"
)


class Marker:
    """A small file that is replaced by a new one whenever the database has changed.

    Every method raises `StoreError` where the file system refuses.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fresh = path.with_name(path.name + ".new")

    def read(self) -> str:
        """Return the identity of the marker in place; empty where there is none."""
        with self._told():
            try:
                descriptor = os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            except FileNotFoundError:
                return ""
            try:
                token = os.read(descriptor, 2 * _TOKEN_OCTETS)
                return _identity(descriptor, token)
            finally:
                os.close(descriptor)

    def prepare(self) -> str:
        """Make a new marker that is not in place yet; return its identity once it is durable."""
        token = secrets.token_hex(_TOKEN_OCTETS).encode()
        with self._told():
            self._fresh.unlink(missing_ok=True)  # left by a process that was ended here
            descriptor = create_file(self._fresh)
            try:
                os.write(descriptor, token + _WARNING.encode())
                os.fsync(descriptor)
                return _identity(descriptor, token)
            finally:
                os.close(descriptor)

    def place(self) -> None:
        """Put the new marker in place of the old one, durably."""
        with self._told():
            self._fresh.rename(self._path)
            directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Raise the system's errors as ours."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                f"marker {self._path}: {error.strerror}",
                remedy="let the service user own that directory, and see that there is space",
            ) from error


def _identity(descriptor: int, token: bytes) -> str:
    """Return what no other marker has ever had or will ever have."""
    inode = os.fstat(descriptor).st_ino
    return f"{token.hex()}.{inode}.{_generation(descriptor)}"


def _generation(descriptor: int) -> int:
    """Return the inode's generation, 0 where the file system has none."""
    try:
        return int(struct.unpack_from("I", fcntl.ioctl(descriptor, _GET_GENERATION, bytes(8)))[0])
    except OSError:
        return 0
