import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.data import encode_data
from dcud.dlms.errors import EncodeError
from dcud.trace.apdu import APDUS, Dissected, dissect_apdu
from dcud.trace.apdu import dissect as dissect_frame
from dcud.trace.framing import layout_of
from dcud.trace.reversible import from_json, to_json
from dcud.trace.tree import Node
from tests.support.data_strategies import data

ENERGY = "00030100010800FF02"

APDU_EXAMPLES = [
    # From the tests of u9n/dlms-cosem.
    "C001C1000100002B0100FF0200",
    "C001C1" + ENERGY + "01020600000001",
    "C002C100000001",
    "C003C102" + ENERGY + "00" + ENERGY + "00",
    "C401C1000600001391",
    "C401C10101",
    "C402C101000000130101",
    "C104C101" + ENERGY + "00010F01",
    "C102C1" + ENERGY + "00000000000103090100",
    "C504C102000300000004",
    "C401C100010202020600000001090C07E4011403122B1B00FF88000202060000000209060100010800FF",
    "C401C1000A03414243",
    "C401C1000C03C3A9414243",
    "C401C100157FFFFFFFFFFFFFFF",
    "C401C1002340490FDB",
    "C401C1000407A0",
    "C401C1001303120600010400020003",
    "601DA109060760857405080101BE10040E01000000065F1F0400005014FFFF",
    "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000501404000007",
    "C81E3001234567" + "00" * 25,
    "DB08" + "4D4D4D0000000001" + "0B20" + "00000001" + "AABBCCDDEEFF",
    "0E010203",
    "D80102",
    "E0C1000100000301FF02",
    # An integer of BER that begins no Data; lengths in more octets than they need.
    "6203800105",
    "620480810100",
    "620380FF00",
    "C401C10002810105",
    "0502" + "02FA00" + "020B00",
    "0C0200060000000101" + "03",
]


def changed(fields: Any, name: str, value: object) -> bool:
    for each in fields:
        if each["name"] == name and "value" in each:
            each["value"] = value
            return True
        if changed(each.get("fields", ()), name, value):
            return True
    return False


def told(octets: str) -> Any:
    return json.loads(json.dumps(to_json(dissect_apdu(bytes.fromhex(octets)))))


def again(part: object) -> str:
    return from_json(part).hex().upper()


@pytest.mark.parametrize("octets", APDU_EXAMPLES)
def test_json_of_an_apdu_is_encoded_to_the_same_octets(octets: str) -> None:
    assert again(told(octets)) == octets


@pytest.mark.parametrize(
    ("octets", "name", "value", "expected"),
    [
        ("C001C100030100010800FF0200", "attribute-id", 3, "C001C100030100010800FF0300"),
        (
            "C001C100030100010800FF0200",
            "instance-id",
            "1.0.2.8.0.255",
            "C001C100030100020800FF0200",
        ),
        ("C401C1000600001391", "double-long-unsigned", 1, "C401C1000600000001"),
        ("C401C1000A03414243", "visible-string", "AB", "C401C1000A024142"),
        ("C401C100090101", "octet-string", "0A0B", "C401C10009020A0B"),
        ("C401C1000301", "boolean", False, "C401C1000300"),
        ("C401C100140000000000000001", "long64", str(2**60), "C401C100141000000000000000"),
        ("6203800100", "integer", 1, "6203800101"),
        # By its octets, for as text it would be no text.
        ("C401C1000C02FFFE", "utf8-string", "FFFD", "C401C1000C02FFFD"),
    ],
)
def test_a_changed_value_changes_the_octets(
    octets: str, name: str, value: object, expected: str
) -> None:
    part = told(octets)
    assert changed(part["fields"], name, value)
    assert again(part) == expected


def test_lengths_and_counts_follow_from_what_they_measure() -> None:
    part = told(
        "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738"
        "BE10040E01000000065F1F0400005014FFFF"
    )
    changed(part["fields"], "charstring", "3132")
    assert again(part) == (
        "6030A1090607608574050801018A0207808B0760857405080201AC0480023132"
        "BE10040E01000000065F1F0400005014FFFF"
    )
    part = told("C401C1000201" + "1105")
    structure = part["fields"][-1]["fields"][0]
    structure["fields"] *= 2
    assert again(part) == "C401C1000202" + "1105" + "1105"


@given(octets=st.binary(max_size=60), tag=st.sampled_from(sorted(APDUS)))
def test_any_octets_come_back(octets: bytes, tag: int) -> None:
    whole = bytes((tag,)) + octets
    assert from_json(json.loads(json.dumps(to_json(dissect_apdu(whole))))) == whole


@given(value=data())
def test_any_data_comes_back(value: Any) -> None:
    whole = bytes.fromhex("C401C100") + encode_data(value)
    assert from_json(json.loads(json.dumps(to_json(dissect_apdu(whole))))) == whole


@pytest.mark.parametrize(
    "octets",
    [
        "7EA01A02232132F672E6E600C001C100030100010800FF020032687E",
        "7EA01F0223219321E0818012050180060180070400000001080400000001533B7E",
        "000100010010000DC001C100030100010800FF0200",
        "2F3F210D0A",
        "FFFF",
        "7EA0",
    ],
)
@pytest.mark.parametrize("is_sent", [True, False])
def test_json_of_a_frame_is_encoded_to_the_same_octets(octets: str, *, is_sent: bool) -> None:
    whole = bytes.fromhex(octets)
    title, layout = layout_of(whole, is_sent=is_sent)
    part = to_json(dissect_frame(title, whole, layout))
    assert part["title"] == title
    assert again(json.loads(json.dumps(part))) == octets


def test_what_is_seen_from_more_than_one_side_says_so() -> None:
    whole = bytes.fromhex("7EA00802232153B1A27E")
    title, layout = layout_of(whole, is_sent=True)
    shown = json.dumps(to_json(dissect_frame(title, whole, layout)))
    assert '"form": "shown"' in shown


def test_octets_that_no_field_tells_of_are_kept() -> None:
    node = Node(name="first", start=0, end=1, value=1)
    part = Dissected(title="", octets=b"\1\2", masked=(), nodes=(node,), kinds=(), words="")
    assert from_json(to_json(part)) == b"\1\2"


def field(name: str, form: str, value: object) -> dict[str, object]:
    return {"name": name, "form": form, "value": value}


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ([], "the whole has no 'fields'"),
        ({}, "the whole has no 'fields'"),
        ({"fields": 3}, "the fields of the whole are no list"),
        ({"fields": "00"}, "the fields of the whole are no list"),
        ({"fields": [3]}, "field /1 has no 'form'"),
        ({"fields": [{"form": "octets", "name": "x"}]}, "field /1 has no 'value'"),
        ({"fields": [field("x", "octets", "0")]}, "field /1 x: '0' is no value of the form octets"),
        ({"fields": [field("x", "words", "0")]}, "field /1 x: 'words' is no form"),
        (
            {"fields": [{"name": "g", "form": "sized", "tags": [1], "fields": []}]},
            "the tags of field /1 g are no list",
        ),
        (
            {"fields": [{"name": "g", "form": "sized", "tags": ["G"], "fields": []}]},
            "the tags of field /1 g are no list",
        ),
        (
            {"fields": [{"name": "g", "form": "sequence", "fields": [field("x", "octets", 1)]}]},
            "field /1 g/1 x: 1 is no value",
        ),
    ],
)
def test_what_has_another_shape_is_told_with_its_field(part: object, words: str) -> None:
    with pytest.raises(EncodeError, match=words):
        from_json(part)


def test_what_is_nested_too_deeply_is_refused() -> None:
    part: Any = {"name": "", "form": "sequence", "fields": []}
    for _ in range(200):
        part = {"name": "", "form": "sequence", "fields": [part]}
    with pytest.raises(EncodeError, match="one within another"):
        from_json(part)
