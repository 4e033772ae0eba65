from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.cli.main import main

Firmware = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="firmware")
def make_firmware(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Firmware:
    """Give a function that runs `dcud firmware` and returns exit code, output, errors."""
    (tmp_path / "fw.bin").write_bytes(bytes(range(250)) * 2)

    def firmware(*arguments: str) -> tuple[int, str, str]:
        line = ["--serial", "line", "--server", "1/17"]
        code = main(["firmware", *line, *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return firmware


@pytest.mark.usefixtures("bus")
def test_an_image_is_transferred_then_activated(firmware: Firmware) -> None:
    told = firmware("fw.bin", "--identifier", "v2", "--yes")
    assert told == (0, "the image is in the meter, and verified; --activate activates it\n", "")
    told = firmware("fw.bin", "--identifier", "hex:7632", "--yes", "--resume", "--activate")
    assert told == (0, "the image is activated\n", "")


@pytest.mark.usefixtures("bus")
def test_an_image_with_another_signature_is_not_activated(firmware: Firmware) -> None:
    arguments = ("fw.bin", "--identifier", "v2", "--signature", "x", "--activate", "--yes")
    code, output, errors = firmware(*arguments)
    assert (code, output) == (76, "")
    assert "don't activate it" in errors
    assert "--resume" not in errors


@pytest.mark.usefixtures("bus")
def test_a_meter_that_has_no_place_for_it(firmware: Firmware) -> None:
    arguments = ("fw.bin", "--identifier", "v2", "--object", "0.1.44.0.0.255", "--yes")
    code, _, errors = firmware(*arguments)
    assert code == 76
    assert "attribute 5" in errors


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("fw.bin", "--identifier", "v2"),
            "transfer 500 octets of firmware to meter meter",
        ),
        (("fw.bin", "--identifier", "v2", "--activate"), "transfer and activate 500 octets"),
        (("none.bin", "--identifier", "v2", "--yes"), "none.bin can't be read: No such file"),
        (("empty.bin", "--identifier", "v2", "--yes"), "empty.bin has 0 octets"),
        (("fw.bin", "--identifier", "hex:x", "--yes"), "holds something else than hex"),
        (("fw.bin", "--yes"), "--identifier"),
    ],
)
@pytest.mark.usefixtures("bus")
def test_what_can_not_be_meant(
    firmware: Firmware, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    (tmp_path / "empty.bin").touch()
    code, output, errors = firmware(*arguments)
    assert (code, output) == (64, "")
    assert said in errors


def test_a_line_that_is_not_there_can_be_tried_again(firmware: Firmware, tmp_path: Path) -> None:
    path = str(tmp_path / "fw.bin")
    code, _, errors = firmware(path, "--identifier", "v2", "--yes")
    assert code == 69
    assert errors.startswith("what the meter has is kept: --resume goes on from there")
    assert "can't open serial device" in errors
