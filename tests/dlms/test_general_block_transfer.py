from itertools import product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.errors import BlockTransferError, DecodeError, EncodeError
from dcud.dlms.general_block_transfer import (
    TRANSITIONS,
    ApduWhole,
    BlockTaken,
    BlockTransferParameters,
    GeneralBlockLayer,
    Happening,
    PushDamaged,
    PushDelivered,
    State,
    TransferEvent,
    TransferFailed,
)
from tests.support.lossy_channel import LossyChannel, Weather, random_of

# Source of both exchanges: EnergyICT/Connexo dlms tests, gbt-window5-ok and gbt-missing-block4.
ANSWER = "c4020102030405060708090a0b0c0d0e0f"
WINDOWS = [
    ("rx", "e00500010000820002c402"),
    ("tx", "e0850001000100"),
    ("rx", "e045000200018200020102"),
    ("rx", "e045000300018200020304"),
    ("rx", "e045000400018200020506"),
    ("rx", "e045000500018200020708"),
    ("rx", "e00500060001820002090a"),
    ("tx", "e0850002000600"),
    ("rx", "e045000700028200020b0c"),
    ("rx", "e045000800028200020d0e"),
    ("rx", "e085000900028200010f"),
]
MISSING = [
    ("rx", "e00500010000820002c402"),
    ("tx", "e0850001000100"),
    ("rx", "e045000200018200020102"),
    ("rx", "e045000300018200020304"),
    ("rx", "e045000500018200020708"),
    ("rx", "e00500060001820002090a"),
    ("tx", "e0810002000300"),
    ("rx", "e001000400028200020506"),
    ("tx", "e0850003000600"),
    ("rx", "e045000700038200020b0c"),
    ("rx", "e045000800038200020d0e"),
    ("rx", "e085000900038200010f"),
]
REQUEST = bytes.fromhex("c001c100070100630100ff0200")


def _client(room: int = 0, window: int = 5, **more: float) -> GeneralBlockLayer:
    return GeneralBlockLayer(_parameters(room, window, **more))


def _server(room: int = 0, window: int = 5, **more: float) -> GeneralBlockLayer:
    return GeneralBlockLayer(_parameters(room, window, **more), answers=True)


def _parameters(room: int, window: int, **more: float) -> BlockTransferParameters:
    return BlockTransferParameters(room=room, window=window, **more)  # type: ignore[arg-type]  # some are int


def _sent(layer: GeneralBlockLayer) -> list[str]:
    return [octets.hex() for octets in layer.apdus_to_send()]


def _asked(layer: GeneralBlockLayer) -> GeneralBlockLayer:
    layer.send(REQUEST, 0.0)
    layer.apdus_to_send()
    return layer


def _feed(layer: GeneralBlockLayer, *octets: str, now: float = 0.0) -> list[TransferEvent]:
    return [event for each in octets for event in layer.receive(bytes.fromhex(each), now)]


def _wholes(events: list[TransferEvent]) -> list[str]:
    return [event.octets.hex() for event in events if isinstance(event, ApduWhole)]


def _failure(events: list[TransferEvent]) -> str:
    (failed,) = events
    assert isinstance(failed, TransferFailed)
    return str(failed.error)


def test_the_table_knows_everything_that_can_happen_in_every_state() -> None:
    assert list(TRANSITIONS) == list(product(State, Happening))


# Receiving


@pytest.mark.parametrize("steps", [WINDOWS, MISSING])
def test_exchanges_of_a_real_meter(steps: list[tuple[str, str]]) -> None:
    client = _asked(_client())
    events: list[TransferEvent] = []
    sent: list[str] = []
    expected = [octets for direction, octets in steps if direction == "tx"]

    for direction, octets in steps:
        if direction == "rx":
            events += _feed(client, octets)
        else:
            sent += _sent(client)

    assert sent == expected
    assert _sent(client) == []
    assert _wholes(events) == [ANSWER]
    assert client.state is State.IDLE
    assert client.next_timeout() is None


def test_it_tells_how_much_came() -> None:
    events = _feed(_asked(_client()), "e00500010000820002c402", "e045000200018200020102")

    assert events == [BlockTaken(total=2), BlockTaken(total=4)]


def test_a_peer_that_goes_back_instead_of_filling_the_gap() -> None:
    client = _asked(_client())
    _feed(client, *[octets for direction, octets in MISSING[:7] if direction == "rx"])
    assert _sent(client) == ["e0850001000100", "e0810002000300"]

    events = _feed(
        client,
        "e045000400028200020506",
        "e045000500028200020708",
        "e00500060002820002090a",
    )

    assert events == [BlockTaken(total=12)]
    assert _sent(client) == []  # the last of them was no news: our clock would say it again
    assert _feed(client, "e045000700028200020b0c", "e045000800028200020d0e")
    assert _wholes(_feed(client, "e085000900028200010f")) == [ANSWER]


def test_blocks_are_held_until_the_one_before_them_comes_late() -> None:
    client = _asked(_client())

    events = _feed(client, "e04500020000020304", "e08500030000010f", "e001000100000101")

    assert _wholes(events) == ["0103040f"]
    assert _sent(client) == ["e0810001000000"]


def test_repeated_blocks_are_passed_over() -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402")
    _sent(client)

    assert _feed(client, "e00500010000820002c402", "e04500010000820002c402") == []
    assert _sent(client) == []


def test_silence_in_the_middle_has_the_last_acknowledgement_sent_again() -> None:
    client = _asked(_client(patience=5.0, attempts=2))
    _feed(client, "e00500010000820002c402", now=1.0)
    assert _sent(client) == ["e0850001000100"]

    assert client.next_timeout() == 6.0
    assert client.handle_timeout(5.9) == []
    assert _sent(client) == []
    assert client.handle_timeout(6.0) == []
    assert client.next_timeout() == 11.0
    assert client.handle_timeout(11.0) == []
    assert _sent(client) == ["e0850001000100", "e0850001000100"]
    assert "does not get on" in _failure(client.handle_timeout(16.0))
    assert client.state is State.BROKEN
    assert client.next_timeout() is None
    assert client.handle_timeout(99.0) == []


def test_silence_after_news_has_the_news_told() -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402", "e045000200018200020102", "e045000400018200020102")
    _sent(client)

    client.handle_timeout(5.0)

    assert _sent(client) == ["e0810002000200"]


def test_what_comes_begins_the_count_of_attempts_anew() -> None:
    client = _asked(_client(patience=1.0, attempts=1))
    _feed(client, "e00500010000820002c402")
    client.handle_timeout(1.0)
    _feed(client, "e045000200018200020102", now=1.5)

    assert client.handle_timeout(2.5) == []
    assert _failure(client.handle_timeout(3.5))


def test_after_a_failure_nothing_is_looked_at_until_something_new_begins() -> None:
    client = _asked(_client())
    assert _failure(_feed(client, "e0050000000001aa")) == (
        "a block bears the number 0, where 1 is the first"
    )

    assert _feed(client, "e045000200018200020102", "e0850003000000") == []
    assert _feed(client, "e0800000000000") == []

    client.send(REQUEST, 0.0)
    assert _wholes(_feed(client, "e08500010000010f")) == ["0f"]


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        ("e005004000000101", "block 64 came after block 0, beyond any window"),
        ("e005000100010101", "block 1 of ours was acknowledged, but only 0 were sent"),
        ("e0800000000000", "the peer aborted the block transfer"),
        ("e0000001000005", "announces 5, but 0 octets are left"),
        ("e0050003000004aabbccdd", "an APDU of more than 5 octets"),
    ],
)
def test_what_ends_a_transfer(octets: str, said: str) -> None:
    client = _asked(_client(max_apdu_octets=5))
    _feed(client, "e04500020000020304")

    assert said in _failure(_feed(client, octets))
    assert client.state is State.BROKEN


def test_an_endless_transfer_ends_within_its_limit() -> None:
    client = _asked(_client(max_apdu_octets=50))
    events: list[TransferEvent] = []

    for number in range(1, 60):
        events += _feed(client, f"e045{number:04x}000000" if events else "e0450001000001aa")

    assert isinstance(events[-1], TransferFailed)
    assert "more than 50 octets" in str(events[-1].error)
    assert len(events) == 51


def test_acknowledgements_stop_being_counted_where_numbers_end() -> None:
    client = _asked(_client())
    client._number = 65_535

    _feed(client, "e005000100010101")

    assert _sent(client) == ["e085ffff000100"]


def test_an_abort_of_ours() -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402")
    _sent(client)

    client.abort()

    assert _sent(client) == ["e0800000000000"]
    assert client.state is State.BROKEN
    assert client.next_timeout() is None


def test_a_lost_link_leaves_nothing() -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402")

    client.reset()

    assert _sent(client) == []
    assert client.state is State.IDLE
    assert client.next_timeout() is None


# Sending


def test_an_apdu_that_fits_goes_whole() -> None:
    client = _client(room=13)

    client.send(REQUEST, 0.0)

    assert client.apdus_to_send() == [REQUEST]
    assert client.next_timeout() is None
    assert client.receive(b"\xc4\x01\xc1\x01\x03", 0.0) == [
        ApduWhole(octets=b"\xc4\x01\xc1\x01\x03")
    ]


def test_a_long_request_goes_in_windows_of_the_server() -> None:
    client = _client(room=12)
    client.send(REQUEST, 0.0)

    assert _sent(client) == ["e00500010000" + "05" + "c001c10007"]
    assert _feed(client, "e0020001000100") == []
    assert _sent(client) == [
        "e04500020001" + "05" + "0100630100",
        "e08500030001" + "03" + "ff0200",
    ]
    assert _wholes(_feed(client, "e085000200030" + "3c40102")) == ["c40102"]
    assert _sent(client) == []
    assert client.next_timeout() is None


def test_a_server_answers_in_blocks_to_blocks_and_acknowledges_with_its_answer() -> None:
    server = _server()

    assert _feed(server, "e00500010000" + "01c0") == [BlockTaken(total=1)]
    assert _sent(server) == ["e0050001000100"]
    assert _wholes(_feed(server, "e0850002000101" + "01")) == ["c001"]
    assert _sent(server) == []
    server.send(b"\xc4\x01", 0.0)
    assert _sent(server) == ["e08500020002" + "02c401"]


def test_a_server_fills_the_gap_that_it_is_told_of() -> None:
    server = _server(room=9)
    assert _wholes(_feed(server, "c001")) == ["c001"]
    server.send(b"abcdefghij", 0.0)
    assert _sent(server) == ["e005000100000" + "26162"]
    assert _feed(server, "e0850001000100") == []
    window = ["e045000200010" + "26364", "e045000300010" + "26566", "e045000400010" + "26768"]
    assert _sent(server) == [*window, "e085000500010" + "2696a"]

    assert _feed(server, "e0810002000200") == []
    assert _sent(server) == ["e005000300020" + "26566"]
    assert _feed(server, "e0850003000400") == []
    assert _sent(server) == ["e085000500030" + "2696a"]
    assert _feed(server, "e0850004000500") == []
    assert _sent(server) == []


def test_a_server_repeats_its_window_for_whom_asks_again() -> None:
    server = _server(room=9)
    _feed(server, "c001")
    server.send(b"abcdefghij", 0.0)
    _feed(server, "e0830001000100")
    first, *window = _sent(server)

    assert _feed(server, "e0830001000100") == []

    assert first == "e00500010000026162"
    assert len(window) == 3
    assert _sent(server) == window


def test_a_client_repeats_only_what_its_clock_tells_it_to() -> None:
    client = _client(room=12, patience=2.0, attempts=2)
    client.send(REQUEST, 0.0)
    _feed(client, "e0020001000100", now=1.0)
    first, *window = _sent(client)

    assert _feed(client, "e0020001000100") == []
    assert _sent(client) == []
    assert first == "e00500010000" + "05" + "c001c10007"
    assert client.next_timeout() == 3.0
    for at in (3.0, 5.0):
        assert client.handle_timeout(at) == []
        assert _sent(client) == window
    assert "the peer has 1 blocks of ours" in _failure(client.handle_timeout(7.0))


def test_a_client_that_was_acknowledged_to_the_end_asks_for_the_answer_with_its_last_block() -> (
    None
):
    client = _client(room=12, patience=2.0)
    client.send(REQUEST, 0.0)
    _feed(client, "e0020001000100", "e0020002000300")
    _sent(client)

    client.handle_timeout(2.0)

    assert _sent(client) == ["e0850003000203ff0200"]


def test_a_server_that_always_acknowledges_the_same_is_given_up() -> None:
    client = _client(room=12, attempts=2)
    client.send(REQUEST, 0.0)

    assert _feed(client, "e0020001000000", "e0020002000000") == []
    assert "does not get on" in _failure(_feed(client, "e0020003000000"))


def test_an_acknowledgement_with_a_number_beyond_any_window() -> None:
    client = _client(room=12)
    client.send(REQUEST, 0.0)

    assert "block 64 came after block 0" in _failure(_feed(client, "e0020040000100"))


def test_a_window_of_0_is_one_of_1() -> None:
    client = _client(room=9)
    client.send(b"abcdefghij", 0.0)
    _sent(client)

    _feed(client, "e0000001000100")

    assert _sent(client) == ["e005000200010" + "26364"]


def test_an_answer_before_the_whole_request_was_sent_ends_the_sending() -> None:
    client = _client(room=12)
    client.send(REQUEST, 0.0)
    _sent(client)

    assert _wholes(_feed(client, "e0850001000103" + "d80103")) == ["d80103"]
    assert client.next_timeout() is None
    assert _sent(client) == []


def test_a_server_answers_again_to_a_request_heard_again() -> None:
    server = _server(room=9)
    _feed(server, "e085000100000" + "2c001")
    assert _feed(server, "e085000100000" + "2c001") == []
    assert _sent(server) == ["e0050001000100"]  # it has no answer yet
    server.send(b"abc", 0.0)
    first = _sent(server)

    assert _feed(server, "e085000100000" + "2c001") == []

    assert first == [
        "e045000200010" + "26162",
        "e08500030001" + "0163",
    ]
    assert _sent(server) == ["e0450001000100", *first]  # its acknowledgement keeps its number


def test_a_server_tells_apart_another_request_from_the_same_heard_again() -> None:
    server = _server()
    _feed(server, "e085000100000" + "2c001")
    server.send(b"abc", 0.0)
    _sent(server)

    assert _wholes(_feed(server, "e085000100000" + "2c002")) == ["c002"]
    server.send(b"abc", 0.0)

    assert _sent(server) == ["e08500010001" + "03616263"]


def test_a_server_that_sends_has_a_clock() -> None:
    server = _server(room=9, patience=2.0, attempts=1)
    _feed(server, "c001")
    server.send(b"abcdefghij", 0.0)
    sent = _sent(server)

    assert server.next_timeout() == 2.0
    assert server.handle_timeout(2.0) == []
    assert _sent(server) == sent
    _feed(server, "e0850001000100", now=3.0)
    assert server.next_timeout() is None  # nobody acknowledges the last one


def test_a_server_begins_anew_after_a_failure() -> None:
    server = _server()
    assert _failure(_feed(server, "e085004100000" + "2c001"))
    assert _feed(server, "e085000200000" + "2c001") == []

    assert _wholes(_feed(server, "e085000100000" + "2c001")) == ["c001"]


def test_a_request_that_is_whole_begins_an_exchange_without_blocks() -> None:
    server = _server()
    _feed(server, "e005000100000" + "2c001")
    _sent(server)

    assert _wholes(_feed(server, "c001")) == ["c001"]
    server.send(b"abc", 0.0)

    assert server.apdus_to_send() == [b"abc"]


def test_a_whole_answer_ends_the_waiting() -> None:
    client = _client(room=12)
    client.send(REQUEST, 0.0)

    assert _wholes(_feed(client, "c401c10103")) == ["c401c10103"]
    assert client.next_timeout() is None


def test_what_is_no_answer_does_not_keep_the_answer_from_coming() -> None:
    client = _client(room=12)
    client.send(REQUEST, 0.0)
    _feed(client, "e0020001000100")
    assert _wholes(_feed(client, "0f")) == ["0f"]

    assert _wholes(_feed(client, "e0850002000303" + "c40102")) == ["c40102"]


@pytest.mark.parametrize(
    ("octets", "state"), [("d80103", State.IDLE), ("0e0600", State.IDLE), ("0f", State.RECEIVING)]
)
def test_a_refusal_ends_what_it_interrupts(octets: str, state: State) -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402")

    assert _wholes(_feed(client, octets)) == [octets]
    assert client.state is state


def test_an_apdu_for_which_there_are_no_numbers() -> None:
    with pytest.raises(EncodeError, match="more than 65535 blocks"):
        _client(room=8).send(bytes(65_536), 0.0)


def test_an_answer_of_nothing_in_blocks_is_a_block() -> None:
    server = _server()
    _feed(server, "e085000100000" + "2c001")

    server.send(b"", 0.0)

    assert _sent(server) == ["e0850001000100"]


@pytest.mark.parametrize(("room", "window"), [(7, 5), (-1, 5), (100, 0), (100, 64)])
def test_parameters_that_make_no_sense(room: int, window: int) -> None:
    with pytest.raises(EncodeError):
        _parameters(room, window)


# Pushes


def test_a_push_that_nobody_acknowledges() -> None:
    meter, client = _server(room=12), _client()
    meter.push(REQUEST, 0.0)
    sent = meter.apdus_to_send()

    assert [octets.hex() for octets in sent] == [
        "e04000010000" + "05" + "c001c10007",
        "e04000020000" + "05" + "0100630100",
        "e0c000030000" + "03" + "ff0200",
    ]
    assert [event for octets in sent for event in client.receive(octets, 0.0)] == [
        ApduWhole(octets=REQUEST, is_pushed=True)
    ]
    assert _sent(client) == []
    assert meter.next_timeout() is None


def test_a_push_in_the_midst_of_an_answer() -> None:
    client = _asked(_client())
    _feed(client, "e00500010000820002c402", "e04000010000020f20")

    assert _wholes(_feed(client, "e0c00002000001aa")) == ["0f20aa"]
    assert _wholes(_feed(client, "e0850002000101" + "07")) == ["c40207"]


def test_blocks_of_a_push_twice_or_in_another_order() -> None:
    client = _client()

    events = _feed(
        client, "e040000100000101", "e0c0000300000103", "e0c0000300000103", "e040000200000102"
    )

    assert events == [ApduWhole(octets=b"\1\2\3", is_pushed=True)]


def test_a_push_that_lost_a_block_is_told_of_when_the_next_begins() -> None:
    client = _client()
    assert _feed(client, "e040000100000101", "e0c0000300000103") == []

    damaged, whole = _feed(client, "e0c00001000001aa")

    assert isinstance(damaged, PushDamaged)
    assert str(damaged.error) == "a push can't be put together: it ends after 1 blocks"
    assert whole == ApduWhole(octets=b"\xaa", is_pushed=True)


def test_a_push_beyond_its_limits() -> None:
    client = _client(max_apdu_octets=3)

    (damaged,) = _feed(client, "e040000100000101", "e04000020000" + "03010203")

    assert isinstance(damaged, PushDamaged)
    assert "more than 3 octets" in str(damaged.error)
    assert _wholes(_feed(client, "e0c00001000001aa")) == ["aa"]


def test_a_push_that_is_acknowledged() -> None:
    meter, client = _server(room=12), _client()
    events: list[tuple[int, TransferEvent]] = []
    channel = LossyChannel(
        (client, meter), Weather(), random_of(0), lambda *event: events.append(event)
    )
    meter.push(REQUEST, 0.0, confirmed=True)

    channel.run()

    assert (0, ApduWhole(octets=REQUEST)) in events
    assert events[-1] == (1, PushDelivered())
    assert meter.state is State.IDLE


def test_a_push_of_which_the_last_acknowledgement_was_lost_is_acknowledged_again() -> None:
    client = _client()
    _feed(client, "e085000100000" + "20f20")
    first = _sent(client)

    assert _feed(client, "e085000100000" + "20f20") == []

    assert first == ["e0850001000100"]
    assert _sent(client) == first
    assert _wholes(_feed(client, "e085000100000" + "20f21")) == ["0f21"]


# Everything at once


weathers = st.builds(
    Weather,
    loss=st.sampled_from([0.0, 0.1, 0.3]),
    doubling=st.sampled_from([0.0, 0.2]),
    delay=st.sampled_from([0.0, 0.5]),
)
windows = st.integers(1, 63)
rooms = st.integers(8, 40)
apdus = st.binary(min_size=60, max_size=600).map(lambda octets: b"\xc0" + octets)


class _Conversation:
    """A client that asks, a server that answers at once, and what came of it."""

    def __init__(self, ends: tuple[GeneralBlockLayer, GeneralBlockLayer], answer: bytes) -> None:
        self._ends = ends
        self._answer = answer
        self.heard: tuple[list[bytes], list[bytes]] = ([], [])
        self.failed: list[str] = []
        self.channel: LossyChannel | None = None

    def react(self, end: int, event: TransferEvent) -> None:
        assert self.channel is not None
        if isinstance(event, TransferFailed):
            assert isinstance(event.error, BlockTransferError)
            self.failed.append(str(event.error))
        if isinstance(event, ApduWhole):
            self.heard[end].append(event.octets)
            if end == 1:
                self._ends[1].send(self._answer, self.channel.now)

    def ask(self, request: bytes, weather: Weather, random: Random) -> None:
        self.channel = LossyChannel(self._ends, weather, random, self.react)
        self._ends[0].send(request, 0.0)
        self.channel.run()


@given(apdus, apdus, weathers, windows, windows, rooms, st.integers(0, 1 << 32))
def test_whatever_the_weather_both_apdus_come_whole_or_the_client_is_told(
    request: bytes,
    answer: bytes,
    weather: Weather,
    client_window: int,
    server_window: int,
    room: int,
    seed: int,
) -> None:
    ends = (
        _client(room, client_window, attempts=10),
        _server(room, server_window, attempts=10),
    )
    conversation = _Conversation(ends, answer)

    conversation.ask(request, weather, random_of(seed))

    assert set(conversation.heard[1]) <= {request}
    assert conversation.heard[0] == [answer] or conversation.failed
    if weather == Weather(loss=0.0, doubling=weather.doubling, delay=0.0):
        assert conversation.heard == ([answer], [request])
        assert not conversation.failed


@given(apdus, weathers, windows, windows, st.integers(0, 1 << 32))
def test_an_answer_in_blocks_to_a_request_that_was_whole(
    answer: bytes, weather: Weather, client_window: int, server_window: int, seed: int
) -> None:
    ends = (
        _client(0, client_window, attempts=10),
        _server(12, server_window, attempts=10),
    )
    conversation = _Conversation(ends, answer)

    for _ in range(2):
        conversation.ask(b"\xc0\x01", weather, random_of(seed))

    assert conversation.heard[0] == [answer, answer] or conversation.failed


@given(apdus, weathers, windows, st.integers(0, 1 << 32))
def test_an_acknowledged_push_in_any_weather(
    apdu: bytes, weather: Weather, window: int, seed: int
) -> None:
    ends = (_client(0, window, attempts=10), _server(20, window, attempts=10))
    events: list[tuple[int, TransferEvent]] = []
    channel = LossyChannel(ends, weather, random_of(seed), lambda *event: events.append(event))
    ends[1].push(apdu, 0.0, confirmed=True)

    channel.run()

    ended = [type(event) for end, event in events if end == 1]
    assert ended in ([PushDelivered], [TransferFailed])
    if ended == [PushDelivered]:
        assert (0, ApduWhole(octets=apdu)) in events


blocks = st.builds(
    GeneralBlockTransfer,
    last_block=st.booleans(),
    streaming=st.booleans(),
    window=st.integers(0, 63),
    block_number=st.integers(0, 8) | st.integers(0, 0xFFFF),
    block_number_ack=st.integers(0, 4) | st.integers(0, 0xFFFF),
    octets=st.binary(max_size=9),
).map(GeneralBlockTransfer.encode)


@given(
    st.booleans(),
    st.lists(st.one_of(blocks, blocks, st.binary(max_size=9), st.sampled_from(["send", "time"]))),
)
def test_whatever_comes_ends_in_events_within_the_memory_allowed(
    answers: bool,  # noqa: FBT001  # hypothesis gives it by position
    inputs: list[bytes | str],
) -> None:
    layer = GeneralBlockLayer(BlockTransferParameters(room=12, max_apdu_octets=64), answers=answers)
    now = 0.0

    for given_input in inputs:
        now += 2.0
        if isinstance(given_input, bytes):
            events = layer.receive(given_input, now)
        elif given_input == "send":
            layer.send(REQUEST, now)
            continue
        else:
            events = layer.handle_timeout(now)
        for event in events:
            if isinstance(event, TransferFailed):
                assert isinstance(event.error, BlockTransferError | DecodeError)
            if isinstance(event, ApduWhole) and given_input[:1] == b"\xe0":
                assert len(event.octets) <= 64
        assert len(layer.apdus_to_send()) <= 3 + len(inputs)


# Streams


def test_a_stream_is_awaited_until_its_end() -> None:
    client = _asked(_client())
    awaits = [client.awaits_stream]
    for block in ("e04500010000" + "0111", "e00500020000" + "0122"):
        _feed(client, block)
        awaits.append(client.awaits_stream)
    assert awaits == [False, True, False]


def test_no_more_goes_out_on_end_than_our_own_limit() -> None:
    parameters = BlockTransferParameters(room=18, burst=2)
    client = GeneralBlockLayer(parameters)
    client.send(bytes(60), 0.0)
    client.apdus_to_send()
    _feed(client, "e03f00010001" + "00")
    assert [octets[:4] for octets in _sent(client)] == ["e045", "e005"]


def test_the_answer_to_a_request_that_went_past_the_layer() -> None:
    layer = GeneralBlockLayer(BlockTransferParameters(room=0, window=2))
    layer.asked_whole()
    first = GeneralBlockTransfer(
        last_block=False, streaming=False, window=1, block_number=1, block_number_ack=0, octets=b"a"
    )
    last = GeneralBlockTransfer(
        last_block=True, streaming=False, window=1, block_number=2, block_number_ack=1, octets=b"b"
    )
    assert layer.receive(first.encode(), 0.0) == [BlockTaken(total=1)]
    assert len(layer.apdus_to_send()) == 1
    assert layer.receive(last.encode(), 0.0)[-1] == ApduWhole(octets=b"ab")
