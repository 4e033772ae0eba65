"""The opening of files that hold secrets, without a chance to be tricked."""

import errno
import os
import pwd
import shlex
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dcud.config.problem import ConfigError, Problem

LARGEST_KEY_FILE = 1 << 20
"""Octets; more is no key file."""

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Where systemd says that a service's credentials are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who reads secrets, and where systemd has put them.

    Attributes:
        user: the service user's uid; key files belong to it or to root.
        credentials: directory of the service's credentials; None outside a systemd service.
    """

    user: int
    credentials: str | None = None

    @classmethod
    def of_this_process(cls) -> Self:
        """Return who this process is."""
        return cls(user=os.geteuid(), credentials=os.environ.get(CREDENTIALS_VARIABLE))

    @property
    def owners(self) -> frozenset[int]:
        """Return the uids that a key file may belong to."""
        return frozenset({0, self.user})


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """A file that holds secrets.

    Attributes:
        forbidden: mode bits that the file must not have.
        remedy_mode: the mode that mends them.
        from_systemd: whether systemd made the directory, and sees to those above it.
    """

    path: Path
    forbidden: int = 0o177
    remedy_mode: str = "600"
    from_systemd: bool = False


def key_file(path: str) -> SecretFile:
    """Return the key file at `path`: for its owner alone, and no program."""
    return SecretFile(path=Path(path))


def credential(name: str, directory: str) -> SecretFile:
    """Return systemd's credential of that name; systemd makes some of them readable to a group."""
    return SecretFile(
        path=Path(directory, name), forbidden=0o337, remedy_mode="400", from_systemd=True
    )


def read_secret_file(file: SecretFile, access: Access) -> bytes:
    """Return what the file holds, after a look at the very file that is read.

    The directory is opened first, the file by its descriptor, and the checks are made on the open
    descriptors: nobody can exchange the file between check and use.

    Raises:
        ConfigError: the file is missing, or others could read or exchange it; holds the remedy.
    """
    directory = open_directory(file.path.parent, access, "a key file", above=not file.from_systemd)
    try:
        return _read_in(directory, file, access)
    finally:
        os.close(directory)


def open_directory(path: Path, access: Access, content: str, *, above: bool = True) -> int:
    """Return a descriptor of a directory in which nobody else can exchange what it holds.

    Args:
        path: of the directory.
        access: whom it may belong to.
        content: what it holds, as an error names it.
        above: whether those above it are looked at, too.

    Raises:
        ConfigError: it can't be opened, or others could exchange what it holds; holds the remedy.
    """
    try:
        directory = os.open(path, _DIRECTORY)
    except OSError as error:
        raise _unreadable(path, error) from None
    try:
        _check_directory(os.fstat(directory), path, access, content)
        if above:
            _check_above(directory, path, access, content)
    except ConfigError:
        os.close(directory)
        raise
    return directory


_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def _read_in(directory: int, file: SecretFile, access: Access) -> bytes:
    # Without O_NONBLOCK the opening of a named pipe would wait for a writer.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(file.path.name, flags, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise _refused(
                file.path, "is a symbolic link", "name the file itself, not a link to it"
            ) from None
        raise _unreadable(file.path, error) from None
    try:
        _check_file(os.fstat(descriptor), file, access)
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            octets = opened.read(LARGEST_KEY_FILE + 1)
    finally:
        os.close(descriptor)
    if len(octets) > LARGEST_KEY_FILE:
        raise _refused(file.path, "is larger than 1 MiB", "check that the path names a key file")
    return octets


def _check_file(status: os.stat_result, file: SecretFile, access: Access) -> None:
    name = shlex.quote(str(file.path))
    if not stat.S_ISREG(status.st_mode):
        raise _refused(file.path, "is no regular file", "name a file")
    if status.st_uid not in access.owners:
        owner = user_name(access.user)
        raise _refused(
            file.path,
            f"belongs to {user_name(status.st_uid)}, not to {owner} or root",
            f"chown {owner} {name}",
        )
    mode = stat.S_IMODE(status.st_mode)
    if mode & file.forbidden:
        raise _refused(
            file.path,
            f"has mode {mode:03o}; others may read or change it",
            f"chmod {file.remedy_mode} {name}",
        )
    if access.user not in {status.st_uid, os.geteuid()} and not mode & 0o040:
        # Somebody else looks on behalf of the service user.
        owner = user_name(access.user)
        raise _refused(
            file.path,
            f"belongs to {user_name(status.st_uid)}; {owner} can't read it",
            f"chown {owner} {name}",
        )


def _check_above(directory: int, path: Path, access: Access, content: str) -> None:
    """Refuse a directory below one in which others could put another in its place."""
    here = os.dup(directory)
    above = -1
    try:
        while True:
            above = os.open("..", _DIRECTORY, dir_fd=here)
            status = os.stat(above)  # noqa: PTH116  # a descriptor
            if os.path.samestat(os.stat(here), status):  # noqa: PTH116  # likewise
                return
            os.close(here)
            here, above = above, -1
            _check_directory(status, _name(here, path), access, content)
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(here)
        if above >= 0:
            os.close(above)


def _name(directory: int, below: Path) -> Path:
    """Return the path of an open directory, or of one above `below` where that can't be told."""
    try:
        return Path(f"/proc/self/fd/{directory}").readlink()
    except OSError:
        return below.absolute().parent


def _check_directory(status: os.stat_result, directory: Path, access: Access, content: str) -> None:
    """Refuse a directory in which others could put a file in the place of ours.

    With the sticky bit they can't: only the owner renames or removes a file there.
    """
    name = shlex.quote(str(directory))
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise _refused(
            directory,
            f"holds {content} and has mode {mode:03o}; others may write to it",
            f"chmod go-w {name}",
        )
    if status.st_uid not in access.owners:
        owner = user_name(access.user)
        raise _refused(
            directory,
            f"holds {content} and belongs to {user_name(status.st_uid)}, not to {owner} or root",
            f"chown {owner} {name}",
        )


def user_name(uid: int) -> str:
    """Return the name of a user, or the number where there is none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _unreadable(path: Path, error: OSError) -> ConfigError:
    name = shlex.quote(str(path))
    remedies = {
        errno.ENOENT: f"create it, as by: install -m 600 /dev/null {name}",
        errno.EACCES: f"chown {user_name(os.geteuid())} {name}",
    }
    reason = error.strerror or "unknown error"
    remedy = remedies.get(error.errno or 0, "check the path")
    return _refused(path, f"can't be opened: {reason}", remedy)


def _refused(path: Path, message: str, remedy: str) -> ConfigError:
    problem = Problem(file=str(path), line=0, key="", message=message, remedy=remedy)
    return ConfigError([problem])
