"""Keeping a store to one process."""

import fcntl
import os
from pathlib import Path

from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.files import create_file


class StoreLock:
    """The lock beside a database file, held from construction to `release`.

    The lock is the kernel's (flock) and dies with the process, however that ends; the file stays
    and tells, for people, who holds it.

    Raises:
        StoreRefusedError: another process holds it.
        StoreError: the lock file can't be made.
    """

    def __init__(self, database: Path) -> None:
        path = database.with_name(database.name + ".lock")
        try:
            self._descriptor = _open(path)
        except OSError as error:
            raise StoreError(
                f"store {database}: can't make {path}: {error.strerror}",
                remedy="let the service user own that directory",
            ) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(self._descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(self._descriptor)
            raise StoreRefusedError(
                f"store {database} is in use by process {holder or 'unknown'}",
                remedy="stop that dcud, or let this one keep its files elsewhere",
            ) from error
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let others have the store."""
        os.close(self._descriptor)


def _open(path: Path) -> int:
    """Return a descriptor of the lock file, made where there is none."""
    try:
        return create_file(path)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_CLOEXEC)
