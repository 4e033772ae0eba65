import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cli.log_source import Lines, followed_lines, saved_lines
from dcud.cli.main import UsageError


@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=4))
def test_lines_are_the_same_however_they_are_cut(octets: bytes, cuts: list[int]) -> None:
    lines, found = Lines(), []
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(octets)], strict=True):
        found += lines.feed(octets[start:end])
    found += lines.rest()
    whole = octets.decode("utf-8", "replace") if octets.isascii() else None
    if whole is not None:
        assert found == whole.removesuffix("\n").split("\n") if whole else found == []


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    lines = Lines()
    found = [line for _ in range(5) for line in lines.feed(bytes(512 * 1024))]
    assert sum(map(len, found)) >= 1024 * 1024


def test_saved_files_compressed_or_not(tmp_path: Path) -> None:
    text = "".join(f"line {n}\n" for n in range(100_000)) + "cut of"
    expected = text.split("\n")
    path = tmp_path / "log"
    path.write_text(text)
    passed: list[int] = []
    assert list(saved_lines(path, passed.append)) == expected
    assert passed == sorted(passed)
    assert passed[-1] == len(text)
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert list(saved_lines(packed, passed.append)) == expected
    assert passed[-1] == packed.stat().st_size
    path.write_text("")
    assert list(saved_lines(path)) == []


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"a\nb\n")))
    monkeypatch.setattr("sys.stdin", stdin)
    assert list(saved_lines(None)) == ["a", "b"]


def test_what_can_not_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing can't be read: No such file"):
        list(saved_lines(tmp_path / "missing"))
    damaged = tmp_path / "log.gz"
    damaged.write_bytes(gzip.compress(b"line\n" * 1000)[:40])
    with pytest.raises(UsageError, match="Compressed file ended"):
        list(saved_lines(damaged))
    with pytest.raises(UsageError, match="missing can't be read"):
        list(followed_lines(tmp_path / "missing", lambda: None))


class Steps:
    """Does the next thing whenever nothing is there to be read; ends by an error of its own."""

    class Over(Exception):  # noqa: N818  # no error
        pass

    def __init__(self, *steps: Callable[[], object]) -> None:
        self._steps = list(steps)

    def __call__(self) -> None:
        if not self._steps:
            raise self.Over
        self._steps.pop(0)()


def followed(path: Path, *steps: Callable[[], object], from_end: bool = False) -> list[str]:
    found: list[str] = []
    with pytest.raises(Steps.Over):
        found.extend(followed_lines(path, Steps(*steps), from_end=from_end))
    return found


def _append(path: Path, text: str) -> Callable[[], object]:
    def append() -> None:
        with path.open("a") as file:
            file.write(text)

    return append


def test_a_growing_file_is_followed_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\n")
    assert followed(path, _append(path, "tw"), _append(path, "o\nthree\n")) == [
        "one",
        "two",
        "three",
    ]
    assert followed(path, _append(path, "four\n"), from_end=True) == ["four"]


def test_a_rotated_file_is_read_to_its_end_then_the_new_one(tmp_path: Path) -> None:
    path, moved = tmp_path / "log", tmp_path / "log.1"
    path.write_text("one\n")

    def rotate() -> None:
        path.rename(moved)
        _append(moved, "two\n")()

    steps = (rotate, lambda: None, _append(path, "three\n"), _append(path, "four\n"))
    assert followed(path, *steps) == ["one", "two", "three", "four"]


def test_another_file_in_its_place_is_noticed_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\nun")

    def replace() -> None:
        path.rename(tmp_path / "log.1")
        path.write_text("two\n")

    assert followed(path, replace) == ["one", "un", "two"]


def test_a_file_that_is_cut_short_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("one\ntwo\n")
    assert followed(path, lambda: path.write_text(""), _append(path, "three\n")) == [
        "one",
        "two",
        "three",
    ]
