"""The replacing of a key file, whole or not at all."""

import contextlib
import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from dcud.config.key_entries import fault
from dcud.config.key_file import Access, key_file, read_secret_file
from dcud.config.problem import ConfigError

_PATIENCE = 10.0
"""Seconds to wait for other programs that change the same file."""
_PAUSE = 0.02
"""Seconds between two tries."""


def rewrite(
    path: Path, change: Callable[[bytes], bytes], access: Access, *, create: bool = False
) -> None:
    """Replace what a key file holds by what `change` makes of it.

    The new file is made beside the old one, for its owner alone, written and synced; then it takes
    the old one's place, and that is synced, too. Power lost at any moment leaves the one or the
    other. Programs that change the same file take turns: none loses what another wrote.

    Args:
        path: the key file.
        change: is given what the file holds, empty where there is none yet.
        access: who may own the file.
        create: whether it may be missing.

    Raises:
        ConfigError: the file was refused, can't be written, or others don't stop changing it;
            or what `change` raised. Then the file is as it was.
    """
    try:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise _unwritable(path.parent, error) from None
    try:
        lock = _locked(directory, path)
        try:
            is_new = create and not _exists(directory, path.name)
            before = b"" if is_new else read_secret_file(key_file(str(path)), access)
            after = change(before)
            if after != before:
                _replace(directory, path, after)
        finally:
            os.close(lock)
    finally:
        os.close(directory)


def _locked(directory: int, path: Path) -> int:
    """Return a descriptor that keeps other programs that do the same away until it is closed."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        lock = _lock_if_free(directory, path)
        if lock is not None:
            return lock
        if time.monotonic() >= deadline:
            remedy = "try again when it is done"
            raise fault(path, 0, (), "is being changed by another program", remedy)
        time.sleep(_PAUSE)


def _lock_if_free(directory: int, path: Path) -> int | None:
    lock = _lockable(directory, path.name)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is_same(lock, directory, path.name):
            return lock
    except OSError as error:
        if error.errno != errno.EWOULDBLOCK:
            os.close(lock)
            raise _unwritable(path, error) from None
    os.close(lock)
    return None


def _lockable(directory: int, name: str) -> int:
    """Open what is locked: the key file, which nobody else can open, the directory before it is."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        return os.open(name, flags, dir_fd=directory)
    except OSError:
        return os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=directory)


def _is_same(lock: int, directory: int, name: str) -> bool:
    """Tell whether nobody has put another file there before it was locked."""
    now = _lockable(directory, name)
    try:
        return os.path.samestat(os.fstat(lock), os.fstat(now))
    finally:
        os.close(now)


def _exists(directory: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _replace(directory: int, path: Path, octets: bytes) -> None:
    temporary = f".{path.name}.new"
    try:
        # One that power loss left: whoever wrote it is gone, since nobody else holds the lock.
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=directory)
        try:
            _write(directory, temporary, octets, _owner(directory, path.name))
            os.replace(temporary, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:  # whatever it is, no second copy of the keys stays
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=directory)
            raise
        os.fsync(directory)
    except OSError as error:
        raise _unwritable(path, error) from None


def _owner(directory: int, name: str) -> tuple[int, int]:
    """Return whom the file belongs to, the directory's owner where there is none yet."""
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        status = os.fstat(directory)
    return status.st_uid, status.st_gid


def _write(directory: int, name: str, octets: bytes, owner: tuple[int, int]) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, 0o600, dir_fd=directory)
    try:
        if os.geteuid() == 0:
            os.fchown(descriptor, *owner)
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(octets)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> ConfigError:
    reason = error.strerror or "unknown error"
    remedy = "check the path, and run this as the owner of the file and its directory"
    return fault(path, 0, (), f"can't be changed: {reason}", remedy)
