import pytest

from dcud.cli.explaining import explain, explain_refusal
from dcud.dlms.access import DataAccessResult
from dcud.dlms.refusal_causes import Explanation


def test_cause_and_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    explain_refusal(DataAccessResult.READ_WRITE_DENIED)
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("read-write-denied: this client may not")
    assert second.startswith("  remedy: ")


def test_a_cause_without_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    explain("x", Explanation(cause="it is so", remedy=""))
    assert capsys.readouterr().err == "x: it is so\n"
