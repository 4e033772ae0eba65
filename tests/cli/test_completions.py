import subprocess
from pathlib import Path

import pytest

from dcud.cli.completions import write_completions
from dcud.cli.main import COMMANDS


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("completions")
    write_completions([str(made)])
    return made


def offered(directory: Path, *words: str) -> set[str]:
    """Return what bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in words)
    script = (
        f"source '{directory}/dcud'; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1};"
        ' _dcud; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_commands_are_offered(directory: Path) -> None:
    assert offered(directory, "dcud", "") >= set(COMMANDS)
    assert offered(directory, "dcud", "sc") == {"scan"}


def test_options_are_offered(directory: Path) -> None:
    assert {"--format", "--frames", "--from"} <= offered(directory, "dcud", "read", "--f")
    assert offered(directory, "dcud", "read", "--profi") == {"--profile"}


def test_the_words_of_a_command_are_offered(directory: Path) -> None:
    assert {"check", "generate", "transfer"} <= offered(directory, "dcud", "keys", "")


def test_values_that_can_be_counted_are_offered(directory: Path) -> None:
    assert offered(directory, "dcud", "read", "--format", "") == {"table", "json", "csv"}
    assert offered(directory, "dcud", "read", "--format", "=", "j") == {"json"}


def test_files_are_offered_where_a_file_is_wanted(directory: Path) -> None:
    place = str(directory / "_dc")
    assert offered(directory, "dcud", "check", "--config", place) == {str(directory / "_dcud")}


def test_zsh_understands_its_own(directory: Path) -> None:
    subprocess.run(["zsh", "-n", directory / "_dcud"], check=True)
