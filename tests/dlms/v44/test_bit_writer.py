from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.v44.bit_writer import BitWriter
from tests.support.packed_bits import number, packed


def written(*numbers: tuple[int, int]) -> bytes:
    writer = BitWriter()
    for value, size in numbers:
        writer.write(value, size)
    return writer.octets()


def test_nothing() -> None:
    assert written() == b""


def test_the_least_significant_bit_goes_first() -> None:
    assert written((0, 1), (0x41, 7), (0, 1), (0x42, 7)) == bytes.fromhex("8284")


def test_the_last_octet_is_filled_up_with_zeros() -> None:
    assert written((0b111, 3)) == b"\x07"


def test_the_octets_may_be_asked_for_again() -> None:
    writer = BitWriter()
    writer.write(5, 3)
    assert writer.octets() == writer.octets() == b"\x05"
    writer.write(1, 8)
    assert writer.octets() == b"\x0d\x00"


@given(
    st.lists(
        st.integers(1, 16).flatmap(lambda n: st.tuples(st.integers(0, 2**n - 1), st.just(n))),
        max_size=200,
    )
)
def test_numbers_of_any_size(numbers: list[tuple[int, int]]) -> None:
    assert written(*numbers) == packed(*[number(value, size) for value, size in numbers])


def test_many_numbers() -> None:
    numbers = [(n % 128, 7) for n in range(1000)]
    assert written(*numbers) == packed(*[number(value, size) for value, size in numbers])
