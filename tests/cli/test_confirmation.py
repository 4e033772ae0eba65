import argparse
import io

import pytest

from dcud.cli.confirmation import add_confirmation_argument, confirm
from dcud.cli.main import UsageError


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def arguments(*given: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_confirmation_argument(parser)
    return parser.parse_args(given)


def test_it_is_meant_beforehand() -> None:
    confirm(arguments("--yes"), "burn it")


def test_nobody_is_there_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(UsageError, match="burn it: nobody is there"):
        confirm(arguments(), "burn it")


@pytest.mark.parametrize(
    ("answer", "is_meant"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False)],
)
def test_who_is_there_is_asked(
    monkeypatch: pytest.MonkeyPatch, answer: str, *, is_meant: bool
) -> None:
    told = Terminal()
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    monkeypatch.setattr("sys.stderr", told)
    if is_meant:
        confirm(arguments(), "burn it")
    else:
        with pytest.raises(UsageError, match="burn it: not confirmed"):
            confirm(arguments(), "burn it")
    assert told.getvalue() == "burn it? [y/N] "
