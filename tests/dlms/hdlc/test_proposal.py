import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.hdlc.negotiation import LinkSizes, SizeForm
from dcud.dlms.hdlc.proposal import BARE, proposals, rung


def told(sizes: LinkSizes, form: SizeForm) -> list[str]:
    """Return the lengths of the proposals' information fields, as they stand there."""
    return [each.information[3:-12].hex() for each in proposals(sizes, form)]


SMALL = LinkSizes()
LARGE = LinkSizes(max_info_transmit=512, max_info_receive=1024)
MIXED = LinkSizes(max_info_receive=512)


@pytest.mark.parametrize(
    ("sizes", "form", "ladder"),
    [
        (SMALL, SizeForm.AUTO, ["050180060180", "0502008006020080", ""]),
        (SMALL, SizeForm.ONE, ["050180060180", "0502008006020080", ""]),
        (SMALL, SizeForm.TWO, ["0502008006020080", "050180060180", ""]),
        (LARGE, SizeForm.AUTO, ["0502020006020400", "0501ff0601ff", ""]),
        (LARGE, SizeForm.ONE, ["0501ff0601ff", "0502020006020400", ""]),
        (MIXED, SizeForm.AUTO, ["05018006020200", "0502008006020200", "0501800601ff", ""]),
        (MIXED, SizeForm.TWO, ["0502008006020200", "0501800601ff", "05018006020200", ""]),
    ],
)
def test_ladders(sizes: LinkSizes, form: SizeForm, ladder: list[str]) -> None:
    assert told(sizes, form) == ladder


def test_a_proposal_stands_for_what_the_peer_reads() -> None:
    ladder = proposals(LARGE, SizeForm.AUTO)
    assert ladder[-1] is BARE
    assert BARE.sizes == LinkSizes()
    for each in ladder:
        assert LinkSizes.parse(each.information) == each.sizes


@pytest.mark.parametrize(
    ("retries", "count", "rungs"),
    [
        (3, 3, [0, 0, 1, 2]),
        (3, 4, [0, 1, 2, 3]),
        (2, 3, [0, 1, 2]),
        (1, 3, [0, 2]),
        (0, 3, [0]),
        (5, 2, [0, 0, 0, 0, 0, 1]),
        (2, 1, [0, 0, 0]),
    ],
)
def test_when_each_is_due(retries: int, count: int, rungs: list[int]) -> None:
    assert [rung(attempt, retries, count) for attempt in range(retries + 1)] == rungs


infos = st.integers(1, 2030)


@given(infos, infos, st.sampled_from(SizeForm))
def test_every_ladder_begins_as_wished_and_ends_bare(a: int, b: int, form: SizeForm) -> None:
    sizes = LinkSizes(max_info_transmit=a, max_info_receive=b)
    ladder = [each.information for each in proposals(sizes, form)]
    assert ladder[0] == sizes.build(form)
    assert ladder[-1] == b""
    assert len(set(ladder)) == len(ladder) <= 4
