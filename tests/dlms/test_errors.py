from collections.abc import Iterator

from dcud.dlms import errors
from dcud.dlms.errors import (
    AssociationRejectedError,
    ConfirmedServiceFailure,
    CounterRejectedError,
    NoAnswerError,
    ProtocolError,
    ReplayError,
    ServiceRefusedError,
)
from dcud.errors import DcudError


def tree(root: type[DcudError]) -> Iterator[type[DcudError]]:
    yield root
    for child in root.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from tree(child)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in tree(ProtocolError)]
    assert len(codes) > 10
    assert len(set(codes)) == len(codes)


def test_a_remedy_follows_the_message() -> None:
    error = NoAnswerError("nobody answers at 1/17", remedy="check the address")
    assert str(error) == "nobody answers at 1/17; check the address"
    assert error.message == "nobody answers at 1/17"
    assert str(NoAnswerError("nobody answers")) == "nobody answers"


def test_silence_may_pass_and_a_rejection_does_not() -> None:
    assert NoAnswerError.retryable
    assert not AssociationRejectedError.retryable


def test_rejections_keep_their_numbers() -> None:
    rejected = AssociationRejectedError(
        "rejected", result=1, source="acse-service-user", diagnostic=13, remedy="check the password"
    )
    assert (rejected.result, rejected.source, rejected.diagnostic) == (1, "acse-service-user", 13)
    assert rejected.remedy == "check the password"
    refused = ServiceRefusedError("refused", state_error=1, service_error=5)
    assert (refused.state_error, refused.service_error) == (1, 5)
    failed = ConfirmedServiceFailure("failed", service=1, error_class=6, value=1)
    assert (failed.service, failed.error_class, failed.value) == (1, 6, 1)


def test_counters_that_were_not_accepted_are_told() -> None:
    replayed = ReplayError("old", counter=4, floor=5)
    assert (replayed.counter, replayed.floor) == (4, 5)
    rejected = CounterRejectedError("too low", expected=7)
    assert (rejected.expected, rejected.state_error, rejected.service_error) == (7, 1, 6)
