import pytest

from dcud.cli.given_value import given_value, written_data
from dcud.cli.main import UsageError
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    null_data,
    octet_string,
    unsigned,
    visible_string,
)
from dcud.dlms.data import Data


@pytest.mark.parametrize(
    ("text", "current", "value"),
    [
        ("unsigned 5", None, unsigned(5)),
        ("unsigned 5", octet_string(b"x"), unsigned(5)),
        ("5", double_long_unsigned(1), double_long_unsigned(5)),
        ("abc", visible_string("x"), visible_string("abc")),
        ('"abc"', visible_string("x"), visible_string("abc")),
        ("abc", octet_string(b"text"), octet_string(b"abc")),
        ("0a0b", octet_string(b"\x01"), octet_string(b"\x0a\x0b")),
        ("0a0b", octet_string(b""), octet_string(b"\x0a\x0b")),
    ],
)
def test_values(text: str, current: Data | None, value: Data) -> None:
    assert given_value(text, current) == value


@pytest.mark.parametrize(
    ("text", "current", "said"),
    [
        ("5", None, "of which type '5' is can not be told"),
        ("", None, "of which type '' is can not be told"),
        ("5", array(()), "it is array [] now"),
        ("5", null_data(), "it is null-data now"),
        ("x", unsigned(3), "the meter gives unsigned 3"),
        ("unsigned 256", None, "256"),
    ],
)
def test_what_is_none(text: str, current: Data | None, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        given_value(text, current)
    assert said in str(raised.value)


def test_a_type_with_its_value() -> None:
    assert written_data("unsigned 7") == unsigned(7)
    with pytest.raises(UsageError):
        written_data("7")
