from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.trace.hex_text import HexTextError, parse_hex_lines


@pytest.mark.parametrize(
    "text",
    ["c001C1", "C0 01 C1", "0xC0, 0x01, 0xC1", "0xC001C1", "C0:01:C1", "C0-01-C1;", "  C001 C1\t"],
)
def test_octets_are_read_however_they_are_written(text: str) -> None:
    assert parse_hex_lines(text) == [[b"\xc0\x01\xc1"]]


def test_empty_lines_part_what_other_lines_belong_together() -> None:
    assert parse_hex_lines("\n01\n02 03\n\n\n04\n\n") == [[b"\1", b"\2\3"], [b"\4"]]
    assert parse_hex_lines("") == []


@pytest.mark.parametrize(
    ("text", "line", "column", "octet"),
    [
        ("C0\n01 G1", 2, 4, 2),
        ("C0 0", 1, 4, 1),
        ("C0 012", 1, 6, 2),
        ("zz", 1, 1, 0),
    ],
)
def test_where_it_goes_wrong_is_told(text: str, line: int, column: int, octet: int) -> None:
    with pytest.raises(HexTextError) as told:
        parse_hex_lines(text)
    assert (told.value.line, told.value.column, told.value.octet) == (line, column, octet)
    assert f"line {line}, column {column}, after {octet} octets" in str(told.value)


@given(octets=st.binary(min_size=1), blank=st.sampled_from(["", " ", ":", ", "]))
def test_hex_of_any_octets_is_read(octets: bytes, blank: str) -> None:
    text = blank.join(f"{octet:02x}" for octet in octets)
    assert parse_hex_lines(text) == [[octets]]


@given(text=st.text())
def test_any_text_gives_octets_or_a_typed_error(text: str) -> None:
    with suppress(HexTextError):
        parse_hex_lines(text)
