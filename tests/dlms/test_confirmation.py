import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.confirmation import confirmation_of


@pytest.mark.parametrize(
    ("notification", "confirmation"),
    [
        ("0f40000007" + "00" + "1107", "1040000007" + "00"),
        ("0fc0000007" + "00" + "1107", "10c0000007" + "00"),
        ("0f00000007" + "00" + "1107", None),
        ("0f400000", None),
        ("c2", None),
    ],
)
def test_what_asks_for_it_is_confirmed(notification: str, confirmation: str | None) -> None:
    told = confirmation_of(bytes.fromhex(notification))
    assert (None if told is None else told.hex()) == confirmation


@given(st.binary(max_size=30))
def test_any_octets_end_in_a_confirmation_or_none(octets: bytes) -> None:
    told = confirmation_of(octets)
    assert told is None or told[:5] == b"\x10" + octets[1:5]
