import re
from pathlib import Path

import pytest

from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.apdu.confirmed_service_error import ConfirmedServiceError
from dcud.dlms.apdu.exception_response import ExceptionResponse
from dcud.dlms.refusal_causes import (
    CONFIRMED_SERVICE_ERRORS,
    RESULTS,
    SERVICE_ERRORS,
    STATE_ERRORS,
    UNKNOWN,
    Explanation,
    explain_exception,
    explain_result,
    explain_service_error,
)

PAGE = (Path(__file__).parents[2] / "docs" / "refusals.md").read_text("utf-8")


def result_rows() -> dict[str, Explanation]:
    names: dict[int, list[str]] = {}
    for code in (*DataAccessResult, *ActionResult):
        if code.words not in names.setdefault(code, []):
            names[code].append(code.words)
    return {f"| {code} | {', '.join(words)} |": RESULTS[code] for code, words in names.items()}


def exception_rows() -> dict[str, Explanation]:
    states = {
        f"| {n} | | {ExceptionResponse(state_error=n, service_error=1).words.split(', ')[0]} |": why
        for n, why in STATE_ERRORS.items()
    }
    services = {
        f"| | {n} | {ExceptionResponse(state_error=1, service_error=n).words.split(', ')[1]} |": why
        for n, why in SERVICE_ERRORS.items()
    }
    return states | services


def service_error_rows() -> dict[str, Explanation]:
    rows = {}
    for (error_class, value), why in CONFIRMED_SERVICE_ERRORS.items():
        error = ConfirmedServiceError(service=5, error_class=error_class, value=value)
        rows[f"| {error_class} | {value} | {error.words.removeprefix('read error, ')} |"] = why
    return rows


ROWS = {
    row: f"{row} {why.cause} | {why.remedy} |".replace("|  |", "| |")
    for row, why in {**result_rows(), **exception_rows(), **service_error_rows()}.items()
}


@pytest.mark.parametrize("code", [*DataAccessResult, *ActionResult])
def test_every_result_is_explained(code: DataAccessResult | ActionResult) -> None:
    assert explain_result(code) is not UNKNOWN


def test_every_confirmed_service_error_that_has_a_name_is_explained() -> None:
    for error_class in range(12):
        for value in range(12):
            words = ConfirmedServiceError(service=5, error_class=error_class, value=value).words
            has_name = not re.search(r"(class|value) \d+", words)
            assert has_name == (explain_service_error(error_class, value) is not UNKNOWN), words


def test_codes_of_the_manufacturer_are_not_guessed_at() -> None:
    assert explain_result(77) is UNKNOWN
    assert explain_service_error(6, 200) is UNKNOWN
    assert explain_exception(9, 200) is UNKNOWN


def test_an_exception_is_explained_by_the_code_that_tells_more() -> None:
    assert explain_exception(1, 5).remedy == "check the keys"
    assert explain_exception(1, 1) is STATE_ERRORS[1]
    assert explain_exception(2, 200) is STATE_ERRORS[2]
    assert explain_exception(9, 3) is SERVICE_ERRORS[3]


def test_sentences_have_one_form() -> None:
    for why in (*RESULTS.values(), *SERVICE_ERRORS.values(), *CONFIRMED_SERVICE_ERRORS.values()):
        assert why.cause[0].islower()
        assert not why.cause.endswith(".")
        assert "|" not in why.cause + why.remedy


@pytest.mark.parametrize("row", ROWS)
def test_the_page_of_refusals_tells_them_all(row: str) -> None:
    assert ROWS[row] in PAGE.splitlines()


def test_the_page_tells_no_others() -> None:
    told = {line for line in PAGE.splitlines() if re.match(r"\| (\d|\| \d)", line)}
    assert told == set(ROWS.values())
