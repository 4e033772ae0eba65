from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.outgoing import Acknowledgement, Outgoing, Segment, cut


def numbers(segments: list[Segment]) -> list[int]:
    return [segment.number for segment in segments]


def test_what_fits_goes_in_one_segment() -> None:
    outgoing = Outgoing(max_info=128, window=1)
    pending = [outgoing.pending]
    outgoing.load(b"abc")
    pending.append(outgoing.pending)
    assert outgoing.burst() == [Segment(0, b"abc", more=False)]
    assert outgoing.unacknowledged == 1
    assert outgoing.acknowledge(1) is Acknowledgement.PROGRESS
    pending.append(outgoing.pending)
    assert pending == [False, True, False]
    assert outgoing.next_number == 1


def test_a_window_goes_out_at_a_time_and_what_is_lost_goes_again() -> None:
    outgoing = Outgoing(max_info=1, window=3)
    outgoing.load(b"abcde")
    assert numbers(outgoing.burst()) == [0, 1, 2]
    assert outgoing.acknowledge(2) is Acknowledgement.PROGRESS
    assert outgoing.unacknowledged == 1
    assert outgoing.burst() == [
        Segment(2, b"c", more=True),
        Segment(3, b"d", more=True),
        Segment(4, b"e", more=False),
    ]
    assert outgoing.acknowledge(2) is Acknowledgement.NOTHING_NEW
    assert numbers(outgoing.burst()) == [2, 3, 4]
    assert outgoing.acknowledge(5) is Acknowledgement.PROGRESS
    assert outgoing.burst() == []


def test_acknowledgements_that_make_no_sense() -> None:
    outgoing = Outgoing(max_info=10, window=1)
    for _ in range(3):
        outgoing.load(b"x")
        outgoing.burst()
        outgoing.acknowledge(outgoing.next_number)
    outgoing.load(b"x")
    outgoing.burst()
    assert outgoing.acknowledge(2) is Acknowledgement.OUTDATED
    assert outgoing.acknowledge(5) is Acknowledgement.IMPOSSIBLE
    assert outgoing.acknowledge(1) is Acknowledgement.IMPOSSIBLE
    assert outgoing.unacknowledged == 1


def test_a_new_apdu_takes_the_place_of_an_unfinished_one() -> None:
    outgoing = Outgoing(max_info=1, window=2)
    outgoing.load(b"abc")
    outgoing.burst()
    outgoing.load(b"xy")
    assert outgoing.burst() == [Segment(2, b"x", more=True), Segment(3, b"y", more=False)]
    outgoing.clear()
    assert not outgoing.pending
    assert outgoing.next_number == 4


def test_secrets_keep_their_place_in_the_segments() -> None:
    segments = cut(b"0123456789", 4, [(3, 9)], 6)
    assert [(segment.number, segment.secret) for segment in segments] == [
        (6, ((3, 4),)),
        (7, ((0, 4),)),
        (0, ((0, 1),)),
    ]
    assert [segment.secret for segment in cut(b"0123456789", 4, [(0, 2), (4, 5)], 0)] == [
        ((0, 2),),
        ((0, 1),),
        (),
    ]


def test_even_nothing_makes_a_segment() -> None:
    assert list(cut(b"", 8, (), 0)) == [Segment(0, b"", more=False)]


@given(st.binary(max_size=200), st.integers(1, 50), st.integers(1, 7), st.data())
def test_whatever_is_lost_every_octet_arrives_once(
    octets: bytes, max_info: int, window: int, data: st.DataObject
) -> None:
    outgoing = Outgoing(max_info=max_info, window=window)
    outgoing.load(octets)
    arrived = b""
    expected = 0
    losses = 20
    while outgoing.pending:
        burst = outgoing.burst()
        assert 1 <= len(burst) <= window
        kept = len(burst)
        if losses:
            losses -= 1
            kept = data.draw(st.integers(0, len(burst)))
        for segment in burst[:kept]:
            assert segment.number == expected
            arrived += segment.information
            expected = (expected + 1) % 8
        outgoing.acknowledge(expected)
    assert arrived == octets


def test_no_repr_of_a_segment_shows_a_secret() -> None:
    assert repr(Segment(1, b"\xc0", False)) == "Segment(1, c0, more=False)"
    assert repr(Segment(1, b"password", True, ((0, 8),))) == "Segment(1, 8 octets, more=True)"


def test_apdus_on_end_are_numbered_on() -> None:
    outgoing = Outgoing(max_info=2, window=7)
    outgoing.load(b"abc")
    outgoing.add(b"de", ((0, 1),))
    assert outgoing.burst() == [
        Segment(0, b"ab", more=True),
        Segment(1, b"c", more=False),
        Segment(2, b"de", more=False, secret=((0, 1),)),
    ]


def test_it_tells_how_long_a_field_may_be() -> None:
    assert Outgoing(max_info=64, window=1).max_info == 64
