import pytest

from dcud.publish import reason_codes


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (0x86, "bad user name or password"),
        (0x87, "not authorized"),
        (0x8E, "session taken over"),
        (0xF0, "reason code 0xF0"),
    ],
)
def test_reasons_have_words(reason: int, words: str) -> None:
    assert reason_codes.words(reason) == words


def test_no_matching_subscribers_is_no_error() -> None:
    assert not reason_codes.is_error(0x10)
    assert reason_codes.is_error(0x80)


def test_what_people_can_cure_has_a_remedy() -> None:
    assert "client_id" in reason_codes.remedy(reason_codes.SESSION_TAKEN_OVER)
    assert reason_codes.remedy(0x88) == ""
