import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.block_assembly import BlockAssembly
from dcud.dlms.errors import BlockTransferError


def _block(number: int, octets: bytes = b"", *, last: bool = False) -> GeneralBlockTransfer:
    return GeneralBlockTransfer(
        last_block=last,
        streaming=False,
        window=1,
        block_number=number,
        block_number_ack=0,
        octets=octets,
    )


def _said(error: BlockTransferError | None) -> str:
    assert error is not None
    return str(error)


def test_blocks_in_their_order() -> None:
    assembly = BlockAssembly(100)

    assert assembly.complete() is None
    assert assembly.take(_block(1, b"ab")) is None
    assert (assembly.received, assembly.size, assembly.complete()) == (1, 2, None)
    assert assembly.take(_block(2, b"c", last=True)) is None

    assert assembly.complete() == b"abc"
    assert (assembly.complete(), assembly.size, assembly.received) == (None, 0, 2)


def test_blocks_in_another_order() -> None:
    assembly = BlockAssembly(100)

    for block in (_block(3, b"c", last=True), _block(1, b"a")):
        assert assembly.take(block) is None
    assert [assembly.has(number) for number in range(5)] == [False, True, False, True, False]
    assert assembly.complete() is None
    assert assembly.take(_block(2, b"b")) is None

    assert assembly.complete() == b"abc"


def test_a_gap_until_it_is_filled() -> None:
    assembly = BlockAssembly(100)
    gaps = []

    for block in (_block(1), _block(3), _block(4), _block(2)):
        assembly.take(block)
        gaps.append(assembly.has_gap)

    assert gaps == [False, True, True, False]


def test_the_next_apdu_goes_on_with_the_numbers() -> None:
    assembly = BlockAssembly(100)
    assembly.take(_block(1, b"a", last=True))
    assembly.complete()

    assert assembly.pass_over(2) is None
    assert assembly.pass_over(1) is None
    assert assembly.take(_block(3, b"b", last=True)) is None

    assert assembly.complete() == b"b"


def test_no_block_has_the_number_0() -> None:
    assert "bears the number 0" in _said(BlockAssembly(9).take(_block(0, b"a")))


def test_numbers_beyond_any_window() -> None:
    assembly = BlockAssembly(100)

    assert assembly.take(_block(63, b"a")) is None
    assert "block 64 came after block 0, beyond" in _said(assembly.take(_block(64, b"a")))
    assert "block 64 came after block 0, beyond" in _said(assembly.pass_over(64))


@pytest.mark.parametrize("last", [False, True])
def test_a_block_after_the_last_one(*, last: bool) -> None:
    assembly = BlockAssembly(100)
    assembly.take(_block(2, b"a", last=True))

    said = _said(assembly.take(_block(3, b"b", last=last)))

    assert said == "block 3 came, but block 2 was told to be the last"


def test_a_second_last_block_before_the_first() -> None:
    assembly = BlockAssembly(100)
    assembly.take(_block(3, b"a", last=True))

    assert "block 3 was told to be the last" in _said(assembly.take(_block(2, b"b", last=True)))


def test_a_last_block_that_others_follow() -> None:
    assembly = BlockAssembly(100)
    assembly.take(_block(3, b"a"))

    assert "but others follow" in _said(assembly.take(_block(2, b"b", last=True)))


def test_a_giant_ends_within_the_limit() -> None:
    assembly = BlockAssembly(4)

    assert assembly.take(_block(1, b"abc")) is None
    said = _said(assembly.take(_block(3, b"de")))
    assert said == "an APDU of more than 4 octets; ask for less at a time"


def test_a_transfer_of_nothing_ends_too() -> None:
    assembly = BlockAssembly(3)

    for number in (1, 2, 3):
        assert assembly.take(_block(number)) is None
    assert "more than 3 octets" in _said(assembly.take(_block(4)))


def test_the_limit_is_of_each_apdu() -> None:
    assembly = BlockAssembly(3)

    for number in (1, 2):
        assert assembly.take(_block(number, b"abc", last=True)) is None
        assert assembly.complete() == b"abc"


def test_the_last_number_of_all_ends_an_apdu() -> None:
    assembly = BlockAssembly(10)
    assembly.received = 65_534

    assert "more than 65535 blocks" in _said(assembly.take(_block(65_535, b"a")))
    assert assembly.take(_block(65_535, b"a", last=True)) is None
    assert assembly.complete() == b"a"


@given(st.lists(st.binary(max_size=5), min_size=1, max_size=63), st.randoms(use_true_random=False))
def test_any_order_makes_the_same_apdu(parts: list[bytes], random: object) -> None:
    blocks = [_block(n, part, last=n == len(parts)) for n, part in enumerate(parts, 1)]
    random.shuffle(blocks)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assembly = BlockAssembly(1_000)

    assert [assembly.take(block) for block in blocks] == [None] * len(blocks)

    assert assembly.complete() == b"".join(parts)
