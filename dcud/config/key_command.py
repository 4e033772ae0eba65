"""Keys from a program: an HSM's or a vault's own client, which prints a key file."""

import asyncio
import contextlib
import os
import signal
import stat
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from dcud.config.key_entries import parse_keys
from dcud.config.key_file import LARGEST_KEY_FILE, Access, user_name
from dcud.config.meter_secrets import MeterSecrets, chosen_for
from dcud.config.model import Meter
from dcud.config.problem import ConfigError, Problem

_PLACEHOLDER = "{meter}"
_KEPT = ("PATH", "LANG", "HOME", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY", "STATE_DIRECTORY")
"""The variables that the program is given, where they are set."""
_OTHERS_MAY_WRITE = 0o022
_PATIENCE = 2.0
"""Seconds to wait for the end of a program that was killed."""


async def ask_key_command(meter: Meter, timeout: float, access: Access) -> MeterSecrets:  # noqa: ASYNC109  # the configuration's own
    """Return the meter's secrets as its `key_command` prints them.

    The program runs without a shell, with no standard input and a few variables alone. What it
    prints on standard output is read as a key file and shown nowhere; its standard error goes
    where dcud's goes.

    Args:
        meter: has a `key_command`.
        timeout: seconds that it may take.
        access: who runs it.

    Raises:
        ConfigError: it can't be run, failed, took too long, or what it printed is no key file or
            lacks something.
    """
    program, *arguments = [word.replace(_PLACEHOLDER, meter.id) for word in meter.key_command or ()]
    path = Path(program)
    _check(path, access)
    printed = await _run(path, arguments, timeout)
    return chosen_for(meter, parse_keys(path, printed), path)


def _check(program: Path, access: Access) -> None:
    """Refuse a program that others could exchange."""
    try:
        status = program.stat()
    except OSError as error:
        raise _refused(program, f"can't be run: {error.strerror}", "check key_command") from None
    if not stat.S_ISREG(status.st_mode) or not os.access(program, os.X_OK):
        raise _refused(program, "is no program", f"chmod +x {program}, or correct key_command")
    if status.st_uid not in access.owners:
        owner = user_name(status.st_uid)
        raise _refused(
            program,
            f"belongs to {owner}, who could have it print anything",
            f"chown root {program}",
        )
    if status.st_mode & _OTHERS_MAY_WRITE:
        mode = stat.S_IMODE(status.st_mode)
        raise _refused(
            program, f"has mode {mode:03o}; others may change it", f"chmod go-w {program}"
        )


async def _run(program: Path, arguments: list[str], limit: float) -> bytes:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    loop = asyncio.get_running_loop()
    try:
        transport, output = await loop.subprocess_exec(
            lambda: _Output(loop.create_future(), loop.create_future()),
            program,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=None,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _refused(program, f"can't be run: {error.strerror}", "check key_command") from None
    try:
        async with asyncio.timeout(limit):
            await output.complete
    except TimeoutError:
        raise _refused(
            program,
            f"printed no keys within {limit:g} s",
            "see what it waits for, or raise key_command_timeout",
        ) from None
    finally:
        code = transport.get_returncode()
        await _end(transport, output)
    if len(output.printed) > LARGEST_KEY_FILE:
        raise _refused(program, "prints more than 1 MiB", "have it print one meter's keys")
    if code:
        raise _refused(program, f"ended with status {code}", "run it by hand to see why")
    return bytes(output.printed)


class _Output(asyncio.SubprocessProtocol):
    """What a program prints, as far as it may print.

    Attributes:
        printed: at most what a key file may have, or more, and then nothing further is taken.
        complete: done once it has ended and nobody can print any more, or has printed too much.
        gone: done once it has ended and its output is closed.
    """

    def __init__(self, complete: "asyncio.Future[None]", gone: "asyncio.Future[None]") -> None:
        self.printed = bytearray()
        self.complete = complete
        self.gone = gone

    def pipe_data_received(self, _fd: int, data: bytes) -> None:
        if len(self.printed) <= LARGEST_KEY_FILE:
            self.printed += data
        elif not self.complete.done():
            self.complete.set_result(None)

    def connection_lost(self, _error: Exception | None) -> None:
        for future in (self.complete, self.gone):
            if not future.done():
                future.set_result(None)


async def _end(transport: asyncio.SubprocessTransport, output: _Output) -> None:
    """Leave nothing of the program behind, its children included."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(transport.get_pid(), signal.SIGKILL)
    transport.close()
    await asyncio.wait([output.gone], timeout=_PATIENCE)


def _refused(program: Path, message: str, remedy: str) -> ConfigError:
    problem = Problem(file=str(program), line=0, key="key_command", message=message, remedy=remedy)
    return ConfigError([problem])
