import asyncio
import os
import signal
import stat
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.cli.event_loop import new_event_loop
from dcud.config import key_command
from dcud.config.key_command import ask_key_command, checked_program
from dcud.config.key_file import Access
from dcud.config.meter_secrets import MeterSecrets
from dcud.config.model import Meter
from dcud.config.problem import ConfigError
from dcud.dlms.secret import Secret

KEY = "000102030405060708090a0b0c0d0e0f"
SECRET = "correct-horse-battery"  # noqa: S105  # nobody's


@pytest.fixture(autouse=True)
def closed_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)


def script(directory: Path, body: str, mode: int = 0o700) -> Path:
    path = directory / "get-keys"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(mode)
    return path


def meter(*command: str) -> Meter:
    return Meter(id="m1", bus="b", authentication="lls", key_command=command)


LoopFactory = Callable[[], asyncio.AbstractEventLoop]
LOOPS: list[LoopFactory] = [asyncio.new_event_loop, new_event_loop]
"""The second is the daemon's own, which has children of another kind."""


def ask(
    *command: str | Path, limit: float = 10.0, loop: LoopFactory = asyncio.new_event_loop
) -> MeterSecrets:
    access = Access(user=os.geteuid())
    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(ask_key_command(meter(*map(str, command)), limit, access))


def refusal(
    *command: str | Path, limit: float = 10.0, loop: LoopFactory = asyncio.new_event_loop
) -> str:
    with pytest.raises(ConfigError) as caught:
        ask(*command, limit=limit, loop=loop)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown
    return str(caught.value)


def test_what_it_prints_is_read_as_a_key_file(tmp_path: Path) -> None:
    program = script(tmp_path, f"printf '[meter.m1]\\nlls_password = \"{SECRET}\"\\n'")
    assert ask(program).lls_password == Secret(SECRET.encode())


def test_it_is_not_asked_for_a_meter_that_needs_nothing() -> None:
    plain = Meter(id="m1", bus="b", key_command=("/none",))
    access = Access(user=os.geteuid())
    assert asyncio.run(ask_key_command(plain, 10.0, access)) == MeterSecrets()


def test_it_is_told_the_meter_and_nothing_is_expanded(tmp_path: Path) -> None:
    program = script(
        tmp_path,
        """test "$1" = m1 && test "$2" = "id=m1" && test "$3" = '$HOME *' || exit 3
printf '[meter.m1]\nlls_password = "x"\n'""",
    )
    assert ask(program, "{meter}", "id={meter}", "$HOME *").lls_password == Secret(b"x")


def test_it_has_no_input_and_few_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD_OF_TESTS", "x")
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    program = tmp_path / "get-keys"
    program.write_text(
        f"#!{sys.executable} -IS\n"
        "import os, sys\n"
        "names = ' '.join(sorted(os.environ.keys() - {'LC_CTYPE'}))\n"
        "assert sys.stdin.read() == ''\n"
        "print(f'[default]\\nlls_password = \"{names}\"')\n"
    )
    program.chmod(0o700)
    kept = {"PATH", "LANG", "HOME", "CREDENTIALS_DIRECTORY", "RUNTIME_DIRECTORY"}
    expected = sorted((kept & os.environ.keys()) | {"STATE_DIRECTORY"})
    password = ask(program).lls_password
    assert password == Secret(" ".join(expected).encode())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (f"echo {SECRET}", "get-keys:1: is not TOML; write as in: [meter.NAME]"),
        (f"printf '\\377{SECRET}'", "get-keys:1: is not TOML"),
        ("exit 0", "meter.m1.lls_password: is missing; add lls_password"),
        (f"echo 'lls_password = \"{SECRET}\"'", "get-keys:1: holds an unknown table"),
        (f"echo '# {SECRET}'; exit 7", "key_command: ended with status 7; run it by hand"),
        (f"echo '# {SECRET}'; kill -15 $$", "key_command: was ended by SIGTERM; run it by hand"),
        ("kill -31 $$", "key_command: was ended by SIGSYS; allow the system call that it wants"),
        ("kill -40 $$", "key_command: was ended by signal 40; run it by hand"),
        ("head -c 3000000 /dev/zero", "key_command: prints more than 1 MiB; have it print one"),
        ("cat /dev/zero", "key_command: prints more than 1 MiB; have it print one"),
    ],
)
def test_what_cannot_be_used_is_told_without_what_was_printed(
    tmp_path: Path, body: str, told: str
) -> None:
    assert told in refusal(script(tmp_path, body))


def test_all_that_a_key_file_may_have_is_taken(tmp_path: Path) -> None:
    body = (
        "echo '[meter.m1]'; echo 'lls_password = \"x\"'; head -c 1048500 /dev/zero | tr '\\0' '\\n'"
    )
    assert ask(script(tmp_path, body)).lls_password == Secret(b"x")


def test_it_may_take_only_so_long(tmp_path: Path) -> None:
    began = time.monotonic()
    told = refusal(script(tmp_path, "exec sleep 60"), limit=0.2)
    assert "key_command: printed no keys within 0.2 s; see what it waits for" in told
    assert time.monotonic() - began < 5


def pid_in(path: Path) -> int:
    return int(path.read_text())


def is_running(pid: int) -> bool:
    """Tell whether the process runs, or is a zombie of somebody else's."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < deadline:
        os.sched_yield()
    return not is_running(pid)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize(
    "last",
    [
        pytest.param("wait", id="time is up"),
        pytest.param("exit 0", id="child keeps the output open"),
        pytest.param("cat /dev/zero", id="prints too much"),
    ],
)
def test_its_children_end_with_it(tmp_path: Path, last: str, loop: LoopFactory) -> None:
    program = script(tmp_path, f"sleep 60 &\necho $! > {tmp_path}/pid\n{last}")
    refusal(program, limit=0.5, loop=loop)
    assert wait_for_end(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("redirection", ["", ">/dev/null"])
def test_children_are_ended_after_keys_were_printed_as_well(
    tmp_path: Path, redirection: str, loop: LoopFactory
) -> None:
    body = f"""sleep 60 {redirection} &
echo $! > {tmp_path}/pid
printf '[meter.m1]\nlls_password = "x"\n'"""
    assert ask(script(tmp_path, body), loop=loop).lls_password == Secret(b"x")
    assert wait_for_end(pid_in(tmp_path / "pid"))


@pytest.mark.parametrize("loop", LOOPS)
def test_what_leaves_its_session_is_not_waited_for(tmp_path: Path, loop: LoopFactory) -> None:
    """As an agent does that a vault's client starts; it may even keep the output open."""
    body = f"""setsid sleep 60 &
echo $! > {tmp_path}/pid
printf '[meter.m1]\nlls_password = "x"\n'"""
    began = time.monotonic()
    try:
        assert ask(script(tmp_path, body), loop=loop).lls_password == Secret(b"x")
        assert time.monotonic() - began < 5
    finally:
        pid = pid_in(tmp_path / "pid")
        if is_running(pid):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("loop", LOOPS)
def test_it_inherits_no_descriptor(tmp_path: Path, loop: LoopFactory) -> None:
    program = tmp_path / "get-keys"
    program.write_text(
        f"#!{sys.executable} -IS\n"
        "import os\n"
        "found = [fd for fd in range(3, 1000) if os.path.exists(f'/proc/self/fd/{fd}')]\n"
        "print(f'[default]\\nlls_password = \"{found}\"')\n"
    )
    program.chmod(0o700)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        assert ask(program, loop=loop).lls_password == Secret(b"[]")
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("loop", LOOPS)
def test_a_cancelled_wait_ends_the_program(tmp_path: Path, loop: LoopFactory) -> None:
    program = script(
        tmp_path,
        f"echo $$ > {tmp_path}/pid.new\nmv {tmp_path}/pid.new {tmp_path}/pid\nexec sleep 60",
    )

    def wait_for_start() -> None:
        deadline = time.monotonic() + 10
        while not (tmp_path / "pid").exists() and time.monotonic() < deadline:
            os.sched_yield()

    async def cancel() -> None:
        access = Access(user=os.geteuid())
        async with asyncio.TaskGroup() as group:
            task = group.create_task(ask_key_command(meter(str(program)), 60.0, access))
            await asyncio.to_thread(wait_for_start)
            task.cancel()
        assert task.cancelled()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(cancel())
    assert wait_for_end(pid_in(tmp_path / "pid"))


def test_programs_that_are_none_are_told(tmp_path: Path) -> None:
    assert "can't be run: No such file or directory; check" in refusal(tmp_path / "none")
    assert "is no program; chmod +x" in refusal(tmp_path)
    assert "is no program; chmod +x" in refusal(script(tmp_path, "exit 0", 0o600))


def test_a_program_without_its_interpreter_is_told(tmp_path: Path) -> None:
    program = tmp_path / "get-keys"
    program.write_text("#!/none/at/all\n")
    program.chmod(0o700)
    assert "can't be run: No such file or directory; check key_command" in refusal(program)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_a_program_that_others_may_change_is_not_run(tmp_path: Path, mode: int) -> None:
    program = script(tmp_path, f"touch {tmp_path}/ran", mode)
    assert f"has mode {mode:03o}; others may change it; chmod go-w" in refusal(program)
    assert not (tmp_path / "ran").exists()


def test_a_program_of_somebody_elses_is_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = script(tmp_path, f"touch {tmp_path}/ran")
    real = Path.stat

    def owned_by_another(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        status = real(path, follow_symlinks=follow_symlinks)
        if path != program:
            return status
        fields = list(status)
        fields[stat.ST_UID] = 65534
        return os.stat_result(fields)

    monkeypatch.setattr(Path, "stat", owned_by_another)
    assert "who could have it print anything; chown root" in refusal(program)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("open_to_others", [".", "bin", "real"])
def test_directories_where_others_could_exchange_it_are_told(
    tmp_path: Path, open_to_others: str
) -> None:
    for name in ("bin", "real"):
        (tmp_path / name).mkdir(0o700)
    body = f"touch {tmp_path}/ran\nprintf '[meter.m1]\\nlls_password = \"x\"\\n'"
    program = script(tmp_path / "real", body)
    link = tmp_path / "bin" / "keys"
    link.symlink_to(program)
    assert ask(link).lls_password == Secret(b"x")
    (tmp_path / "ran").unlink()
    directory = tmp_path / open_to_others
    directory.chmod(0o770)
    told = f"{directory}: holds the program of key_command and has mode 770; others may write to it"
    assert told in refusal(link)
    assert not (tmp_path / "ran").exists()


def test_a_link_in_a_circle_is_told(tmp_path: Path) -> None:
    (tmp_path / "get-keys").symlink_to("get-keys")
    assert "can't be run: Too many levels of symbolic links" in refusal(tmp_path / "get-keys")


def test_a_program_is_told_the_name_that_it_goes_by(tmp_path: Path) -> None:
    """Some do what their name says."""
    program = tmp_path / "named"
    program.symlink_to("/bin/sh")
    code = 'printf "[default]\\nlls_password = \\"$0\\"\\n"'
    assert ask(program, "-c", code).lls_password == Secret(str(program).encode())


def test_what_was_checked_is_what_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the link leads to by then."""
    program = script(tmp_path, "printf '[meter.m1]\\nlls_password = \"x\"\\n'")
    (tmp_path / "link").symlink_to(program)

    def check_and_exchange(path: Path, access: Access) -> Path:
        found = checked_program(path, access)
        path.unlink()
        path.symlink_to("/bin/false")
        return found

    monkeypatch.setattr(key_command, "checked_program", check_and_exchange)
    assert ask(tmp_path / "link").lls_password == Secret(b"x")


def test_what_it_printed_last_is_taken_after_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio.SelectorEventLoop, "add_reader", lambda *_: None)
    printed = "printf '[meter.m1]\\nlls_password = \"x\"\\n# %040000d' 1"
    assert ask(script(tmp_path, printed)).lls_password == Secret(b"x")


def test_a_closed_output_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[int] = []
    real = os.read

    def watched(descriptor: int, size: int) -> bytes:
        reads.append(descriptor)
        return real(descriptor, size)

    monkeypatch.setattr(os, "read", watched)
    assert "is missing" in refusal(script(tmp_path, "exec >&-; sleep 0.1"))
    assert len(reads) < 20
