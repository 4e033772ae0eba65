"""One process at a time, for acts that touch a database with the files beside it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dcud.store.errors import StoreError

_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.005


class Turn:
    """The right to act on a directory's files, taken for milliseconds.

    It is a lock (flock) on the directory itself: it needs no file that could belong to the wrong
    user, be copied or be deleted, and ends with the process, however that ends.
    """

    def __init__(self, directory: Path, patience: float = _PATIENCE_SECONDS) -> None:
        self._directory = directory
        self._patience = patience

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn while the block runs, waiting for it some seconds at most.

        Raises:
            StoreError: somebody else holds it for too long, or the directory is gone.
        """
        try:
            descriptor = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise StoreError(
                f"directory {self._directory} can't be opened: {error.strerror}",
                remedy="let the service user own that directory",
            ) from error
        try:
            self._wait(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _wait(self, descriptor: int) -> None:
        """Return once the lock is ours."""
        until = time.monotonic() + self._patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() >= until:
                    raise StoreError(
                        f"another process holds directory {self._directory}",
                        remedy="end the dcud that is stuck there",
                    ) from error
                time.sleep(_PAUSE_SECONDS)
            else:
                return
