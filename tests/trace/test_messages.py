import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.trace.hex_text import HexTextError
from dcud.trace.message_kinds import MessageKind
from dcud.trace.messages import messages_of

GET = "C001C100030100010800FF0200"
REQUEST = "7EA01A02232132F672E6E600C001C100030100010800FF020032687E"
ANSWER = "7EA0162102235209A6E6E700C401C1000600004B251CCC7E"


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (GET, [GET]),
        (f"{GET}\n{GET}", [GET, GET]),
        (f"{GET[:10]}\n{GET[10:]}", [GET]),
        (f"{GET[:10]}\n{GET[10:]}\n\n{GET}", [GET, GET]),
        (f"{REQUEST}\n{ANSWER}", [REQUEST, ANSWER]),
        (f"{REQUEST[:20]}\n{REQUEST[20:]}{ANSWER}", [REQUEST, ANSWER]),
        (REQUEST + ANSWER, [REQUEST, ANSWER]),
        ("", []),
    ],
)
def test_lines_are_messages_or_make_one(text: str, messages: list[str]) -> None:
    assert [each.octets.hex().upper() for each in messages_of(text)] == messages


def test_a_message_is_told_with_its_kind_and_side() -> None:
    sent, heard = messages_of(f"{REQUEST}\n{ANSWER}")
    assert (sent.kind, sent.is_sent) == (MessageKind.HDLC, True)
    assert (heard.kind, heard.is_sent) == (MessageKind.HDLC, False)
    (asked,) = messages_of(REQUEST, MessageKind.APDU)
    assert asked.kind is MessageKind.APDU


def test_what_is_no_hex_is_refused() -> None:
    with pytest.raises(HexTextError):
        list(messages_of("hello"))


@given(lines=st.lists(st.binary(min_size=1, max_size=30), max_size=4))
def test_no_octet_is_lost(lines: list[bytes]) -> None:
    text = "\n".join(line.hex() for line in lines)
    assert b"".join(each.octets for each in messages_of(text)) == b"".join(lines)
