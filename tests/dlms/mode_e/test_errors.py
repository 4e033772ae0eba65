from dcud.dlms.errors import LinkError, NoAnswerError
from dcud.dlms.mode_e.errors import (
    ModeEUnavailableError,
    NoIdentificationError,
    SignOnError,
    WrongMeterError,
)


def test_a_meter_that_says_nothing_counts_as_silent() -> None:
    assert issubclass(NoIdentificationError, NoAnswerError)
    assert NoIdentificationError.code == "no_answer"
    assert NoIdentificationError.retryable


def test_what_only_people_can_change_is_not_retried() -> None:
    assert not ModeEUnavailableError.retryable
    assert not WrongMeterError.retryable
    assert SignOnError.retryable
    assert issubclass(WrongMeterError, LinkError)
