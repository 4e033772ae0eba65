import pytest

from dcud.dlms.access import InvokeIdAndPriority
from dcud.dlms.apdu.get import GetResponseWithDatablock, encode_get_response
from dcud.dlms.hdlc.frame import FrameKind, HdlcFrame, numbered, unnumbered
from dcud.dlms.sfsk.mac import Credits, MacFrame
from dcud.dlms.sfsk.modem_framing import MODEM
from dcud.dlms.wrapper import Wpdu
from dcud.trace import conversation
from dcud.trace.conversation import Conversation, Conversations, Heard
from dcud.trace.record import Mark, Record
from tests.support.trees import flat

CLIENT, SERVER, OTHER = b"\x21", b"\x02\x23", b"\x02\x25"
ENERGY = bytes.fromhex("C001C100030100010800FF0200")
ANSWER = bytes.fromhex("C401C1000600001391")
ASKED = "3/1.0.1.8.0.255/2 active_energy_import value"


def sent(octets: bytes, meter: str = "m") -> Record:
    return Record(at=0, bus="b", mark=Mark.SENT, meter=meter, octets=octets)


def received(octets: bytes, meter: str = "m") -> Record:
    return Record(at=1, bus="b", mark=Mark.RECEIVED, meter=meter, octets=octets)


def request(apdu: bytes, number: int = 0) -> Record:
    control = numbered(send_sequence=number, receive_sequence=0, poll_final=True)
    return sent(HdlcFrame(SERVER, CLIENT, control, b"\xe6\xe6\x00" + apdu).build())


def answer(
    information: bytes, number: int = 0, *, more: bool = False, source: bytes = SERVER
) -> Record:
    control = numbered(send_sequence=number, receive_sequence=1, poll_final=not more)
    return received(HdlcFrame(CLIENT, source, control, information, more).build())


def block(number: int, octets: bytes, *, is_last: bool = False) -> bytes:
    return b"\xe6\xe7\x00" + encode_get_response(
        GetResponseWithDatablock(
            invoke_id_and_priority=InvokeIdAndPriority(invoke_id=1),
            last_block=is_last,
            block_number=number,
            result=octets,
        )
    )


def words(talk: Conversation, *records: Record) -> list[str]:
    return [talk.hear(record).words for record in records]


def test_an_answer_is_told_with_what_was_asked() -> None:
    talk = Conversation()
    told = words(talk, request(ENERGY), answer(b"\xe6\xe7\x00" + ANSWER))
    assert told == [
        f"I N(S)=0 N(R)=0 P: get-request-normal #1 {ASKED}",
        f"I N(S)=0 N(R)=1 F: get-response-normal #1 5009 (double-long-unsigned) for {ASKED}",
    ]


def test_asking_for_the_next_block_asks_for_the_same() -> None:
    talk = Conversation()
    next_block = bytes.fromhex("C002C100000001")
    told = words(talk, request(ENERGY), request(next_block, 1), answer(b"\xe6\xe7\x00" + ANSWER))
    assert told[1].endswith("get-request-next #1 block 1")
    assert told[2].endswith(ASKED)


def test_other_answers_are_told_without() -> None:
    talk = Conversation()
    talk.hear(request(ENERGY))
    told = talk.hear(answer(bytes.fromhex("E6E700D80101")))
    assert told.words.endswith("exception-response service-not-allowed, operation-not-possible")
    event = bytes.fromhex("E6E700C20000030100010800FF020301")
    assert talk.hear(answer(event)).words.endswith(f"True (boolean) for {ASKED}")


def test_kinds_can_be_asked_for() -> None:
    assert Conversation().hear(request(ENERGY)).kinds == ("hdlc", "i", "get-request-normal")


def test_segments_are_shown_whole_at_the_last() -> None:
    talk = Conversation()
    whole = b"\xe6\xe7\x00" + ANSWER
    first = talk.hear(answer(whole[:7], more=True))
    again = talk.hear(answer(whole[:7], more=True))
    last = talk.hear(answer(whole[7:], 1))
    assert first.words == "I N(S)=0 N(R)=1 segment: segment 1, 7 octets"
    assert again.words.endswith("the same segment again")
    assert last.words.endswith("get-response-normal #1 5009 (double-long-unsigned)")
    assert [part.title for part in last.parts] == [
        "HDLC frame",
        "APDU, put together of 2 segments",
    ]
    assert last.parts[1].octets == whole
    assert not last.has_trouble


def test_segmented_notifications_have_no_numbers() -> None:
    # From the tests of a public library: pushes of an Iskra meter come so.
    talk = Conversation()
    push = bytes.fromhex("E6E7000F00000001000301")
    control = unnumbered(FrameKind.UI, poll_final=False)
    first = HdlcFrame(CLIENT, SERVER, control, push[:6], segmented=True).build()
    last = HdlcFrame(CLIENT, SERVER, control, push[6:]).build()
    assert words(talk, received(first), received(last)) == [
        "UI segment: segment 1, 6 octets",
        "UI: data-notification #1 True (boolean)",
    ]


def test_segments_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MAX_APDU", 8)
    talk = Conversation()
    talk.hear(answer(bytes(6), 0, more=True))
    assert "more than 8 octets: forgotten" in talk.hear(answer(bytes(6), 1, more=True)).words
    assert talk.hear(answer(bytes(6), 2, more=True)).words.endswith("segment 1, 6 octets")


def test_what_was_begun_ends_with_the_link() -> None:
    talk = Conversation()
    talk.hear(answer(bytes(6), more=True))
    talk.hear(sent(HdlcFrame(SERVER, CLIENT, unnumbered(FrameKind.SNRM)).build()))
    assert talk.hear(answer(b"\xe6\xe7\x00" + ANSWER)).parts[1].title == "APDU"


def test_blocks_are_shown_whole_at_the_last() -> None:
    talk = Conversation()
    told = words(
        talk,
        request(ENERGY),
        answer(block(1, bytes.fromhex("060000"))),
        answer(block(1, bytes.fromhex("060000"))),
        answer(block(2, bytes.fromhex("1391"), is_last=True)),
    )
    assert told[1].endswith(f"#1 block 1 3 octets for {ASKED}")
    assert told[2].endswith("the same block again")
    assert told[3].endswith(f"the last for {ASKED}: 5009 (double-long-unsigned)")


def test_blocks_may_count_from_zero() -> None:
    talk = Conversation()
    talk.hear(answer(block(0, b"\x03")))
    assert talk.hear(answer(block(1, b"\x01", is_last=True))).words.endswith("True (boolean)")


def test_a_list_in_blocks_is_a_list() -> None:
    talk = Conversation()
    with_list = bytes.fromhex("C003C10200030100010800FF020000080000010000FF0200")
    talk.hear(request(with_list))
    last = talk.hear(answer(block(1, bytes.fromhex("02000F010104"), is_last=True)))
    assert last.words.endswith("results 2 1 (integer) object-undefined")
    assert last.parts[-1].title == "put together of 1 blocks"


def test_missing_blocks_are_told() -> None:
    talk = Conversation()
    assert "the first blocks were not seen" in talk.hear(answer(block(5, b"", is_last=True))).words
    talk.hear(answer(block(1, b"\x03")))
    assert "block 3 came after block 1" in talk.hear(answer(block(3, b"\x01"))).words


def test_a_transfer_that_was_given_up_is_no_part_of_the_next() -> None:
    talk = Conversation()
    talk.hear(answer(block(1, b"\x03")))
    talk.hear(request(ENERGY))
    talk.hear(answer(block(1, b"\x0f")))
    last = talk.hear(answer(block(2, b"\x05", is_last=True)))
    assert last.words.endswith("5 (integer)")


def test_a_transfer_begins_anew() -> None:
    talk = Conversation()
    words(talk, answer(block(1, b"\x03")), answer(block(2, b"\x03")), answer(block(1, b"\x0f")))
    last = talk.hear(answer(block(2, b"\x05", is_last=True)))
    assert last.words.endswith("5 (integer)")


def test_blocks_without_end_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MAX_VALUE_OCTETS", 3)
    talk = Conversation()
    assert "more than 3 octets: forgotten" in talk.hear(answer(block(1, bytes(4)))).words


def test_other_stations_are_overheard() -> None:
    talk = Conversation()
    talk.hear(request(ENERGY))
    overheard = talk.hear(answer(block(1, b"\x03"), source=OTHER))
    assert "overheard: get-response-with-datablock" in overheard.words
    assert talk.hear(answer(b"\xe6\xe7\x00" + ANSWER)).words.endswith(ASKED)


def test_what_is_no_frame() -> None:
    talk = Conversation()
    repeated = Record(at=0, bus="b", mark=Mark.REPEATED, meter="m", note="retransmitting 1")
    heard = talk.hear(repeated)
    assert (heard.words, heard.kinds, heard.parts) == ("retransmitting 1", ("retransmission",), ())
    assert heard.has_trouble
    lost = Record(
        at=0, bus="b", mark=Mark.DISCARDED, meter="m", note="frame_check", octets=b"\xff\x00"
    )
    heard = talk.hear(lost)
    assert heard.words == "frame_check: 2 octets of no known kind"
    assert heard.kinds == ("discarded",)
    assert talk.hear(sent(b"")).kinds == ("empty",)


def test_hdlc_on_the_power_line() -> None:
    inner = request(ENERGY).octets
    made = MODEM.build(MacFrame(source=0xC00, destination=0x012, m_sdu=inner, credits=Credits()))
    heard = Conversation().hear(sent(made))
    assert heard.words == (f"MAC C00 to 012: I N(S)=0 N(R)=0 P: get-request-normal #1 {ASKED}")
    assert [part.title for part in heard.parts] == ["S-FSK frame", "HDLC frame", "APDU"]


def test_each_meter_has_its_own_conversation() -> None:
    talks = Conversations()
    unit = Wpdu(16, 1, ENERGY).build()
    reply = Wpdu(1, 16, ANSWER).build()
    talks.hear(sent(unit, "one"))
    assert talks.hear(received(reply, "two")).words.endswith("(double-long-unsigned)")
    assert talks.hear(received(reply, "one")).words.endswith(ASKED)


def test_brief_lines_say_the_same() -> None:
    records = [request(ENERGY), answer(block(1, bytes.fromhex("0105" + "0301" * 5), is_last=True))]
    at_length = [Conversations().hear(record).words for record in records]
    in_brief = [Conversations(is_brief=True).hear(record) for record in records]
    assert [heard.words for heard in in_brief] == at_length
    assert _count(in_brief[-1]) < _count(Conversations().hear(records[-1]))


def _count(heard: Heard) -> int:
    return sum(1 for part in heard.parts for _ in flat(part.nodes))


def test_apdus_without_frames_are_put_together_of_their_blocks() -> None:
    conversation = Conversation()
    asked = bytes.fromhex("C001C100030100010800FF0200")
    assert [part.title for part in conversation.hear_apdu(asked, is_sent=True)] == ["APDU"]
    (first,) = conversation.hear_apdu(bytes.fromhex("C402C1000000000100020600"), is_sent=False)
    assert first.words.endswith("for 3/1.0.1.8.0.255/2 active_energy_import value")
    parts = conversation.hear_apdu(bytes.fromhex("C402C101000000020003000001"), is_sent=False)
    assert [part.title for part in parts] == ["APDU", "put together of 2 blocks"]
    assert parts[1].words == "1 (double-long-unsigned)"


ATTRIBUTE = "00030100010800FF02"
METHOD = "00460000600300FF01"


def joined(asked: list[str], answered: list[str]) -> list[str]:
    """Return the words of what blocks make together."""
    conversation = Conversation()
    parts = [
        part
        for octets, is_sent in [(each, True) for each in asked]
        + [(each, False) for each in answered]
        for part in conversation.hear_apdu(bytes.fromhex(octets), is_sent=is_sent)
    ]
    assert not any(part.has_trouble for part in parts)
    return [part.words for part in parts if part.title.startswith("put together")]


def test_a_list_that_is_written_in_blocks_is_read_as_a_list() -> None:
    first = "C105C102" + f"{ATTRIBUTE}00" * 2 + "00" + "00000001" + "03" + "020F01"
    assert joined([first, "C103C1" + "01" + "00000002" + "02" + "0F02"], []) == ["data 2"]


def test_what_methods_return_in_blocks_is_read() -> None:
    begun = "C702C1" + "00" + "00000001" + "03" + "000100"
    ended = "C702C1" + "01" + "00000002" + "02" + "0F05"
    asked = ["C301C1" + METHOD + "00"]
    assert joined(asked, [begun, ended]) == ["success 5 (integer)"]
    # The return value alone.
    assert joined(asked, ["C702C1" + "01" + "00000001" + "02" + "0F05"]) == ["5 (integer)"]
    many = ["C303C1" + "02" + METHOD * 2 + "02" + "0000"]
    assert joined(many, ["C702C101" + "00000001" + "08" + "02" + "0000" + "0001000F05"]) == [
        "results 2 success success 5 (integer)"
    ]
