import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.block_cutting import LEAST_ROOM, CutApdu, block_octets
from dcud.dlms.errors import EncodeError


def _size(octets: int) -> int:
    block = GeneralBlockTransfer(
        last_block=False,
        streaming=False,
        window=1,
        block_number=1,
        block_number_ack=0,
        octets=bytes(octets),
    )
    return len(block.encode())


@pytest.mark.parametrize(
    ("room", "octets"),
    [
        (8, 1),
        (134, 127),
        (135, 127),
        (136, 128),
        (263, 255),
        (264, 255),
        (265, 256),
        (1 << 40, 65_526),
    ],
)
def test_a_block_fills_its_apdu(room: int, octets: int) -> None:
    assert block_octets(room) == octets


@given(st.integers(LEAST_ROOM, 65_535))
def test_no_apdu_is_longer_than_its_room_and_none_could_carry_more(room: int) -> None:
    assert _size(block_octets(room)) <= room
    assert _size(block_octets(room) + 1) > room


@pytest.mark.parametrize("room", [-1, 0, 7])
def test_where_no_block_fits(room: int) -> None:
    with pytest.raises(EncodeError, match=f"no block fits an APDU of {room} octets"):
        block_octets(room)


def test_numbers_before_the_first_carry_nothing() -> None:
    cut = CutApdu(b"abcde", 2, first=3)

    assert [cut.block(number) for number in range(1, 6)] == [b"", b"", b"ab", b"cd", b"e"]
    assert cut.last == 5


def test_an_apdu_of_nothing_is_one_block_of_nothing() -> None:
    cut = CutApdu(b"", 10)

    assert (cut.last, cut.block(1)) == (1, b"")


def test_numbers_that_run_out() -> None:
    assert CutApdu(bytes(65_535), 1).last == 65_535
    with pytest.raises(EncodeError, match="takes more than 65535 blocks; ask for less"):
        CutApdu(bytes(65_535), 1, first=2)


@given(st.binary(max_size=200), st.integers(1, 50), st.integers(1, 100))
def test_the_blocks_make_the_apdu(apdu: bytes, size: int, first: int) -> None:
    cut = CutApdu(apdu, size, first)
    blocks = [cut.block(number) for number in range(first, cut.last + 1)]

    assert b"".join(blocks) == apdu
    assert all(len(block) == size for block in blocks[:-1])
