"""Keys from a program: an HSM's or a vault's own client, which prints a key file."""

import asyncio
import contextlib
import os
import signal
import stat
from asyncio.subprocess import DEVNULL, PIPE, Process
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
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            stdin=DEVNULL,
            stdout=PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise _refused(program, f"can't be run: {error.strerror}", "check key_command") from None
    try:
        async with asyncio.timeout(limit):
            printed = await _read(process)
            code = await process.wait()
    except TimeoutError:
        raise _refused(
            program,
            f"printed no keys within {limit:g} s",
            "see what it waits for, or raise key_command_timeout",
        ) from None
    finally:
        await _end(process)
    if code:
        raise _refused(program, f"ended with status {code}", "run it by hand to see why")
    if len(printed) > LARGEST_KEY_FILE:
        raise _refused(program, "prints more than 1 MiB", "have it print one meter's keys")
    return printed


async def _read(process: Process) -> bytes:
    """Return what the process prints, but no more than a key file may have and one octet."""
    assert process.stdout is not None  # noqa: S101  # it was asked for
    printed = b""
    while len(printed) <= LARGEST_KEY_FILE:
        octets = await process.stdout.read(LARGEST_KEY_FILE)
        if not octets:
            break
        printed += octets
    else:
        process.kill()
    return printed


async def _end(process: Process) -> None:
    """Leave nothing of the program behind, its children included."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _refused(program: Path, message: str, remedy: str) -> ConfigError:
    problem = Problem(file=str(program), line=0, key="key_command", message=message, remedy=remedy)
    return ConfigError([problem])
