import os
import subprocess
import sys
from pathlib import Path

import pytest

from dcud.store.errors import StoreError, StoreRefusedError
from dcud.store.lock import StoreLock

_HOLD = """
import sys
from pathlib import Path
from dcud.store.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    lock = StoreLock(tmp_path / "outbox.db")
    with pytest.raises(
        StoreRefusedError, match=rf"in use by process {os.getpid()}; stop that dcud"
    ):
        StoreLock(tmp_path / "outbox.db")
    lock.release()


def test_a_released_lock_can_be_taken_again(tmp_path: Path) -> None:
    StoreLock(tmp_path / "outbox.db").release()
    StoreLock(tmp_path / "outbox.db").release()


def test_the_lock_dies_with_its_process(tmp_path: Path) -> None:
    database = tmp_path / "outbox.db"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StoreRefusedError, match=f"process {holder.pid}"):
            StoreLock(database)
        holder.kill()
    StoreLock(database).release()


def test_a_lock_file_that_can_not_be_made_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"outbox\.db\.lock: No such file") as caught:
        StoreLock(tmp_path / "missing" / "outbox.db")
    assert caught.value.retryable
