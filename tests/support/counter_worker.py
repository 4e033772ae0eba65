"""A process that puts protected frames on a line, until it has done or is killed.

It takes its counters where dcud takes them. Each frame that it puts on the line, which is a file,
is one line of text: account, counter, digest of the content, and whether the meter heard it.
"""

import argparse
import asyncio
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from dcud.collect.counter_ledger import CounterAccount, CounterLedger, Dealing, Trust
from dcud.dlms.secret import Secret
from dcud.store.counter_store import CounterStore
from dcud.store.errors import StoreError

ACCOUNTS = [
    (Secret(bytes(16)), b"DCU\0\0\0\0\1"),
    (Secret(bytes(16)), b"DCU\0\0\0\0\2"),
    (Secret(bytes(range(16))), b"DCU\0\0\0\0\1"),
]
TRUST = Trust(margin=300)
"""The margin is above all frames in a row that no meter hears, and counters under way."""

_LOSS = 0.3
_TRACED = ("/dcud/store/", "/dcud/collect/", "/tests/support/counter_worker.py")


class Line:
    """The line with the meters on it, all in one file."""

    def __init__(self, path: Path, draw: random.Random) -> None:
        self._path = path
        self._draw = draw
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC)

    def put(self, account: int, counter: int) -> None:
        """Put a frame on the line, in one act of the kernel."""
        heard = int(self._draw.random() >= _LOSS)
        os.write(self._descriptor, f"{account} {counter} {secrets.token_hex(8)} {heard}\n".encode())

    def shown(self, account: int) -> int:
        """Return the frame counter that the meter shows."""
        lines = [line.split() for line in self._path.read_text("ascii").splitlines()]
        return max(
            (int(line[1]) for line in lines if line[0] == str(account) and line[3] == "1"),
            default=0,
        )

    def tell(self, what: str) -> None:
        """Write down what no meter hears."""
        os.write(self._descriptor, f"# {os.getpid()} {what}\n".encode())


async def read_meters(path: Path, line: Line, draw: random.Random, associations: int) -> None:
    """Open associations with meters and put frames on the line, of random number."""
    async with await CounterStore.open(path, time.monotonic, exclusive=False) as store:
        line.tell("restored" if store.restored else "opened")
        ledger = CounterLedger(
            store, Dealing(block=draw.randint(1, 16), low_water=draw.randint(1, 4))
        )
        for _ in range(associations):
            number = draw.randrange(len(ACCOUNTS))
            account = ledger.account(*ACCOUNTS[number])
            if not await account.load():
                await account.rebase(line.shown(number), TRUST)
            await _associate(account, line, number, draw.randint(1, 12))


async def _associate(account: CounterAccount, line: Line, number: int, frames: int) -> None:
    """Put some frames on the line under one account."""
    for _ in range(frames):
        if account.is_low and not await account.load():
            return  # it was put back from a backup meanwhile: the next one asks the meter
        line.put(number, account.counter.next())


def kill_at_line(number: int) -> None:
    """Have the process killed before the line of that number of the code under test runs."""
    left = number
    traced: dict[CodeType, bool] = {}

    def within(frame: FrameType, event: str, _argument: Any) -> Callable[..., Any] | None:
        nonlocal left
        code = frame.f_code
        if code not in traced:
            traced[code] = any(part in code.co_filename for part in _TRACED)
        if not traced[code]:
            return None
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return within

    threading.settrace(within)
    sys.settrace(within)


def kill_after(seconds: float) -> None:
    """Have the process killed at a moment, whatever it does then."""

    def wait() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main() -> int:
    """Run; returns 3 where the store refuses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("line", type=Path)
    parser.add_argument("seed", type=int)
    parser.add_argument("--associations", type=int, default=30)
    parser.add_argument("--at-line", type=int)
    parser.add_argument("--after", type=float)
    options = parser.parse_args()
    draw = random.Random(options.seed)  # noqa: S311  # numbers of frames, not secrets
    line = Line(options.line, draw)
    if options.at_line is not None:
        kill_at_line(options.at_line)
    if options.after is not None:
        kill_after(options.after)
    try:
        asyncio.run(read_meters(options.path, line, draw, options.associations))
    except StoreError as error:
        line.tell(f"refused: {error}")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
