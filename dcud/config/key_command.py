"""Keys from a program: an HSM's or a vault's own client, which prints a key file."""

import asyncio
import contextlib
import os
import shlex
import signal
import stat
from asyncio import FIRST_COMPLETED
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from threading import Thread
from typing import IO, cast

from dcud.config.key_entries import parse_keys
from dcud.config.key_file import LARGEST_KEY_FILE, Access, open_directory, user_name
from dcud.config.meter_secrets import NO_SECRETS, MeterSecrets, chosen_for, needed_by
from dcud.config.model import Meter
from dcud.config.problem import ConfigError, Problem

_PLACEHOLDER = "{meter}"
_KEPT = ("PATH", "LANG", "HOME", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY", "STATE_DIRECTORY")
"""The variables that the program is given, where they are set."""
_OTHERS_MAY_WRITE = 0o022
_PATIENCE = 2.0
"""Seconds to wait for the end of a program that was killed."""
_STEP = 1 << 16
"""Octets that are read at once."""


async def ask_key_command(meter: Meter, timeout: float, access: Access) -> MeterSecrets:  # noqa: ASYNC109  # the configuration's own
    """Return the meter's secrets as its `key_command` prints them.

    The program runs without a shell, with no standard input and a few variables alone. What it has
    printed on standard output when it ends is read as a key file and shown nowhere; its standard
    error goes where dcud's goes. It is not run for a meter that needs no secrets.

    Args:
        meter: has a `key_command`.
        timeout: seconds that it may take.
        access: who runs it.

    Raises:
        ConfigError: it can't be run, failed, took too long, or what it printed is no key file or
            lacks something.
    """
    if not needed_by(meter):
        return NO_SECRETS
    words = command_of(meter)
    program = Path(words[0])
    process = _started(checked_program(program, access), words)
    printed = await _printed(process, program, timeout)
    return chosen_for(meter, parse_keys(program, printed), program)


def command_of(meter: Meter) -> list[str]:
    """Return the meter's program, as an absolute path, with the arguments that it is given."""
    return [word.replace(_PLACEHOLDER, meter.id) for word in meter.key_command or ()]


def checked_program(program: Path, access: Access) -> Path:
    """Return the program's file, behind all links, which nobody else can change or exchange.

    Raises:
        ConfigError: there is none, or others could have it be another one; holds the remedy.
    """
    try:
        file = Path(os.path.realpath(program, strict=True))
        status = file.stat()
    except OSError as error:
        raise _refused(program, f"can't be run: {error.strerror}", "check key_command") from None
    name = shlex.quote(str(file))
    if not stat.S_ISREG(status.st_mode) or not os.access(file, os.X_OK):
        raise _refused(program, "is no program", f"chmod +x {name}, or correct key_command")
    if status.st_uid not in access.owners:
        owner = user_name(status.st_uid)
        raise _refused(
            program, f"belongs to {owner}, who could have it print anything", f"chown root {name}"
        )
    if status.st_mode & _OTHERS_MAY_WRITE:
        mode = stat.S_IMODE(status.st_mode)
        raise _refused(program, f"has mode {mode:03o}; others may change it", f"chmod go-w {name}")
    # The link's directory, too: who may write there could have it lead elsewhere.
    for directory in dict.fromkeys((program.parent, file.parent)):
        os.close(open_directory(directory, access, "the program of key_command"))
    return file


def _started(file: Path, words: list[str]) -> "Popen[bytes]":
    """Start a program that is told `words` as its name and arguments.

    Not by the event loop: uvloop leaves descriptors open in its children, the other end of what is
    read here among them.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        return Popen(  # noqa: S603  # the operator's own program, checked
            words,
            executable=file,
            stdin=DEVNULL,
            stdout=PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        reason = f"can't be run: {error.strerror}"
        raise _refused(Path(words[0]), reason, "check key_command") from None


async def _printed(process: "Popen[bytes]", program: Path, limit: float) -> bytes:
    """Return what the process has printed when it ends; leaves nothing of it behind."""
    output = _Output(cast("IO[bytes]", process.stdout))
    ended = _end_of(process)
    try:
        async with asyncio.timeout(limit):
            await asyncio.wait((ended, output.overflow), return_when=FIRST_COMPLETED)
        while output.take():
            pass
    except TimeoutError:
        raise _refused(
            program,
            f"printed no keys within {limit:g} s",
            "see what it waits for, or raise key_command_timeout",
        ) from None
    finally:
        output.close()
        await _kill(process, ended)
    if output.overflow.done():
        raise _refused(program, "prints more than 1 MiB", "have it print one meter's keys")
    if process.returncode:
        raise _failed(program, process.returncode)
    return bytes(output.octets)


class _Output:
    """What a process prints, taken as it comes.

    Attributes:
        octets: at most what a key file may have, or a little more, and then nothing further.
        overflow: done once it is more.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._loop = asyncio.get_running_loop()
        self.octets = bytearray()
        self.overflow = self._loop.create_future()
        os.set_blocking(pipe.fileno(), False)
        self._loop.add_reader(pipe.fileno(), self.take)

    def take(self) -> bool:
        """Take some of what is there; tell whether there may be more."""
        if self.overflow.done():
            return False
        try:
            octets = os.read(self._pipe.fileno(), _STEP)
        except BlockingIOError:
            return False
        self.octets += octets
        if not octets:
            self._loop.remove_reader(self._pipe.fileno())
        if len(self.octets) > LARGEST_KEY_FILE:
            self.overflow.set_result(None)
        return bool(octets)

    def close(self) -> None:
        """Take nothing any more."""
        self._loop.remove_reader(self._pipe.fileno())
        self._pipe.close()


def _end_of(process: "Popen[bytes]") -> "asyncio.Future[None]":
    """Return what is done once the process has ended; its number stays its own until it is asked.

    The thread is no reason to wait at the end for a program that can't even be killed.
    """
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def wait() -> None:
        with contextlib.suppress(ChildProcessError):
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        with contextlib.suppress(RuntimeError):  # the loop may be closed by now
            loop.call_soon_threadsafe(ended.set_result, None)

    Thread(target=wait, name="key_command", daemon=True).start()
    return ended


async def _kill(process: "Popen[bytes]", ended: "asyncio.Future[None]") -> None:
    """Leave nothing of the program behind, its children included."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await asyncio.wait((ended,), timeout=_PATIENCE)
    process.poll()


def _failed(program: Path, status: int) -> ConfigError:
    """Return the error about a program that ended otherwise than with status 0."""
    if status > 0:
        return _refused(program, f"ended with status {status}", "run it by hand to see why")
    if -status == signal.SIGSYS:
        remedy = "allow the system call that it wants by SystemCallFilter= in a drop-in of the unit"
        return _refused(program, "was ended by SIGSYS", remedy)
    known = {each.value: each.name for each in signal.Signals}
    name = known.get(-status, f"signal {-status}")
    return _refused(program, f"was ended by {name}", "run it by hand to see why")


def _refused(program: Path, message: str, remedy: str) -> ConfigError:
    problem = Problem(file=str(program), line=0, key="key_command", message=message, remedy=remedy)
    return ConfigError([problem])
