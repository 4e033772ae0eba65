"""`dcud simulate` in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROJECT = str(Path(__file__).parents[2])


@contextmanager
def simulate(*arguments: str) -> Iterator[tuple[dict[str, Any], "subprocess.Popen[str]"]]:
    """Run it; yields what its line of JSON says, with the process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "dcud", "simulate", *arguments],
        env={**os.environ, "PYTHONPATH": _PROJECT},  # wherever the test stands
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline()), process
    finally:
        process.kill()
        process.communicate()


def place(told: dict[str, Any]) -> str:
    """Return the device or HOST:PORT that the line of JSON names."""
    return str(told.get("device") or f"{told['host']}:{told['port']}")
