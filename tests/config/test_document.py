from pathlib import Path

import pytest

from dcud.config.document import LARGEST_FILE, parse, read
from dcud.config.problem import ConfigError


def fault(octets: bytes) -> str:
    with pytest.raises(ConfigError) as caught:
        parse("f.toml", Path("f.toml"), octets)
    return str(caught.value)


def test_a_document_tells_lines_and_labels() -> None:
    text = b'[[bus]]\nid = "b"\n[bus.serial]\nbaud = 1\n[[bus]]\nx = 1\n'
    document = parse("f.toml", Path("f.toml"), text)
    assert document.line(("bus", 0, "serial", "baud")) == 4
    assert document.label(("bus", 0, "serial", "baud")) == "bus.b.serial.baud"
    assert document.label(("bus", 1, "x")) == "bus[2].x"
    assert document.label(("bus", 7, "x", "y")) == "bus[8].x.y"
    assert document.label(()) == ""
    assert document.label(("a\x1b[2J",)) == '"a\\U0000001b[2J"'


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (b"a = 1\nb = x\n", "f.toml:2: is not TOML: Invalid value (column 5); correct the line"),
        (b"a = 1\nb =", "f.toml:2: is not TOML: Invalid value (at the end)"),
        (b"a = 1\nb = '\xff'", "f.toml:2: is not UTF-8 text; save the file as UTF-8"),
        (b"a = " + b"9" * 5000, "f.toml: holds a number too long"),
        (b"a = " + b"[" * 5000, "f.toml: holds a number too long, or lists nested"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(octets: bytes, told: str) -> None:
    assert told in fault(octets)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file or directory; check"):
        read(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="can't be read: Is a directory"):
        read(tmp_path)


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="is larger than 16 MiB"):
        read(Path("/dev/zero"))


def test_a_file_is_read_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "f.toml"
    path.write_bytes(b"a = '" + b"x" * 1000 + b"'")
    assert read(path).data == {"a": "x" * 1000}
    assert read(path).directory == tmp_path
    assert path.stat().st_size < LARGEST_FILE
