import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.datalink import (
    ApduReceived,
    ClientSap,
    DataLink,
    Frame,
    FrameReceived,
    LinkClosed,
    LinkConnected,
    LinkEvent,
    LinkFailed,
    NotificationReceived,
    OctetsDiscarded,
    Retransmitted,
)
from dcud.dlms.errors import EncodeError, LinkError, MisuseError, NoAnswerError
from dcud.dlms.wrapper import (
    OVER_TCP,
    Unreadable,
    Wpdu,
    WrapperDelimiter,
    WrapperLink,
    WrapperVariant,
    cut_datagram,
)

# jDLMS tests: an AARQ of client 16 to server 17
AARQ_APDU = bytes.fromhex("602080020780a109060760857405080102be0f040d01000000065f0400181a200000")
AARQ = bytes.fromhex("0001001000110022") + AARQ_APDU
GET = bytes.fromhex("c001c1000f0000280000ff0700")
RESPONSE = bytes.fromhex("c401c1010300")
ANSWER = Wpdu(17, 16, RESPONSE).build()


OVER_UDP = WrapperVariant(datagrams=True, retries=2)


def connected(variant: WrapperVariant = OVER_TCP) -> WrapperLink:
    link = WrapperLink(client_sap=ClientSap(16), server_sap=17, response_timeout=5, variant=variant)
    link.connect(0.0)
    assert link.next_timeout() == 0.0
    (event,) = link.handle_timeout(0.0)
    assert isinstance(event, LinkConnected)
    return link


def asked(variant: WrapperVariant = OVER_TCP) -> WrapperLink:
    link = connected(variant)
    link.send_apdu(GET, 1.0)
    link.frames_to_send()
    link.frames_sent(1.0)
    return link


def test_a_known_unit() -> None:
    assert Wpdu(16, 17, AARQ_APDU).build() == AARQ
    assert WrapperDelimiter().feed(AARQ) == [Wpdu(16, 17, AARQ_APDU)]


@pytest.mark.parametrize(("port", "length"), [(0x10000, 1), (-1, 1), (1, 0x10000)])
def test_what_does_not_fit_is_refused(port: int, length: int) -> None:
    with pytest.raises(EncodeError):
        Wpdu(port, 1, bytes(length)).build()
    with pytest.raises(EncodeError):
        Wpdu(1, port if port != 1 else 0x10000, bytes(length)).build()


units = st.builds(Wpdu, st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=40))


@given(st.lists(units), st.data())
def test_units_survive_any_cut(sent: list[Wpdu], data: st.DataObject) -> None:
    octets = b"".join(unit.build() for unit in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=6)))
    delimiter = WrapperDelimiter()
    received: list[Wpdu | Unreadable] = []
    for start, end in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        received += delimiter.feed(octets[start:end])
    assert received == sent
    assert not delimiter.partial


@given(st.lists(st.binary(max_size=30)))
def test_any_octets_are_accounted_for(chunks: list[bytes]) -> None:
    link = asked()
    heard = b""
    for chunk in chunks:
        for event in link.receive_data(chunk, 2.0):
            if isinstance(event, FrameReceived):
                heard += event.frame.octets
            elif isinstance(event, OctetsDiscarded):
                heard += event.octets
    assert b"".join(chunks).startswith(heard)


def test_a_unit_that_is_too_long_is_not_waited_for() -> None:
    delimiter = WrapperDelimiter(longest=3)
    small, header = bytes.fromhex("0001 0001 0010 0003 0F0000"), bytes.fromhex("0001000100100004")
    assert delimiter.feed(small + header[:7]) == [Wpdu(1, 16, b"\x0f\x00\x00")]
    assert delimiter.feed(header[7:]) == [Unreadable(header, "size")]
    assert delimiter.feed(small) == [Unreadable(small, "size")]
    assert not delimiter.partial


def test_a_request_and_its_answer() -> None:
    link: DataLink = connected()
    link.send_apdu(GET, 1.0)
    assert link.frames_to_send() == [Frame(octets=Wpdu(16, 17, GET).build())]
    assert link.frames_to_send() == []
    assert link.next_timeout() is None
    link.frames_sent(1.5)
    assert link.next_timeout() == 6.5
    assert link.receive_data(ANSWER[:9], 2.0) == []
    assert link.next_timeout() == 7.0
    assert link.receive_data(ANSWER[9:], 2.5) == [
        FrameReceived(frame=Frame(octets=ANSWER)),
        ApduReceived(apdu=RESPONSE),
    ]
    assert link.next_timeout() is None
    link.frames_sent(3.0)
    assert link.next_timeout() is None
    link.disconnect(4.0)
    assert link.next_timeout() == 4.0
    assert link.handle_timeout(3.9) == []
    assert link.handle_timeout(4.0) == [LinkClosed()]
    assert link.handle_timeout(9.0) == []


@pytest.mark.parametrize("tag", [0x0F, 0xC2, 0x18])
def test_a_notification_may_come_before_the_answer(tag: int) -> None:
    link = asked()
    push = bytes((tag, 1, 2, 3))
    octets = Wpdu(17, 16, push).build()
    assert link.receive_data(octets + ANSWER, 2.0) == [
        FrameReceived(frame=Frame(octets=octets)),
        NotificationReceived(apdu=push),
        FrameReceived(frame=Frame(octets=ANSWER)),
        ApduReceived(apdu=RESPONSE),
    ]


def test_whatever_comes_unasked_is_a_notification() -> None:
    assert NotificationReceived(apdu=RESPONSE) in connected().receive_data(ANSWER, 2.0)


@pytest.mark.parametrize(("source", "destination"), [(17, 1), (18, 16), (16, 17)])
def test_units_for_other_ports_are_heard_only(source: int, destination: int) -> None:
    octets = Wpdu(source, destination, RESPONSE).build()
    assert asked().receive_data(octets, 2.0) == [FrameReceived(frame=Frame(octets=octets))]


def test_no_answer_fails_the_link() -> None:
    link = asked()
    assert link.handle_timeout(5.9) == []
    (event,) = link.handle_timeout(6.0)
    assert isinstance(event, LinkFailed)
    assert isinstance(event.error, NoAnswerError)
    assert "port 17" in str(event.error)
    link.connect(7.0)


def test_a_trickle_of_octets_does_not_hold_the_link_for_ever() -> None:
    link = asked()
    link.receive_data(Wpdu(17, 16, bytes(60_000)).build()[:100], 2.0)
    now = 2.0
    failed: list[LinkEvent] = []
    while (due := link.next_timeout()) is not None:
        assert due <= 51.0
        now = min(now + 4.9, due)
        failed = link.handle_timeout(now) or link.receive_data(b"\x00", now)
    assert isinstance(failed[0], LinkFailed)


def test_an_unknown_version_loses_the_stream_for_good() -> None:
    link = asked()
    stranger = bytes.fromhex("7ea0070303938c117e")
    discarded, failed = link.receive_data(stranger, 2.0)
    assert discarded == OctetsDiscarded(reason="version", octets=stranger)
    assert isinstance(failed, LinkFailed)
    assert type(failed.error) is LinkError
    assert link.receive_data(ANSWER, 2.0) == [OctetsDiscarded(reason="version", octets=ANSWER)]
    link.connect(3.0)
    assert isinstance(link.handle_timeout(3.0)[0], LinkConnected)
    assert link.receive_data(ANSWER, 4.0)[0] == FrameReceived(frame=Frame(octets=ANSWER))


def test_after_the_end_frames_are_heard_only() -> None:
    link = asked()
    link.disconnect(2.0)
    assert link.receive_data(ANSWER, 2.0) == [FrameReceived(frame=Frame(octets=ANSWER))]


@pytest.mark.parametrize("state", ["disconnected", "connecting", "awaiting"])
def test_sending_needs_an_idle_link(state: str) -> None:
    link = WrapperLink(client_sap=ClientSap(16), server_sap=17)
    if state == "connecting":
        link.connect(0.0)
    if state == "awaiting":
        link = asked()
    with pytest.raises(MisuseError, match=state):
        link.send_apdu(GET, 2.0)


def test_connecting_twice_is_misuse() -> None:
    with pytest.raises(MisuseError):
        connected().connect(1.0)


def secrets(events: list[LinkEvent]) -> list[tuple[tuple[int, int], ...]]:
    return [event.frame.secret for event in events if isinstance(event, FrameReceived)]


def test_secrets_are_marked_in_frames_and_echoes() -> None:
    link = connected()
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = link.frames_to_send()
    assert frame.secret == ((10, 18),)
    assert frame.octets[10:18] == b"password"
    link.frames_sent(1.0)
    assert secrets(link.receive_data(frame.octets, 1.1)) == [((10, 18),)]
    longer = Wpdu(16, 17, b"\x60\x08passwordX").build()
    assert secrets(link.receive_data(longer, 1.1)) == [((8, 19),)]
    assert link.receive_data(ANSWER, 1.2)[-1] == ApduReceived(apdu=RESPONSE)
    assert link.receive_data(b"password", 1.3)[0] == OctetsDiscarded(
        reason="version", octets=bytes(8), withheld=True
    )


def test_an_echo_is_no_answer_even_where_the_ports_are_equal() -> None:
    link = WrapperLink(client_sap=ClientSap(1), server_sap=1)
    link.connect(0.0)
    link.handle_timeout(0.0)
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    (frame,) = link.frames_to_send()
    (event,) = link.receive_data(frame.octets, 1.1)
    assert event == FrameReceived(frame=frame)


def test_an_echo_is_heard_only_also_where_it_holds_no_secret() -> None:
    link = asked(WrapperVariant(swapped_ports=True))
    echo = Wpdu(16, 17, GET).build()
    assert link.receive_data(echo, 2.0) == [FrameReceived(frame=Frame(octets=echo))]
    assert link.next_timeout() is not None


def test_a_datagram_is_one_unit() -> None:
    assert cut_datagram(AARQ) == [Wpdu(16, 17, AARQ_APDU)]
    excess = b"\x00\x01"
    assert cut_datagram(AARQ + excess) == [Wpdu(16, 17, AARQ_APDU), Unreadable(excess, "length")]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 41])
def test_a_datagram_that_ends_too_early_is_no_unit(length: int) -> None:
    assert cut_datagram(AARQ[:length]) == [Unreadable(AARQ[:length], "truncated")]


@given(st.binary(max_size=20), st.sampled_from([b"", b"\x00\x01\x00\x11\x00\x10\x00\x02"]))
def test_any_datagram_is_accounted_for(octets: bytes, header: bytes) -> None:
    octets = header + octets
    parts = cut_datagram(octets)
    assert b"".join(p.octets if isinstance(p, Unreadable) else p.build() for p in parts) == octets


def test_no_datagram_loses_the_next_one() -> None:
    link = asked(OVER_UDP)
    for octets, reason in ((ANSWER[:-1], "truncated"), (b"\x7e" + ANSWER, "version")):
        dropped = OctetsDiscarded(reason=reason, octets=octets)
        assert link.receive_data(octets, 2.0) == [dropped]
    assert link.next_timeout() == 6.0
    assert link.receive_data(ANSWER + b"\xff", 3.0) == [
        FrameReceived(frame=Frame(octets=ANSWER)),
        ApduReceived(apdu=RESPONSE),
        OctetsDiscarded(reason="length", octets=b"\xff"),
    ]


def test_over_udp_a_request_is_repeated_as_it_was() -> None:
    link = connected(OVER_UDP)
    link.send_apdu(b"\x60\x08password", 1.0, secret=[(2, 10)])
    sent = link.frames_to_send()
    for now in (1.0, 6.0):
        link.frames_sent(now)
        assert link.handle_timeout(now + 4.9) == []
        assert link.handle_timeout(now + 5.0) == [Retransmitted(frames=1)]
        assert link.next_timeout() is None
        assert link.frames_to_send() == sent
    link.frames_sent(11.0)
    assert link.receive_data(ANSWER, 15.9)[-1] == ApduReceived(apdu=RESPONSE)


@pytest.mark.parametrize(
    "request_",
    [
        "c301c1000f0000280000ff0100",  # action
        "c81e3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b",  # glo-get, Green Book
        "e601023435" + "c81e3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b",
    ],
)
def test_over_udp_what_would_be_carried_out_twice_or_be_a_replay_is_asked_once(
    request_: str,
) -> None:
    link = connected(OVER_UDP)
    link.send_apdu(bytes.fromhex(request_), 1.0)
    link.frames_to_send()
    link.frames_sent(1.0)
    (failed,) = link.handle_timeout(6.0)
    assert isinstance(failed, LinkFailed)
    assert str(failed.error).startswith(
        "no answer from wrapper port 17 to client 16 within 5 s; check"
    )
    assert link.frames_to_send() == []


def test_over_udp_behind_a_gateway_a_request_is_repeated_too() -> None:
    link = connected(OVER_UDP)
    link.send_apdu(bytes.fromhex("e601023435" + "c001c1000800000100" + "00ff0200"), 1.0)
    link.frames_sent(1.0)
    assert link.handle_timeout(6.0) == [Retransmitted(frames=1)]


def test_each_request_has_its_own_repetitions_and_then_fails() -> None:
    link = asked(OVER_UDP)
    link.handle_timeout(6.0)
    link.frames_sent(6.0)
    link.receive_data(ANSWER, 7.0)
    link.send_apdu(GET, 8.0)
    now = 8.0
    events: list[LinkEvent] = []
    for _ in range(3):
        link.frames_to_send()
        link.frames_sent(now)
        now += 5.0
        events += link.handle_timeout(now)
    *repeated, failed = events
    assert repeated == [Retransmitted(frames=1)] * 2
    assert isinstance(failed, LinkFailed)
    assert "within 5 s, asked 3 times" in str(failed.error)


def test_an_answer_that_comes_twice_is_taken_once() -> None:
    link = asked(OVER_UDP)
    assert link.receive_data(ANSWER, 2.0)[-1] == ApduReceived(apdu=RESPONSE)
    again = [FrameReceived(frame=Frame(octets=ANSWER))]
    assert link.receive_data(ANSWER, 3.0) == again
    link.send_apdu(GET, 4.0)
    link.frames_sent(4.0)
    assert link.receive_data(ANSWER, 5.0) == again
    assert link.next_timeout() == 9.0
    second = Wpdu(17, 16, bytes.fromhex("c401c2010300")).build()
    assert isinstance(link.receive_data(second, 6.0)[-1], ApduReceived)
    link.disconnect(7.0)
    link.handle_timeout(7.0)
    link.connect(8.0)
    link.handle_timeout(8.0)
    assert isinstance(link.receive_data(second, 9.0)[-1], NotificationReceived)


@pytest.mark.parametrize(("swapped", "taken"), [(True, True), (False, False)])
def test_ports_in_the_requests_order(*, swapped: bool, taken: bool) -> None:
    link = asked(WrapperVariant(swapped_ports=swapped))
    events = link.receive_data(Wpdu(16, 17, RESPONSE).build(), 2.0)
    assert (ApduReceived(apdu=RESPONSE) in events) is taken


def test_meters_that_swap_ports_may_also_not() -> None:
    link = asked(WrapperVariant(swapped_ports=True))
    assert ApduReceived(apdu=RESPONSE) in link.receive_data(ANSWER, 2.0)


@pytest.mark.parametrize(("strips", "header"), [(True, "e6e700"), (True, ""), (False, "")])
def test_the_llc_header_of_hdlc_within_a_unit(*, strips: bool, header: str) -> None:
    link = asked(WrapperVariant(llc_header=strips))
    unit = Wpdu(17, 16, bytes.fromhex(header) + RESPONSE)
    assert link.receive_data(unit.build(), 2.0)[-1] == ApduReceived(apdu=RESPONSE)


@pytest.mark.parametrize("prefix", ["e60102a1b2", "e70102a1b2"])
def test_a_push_from_behind_a_gateway_is_no_answer(prefix: str) -> None:
    apdu = bytes.fromhex(prefix + "0f00000001")
    events = asked().receive_data(Wpdu(17, 16, apdu).build(), 2.0)
    assert events[-1] == NotificationReceived(apdu=apdu)


def test_a_double_may_come_later_than_the_next_answer() -> None:
    link = asked(OVER_UDP)
    answers = [Wpdu(17, 16, bytes((0xC4, 0x02, 0xC1, 0, 0, 0, 0, n))).build() for n in range(20)]
    for number, answer in enumerate(answers):
        assert isinstance(link.receive_data(answer, 2.0)[-1], ApduReceived)
        link.send_apdu(GET, 3.0)
        for late in answers[max(number - 7, 0) : number + 1]:
            assert link.receive_data(late, 3.0) == [FrameReceived(frame=Frame(octets=late))]
    assert isinstance(link.receive_data(answers[0], 4.0)[-1], ApduReceived)


BLOCK = bytes.fromhex("e04500010000" + "0111")


def test_several_requests_on_end() -> None:
    link = connected()
    assert link.streams
    link.send_stream([GET, BLOCK], 1.0, withheld=True)
    frames = link.frames_to_send()
    assert [frame.octets[8:] for frame in frames] == [GET, BLOCK]
    assert [frame.secret for frame in frames] == [((8, 8 + len(GET)),), ((8, 8 + len(BLOCK)),)]
    with pytest.raises(MisuseError):
        link.send_stream([GET], 1.0)
    link.frames_sent(1.0)
    assert link.next_timeout() == 6.0


def test_several_requests_without_a_secret() -> None:
    link = connected()
    link.send_stream([GET], 1.0)
    assert [frame.secret for frame in link.frames_to_send()] == [()]


def test_blocks_that_follow_an_answer_belong_to_it() -> None:
    link = asked()
    unit = Wpdu(17, 16, BLOCK).build()
    events = [e for e in link.receive_data(unit * 2, 1.1) if not isinstance(e, FrameReceived)]
    assert events == [ApduReceived(apdu=BLOCK), ApduReceived(apdu=BLOCK)]


def test_pushed_blocks_belong_to_none() -> None:
    link = asked()
    pushed = bytes.fromhex("e04000010000" + "0111")
    events = link.receive_data(Wpdu(17, 16, pushed).build(), 1.1)
    assert events[1:] == [NotificationReceived(apdu=pushed)]


def test_listening() -> None:
    link = connected()
    link.listen(1.0)
    assert link.next_timeout() == 6.0
    with pytest.raises(MisuseError):
        link.listen(1.0)
    (event,) = link.handle_timeout(6.0)
    assert isinstance(event, LinkFailed)


def test_datagrams_do_not_stream() -> None:
    assert not connected(OVER_UDP).streams


def test_what_wants_no_answer() -> None:
    link = connected()
    assert link.tells
    link.tell(b"\x10\x01", 1.0, secret=((1, 2),))
    (frame,) = link.frames_to_send()
    assert frame.octets.hex().endswith("0002" + "1001")
    assert frame.secret == ((9, 10),)
    link.frames_sent(1.0)
    assert link.next_timeout() is None
    link.send_apdu(b"\xc0", 1.0)
    with pytest.raises(MisuseError):
        link.tell(b"\x10", 1.0)
