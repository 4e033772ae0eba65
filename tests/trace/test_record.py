from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.observe.log_line import Record as Written
from dcud.observe.log_line import line
from dcud.observe.mask import Mask
from dcud.trace.record import LogLineError, Mark, Record, parse_line, timestamp

AT = 1795374095061
"""2026-11-22T19:01:35.061Z"""


def test_a_frame_that_was_sent() -> None:
    text = "2026-11-22T19:01:35.061Z rs485 tx house-1 7EA0070303938C117E\n"
    assert parse_line(text) == Record(
        at=AT,
        bus="rs485",
        mark=Mark.SENT,
        meter="house-1",
        octets=bytes.fromhex("7ea0070303938c117e"),
    )


def test_masked_octets_are_zeros_with_their_ranges() -> None:
    record = parse_line("2026-11-22T19:01:35.061Z b rx m 7EA0****00FF**7E")
    assert record.octets == bytes.fromhex("7ea0000000ff007e")
    assert record.masked == ((2, 4), (6, 7))
    assert record.is_frame
    assert not record.is_sent


@pytest.mark.parametrize(
    ("text", "mark", "note", "octets"),
    [
        ("rx! m noise 00FF", Mark.DISCARDED, "noise", "00ff"),
        ("rx! m header_check", Mark.DISCARDED, "header_check", ""),
        ("tx! m retransmitting 2", Mark.REPEATED, "retransmitting 2", ""),
        ("! - 12 lines dropped: too slow", Mark.LOG, "12 lines dropped: too slow", ""),
        ("tx m", Mark.SENT, "", ""),
    ],
)
def test_what_is_no_frame(text: str, mark: Mark, note: str, octets: str) -> None:
    record = parse_line(f"2026-11-22T19:01:35.061Z b {text}")
    assert (record.mark, record.note, record.octets.hex()) == (mark, note, octets)
    assert record.is_sent == (mark in {Mark.SENT, Mark.REPEATED})


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("", 1, "no time"),
        ("yesterday b tx m 00", 1, "no time"),
        ("2026-13-22T19:01:35.061Z b tx m 00", 1, "no time"),
        ("2026-11-22T19:01:35.061Z b tx\n", 30, "cut off"),
        ("2026-11-22T19:01:35.061Z b tx ", 31, "cut off"),
        ("2026-11-22T19:01:35.061Z b up m 00", 28, "'up' is none of"),
        ("2026-11-22T19:01:35.061Z b tx m 7EA", 33, "'7EA' is no octets"),
        ("2026-11-22T19:01:35.061Z bus rx m 00 11", 35, "'00 11' is no octets"),
    ],
)
def test_a_line_that_is_none_is_told_with_its_place(text: str, column: int, why: str) -> None:
    with pytest.raises(LogLineError, match=why) as caught:
        parse_line(text, 7)
    assert (caught.value.line, caught.value.column) == (7, column)
    assert str(caught.value).startswith(f"line 7, column {column}: ")


@given(st.text(alphabet="0123456789ABCDEF*-:.TZ txr!\nmb", max_size=60))
def test_any_text_is_a_record_or_a_typed_error(text: str) -> None:
    for each in (text, f"2026-11-22T19:01:35.061Z {text}"):
        with suppress(LogLineError):
            assert parse_line(each).mark in Mark


_RANGES = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda r: (r[0], r[0] + r[1])), max_size=3
)
_NAMES = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)


@given(
    at=st.integers(0, 4_000_000_000_000),
    bus=_NAMES,
    meter=_NAMES,
    mark=st.sampled_from(list(Mark)),
    note=st.sampled_from(["noise", "frame_check", "retransmitting 3", ""]),
    octets=st.binary(max_size=40),
    secret=_RANGES,
)
def test_what_the_log_writes_is_read_back(
    at: int,
    bus: str,
    meter: str,
    mark: Mark,
    note: str,
    octets: bytes,
    secret: list[tuple[int, int]],
) -> None:
    note = "" if mark in {Mark.SENT, Mark.RECEIVED} else note
    written = Written(
        at=at / 1000,
        bus=bus,
        mark=str(mark),
        meter=meter,
        note=note,
        octets=octets,
        secret=tuple(secret),
    )
    record = parse_line(line(written, Mask()))
    hidden = {i for start, end in secret for i in range(start, end)}
    assert (record.at, record.bus, record.mark, record.meter) == (at, bus, mark, meter)
    assert record.note == note
    assert record.octets == bytes(0 if i in hidden else o for i, o in enumerate(octets))
    masked = {i for start, end in record.masked for i in range(start, end)}
    assert masked == {i for i in hidden if i < len(octets)}


@given(st.integers(0, 4_000_000_000_000))
def test_times_are_written_as_the_log_writes_them(at: int) -> None:
    assert parse_line(f"{timestamp(at)} b tx m 00").at == at
