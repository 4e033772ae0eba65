import pytest

from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.trace.tree import MASKED, Dissection, Node, overlaps, shown_hex, within


def test_fields_have_names_places_and_values() -> None:
    d = Dissection(bytes.fromhex("01000203"))
    d.number("one", Cursor.u8, "the first")
    with d.group("rest", "two parts") as node:
        node.value = 2
        d.number("two", Cursor.u16)
        d.raw("three", 1)
    assert d.nodes == [
        Node(name="one", start=0, end=1, value=1, meaning="the first"),
        Node(
            name="rest",
            start=1,
            end=4,
            value=2,
            meaning="two parts",
            children=[
                Node(name="two", start=1, end=3, value=2),
                Node(name="three", start=3, end=4, value="03"),
            ],
        ),
    ]


def _numbers(d: Dissection) -> None:
    with d.group("outer"):
        d.number("octet", Cursor.u8)
        with d.group("inner"):
            d.number("number", Cursor.u32)


def test_what_is_cut_off_is_told_once_where_it_happened() -> None:
    d = Dissection(bytes.fromhex("0102"))
    d.run(_numbers)
    assert d.has_trouble
    [outer] = d.nodes
    octet, inner = outer.children
    [trouble] = inner.children
    assert octet.value == 1
    assert trouble == Node(
        name="unreadable",
        start=1,
        end=2,
        value="02",
        meaning="an integer of 4 octets wanted at octet 1, but 1 are left",
        is_trouble=True,
    )


def test_octets_behind_the_end_are_told() -> None:
    d = Dissection(bytes.fromhex("0102030405060708"))
    d.run(_numbers)
    assert not d.has_trouble
    assert [(node.name, node.value) for node in d.nodes[1:]] == [("more octets", "060708")]


def test_trouble_in_a_field_of_known_length_stays_in_it() -> None:
    d = Dissection(bytes.fromhex("0102030405"))
    with d.group("short", end=2):
        d.number("number", Cursor.u32)
    with d.group("long", end=4):
        d.number("octet", Cursor.u8)
    d.number("last", Cursor.u8)
    short, long, last = d.nodes
    assert d.has_trouble
    assert (short.start, short.end, short.children[0].value) == (0, 2, "0102")
    assert [(each.name, each.value) for each in long.children] == [
        ("octet", 3),
        ("more octets", "04"),
    ]
    assert last.value == 5


def test_other_errors_are_not_swallowed() -> None:
    d = Dissection(b"\x01")

    def fail() -> None:
        with d.group("field", end=1):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()


def test_masked_octets_are_shown_masked() -> None:
    d = Dissection(bytes.fromhex("0400000099"), [(2, 4)])
    d.raw("octets", 4)
    d.number("known", Cursor.u8)
    assert [(node.value, node.meaning) for node in d.nodes] == [("0400****", MASKED), (0x99, "")]


def test_a_masked_tag_or_length_is_not_taken_for_zero() -> None:
    d = Dissection(bytes(2), [(0, 1)])
    with pytest.raises(DecodeError, match="octet 0 is masked"):
        d.cursor.u8()
    assert d.cursor.position == 0
    d.cursor.position = 1
    assert d.cursor.u8() == 0


def test_a_brief_dissection_shows_no_octets() -> None:
    d = Dissection(b"\x01\x02", is_brief=True)
    d.raw("octets", 2)
    assert d.nodes == [Node(name="octets", start=0, end=2)]


def test_a_kind_is_told_more_exactly() -> None:
    d = Dissection(b"")
    d.qualify("nothing")
    assert d.kinds == []
    d.kinds.append("get-request")
    d.say("get-request")
    d.qualify("normal")
    assert (d.kinds, d.words) == (["get-request-normal"], ["get-request-normal"])


def test_ranges() -> None:
    assert overlaps([(2, 4)], 3, 5)
    assert not overlaps([(2, 4)], 4, 5)
    assert within([(2, 4), (6, 9)], 3, 7) == ((0, 1), (3, 4))
    assert shown_hex(bytes(4), [(1, 2), (3, 9), (7, 9)]) == "00**00**"
