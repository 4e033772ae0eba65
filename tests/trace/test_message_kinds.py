import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.trace.message_kinds import MessageKind, cut, is_from_client, kind_of

GET = "C001C100030100010800FF0200"
REQUEST = "7EA01A02232132F672E6E600C001C100030100010800FF020032687E"
ANSWER = "7EA0162102235209A6E6E700C401C1000600004B251CCC7E"
SNRM = "7EA00802232153B1A27E"
WRAPPER = "000100010010000D" + GET


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (REQUEST, "hdlc"),
        (REQUEST[2:-2], "hdlc"),
        ("7EFF", "hdlc"),
        (WRAPPER, "wrapper"),
        (GET, "apdu"),
        ("E6E600" + GET, "apdu"),
        ("FF", "apdu"),
        ("2F3F210D0A", "sign-on"),
        ("063235320D0A", "sign-on"),
        ("0601020600000001", "apdu"),
    ],
)
def test_octets_are_known_by_how_they_begin(octets: str, kind: str) -> None:
    assert kind_of(bytes.fromhex(octets)) == kind


@pytest.mark.parametrize(
    ("octets", "messages"),
    [
        (REQUEST + ANSWER, [REQUEST, ANSWER]),
        # One flag between two frames.
        (REQUEST + ANSWER[2:], [REQUEST[:-2], ANSWER]),
        (REQUEST[2:-2] + ANSWER[2:-2], [REQUEST[2:-2], ANSWER[2:-2]]),
        (WRAPPER + WRAPPER, [WRAPPER, WRAPPER]),
        (WRAPPER + "0001", [WRAPPER, "0001"]),
        ("2F3F210D0A" + "2F4C47" + "0D0A" + REQUEST, ["2F3F210D0A", "2F4C470D0A", REQUEST]),
        ("2F3F", ["2F3F"]),
        (GET + "00", [GET + "00"]),
        ("7EA0", ["7EA0"]),
        ("", []),
    ],
)
def test_messages_in_a_row_are_cut_apart(octets: str, messages: list[str]) -> None:
    assert [each.hex().upper() for _, each in cut(bytes.fromhex(octets))] == messages


def test_what_is_known_is_not_guessed() -> None:
    told = bytes.fromhex(WRAPPER)
    assert list(cut(told, MessageKind.APDU)) == [(MessageKind.APDU, told)]
    assert list(cut(b"\0", MessageKind.HDLC)) == [(MessageKind.HDLC, b"\0")]


@pytest.mark.parametrize(
    ("octets", "is_sent"),
    [
        (REQUEST, True),
        (ANSWER, False),
        (ANSWER[2:-2], False),
        (SNRM, True),
        ("7EFF", True),
        # Addresses of one octet each: SNRM, UA, answers by their LLC.
        ("7EA00723219318717E", True),
        ("7EA007212373E6C77E", False),
        (WRAPPER, True),
        ("00010010000100" + "05C401C10003", False),
        (GET, True),
        ("E6E600" + GET, True),
        ("E6E700C401C10003", False),
        ("C401C10003", False),
        ("61", False),
        ("0E010203", False),
        ("0F", False),
        ("18", False),
        ("FF", True),
        ("", True),
        ("2F3F210D0A", True),
        ("063235320D0A", True),
        ("2F4C470D0A", False),
    ],
)
def test_who_said_it_is_seen(octets: str, *, is_sent: bool) -> None:
    message = bytes.fromhex(octets)
    assert is_from_client(message, kind_of(message)) is is_sent


@given(octets=st.binary(), kind=st.none() | st.sampled_from(MessageKind))
def test_any_octets_are_cut_without_loss(octets: bytes, kind: MessageKind | None) -> None:
    told = list(cut(octets, kind))
    assert b"".join(each for _, each in told) == octets
    for known, each in told:
        assert isinstance(is_from_client(each, known), bool)


def test_many_messages_take_time_in_proportion() -> None:
    frame = bytes.fromhex(SNRM)
    assert sum(1 for _ in cut(frame * 20_000)) == 20_000
