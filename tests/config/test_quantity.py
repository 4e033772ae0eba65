import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.config.quantity import (
    QuantityError,
    format_duration,
    format_size,
    parse_duration,
    parse_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15 min", 900.0),
        ("30s", 30.0),
        ("500 ms", 0.5),
        ("1 h 30 min", 5400.0),
        ("1.5 h", 5400.0),
        ("7 d", 604800.0),
        ("2 w", 1209600.0),
        (" 0 s ", 0.0),
    ],
)
def test_durations_are_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "15", "min", "15 m", "15 MIN", "-1 s", "1 s,", "1e3 s", "٣ s"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "octets"),
    [("64 MiB", 67108864), ("1.5 GiB", 1610612736), ("10 kB", 10000), ("7 B", 7)],
)
def test_sizes_are_read(text: str, octets: int) -> None:
    assert parse_size(text) == octets


@pytest.mark.parametrize("text", ["", "64", "64 Mb", "64 min"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(QuantityError):
        parse_size(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(900.0, "15 min"), (0.01, "10 ms"), (604800.0, "1 w"), (0.0, "0 s"), (0.0005, "0.0005 s")],
)
def test_durations_are_written_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@given(milliseconds=st.integers(0, 10**12))
def test_a_duration_survives_being_written(milliseconds: int) -> None:
    assert parse_duration(format_duration(milliseconds / 1000)) == pytest.approx(
        milliseconds / 1000, rel=1e-12
    )


@given(octets=st.integers(0, 10**14))
def test_a_size_survives_being_written(octets: int) -> None:
    assert parse_size(format_size(octets)) == octets


@given(text=st.text(max_size=20))
def test_any_text_is_a_quantity_or_an_error(text: str) -> None:
    for parse in (parse_duration, parse_size):
        with contextlib.suppress(QuantityError):
            assert parse(text) >= 0
