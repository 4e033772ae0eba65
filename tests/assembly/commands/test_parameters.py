from datetime import UTC, datetime

import pytest

from dcud.assembly.commands.parameters import ParameterError, Parameters

VALUES = {"word": "w", "words": ["a", "b"], "count": 7, "at": "2026-03-01T13:00:00+01:00"}


def test_each_kind_is_read() -> None:
    parameters = Parameters(VALUES)
    assert parameters.text("word") == "w"
    assert parameters.texts("words", 2) == ["a", "b"]
    assert parameters.number("count", 0, 7) == 7
    assert parameters.instant("at") == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert parameters.text("other", "default") == "default"
    assert parameters.number("other", 0, 7, default=3) == 3
    assert parameters.has("word")
    assert not parameters.has("another")
    parameters.end()


def test_what_nobody_asked_for_is_refused() -> None:
    parameters = Parameters(VALUES)
    parameters.text("word")
    with pytest.raises(ParameterError, match="'at' means nothing"):
        parameters.end()


@pytest.mark.parametrize("value", [None, 7, "", [], {}, "x" * 20_000])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match='"x" is missing or unfit'):
        Parameters({"x": value}).text("x")


@pytest.mark.parametrize("value", [None, "a", [], ["a", 1], ["a"] * 4])
def test_what_is_no_list_of_texts_is_refused(value: object) -> None:
    with pytest.raises(ParameterError):
        Parameters({"x": value}).texts("x", 3)


@pytest.mark.parametrize("value", [None, "1", 1.0, True, -1, 8])
def test_what_is_no_number_in_range_is_refused(value: object) -> None:
    with pytest.raises(ParameterError):
        Parameters({"x": value}).number("x", 0, 7)


@pytest.mark.parametrize(
    "value", [None, 7, "soon", "2026-03-01T12:00:00", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ParameterError):
        Parameters({"x": value}).instant("x")
