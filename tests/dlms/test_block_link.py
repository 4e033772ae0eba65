from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.block_link import BlockLink
from dcud.dlms.datalink import (
    AnswerBroken,
    ApduReceived,
    BlockArrived,
    ClientSap,
    DataLink,
    Frame,
    FrameReceived,
    LinkEvent,
    NotificationReceived,
    Retransmitted,
    is_streaming,
)
from dcud.dlms.errors import BlockTransferError, MisuseError
from dcud.dlms.wrapper import WrapperLink
from tests.support.scripted_link import ScriptedLink

GET = bytes.fromhex("c001c100080000010000ff0200")
LONG = bytes.fromhex("c101c100080000010000ff020009") + bytes(range(30))


class Stream(ScriptedLink):
    """A scripted link that carries several APDUs on end."""

    streams = True

    def send_stream(self, apdus: Sequence[bytes], now: float, *, withheld: bool = False) -> None:
        self.calls.append(f"stream {len(apdus)}{' withheld' if withheld else ''}")
        self.sent += apdus

    def listen(self, now: float) -> None:
        self.calls.append(f"listen {now}")


class Talk:
    """A block link upon a scripted one, spoken to in hex."""

    def __init__(
        self, below: ScriptedLink | None = None, *, room: int = 0, window: int = 5
    ) -> None:
        self.below = below or Stream()
        self.link = BlockLink(self.below, room, window=window, patience=30.0)

    def hears(self, *events: str | LinkEvent, at: float = 0.0) -> list[LinkEvent]:
        self.below.tell(*[bytes.fromhex(e) if isinstance(e, str) else e for e in events])
        return self.link.receive_data(b"", at)

    def sent(self) -> str:
        return self.below.sent[-1].hex()

    def last_call(self) -> str:
        return [call for call in self.below.calls if not call.startswith("receive")][-1]


def test_it_is_a_link() -> None:
    link: DataLink = BlockLink(ScriptedLink(), 0, window=5)
    assert is_streaming(Stream())
    assert not is_streaming(link)


def test_everything_else_is_the_link_s_own() -> None:
    below = ScriptedLink()
    link = BlockLink(below, 0, window=5)
    below.timeout = 4.0
    below.frames = [Frame(octets=b"x")]
    link.connect(1.0)
    link.send_apdu(GET, 2.0, secret=((0, 3),))
    link.frames_sent(3.0)
    link.disconnect(4.0)
    link.handle_timeout(5.0)
    assert link.frames_to_send() == [Frame(octets=b"x")]
    assert link.next_timeout() == 4.0
    assert below.secrets == [((0, 3),)]
    assert below.calls == ["connect 1.0", "send 2.0", "sent 3.0", "disconnect 4.0", "timeout 5.0"]


class TestAnswers:
    def test_whole(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0, secret=((1, 2),))
        assert talk.below.sent == [GET]
        assert talk.below.secrets == [((1, 2),)]
        assert talk.hears("c401c1001107") == [ApduReceived(apdu=bytes.fromhex("c401c1001107"))]

    def test_block_by_block(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0)
        assert talk.hears("e00500010000" + "021122") == [BlockArrived(total=2)]
        assert talk.sent() == "e08500010001" + "00"
        assert talk.hears("e08500020001" + "0133") == [
            BlockArrived(total=3),
            ApduReceived(apdu=b"\x11\x22\x33"),
        ]
        assert len(talk.below.sent) == 2

    def test_on_end(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0)
        talk.hears("e04500010000" + "0111", at=3.0)
        assert talk.last_call() == "listen 3.0"
        events = talk.hears("e04500020000" + "0122", "e00500030000" + "0133", at=4.0)
        assert events == [BlockArrived(total=2), BlockArrived(total=3)]
        assert talk.last_call() == "send 4.0"
        assert talk.sent() == "e08500010003" + "00"

    def test_a_link_that_can_not_stream_is_asked_block_by_block(self) -> None:
        talk = Talk(ScriptedLink())
        talk.link.send_apdu(GET, 0.0)
        talk.hears("e00500010000" + "021122")
        assert talk.sent() == "e08100010001" + "00"

    def test_a_stream_that_such_a_link_brings_all_the_same(self) -> None:
        talk = Talk(ScriptedLink())
        talk.link.send_apdu(GET, 0.0)
        talk.hears("e04500010000" + "0111", at=1.0)
        assert talk.link.next_timeout() == 31.0
        talk.hears("e00500020000" + "0122")
        assert talk.link.next_timeout() is None
        assert talk.sent() == "e08100010002" + "00"

    def test_one_is_answered_once_whatever_comes_on_end(self) -> None:
        talk = Talk(ScriptedLink())
        talk.link.send_apdu(GET, 0.0)
        talk.hears("e00500010000" + "0111", "e00500020000" + "0122")
        assert talk.below.sent[1:] == [bytes.fromhex("e08100020002" + "00")]

    def test_nobody_answers_to_what_nobody_asked_for(self) -> None:
        talk = Talk()
        assert talk.hears("e00500010000" + "021122") == [
            ApduReceived(apdu=bytes.fromhex("e00500010000" + "021122"))
        ]
        assert talk.below.sent == []

    def test_nor_to_what_follows_the_answer(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0)
        talk.hears("c401c1001107", "e00500010000" + "021122")
        assert talk.below.sent == [GET]

    def test_blocks_that_can_not_be_put_together(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0)
        (event,) = talk.hears("e00500")
        assert isinstance(event, AnswerBroken)
        assert talk.below.sent == [GET]

    def test_blocks_that_stop(self) -> None:
        talk = Talk()
        talk.link.send_apdu(GET, 0.0)
        talk.hears("e00500010000" + "0111")
        assert (
            talk.hears("e04500010000" + "0111", at=5.0) == []
        )  # it came before, and others follow
        assert talk.link.next_timeout() == 35.0
        talk.below.timeout = 50.0
        assert talk.link.next_timeout() == 35.0
        assert talk.link.handle_timeout(34.0) == []
        (event,) = talk.link.handle_timeout(35.0)
        assert isinstance(event, AnswerBroken)
        assert isinstance(event.error, BlockTransferError)
        assert talk.link.next_timeout() == 50.0


class TestRequests:
    def test_on_end_as_many_as_the_other_side_takes(self) -> None:
        talk = Talk(room=18)
        talk.link.send_apdu(LONG, 0.0)
        assert talk.sent().startswith("e00500010000" + "0b" + "c101")
        talk.hears("e00300010001" + "00", at=1.0)
        assert talk.last_call() == "stream 3"
        assert [apdu.hex()[:12] for apdu in talk.below.sent[1:]] == [
            "e04500020001",
            "e04500030001",
            "e08500040001",
        ]

    def test_all_of_it_is_as_secret_as_a_part(self) -> None:
        talk = Talk(room=18)
        talk.link.send_apdu(LONG, 0.0, secret=((20, 44),))
        assert talk.below.secrets == [((0, 18),)]
        talk.hears("e00300010001" + "00")
        assert talk.last_call() == "stream 3 withheld"

    @pytest.mark.parametrize("window", [1, 5])
    def test_one_by_one_over_a_link_that_can_not_stream(self, window: int) -> None:
        talk = Talk(ScriptedLink(), room=18, window=window)
        talk.link.send_apdu(LONG, 0.0)
        talk.hears("e03f00010001" + "00")
        assert talk.sent()[:12] == "e00100020001"


def test_what_comes_unasked_passes() -> None:
    talk = Talk()
    talk.link.send_apdu(GET, 0.0)
    notification = NotificationReceived(apdu=bytes.fromhex("e0c000010000" + "0111"))
    assert talk.hears(notification) == [notification]
    assert talk.link.next_timeout() is None


def test_a_push_in_the_place_of_an_answer_is_none() -> None:
    talk = Talk()
    talk.link.send_apdu(GET, 0.0)
    assert talk.hears("e0c000010000" + "0111", at=2.0) == []
    assert talk.link.next_timeout() == 32.0


class Strict(Stream):
    """As real links: who sends or listens has to wait for an answer before doing so again."""

    awaiting = False

    def _begin(self) -> None:
        assert not self.awaiting
        self.awaiting = True

    def send_apdu(self, apdu: bytes, now: float, *, secret: Sequence[tuple[int, int]] = ()) -> None:
        self._begin()
        super().send_apdu(apdu, now, secret=secret)

    def send_stream(self, apdus: Sequence[bytes], now: float, *, withheld: bool = False) -> None:
        self._begin()
        super().send_stream(apdus, now, withheld=withheld)

    def listen(self, now: float) -> None:
        self._begin()
        super().listen(now)


blocks = st.builds(
    GeneralBlockTransfer,
    last_block=st.booleans(),
    streaming=st.booleans(),
    window=st.integers(0, 63),
    block_number=st.integers(0, 6),
    block_number_ack=st.integers(0, 6),
    octets=st.binary(max_size=4),
).map(GeneralBlockTransfer.encode)
apdus = blocks | st.binary(max_size=8) | st.just(bytes.fromhex("c401c1001107"))


@given(
    st.lists(st.lists(apdus, min_size=1, max_size=4), max_size=12),
    st.sampled_from([0, 18]),
    st.sampled_from([1, 5]),
)
def test_whatever_comes_the_link_is_never_misused(
    heard: list[list[bytes]], room: int, window: int
) -> None:
    below = Strict()
    link = BlockLink(below, room, window=window)
    link.send_apdu(LONG, 0.0)
    for now, batch in enumerate(heard):
        below.awaiting = False
        below.tell(*batch)
        told = link.receive_data(b"", float(now))
        ended = any(isinstance(event, ApduReceived | AnswerBroken) for event in told)
        timeout = link.next_timeout()
        assert below.awaiting or ended or timeout is not None
        if ended:
            below.awaiting = False
            link.send_apdu(LONG, float(now))


def test_what_wants_no_answer_goes_whole() -> None:
    below = WrapperLink(client_sap=ClientSap(16), server_sap=1)
    below.connect(0.0)
    below.handle_timeout(0.0)
    link = BlockLink(below, 64, window=5)
    assert link.tells
    link.tell(bytes(100), 1.0)
    (frame,) = link.frames_to_send()
    assert frame.octets.endswith(bytes(100))


def test_a_link_that_carries_no_such_thing() -> None:
    link = BlockLink(ScriptedLink(), 64, window=5)
    assert not link.tells
    with pytest.raises(MisuseError):
        link.tell(b"\x10", 1.0)


def test_what_comes_of_time_alone_is_passed_on() -> None:
    talk = Talk()
    talk.link.send_apdu(GET, 0.0)
    told = Retransmitted(frames=1)
    talk.below.tell(told)
    assert talk.link.handle_timeout(1.0) == [told]
    assert talk.hears("c401c1001107") == [ApduReceived(apdu=bytes.fromhex("c401c1001107"))]


def test_a_segment_of_an_answer_goes_straight_through() -> None:
    talk = Talk()
    talk.link.send_apdu(GET, 0.0)
    heard = FrameReceived(frame=Frame(octets=b"\x7e\x7e"))
    assert talk.hears(heard) == [heard]
    assert talk.hears("c401c1001107") == [ApduReceived(apdu=bytes.fromhex("c401c1001107"))]
