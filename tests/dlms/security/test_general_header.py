from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.dlms.security.general_header import GeneralHeader

CLIENT = b"CLI00001"
METER = b"MTR00001"
HEADER = GeneralHeader(
    transaction_id=bytes(range(8)),
    originator_system_title=CLIENT,
    recipient_system_title=METER,
    date_time=b"",
    other_information=b"\xaa",
)
OCTETS = bytes.fromhex("08000102030405060708434c493030303031084d545230303030310001aa")
FIELDS = st.binary(max_size=200)
HEADERS = st.builds(
    GeneralHeader,
    transaction_id=FIELDS,
    originator_system_title=FIELDS,
    recipient_system_title=FIELDS,
    date_time=FIELDS,
    other_information=FIELDS,
)


def test_each_field_has_its_length_and_place() -> None:
    assert HEADER.encode() == OCTETS
    assert GeneralHeader.decode(Cursor(OCTETS + b"rest")) == HEADER
    assert GeneralHeader().encode() == bytes(5)


def test_a_length_that_is_longer_than_it_need_be_is_vouched_for_as_it_came() -> None:
    octets = b"\x81\x08" + OCTETS[1:]
    cursor = Cursor(octets + b"rest")
    header = GeneralHeader.decode(cursor)
    assert header == HEADER
    assert header.authenticated_octets == octets
    assert header.encode() == OCTETS
    assert cursor.rest() == b"rest"
    assert HEADER.authenticated_octets == OCTETS


@pytest.mark.parametrize("size", range(len(OCTETS)))
def test_what_is_cut_short_is_refused(size: int) -> None:
    with pytest.raises(DecodeError):
        GeneralHeader.decode(Cursor(OCTETS[:size]))


@given(HEADERS)
def test_what_is_encoded_comes_back(header: GeneralHeader) -> None:
    octets = header.encode()
    decoded = GeneralHeader.decode(Cursor(octets))
    assert decoded == header
    assert decoded.authenticated_octets == octets


@given(st.binary(max_size=80))
def test_any_octets_give_a_header_or_a_typed_error(octets: bytes) -> None:
    cursor = Cursor(octets)
    try:
        header = GeneralHeader.decode(cursor)
    except DecodeError:
        return
    assert header.authenticated_octets + cursor.rest() == octets


ANSWER = replace(HEADER, originator_system_title=METER, recipient_system_title=CLIENT)


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        replace(ANSWER, originator_system_title=b""),
        replace(ANSWER, recipient_system_title=b""),
        replace(ANSWER, other_information=b"anything", date_time=bytes(12)),
    ],
)
def test_an_answer_has_our_mark_with_the_parties_swapped(answer: GeneralHeader) -> None:
    assert answer.answers(HEADER)


@pytest.mark.parametrize(
    "answer",
    [
        HEADER,
        replace(ANSWER, transaction_id=b""),
        replace(ANSWER, transaction_id=bytes(8)),
        replace(ANSWER, originator_system_title=b"MTR00002"),
        replace(ANSWER, recipient_system_title=b"CLI00002"),
    ],
)
def test_what_belongs_to_something_else_is_no_answer(answer: GeneralHeader) -> None:
    assert not answer.answers(HEADER)


def test_where_the_request_named_no_party_any_may_answer() -> None:
    asked = GeneralHeader(transaction_id=bytes(range(8)))
    assert ANSWER.answers(asked)
