import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data import MAX_NESTING, decode_data, encode_data
from dcud.dlms.data_types import CompactArray, Data, DataType, TypeDescription
from dcud.dlms.errors import DecodeError
from dcud.dlms.octets import Cursor
from dcud.trace.tree import Dissection, Node
from dcud.trace.value import data_words, describe_data, shown_value, value_meaning
from tests.support.data_strategies import data as any_data


def described(octets: str | bytes, *, is_brief: bool = False) -> tuple[Node, Dissection]:
    octets = octets if isinstance(octets, bytes) else bytes.fromhex(octets)
    d = Dissection(octets, is_brief=is_brief)
    d.run(describe_data)
    return d.nodes[0], d


@pytest.mark.parametrize(
    ("octets", "name", "value", "meaning"),
    [
        ("0600001391", "double-long-unsigned", 5009, ""),
        ("0FFE", "integer", -2, ""),
        ("0301", "boolean", True, ""),
        ("00", "null-data", None, ""),
        ("040450", "bit-string", "0101", ""),
        ("1742C80000", "float32", 100.0, ""),
        ("177F800000", "float32", "inf", ""),
        ("177FC00000", "float32", "7FC00000", ""),
        ("0A03414243", "visible-string", "ABC", ""),
        ("09060100010800FF", "octet-string", "0100010800FF", "1.0.1.8.0.255 active_energy_import"),
        ("0906FFFFFFFFFFFF", "octet-string", "FFFFFFFFFFFF", ""),
        ("090341424A", "octet-string", "41424A", "'ABJ'"),
        ("09024100", "octet-string", "4100", ""),
        ("0900", "octet-string", "", ""),
        ("090507EA050402", "octet-string", "07EA050402", "2026-05-04"),
        ("090500000504FF", "octet-string", "00000504FF", ""),
        (
            "090C07EA0504010C001E00FF8880",
            "octet-string",
            "07EA0504010C001E00FF8880",
            "2026-05-04 12:00:30.00 deviation -120, daylight saving active",
        ),
        ("090C07EA0504011A001E00800000", "octet-string", "07EA0504011A001E00800000", ""),
        (
            "1907EA0504010C001E00FF88FF",
            "date-time",
            "2026-05-04 12:00:30.00 deviation -120",
            "2026-05-04 12:00:30.00 deviation -120",
        ),
    ],
)
def test_scalars(octets: str, name: str, value: object, meaning: str) -> None:
    node, d = described(octets)
    assert (node.name, node.value, node.meaning) == (name, value, meaning)
    assert (node.start, node.end) == (0, len(octets) // 2)
    assert not d.has_trouble


def test_meanings_are_of_the_values_own_type() -> None:
    assert not value_meaning(DataType.OCTET_STRING, 1)
    assert not value_meaning(DataType.DATE_TIME, 1)
    assert shown_value(()) == 0
    assert shown_value(CompactArray(TypeDescription(DataType.BOOLEAN), ())) == 0


def test_members_have_their_places() -> None:
    # A scaler_unit: volts, two decimal places.
    node, _ = described("02020FFE1623")
    assert (node.name, node.value, node.start, node.end) == ("structure", 2, 0, 6)
    assert [(c.name, c.value, c.start, c.end) for c in node.children] == [
        ("integer", -2, 2, 4),
        ("enum", 35, 4, 6),
    ]
    assert data_words(node) == "structure {-2, 35}"


def test_words_of_what_is_long() -> None:
    assert data_words(described("010200020100")[0]) == "array of 2"
    assert data_words(described("0105" + "0301" * 5)[0]) == "array of 5"
    assert data_words(described("0100")[0]) == "array of 0"
    assert (
        data_words(described("02020300 00".replace(" ", ""))[0]) == "structure {False, null-data}"
    )
    assert data_words(described("00")[0]) == "null-data"
    assert data_words(described("0940" + "FF" * 64)[0]) == f"{'FF' * 30}... (octet-string)"


def test_compact_arrays() -> None:
    # Twice a structure of a long-unsigned with an unsigned.
    node, _ = described("1302021211050001110002")
    assert (node.name, node.meaning[:35]) == ("unreadable", "contents of the compact array at oc")
    node, _ = described("130202121106000111000222")
    assert (node.name, node.value, node.meaning) == ("compact-array", 2, "each structure")
    assert [[leaf.value for leaf in row.children] for row in node.children] == [[1, 17], [2, 34]]
    assert [row.value for row in node.children] == [2, 2]


def test_a_masked_compact_array_is_not_looked_into() -> None:
    d = Dissection(bytes.fromhex("1312060001000200FF"), [(3, 5)])
    d.run(describe_data)
    assert (d.nodes[0].meaning, d.nodes[0].children) == ("masked", [])


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        ("0101FE", "tag FE at octet 2 is no type of Data"),
        ("010503", "announces 5, but 1 octets are left"),
        ("0101" * (MAX_NESTING + 1), "nested too deeply"),
    ],
)
@pytest.mark.parametrize("is_brief", [False, True])
def test_what_is_no_data(octets: str, why: str, is_brief: bool) -> None:  # noqa: FBT001  # a case
    _, d = described(octets, is_brief=is_brief)
    assert d.has_trouble

    def messages(nodes: list[Node]) -> list[str]:
        return [m for node in nodes for m in [node.meaning, *messages(node.children)]]

    assert any(why in message for message in messages(d.nodes))


def test_brief_values_have_no_members_but_few() -> None:
    octets = "0105" + "0301" * 5
    assert (
        described(octets, is_brief=True)[0].value,
        described(octets, is_brief=True)[0].children,
    ) == (5, [])
    assert len(described("02020FFE1623", is_brief=True)[0].children) == 2


@given(any_data())
def test_the_tree_covers_every_octet_that_the_decoder_reads(data: Data) -> None:
    octets = encode_data(data)
    node, d = described(octets)
    assert (node.start, node.end, d.has_trouble) == (0, len(octets), False)
    assert node.name == data.type.words


@given(st.binary(max_size=40))
def test_the_tree_is_in_trouble_where_the_decoder_is(octets: bytes) -> None:
    cursor = Cursor(octets)
    try:
        decode_data(cursor)
        fails = False
    except DecodeError:
        fails = True
    for is_brief in (False, True):
        d = Dissection(octets, is_brief=is_brief)
        d.run(describe_data)
        assert d.has_trouble == fails
