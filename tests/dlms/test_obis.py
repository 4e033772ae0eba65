import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.obis import Obis, ObisSyntaxError


@pytest.mark.parametrize(
    "text",
    [
        "1.0.1.8.0.255",
        "1-0:1.8.0*255",
        "1-0:1.8.0.255",
        "1-0:1.8.0",
        "0100010800FF",
        "0100010800ff",
        " 1.0.1.8.0.255\n",
    ],
)
def test_every_way_of_writing_names_the_same_object(text: str) -> None:
    assert Obis.parse(text) == Obis(b"\x01\x00\x01\x08\x00\xff")


def test_group_f_is_kept() -> None:
    assert Obis.parse("1-0:1.8.0*101").f == 101


def test_the_groups_by_their_letters() -> None:
    obis = Obis.parse("1.2.3.4.5.6")
    assert (obis.a, obis.b, obis.c, obis.d, obis.e, obis.f) == (1, 2, 3, 4, 5, 6)


@given(st.binary(min_size=6, max_size=6))
def test_text_and_octets_are_the_same_code(octets: bytes) -> None:
    obis = Obis(octets)
    assert Obis.parse(str(obis)) == obis
    assert Obis.parse(octets.hex()) == obis


def test_codes_are_ordered_and_can_be_keys() -> None:
    low, high = Obis.parse("1.0.1.8.0.255"), Obis.parse("1.0.2.8.0.255")
    assert low < high
    assert {low: 1}[Obis.parse("1-0:1.8.0")] == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1.8.0",
        "1.0.1.8.0",
        "1.0.1.8.0.256",
        "1.0.1.8.0.255.1",
        "1-0:1.8.0*",
        "1.0.1.8.0.-1",
        "0100010800F",
        "0100010800FG",
        "1.0.1.8.0.²",  # a digit to Python, but none of ours
        "1.0.1.8.0.٣",
    ],
)
def test_what_is_no_code_is_refused_with_the_remedy(text: str) -> None:
    with pytest.raises(ObisSyntaxError) as caught:
        Obis.parse(text)
    assert str(caught.value).startswith(f"{text!r} is no OBIS code; write six numbers")


def test_octets_must_be_six() -> None:
    with pytest.raises(ObisSyntaxError, match="an OBIS code has 6 octets, not 5"):
        Obis(b"\x01\x00\x01\x08\x00")


@given(st.text(max_size=24))
def test_any_text_gives_a_code_or_the_one_error(text: str) -> None:
    try:
        obis = Obis.parse(text)
    except ObisSyntaxError:
        return
    assert len(obis.octets) == 6
