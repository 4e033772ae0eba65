"""Making files that the service user can use, whoever makes them."""

import os
from pathlib import Path


def create_file(path: Path) -> int:
    """Return a descriptor of a file that did not exist, for nobody but its owner.

    What root makes belongs to the directory's owner, so that a command run by root leaves nothing
    that the daemon could not open. Only what was made here is given away, never what a link names.

    Raises:
        FileExistsError: there is something of that name.
        OSError: it can't be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        if os.geteuid() == 0:
            directory = path.parent.stat()
            os.fchown(descriptor, directory.st_uid, directory.st_gid)
    except BaseException:  # whatever it is, nobody else would close it
        os.close(descriptor)
        raise
    return descriptor
