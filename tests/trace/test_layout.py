import pytest

from dcud.dlms.octets import Cursor
from dcud.trace import layout
from dcud.trace.apdu import Dissected, dissect
from dcud.trace.tree import Dissection
from tests.support.trees import field, fields


def read(part: layout.Part, octets: str) -> Dissected:
    return dissect("part", bytes.fromhex(octets), part)


def test_sequences_and_groups() -> None:
    part = layout.group("both", layout.number("a", Cursor.u8), layout.number("b", Cursor.u16))
    assert fields(read(part, "010002")) == [("both", None, ""), ("a", 1, ""), ("b", 2, "")]


def test_numbers_have_names() -> None:
    part = layout.number("flag", Cursor.u8, {0: "false"})
    assert fields(read(part, "00")) == [("flag", 0, "false")]
    assert fields(read(part, "01")) == [("flag", 1, "")]


def test_choices() -> None:
    part = layout.choice(
        "kind", {1: ("one", layout.number("a", Cursor.u8)), 2: ("two", layout.nothing)}
    )
    assert fields(read(part, "0107")) == [("kind", 1, "one"), ("a", 7, "")]
    assert fields(read(part, "02")) == [("kind", 2, "two")]
    unknown = read(part, "03")
    assert unknown.has_trouble
    assert fields(unknown) == [("unreadable", "03", "kind 3 is unknown")]


def test_services_tell_their_kind() -> None:
    d = Dissection(b"\x01")
    d.kinds.append("get-request")
    d.say("get-request")
    d.run(layout.service("get-request", {1: ("normal", layout.nothing)}))
    assert d.kinds == d.words == ["get-request-normal"]


def test_what_may_be_absent() -> None:
    part = layout.optional("a present", layout.number("a", Cursor.u8))
    assert fields(read(part, "00")) == [("a present", 0, "absent")]
    assert fields(read(part, "0107")) == [("a present", 1, "present"), ("a", 7, "")]


def test_lists() -> None:
    told = read(layout.list_of("items", layout.number("a", Cursor.u8)), "020708")
    assert [each[:2] for each in fields(told)] == [
        ("items", 2),
        ("item 1", None),
        ("a", 7),
        ("item 2", None),
        ("a", 8),
    ]
    assert told.words == "items 2"


def test_octet_strings_may_mean_something() -> None:
    assert fields(read(layout.octet_string("title"), "024142")) == [("title", "4142", "")]
    told = read(layout.octet_string("title", lambda octets: octets.decode()), "024142")
    assert fields(told) == [("title", "4142", "AB")]


def test_data_is_told_in_words_as_far_as_it_goes() -> None:
    assert read(layout.data, "0600001391").words == "5009 (double-long-unsigned)"
    assert read(layout.data, "").words == ""
    assert read(layout.quiet_data, "0600001391").words == ""


@pytest.mark.parametrize(
    ("octets", "value", "meaning"),
    [
        ("00", "", "none"),
        (
            "0C07E40106FF00030000FFC400",
            "07E40106FF00030000FFC400",
            "2020-01-06 00:03:00.00 deviation -60",
        ),
        (
            "090C07E40106FF00030000FFC400",
            "07E40106FF00030000FFC400",
            "2020-01-06 00:03:00.00 deviation -60",
        ),
        ("020102", "0102", ""),
    ],
)
def test_date_times(octets: str, value: str, meaning: str) -> None:
    # From the tests of u9n/dlms-cosem.
    told = read(layout.date_time, octets)
    assert fields(told) == [("date-time", value, meaning)]
    assert field(told, "date-time").end == len(octets) // 2


def test_invoke_ids() -> None:
    told = read(layout.invoke_id_and_priority, "C1")
    assert fields(told)[0][2] == "invoke-id 1, confirmed, high priority"
    assert read(layout.invoke_id_and_priority, "02").words == "#2"
    assert fields(read(layout.invoke_id_and_priority, "02"))[0][2] == "invoke-id 2, unconfirmed"
    told = read(layout.long_invoke_id_and_priority, "F00003E9")
    assert told.words == "#1001"
    assert fields(told) == [
        (
            "long-invoke-id-and-priority",
            "F00003E9",
            "invoke-id 1001, self-descriptive, break on error, confirmed, high priority",
        )
    ]


@pytest.mark.parametrize(
    ("octets", "meaning", "subject"),
    [
        (
            "00030100010800FF02",
            "3/1.0.1.8.0.255/2 value",
            "3/1.0.1.8.0.255/2 active_energy_import value",
        ),
        ("00030100010800FF00", "3/1.0.1.8.0.255/0 all attributes", None),
        ("00030100010800FFFE", "3/1.0.1.8.0.255/-2", None),
        ("03E70100010800FF02", "999/1.0.1.8.0.255/2", None),
    ],
)
def test_attribute_descriptors(octets: str, meaning: str, subject: str | None) -> None:
    told = read(layout.attribute_descriptor, octets)
    assert fields(told)[0] == ("cosem-attribute-descriptor", None, meaning)
    assert [(n.start, n.end) for n in told.nodes[0].children] == [(0, 2), (2, 8), (8, 9)]
    assert subject is None or told.subject == subject


def test_method_descriptors() -> None:
    told = read(layout.method_descriptor, "000F0000280000FF01")
    assert fields(told)[0][2] == "15/0.0.40.0.0.255/1 reply_to_hls_authentication"
    assert (
        fields(read(layout.method_descriptor, "000F0000280000FF63"))[0][2] == "15/0.0.40.0.0.255/99"
    )
    assert fields(read(layout.method_descriptor, "03E70000280000FF01"))[3][2] == ""


def test_several_subjects_are_all_told() -> None:
    part = layout.list_of("attributes", layout.attribute_descriptor)
    told = read(part, "02" + "00030100010800FF02" + "00080000010000FF02")
    assert told.subject == (
        "3/1.0.1.8.0.255/2 active_energy_import value, 8/0.0.1.0.0.255/2 clock time"
    )


def test_selections() -> None:
    told = read(layout.selection, "0102" + "0600000001")
    assert ("access-selector", 2, "") in fields(told)
    assert told.words == "selective"
    assert fields(read(layout.selection, "00")) == [("access-selection present", 0, "absent")]


@pytest.mark.parametrize(
    ("part", "octet", "words"),
    [
        (layout.data_access_result, "00", "success"),
        (layout.data_access_result, "03", "read-write-denied"),
        (layout.data_access_result, "0F", "long-get-aborted"),
        (layout.data_access_result, "63", "result 99"),
        (layout.action_result, "0F", "long-action-aborted"),
        (layout.action_result, "FA", "other-reason"),
    ],
)
def test_results(part: layout.Part, octet: str, words: str) -> None:
    assert read(part, octet).words == words
