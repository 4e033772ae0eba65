import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.block_transfer import Block, BlockReceiver, BlockSender, sender_within
from dcud.dlms.errors import BlockTransferError


class TestBlockReceiver:
    def test_blocks_in_order_make_the_value(self) -> None:
        blocks = BlockReceiver()
        assert [blocks.add(1, b"ab"), blocks.add(2, b""), blocks.add(3, b"c")] == [None] * 3
        assert (blocks.octets, blocks.size, blocks.block_number) == (b"abc", 3, 3)

    def test_some_count_from_zero(self) -> None:
        blocks = BlockReceiver()
        assert [blocks.add(0, b"a"), blocks.add(1, b"b")] == [None, None]
        assert blocks.octets == b"ab"

    def test_the_first_number(self) -> None:
        error = BlockReceiver().add(2, b"a")
        assert isinstance(error, BlockTransferError)
        assert str(error) == "the first block bears the number 2"

    def test_a_gap_a_repeat(self) -> None:
        for number in (1, 3):
            blocks = BlockReceiver()
            blocks.add(1, b"a")
            assert str(blocks.add(number, b"b")) == f"block {number} came after block 1"
            assert blocks.octets == b"a"

    def test_a_value_has_its_bounds(self) -> None:
        blocks = BlockReceiver(max_octets=3)
        assert blocks.add(1, b"abc") is None
        error = blocks.add(2, b"d")
        assert str(error) == "a value of more than 3 octets; ask for less at a time"

    def test_empty_blocks_come_to_an_end_too(self) -> None:
        blocks = BlockReceiver(max_octets=3)
        assert [blocks.add(number, b"") for number in (1, 2, 3)] == [None] * 3
        assert blocks.add(4, b"") is not None


class TestBlockSender:
    def test_blocks_from_first_to_last(self) -> None:
        sender = BlockSender(b"abcde", 2)
        assert sender.first() == Block(number=1, octets=b"ab", is_last=False)
        assert sender.after(1) == Block(number=2, octets=b"cd", is_last=False)
        assert sender.after(2) == Block(number=3, octets=b"e", is_last=True)
        assert sender.after(3) is None

    def test_an_acknowledgement_heard_twice(self) -> None:
        sender = BlockSender(b"abcde", 2)
        sender.after(1)
        assert sender.after(1) == Block(number=2, octets=b"cd", is_last=False)

    def test_numbers_that_the_receiver_cannot_have(self) -> None:
        sender = BlockSender(b"abcdefgh", 2)
        assert sender.after(0) is None
        assert sender.after(2) is None
        sender.after(1)
        sender.after(2)
        assert sender.after(1) is None

    def test_no_octets_are_one_block(self) -> None:
        assert BlockSender(b"", 2).first() == Block(number=1, octets=b"", is_last=True)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_what_is_cut_is_put_together_again(octets: bytes, block_size: int) -> None:
    sender, blocks = BlockSender(octets, block_size), BlockReceiver()
    block: Block | None = sender.first()
    while block is not None:
        assert len(block.octets) <= block_size
        assert blocks.add(block.number, block.octets) is None
        last, block = block, sender.after(block.number)
        assert last.is_last == (block is None)
    assert blocks.octets == octets


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(max_size=5)), max_size=8))
def test_any_blocks_give_octets_or_a_typed_error(told: list[tuple[int, bytes]]) -> None:
    blocks = BlockReceiver(max_octets=12)
    for number, octets in told:
        if blocks.add(number, octets) is None:
            assert blocks.block_number == number
    assert len(blocks.octets) == blocks.size <= 12


@pytest.mark.parametrize(
    ("room", "whole", "size"),
    [
        (None, 100, None),
        (100, 100, None),
        (99, 100, 78),
        (37, 100, 16),
        (36, 100, None),
        (5, 9, None),
    ],
)
def test_what_is_too_long_is_cut_to_fit(room: int | None, whole: int, size: int | None) -> None:
    sender = sender_within(room, bytes(90), whole=whole, header=20)
    assert (None if sender is None else len(sender.first().octets)) == size
