from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import EncodeError
from dcud.trace.field_forms import FORMS, encode_field


@pytest.mark.parametrize(
    ("form", "name", "value", "octets"),
    [
        ("unsigned8", "x", 255, "FF"),
        ("unsigned16", "x", 1, "0001"),
        ("unsigned32", "x", 1, "00000001"),
        ("integer8", "x", -1, "FF"),
        ("boolean", "x", True, "01"),
        ("length", "x", 200, "81C8"),
        ("logical-name", "x", "1.0.1.8.0.255", "0100010800FF"),
        ("octet-string", "x", "0102", "020102"),
        ("octets", "x", "0102", "0102"),
        ("data", "unsigned", 5, "1105"),
        ("data", "boolean", True, "0301"),
        ("data", "null-data", None, "00"),
        ("data", "octet-string", "0102", "09020102"),
        ("text", "visible-string", 'a"b', "0A03612262"),
        ("shown", "x", 5, ""),
    ],
)
def test_a_value_becomes_octets(form: str, name: str, value: object, octets: str) -> None:
    assert encode_field(form, name, value).hex().upper() == octets


@pytest.mark.parametrize(
    ("form", "name", "value"),
    [
        ("unsigned8", "x", 256),
        ("unsigned8", "x", True),
        ("unsigned8", "x", "1"),
        ("boolean", "x", 1),
        ("length", "x", -1),
        ("length", "x", 1 << 40),
        ("logical-name", "x", "1.0"),
        ("octets", "x", "0"),
        ("octets", "x", 5),
        ("data", "unsigned", 256),
        ("data", "nothing", 256),
        ("text", "visible-string", "\ud800"),
        ("what", "x", 1),
    ],
)
def test_what_does_not_fit_is_told(form: str, name: str, value: object) -> None:
    with pytest.raises(EncodeError):
        encode_field(form, name, value)


_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text())


@given(form=st.sampled_from(sorted(FORMS)), name=st.text(max_size=20), value=_values)
def test_any_value_gives_octets_or_a_typed_error(form: str, name: str, value: object) -> None:
    with suppress(EncodeError):
        assert isinstance(encode_field(form, name, value), bytes)
