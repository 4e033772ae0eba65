import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.mode_e.identification import Identification, parse_identification


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (
            b"/LGZ5\\2ZMD3104407.B32\r\n",
            Identification(
                manufacturer="LGZ", baud_character="5", escapes=("2",), name="ZMD3104407.B32"
            ),
        ),
        (
            b"/ISk5\\2MT372-0002\r\n",
            Identification(
                manufacturer="ISk", baud_character="5", escapes=("2",), name="MT372-0002"
            ),
        ),
        (b"/ESY5\r\n", Identification(manufacturer="ESY", baud_character="5")),
        (
            b"/ABC6\\@\\2\\\n",
            Identification(manufacturer="ABC", baud_character="6", escapes=("@", "2"), name="\\"),
        ),
    ],
)
def test_what_meters_say(octets: bytes, expected: Identification) -> None:
    assert parse_identification(octets) == expected


def test_what_a_meter_says_of_itself() -> None:
    landis = parse_identification(b"/LGZ5\\2ZMD3104407.B32\r\n")
    assert str(landis) == "/LGZ5\\2ZMD3104407.B32"
    assert (landis.announces_mode_e, landis.baud, landis.mode) == (True, 9600, "C")
    assert not landis.is_quick
    iskra = parse_identification(b"/ISk4MT372\r\n")
    assert iskra.is_quick
    assert not iskra.announces_mode_e


@pytest.mark.parametrize(("character", "mode"), [("A", "B"), ("F", "B"), ("Z", "A"), (" ", "A")])
def test_modes_in_which_nothing_is_chosen(character: str, mode: str) -> None:
    old = parse_identification(b"/OLD%cMETER\r\n" % ord(character))
    assert old.mode == mode
    assert old.baud is None


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"/LGZ\r\n",
        b"LGZ5XY\r\n",
        b"/?!\r\n",
        b"/?LGZ!\r\n",
        b"/L1Z5XY\r\n",
        b"/LGZ5X/Y\r\n",
        b"/LGZ5X!Y\r\n",
        b"/LGZ5\x1bX\r\n",
        b"/LGZ5\xb2X\r\n",
    ],
)
def test_what_is_no_identification(octets: bytes) -> None:
    with pytest.raises(DecodeError, match="no identification"):
        parse_identification(octets)


LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="/!")


@given(
    st.builds(
        Identification,
        manufacturer=st.text(LETTERS, min_size=3, max_size=3),
        baud_character=PRINTABLE,
        escapes=st.lists(PRINTABLE, max_size=3).map(tuple),
        name=st.text(PRINTABLE, max_size=16).filter(lambda text: not text.startswith("\\")),
    )
)
def test_what_is_built_is_parsed_as_the_same(identification: Identification) -> None:
    assert parse_identification(identification.build()) == identification


@pytest.mark.parametrize(
    ("manufacturer", "name"), [("LG", "X"), ("LGZ", "\\2X"), ("LGZ", "\u00e9"), ("LGZ", "A\r\n")]
)
def test_what_would_be_read_otherwise_is_not_built(manufacturer: str, name: str) -> None:
    with pytest.raises(EncodeError, match="no identification"):
        Identification(manufacturer=manufacturer, baud_character="5", name=name).build()


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda octets: b"/LGZ5" + octets))
def test_any_octets_give_an_identification_or_a_typed_error(octets: bytes) -> None:
    try:
        parse_identification(octets)
    except DecodeError as error:
        assert "no identification" in error.message  # noqa: PT017  # either outcome is right
