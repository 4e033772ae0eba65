import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dcud.cli import core_dumps
from dcud.cli.main import main

_PR_GET_DUMPABLE = 3
ASK = f"""
import ctypes
from dcud.cli.core_dumps import forbid_core_dumps
ask = ctypes.CDLL(None).prctl
before = ask({_PR_GET_DUMPABLE}, 0, 0, 0, 0)
print(before, forbid_core_dumps(), ask({_PR_GET_DUMPABLE}, 0, 0, 0, 0))
"""
CONFIG = """
[gateway]
id = "gw"
key_file = "keys.toml"

[[bus]]
id = "net"
tcp.host = "meter.example"

[[meter]]
id = "m1"
bus = "net"
template = "generic-electricity"
authentication = "lls"
"""
DIE = """
import os, resource, signal
from dcud.cli.core_dumps import forbid_core_dumps
resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE)[1:] * 2)
forbid_core_dumps()
os.kill(os.getpid(), signal.SIGABRT)
"""


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # a program of this test's
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=False
    )


def test_a_process_that_asked_for_it_is_not_dumpable() -> None:
    assert python(ASK).stdout == "1 True 0\n"


def test_the_kernel_dumps_no_core_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(core_dumps.__file__).parents[2]))
    monkeypatch.chdir(tmp_path)
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", DIE], os.environ)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [["keys", "check"], ["keys", "generate"]])
def test_commands_that_hold_keys_forbid_it(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("dcud.cli.keys.forbid_core_dumps", lambda: asked.append(True))
    tmp_path.chmod(0o700)
    options = {"check": [], "generate": ["m1", "--suite", "0"]}[words[1]]
    main([*words, "--key-file", str(tmp_path / "k"), *options])
    assert asked == [True]


@pytest.mark.parametrize("library", [object(), None])
def test_a_system_that_refuses_is_told(
    library: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing:
        def prctl(self, *_arguments: int) -> int:
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: library or Refusing())
    assert core_dumps.forbid_core_dumps() is False
    assert "can't be told to write no core dumps" in caplog.text


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("run", ["run", "--config", "dcud.toml"]),
        ("check", ["check", "--config", "dcud.toml"]),
        ("meter_choice", ["read", "--config", "dcud.toml", "clock"]),
        ("meter_choice", ["objects", "--config", "dcud.toml"]),
        ("simulate", ["simulate", "--key-file", "keys.toml"]),
    ],
)
def test_it_is_forbidden_before_a_key_file_is_read(
    module: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(f"dcud.cli.{module}.forbid_core_dumps", lambda: asked.append(True))
    monkeypatch.chdir(tmp_path)
    Path("dcud.toml").write_text(CONFIG)
    assert main(words) == 78, "there is no key file"
    assert asked == [True]


def test_it_is_forbidden_for_the_key_of_a_client_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr("dcud.cli.run.forbid_core_dumps", lambda: asked.append(True))
    monkeypatch.chdir(tmp_path)
    certified = '[mqtt]\ntls = true\ncertificate_file = "c"\nprivate_key_file = "k"\n'
    plain = CONFIG.replace('authentication = "lls"', "").replace("[[bus]]", f"{certified}[[bus]]")
    Path("dcud.toml").write_text(plain)
    assert main(["run", "--config", "dcud.toml"]) == 78, "there are no such files"
    assert asked == [True]
