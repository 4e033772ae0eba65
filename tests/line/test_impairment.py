from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.frame import CONTROLS, HdlcFrame
from dcud.line.impairment import CORRUPTION, ImpairedWay, Impairment, Mishap, Passage

RR = HdlcFrame(b"\x02\x23", b"\x21", CONTROLS[0x11]).build()
I0 = HdlcFrame(b"\x02\x23", b"\x21", CONTROLS[0x00], b"\xe6\xe6\x00\xc0\x01").build()
I1 = HdlcFrame(b"\x02\x23", b"\x21", CONTROLS[0x12], b"\x7e\x7e").build()


def way(seed: int = 1, **shares: float) -> ImpairedWay:
    return ImpairedWay(Impairment(**shares), Random(seed))  # noqa: S311  # a seed is the point


def octets(passages: list[Passage]) -> list[bytes]:
    return [passage.octets for passage in passages]


def test_a_good_line_carries_frame_by_frame() -> None:
    line = way()
    assert line.carry(I0 + I1 + RR[:4]) == [(0.0, I0), (0.0, I1), (0.0, RR[:4])]
    assert line.carry(b"") == []
    assert not line.met


def test_loss() -> None:
    line = way(loss=1.0)
    assert line.carry(I0 + I1) == []
    assert line.met == {"loss": 2}


def test_duplication() -> None:
    assert octets(way(duplication=1.0).carry(I0 + RR)) == [I0, I0, RR, RR]


def test_truncation() -> None:
    (cut,) = octets(way(truncation=1.0).carry(I0))
    assert I0.startswith(cut)
    assert len(cut) < len(I0)


def test_noise() -> None:
    (noisy,) = octets(way(noise=1.0).carry(I0))
    assert noisy.endswith(I0)
    assert 1 <= len(noisy) - len(I0) <= 12


def test_delay() -> None:
    line = way(delay=1.0, longest_delay=0.5)
    passages = line.carry(I0 + I1)
    assert octets(passages) == [I0, I1]
    assert all(0 < passage.delay <= 0.5 for passage in passages)


def test_disorder() -> None:
    second, first = octets(way(disorder=1.0).carry(I0))
    assert first + second == I0
    front, back = I0 + I1, octets(way(3, disorder=0.5).carry(I0 + I1))
    assert sorted(b"".join(back)) == sorted(front)
    for seed in range(20):
        out = octets(way(seed, disorder=0.5).carry(I0 + I1))
        if out == [I1, I0]:
            return
    pytest.fail("no frame ever overtook another")


def test_corruption_changes_the_share_that_was_asked_for() -> None:
    line = way(corruption=0.01)
    before = bytes(100_000)
    after = b"".join(octets(line.carry(before)))
    assert len(after) == len(before)
    changed = sum(octet != 0 for octet in after)
    assert changed == line.met[CORRUPTION]
    assert 900 < changed < 1100


def test_shares_hold_and_a_seed_brings_everything_back() -> None:
    shares = {mishap.value: 0.1 for mishap in Mishap}
    line, same, other = (way(seed, corruption=0.02, **shares) for seed in (5, 5, 6))
    outcome = [line.carry(I0) for _ in range(2000)]
    assert outcome == [same.carry(I0) for _ in range(2000)]
    assert outcome != [other.carry(I0) for _ in range(2000)]
    assert all(150 < line.met[mishap] < 250 for mishap in Mishap)


@pytest.mark.parametrize(
    "shares",
    [{"loss": -0.1}, {"loss": 0.6, "noise": 0.6}, {"corruption": 1.0}, {"longest_delay": -1.0}],
)
def test_shares_out_of_range_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Impairment(**shares)


def test_what_can_be_chosen() -> None:
    assert Impairment.names() == [
        *("corruption", "loss", "duplication", "truncation", "noise", "delay", "disorder"),
        "longest_delay",
    ]


@given(st.binary(max_size=60), st.integers(0, 99))
def test_nothing_is_lost_but_by_mishap(sent: bytes, seed: int) -> None:
    assert b"".join(octets(way(seed, delay=0.5).carry(sent))) == sent
