import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.answers import AnswerMatch, is_repeatable, may_answer

GET = bytes.fromhex("C001C2000F0000280000FF0700")
AARQ, AARE = b"\x60\x00", b"\x61\x00"
RLRQ, RLRE = b"\x62\x00", b"\x63\x00"


@pytest.mark.parametrize(
    ("request_", "repeatable"),
    [(GET, True), (AARQ, True), (RLRQ, True), (b"\xc1\x01", False), (b"\xc3\x01", False)],
)
def test_what_changes_something_is_not_repeated(request_: bytes, repeatable: bool) -> None:  # noqa: FBT001  # a column of the table
    assert is_repeatable(request_) is repeatable


def test_nothing_at_all() -> None:
    assert not is_repeatable(b"")
    assert may_answer(b"", AARE)
    assert may_answer(GET, b"")


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GET, bytes.fromhex("C401C20300")),
        (GET, bytes.fromhex("C401420300")),  # a meter that clears the priority bit
        (GET, bytes.fromhex("C402820000000001")),
        (GET, bytes.fromhex("D80101")),  # exception-response
        (GET, bytes.fromhex("0E010600")),  # confirmed-service-error
        (GET, bytes.fromhex("CC0F")),  # ciphered: not looked into
        (GET, b"\xc4"),
        (b"\xc0", bytes.fromhex("C401C30300")),
        (AARQ, AARE),
        (RLRQ, RLRE),
        (b"\xc1\x01\xc1", AARE),
    ],
)
def test_what_may_be_the_answer(request_: bytes, answer: bytes) -> None:
    assert may_answer(request_, answer)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (GET, bytes.fromhex("C401C10300")),
        (GET, AARE),
        (GET, RLRE),
        (AARQ, bytes.fromhex("C401C20300")),
        (RLRQ, AARE),
    ],
)
def test_what_can_not_be(request_: bytes, answer: bytes) -> None:
    assert not may_answer(request_, answer)


def test_some_meters_always_answer_with_the_same_id() -> None:
    assert may_answer(GET, bytes.fromhex("C401C10300"), match_invoke_id=False)


@given(st.binary(max_size=5), st.binary(max_size=5), st.booleans())
def test_any_octets_are_judged(request_: bytes, answer: bytes, match: bool) -> None:  # noqa: FBT001  # drawn
    assert may_answer(request_, answer, match_invoke_id=match) in {True, False}


BLOCK = bytes.fromhex("c402c2000000000100020102")
NEXT_BLOCK = bytes.fromhex("c002c200000001")


def test_a_double_is_known_by_being_the_same() -> None:
    match = AnswerMatch()
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.asked(NEXT_BLOCK)
    assert match.request == NEXT_BLOCK
    assert not match.accepts(BLOCK)
    assert match.accepts(bytes.fromhex("c402c2010000000200020102"))


def test_the_same_request_may_have_the_same_answer() -> None:
    match = AnswerMatch()
    for _ in range(2):
        match.asked(GET)
        assert match.accepts(BLOCK)


def test_afresh_everything_is_new() -> None:
    match = AnswerMatch()
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.forget()
    match.asked(NEXT_BLOCK)
    assert match.accepts(BLOCK)


def test_without_invoke_ids_doubles_are_not_known() -> None:
    match = AnswerMatch(match_invoke_id=False)
    match.asked(GET)
    assert match.accepts(BLOCK)
    match.asked(NEXT_BLOCK)
    assert match.accepts(BLOCK)
    assert not match.accepts(AARE)
