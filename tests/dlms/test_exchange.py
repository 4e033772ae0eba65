import pytest

from dcud.dlms.conformance import Conformance
from dcud.dlms.errors import (
    ConfirmedServiceFailure,
    DecodeError,
    ServiceRefusedError,
    UnexpectedApduError,
)
from dcud.dlms.exchange import Alone, Answered, Outcome, Ranges, RequestFailed, take_answer
from tests.support.terms import terms

TAG = 0xC4


def take(apdu: bytes) -> Outcome[bytes]:
    if len(apdu) < 2:
        raise DecodeError("too short")
    return Answered(answer=apdu[1:])


class Asked:
    """Asks x, whatever it hears."""

    subject = "GET x"

    def request(self) -> bytes:
        raise NotImplementedError

    def secret(self) -> Ranges:
        raise NotImplementedError

    def receive(self, apdu: bytes) -> Outcome[bytes]:
        return take_answer(self, apdu, TAG, take)


def outcome(apdu: str) -> Outcome[bytes]:
    return Asked().receive(bytes.fromhex(apdu))


def test_the_answer_goes_to_its_service() -> None:
    assert outcome("c40102") == Answered(answer=b"\x01\x02")


@pytest.mark.parametrize(
    ("apdu", "error"), [("d80102", ServiceRefusedError), ("0e010100", ConfirmedServiceFailure)]
)
def test_a_refusal_fails_the_request_alone(apdu: str, error: type[Exception]) -> None:
    failed = outcome(apdu)
    assert isinstance(failed, RequestFailed)
    assert isinstance(failed.error, error)
    assert "GET x" in str(failed.error)


@pytest.mark.parametrize(("apdu", "name"), [("c701", "c7"), ("", "nothing")])
def test_an_answer_of_another_kind(apdu: str, name: str) -> None:
    error = outcome(apdu)
    assert isinstance(error, UnexpectedApduError)
    assert str(error).startswith(f"the meter answered GET x with {name}")


@pytest.mark.parametrize("apdu", ["c4", "d8"])
def test_octets_that_make_no_sense(apdu: str) -> None:
    assert isinstance(outcome(apdu), DecodeError)


def test_room_counts_where_the_meter_takes_blocks() -> None:
    given = terms(room=100, conformance=Conformance.BLOCK_TRANSFER_WITH_ACTION)
    assert given.room_for(Conformance.BLOCK_TRANSFER_WITH_ACTION) == 100
    assert given.room_for(Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE) is None


def test_no_log_shows_an_answer_by_accident() -> None:
    assert "01" not in repr(Answered(answer=b"\x01"))


class Many:
    """An exchange about many, of which there is one."""

    subject = "GET x"

    def request(self) -> bytes:
        return b"\x01"

    def secret(self) -> Ranges:
        return ((0, 1),)

    def receive(self, apdu: bytes) -> Outcome[tuple[int, ...]]:
        return Answered(answer=(len(apdu),)) if apdu else None


def test_one_of_many() -> None:
    one = Alone(Many())
    assert (one.subject, one.request(), one.secret()) == ("GET x", b"\x01", ((0, 1),))
    assert one.receive(b"abc") == Answered(answer=3)
    assert one.receive(b"") is None
