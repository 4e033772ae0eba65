import pytest

from dcud.cli.visit import FramePrinter
from dcud.config.meter_secrets import MeterSecrets
from dcud.dlms.secret import Secret


def test_what_a_program_gave_is_masked_in_the_frames_that_follow(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Also where no range tells of it, as in what a meter repeats of its own accord."""
    printer = FramePrinter()
    repeated = b"\x0a\x08password\x00"
    printer.frame("line", "rx", "meter", repeated, ())
    printer.hide(MeterSecrets(lls_password=Secret(b"password")))
    printer.frame("line", "rx", "meter", repeated, ())
    before, after = capsys.readouterr().err.splitlines()
    assert before.endswith("rx meter 0A0870617373776F726400")
    assert after.endswith("rx meter 0A08" + 8 * "**" + "00")
