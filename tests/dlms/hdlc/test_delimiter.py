from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.delimiter import MAX_DISCARDED, Delimited, Delimiter, Discarded
from dcud.dlms.hdlc.fcs import check_sequence
from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame

UA = bytes.fromhex("7ea01e03037340cc818012050180060180070400000001080400000001533b7e")
RR = bytes.fromhex("7ea0070303d19a707e")
# u9n/dlms-cosem issue 97: a flag octet inside the frame check sequence
FLAG_INSIDE = bytes.fromhex("7ea01b0300023c4752d551e6e700c401c10009060100202000ff7e8c7e")

Events = list[Delimited | Discarded]


def run(chunks: Iterable[bytes]) -> Events:
    delimiter = Delimiter()
    events = [event for chunk in chunks for event in delimiter.feed(chunk)]
    events += delimiter.flush()
    assert not delimiter.partial
    return events


def frames(events: Events) -> list[bytes]:
    return [event.frame.build() for event in events if isinstance(event, Delimited)]


def discards(events: Events) -> list[tuple[str, str]]:
    return [
        (event.reason.value, event.octets.hex()) for event in events if isinstance(event, Discarded)
    ]


def octets_of(events: Events) -> bytes:
    return b"".join(event.octets for event in events)


def singly(octets: bytes) -> list[bytes]:
    return [octets[i : i + 1] for i in range(len(octets))]


def test_frames_come_out_at_their_closing_flag() -> None:
    delimiter = Delimiter()
    assert delimiter.feed(UA[:-1]) == []
    assert delimiter.partial
    (event,) = delimiter.feed(UA[-1:])
    assert isinstance(event, Delimited)
    assert event.octets == UA
    assert not delimiter.partial


def test_a_flag_inside_a_frame_means_nothing() -> None:
    assert frames(run([FLAG_INSIDE + RR])) == [FLAG_INSIDE, RR]


def test_one_flag_closes_a_frame_and_opens_the_next() -> None:
    events = run([UA + RR[1:] + FLAG_INSIDE[1:]])
    assert frames(events) == [UA, RR, FLAG_INSIDE]
    assert [event.octets for event in events] == [UA, RR[1:], FLAG_INSIDE[1:]]


def test_runs_of_flags_are_idle_fill() -> None:
    events = run([b"\x7e\x7e\x7e" + UA + b"\x7e\x7e"])
    assert frames(events) == [UA]
    assert discards(events) == [("idle", "7e7e7e"), ("idle", "7e7e")]


def test_the_closing_flag_may_be_missing_until_the_next_frame() -> None:
    events = run([UA[:-1], b"", RR])
    assert frames(events) == [UA, RR]
    delimiter = Delimiter()
    assert delimiter.feed(UA[:-1]) == []
    assert frames(delimiter.flush()) == [UA]
    assert frames(delimiter.feed(RR)) == [RR]


def test_a_frame_may_open_with_a_flag_from_before_a_silence() -> None:
    delimiter = Delimiter()
    delimiter.feed(b"\x7e")
    assert discards(delimiter.flush()) == [("idle", "7e")]
    assert frames(delimiter.feed(RR[1:])) == [RR]


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (UA[:5] + b"\x72" + UA[6:], "header_check"),
        (UA[:12] + b"\x00" + UA[13:], "frame_check"),
        (UA[:-1] + b"\x00", "length"),
        (UA[:12] + UA[13:], "frame_check"),  # the next flag stands where this one ought to
        (UA[:12] + b"\x55" + UA[12:], "length"),
        (b"\x7e\xa0\x05" + UA[3:], "length"),
        (UA[:2] + b"\xff" + UA[3:], "header_check"),
        (b"\x7e\x00\x00\xff\x7e", "noise"),
        (RR[:-2] + b"\x71\x7e", "frame_check"),
        (RR[:2] + b"\x87" + RR[3:], "header_check"),
        (UA[:-5], "length"),
    ],
)
def test_a_damaged_frame_costs_no_other(damaged: bytes, reason: str) -> None:
    for octets in (RR + damaged + UA + RR, damaged + FLAG_INSIDE + damaged + RR):
        for chunks in ([octets], singly(octets)):
            events = run(chunks)
            assert octets_of(events) == octets
            good = [RR, UA, RR] if octets.startswith(RR) else [FLAG_INSIDE, RR]
            assert frames(events) == good
            reasons = [told for told, _ in discards(events)]
            assert reason in reasons
            assert set(reasons) <= {reason, "noise", "idle"}


def test_a_damaged_frame_is_told_as_one() -> None:
    damaged = FLAG_INSIDE[:12] + b"\x7e" + FLAG_INSIDE[13:]
    assert discards(run([damaged + RR])) == [("frame_check", damaged.hex())]
    assert discards(run([damaged])) == [("frame_check", damaged.hex())]
    assert discards(run([damaged + damaged])) == [("frame_check", damaged.hex())] * 2


def test_silence_cuts_a_frame_short() -> None:
    assert discards(run([UA[:12]])) == [("truncated", UA[:12].hex())]
    assert discards(run([UA[:3]])) == [("truncated", UA[:3].hex())]
    delimiter = Delimiter()
    delimiter.feed(UA[:12])
    delimiter.flush()
    assert frames(delimiter.feed(UA)) == [UA]


def test_silence_sets_free_a_good_frame_that_a_cut_one_covered() -> None:
    events = run([UA[:12] + RR])
    assert frames(events) == [RR]
    assert discards(events) == [("truncated", UA[:12].hex())]


def test_silence_before_a_closing_flag_does_not_save_a_damaged_frame() -> None:
    assert discards(run([RR[:-2] + b"\x71"])) == [("truncated", RR[:-2].hex() + "71")]
    shared = run([RR + RR[1:-2] + b"\x71"])
    assert frames(shared) == [RR]
    assert discards(shared) == [("truncated", RR[1:-2].hex() + "71")]


def test_noise_before_any_flag() -> None:
    assert discards(run([b"\x00\xff" + RR])) == [("noise", "00ff")]
    assert discards(run([b"\x00", b"\xff"])) == [("noise", "00ff")]


def test_long_noise_is_told_in_pieces() -> None:
    events = run([bytes(3 * MAX_DISCARDED + 5)])
    assert [len(event.octets) for event in events] == [MAX_DISCARDED] * 3 + [5]


@pytest.mark.parametrize("damage", [b"\x01\x02", b"\x7e\xa0\x07\x03\x03\xd1\x9a\x71"])
def test_what_was_told_in_pieces_ends_with_the_good_frame_behind_it(damage: bytes) -> None:
    damage = damage.ljust(MAX_DISCARDED, b"\x00")
    chunks = [UA, damage, RR, b"\x05", RR]
    events = run(chunks)
    assert discards(events)[1:] == [("noise", "05")]
    assert frames(events) == [UA, RR, RR]
    assert events == run([b"".join(chunks)])


def test_a_good_frame_by_itself_is_the_same_as_one_among_others() -> None:
    stream = [UA, RR, FLAG_INSIDE, RR, RR, UA, UA[:-1], UA[-1:], RR]
    assert run(stream) == run([b"".join(stream)])
    assert frames(run(stream)) == [UA, RR, FLAG_INSIDE, RR, RR, UA, UA, RR]


def test_good_frames_that_come_together_are_the_same_as_each_by_itself() -> None:
    stream = [RR, RR + UA, RR + FLAG_INSIDE + RR[:4], RR[4:], RR + UA + UA[1:], RR + b"\x7e\x05"]
    events = run(stream)
    assert events == run([b"".join(stream)]) == run(singly(b"".join(stream)))
    assert frames(events) == [RR, RR, UA, RR, FLAG_INSIDE, RR, RR, UA, UA, RR]


def test_the_flag_of_a_frame_by_itself_opens_the_next() -> None:
    delimiter = Delimiter()
    delimiter.feed(RR)
    delimiter.feed(RR[:-1])
    delimiter.flush()  # which leaves no flag
    assert frames([*delimiter.feed(RR), *delimiter.feed(RR[1:])]) == [RR, RR]


@pytest.mark.parametrize(
    "spoilt",
    [
        b"\x7f" + RR[1:],  # no flag before it
        RR[:-1] + b"\x7f",  # nor behind it
        RR[:-2] + b"\x00\x7e",
        RR + b"\x7e",
        RR[:-1],
        UA[:20] + b"\xff" + UA[21:],
    ],
)
def test_what_is_not_quite_a_frame_by_itself_is_looked_into(spoilt: bytes) -> None:
    chunks = [RR, spoilt, RR]
    events = run(chunks)
    assert events == run([b"".join(chunks)])
    assert octets_of(events) == b"".join(chunks)


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x7e",
        b"\x7e\xa7\xff",
        b"\x7e\xa7\xff\x03\x03\x10",
        b"\x7e\xa7\xff\x03\x03\x10" + check_sequence(b"\xa7\xff\x03\x03\x10"),
        b"\x00",
    ],
)
def test_hostile_octets_are_bounded_in_memory_and_looks(hostile: bytes) -> None:
    delimiter = Delimiter()
    looked = 0
    accounted = b""
    octets = (hostile * 30_000)[:30_000]
    for start in range(0, len(octets), 100):
        events = delimiter.feed(octets[start : start + 100])
        looked += len(events)
        accounted += octets_of(events)
        assert len(accounted) + 2 * MAX_DISCARDED >= start
    assert accounted + octets_of(delimiter.flush()) == octets
    assert looked <= len(octets) // MAX_DISCARDED + len(octets) // len(hostile)


addresses = st.sampled_from(["03", "21", "0223", "00020023"]).map(bytes.fromhex)
good = st.builds(
    HdlcFrame,
    addresses,
    addresses,
    st.sampled_from(CONTROLS),
    st.binary(max_size=24) | st.just(b"\x7e\xa0\x07\x7e\x7e"),
).map(lambda frame: (frame.build(), frame.build()))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[bytes, None]:
    """Draw a frame with one wrong bit, or one lost or added octet."""
    octets, _ = draw(good)
    at = draw(st.integers(0, len(octets) - 1))
    match draw(st.sampled_from(["flip", "lose", "add", "cut"])):
        case "flip":
            flipped = octets[at] ^ 1 << draw(st.integers(0, 7))
            return octets[:at] + bytes((flipped,)) + octets[at + 1 :], None
        case "lose":
            return octets[:at] + octets[at + 1 :], None
        case "add":
            return octets[:at] + draw(st.binary(min_size=1, max_size=1)) + octets[at:], None
        case _:
            return octets[:at], None


sharing = good.map(lambda part: (part[0][1:], None))  # good where a flag went before
noise = st.binary(max_size=8).map(lambda octets: (octets.replace(b"\x7e", b""), None))


def is_subsequence(wanted: list[bytes], found: list[bytes]) -> bool:
    rest = iter(found)
    return all(any(one == other for other in rest) for one in wanted)


@given(st.lists(good | sharing | damaged() | noise, max_size=8), st.data())
def test_good_frames_all_arrive_and_every_octet_is_accounted_for(
    parts: list[tuple[bytes, bytes | None]], data: st.DataObject
) -> None:
    octets = b"".join(part for part, _ in parts)
    events = run([octets])
    assert octets_of(events) == octets
    assert is_subsequence([frame for _, frame in parts if frame], frames(events))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    chunks = [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
    assert run(chunks) == events
    assert run(singly(octets)) == events
    assert run(part for part, _ in parts) == events


@given(st.lists(st.sampled_from([b"\x7e", b"\xa0", b"\x07", b"\x03", b"\x21", b"\x93", RR, UA])))
def test_any_octets_are_accounted_for(parts: list[bytes]) -> None:
    octets = b"".join(parts)
    events = run([octets])
    assert octets_of(events) == octets
    assert run(singly(octets)) == events
