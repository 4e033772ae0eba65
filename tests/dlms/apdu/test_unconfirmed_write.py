import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.unconfirmed_write import UnconfirmedWrite
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.variable_access import Variable, VariableName
from tests.support.variables import writings


def test_it_is_these_octets() -> None:
    apdu = UnconfirmedWrite((VariableName(0xFA10),), (b"\x11\x07",))
    assert apdu.encode().hex() == "160102fa10" + "011107"
    assert UnconfirmedWrite.decode(apdu.encode()) == apdu


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("06", "tag 06 stands where UnconfirmedWrite"),
        ("160102fa1000", "0 values for 1 variables"),
        ("160102fa1001110700", "1 octets too many"),
    ],
)
def test_malformed_ones_are_refused(octets: str, message: str) -> None:
    with pytest.raises(DecodeError, match=message):
        UnconfirmedWrite.decode(bytes.fromhex(octets))


def test_what_could_not_be_told_apart_is_never_said() -> None:
    with pytest.raises(EncodeError, match="0 values for 1 variables"):
        UnconfirmedWrite((VariableName(8),), ())


def test_no_repr_shows_a_value() -> None:
    assert "password" not in repr(UnconfirmedWrite((VariableName(8),), (b"password",)))


@given(writings)
def test_decoding_gives_it_back(pairs: list[tuple[Variable, bytes]]) -> None:
    apdu = UnconfirmedWrite(tuple(each for each, _ in pairs), tuple(value for _, value in pairs))
    assert UnconfirmedWrite.decode(apdu.encode()) == apdu


@given(st.binary(max_size=60), st.sampled_from(["16", ""]))
def test_any_octets_end_in_a_value_or_a_decode_error(octets: bytes, tag: str) -> None:
    try:
        UnconfirmedWrite.decode(bytes.fromhex(tag) + octets)
    except DecodeError as error:
        assert error.message  # noqa: PT017  # whatever else is raised fails the test
