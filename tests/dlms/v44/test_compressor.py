import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.v44 import compress, expand
from dcud.dlms.v44.code_reader import CodeReader, Kind
from tests.support.compressed_packets import PLAIN, WITH_EXTENSIONS
from tests.support.packed_bits import FLUSH, packed


def codes(packet: bytes) -> list[tuple[Kind, int]]:
    reader = CodeReader(packet)
    read = [reader.read()]
    while read[-1][0] is not Kind.FLUSH:
        read.append(reader.read())
    return read[:-1]


@pytest.mark.parametrize("what", PLAIN)
def test_the_vectors(what: str) -> None:
    assert compress(PLAIN[what]) == WITH_EXTENSIONS[what]


def test_nothing() -> None:
    assert compress(b"") == packed(FLUSH)


def test_a_string_that_does_not_go_on_as_before_is_learnt_with_what_follows() -> None:
    assert codes(compress(b"ABCABABABAXY")) == [
        *[(Kind.ORDINAL, octet) for octet in b"ABC"],
        (Kind.CODEWORD, 4),
        (Kind.CODEWORD, 7),
        (Kind.EXTENSION, 2),
        *[(Kind.ORDINAL, octet) for octet in b"XY"],
    ]


def test_the_oldest_string_that_fits_is_taken() -> None:
    # "ABCDE" is learnt in one piece behind "AB", then "ABC" beside it.
    packet = compress(b"ABCDE" + b"-ABCDE" + b"+ABCX" + b"*ABCDE" + b"/ABCY")
    assert expand(packet, 100) == b"ABCDE-ABCDE+ABCX*ABCDE/ABCY"


def test_no_string_gets_longer_than_the_longest() -> None:
    for size in (255, 256, 257, 258, 259, 511, 512, 513, 1000):
        packet = compress(b"A" * size)
        assert max((value for kind, value in codes(packet) if kind is Kind.EXTENSION)) <= 253
        assert expand(packet, size) == b"A" * size


def test_a_full_dictionary_is_still_used() -> None:
    plain = random.Random(44).randbytes(3000)  # noqa: S311  # no secret
    packet = compress(plain + plain)
    assert max(value for kind, value in codes(packet) if kind is Kind.CODEWORD) <= 1524
    assert expand(packet, 6000) == plain + plain


def test_what_has_no_repetitions_gets_a_little_longer() -> None:
    plain = bytes(range(256))
    assert len(compress(plain)) <= 256 * 9 // 8 + 2


def profile(seed: int, size: int) -> bytes:
    """Rows of a load profile: clock, status, a register that grows."""
    draw = random.Random(seed)  # noqa: S311  # no secret
    rows, energy = bytearray.fromhex("c401c1000182"), 1_000_000
    for row in range(size // 28 + 1):
        energy += draw.randrange(80)
        moment = bytes((row // 96 % 28 + 1, 1, row // 4 % 24, row % 4 * 15, 0))
        rows += bytes.fromhex("0203090c07e805") + moment + bytes.fromhex("ff807800110006")
        rows += energy.to_bytes(4, "big")
    return bytes(rows[:size])


def text(seed: int, size: int) -> bytes:
    draw = random.Random(seed)  # noqa: S311  # no secret
    words = [draw.randbytes(draw.randrange(2, 9)).hex() for _ in range(60)]
    return " ".join(draw.choices(words, k=size // 4)).encode()[:size]


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311  # no secret


def few_octets(seed: int, size: int) -> bytes:
    return bytes(random.Random(seed).choices(b"\x00\x01\xff", k=size))  # noqa: S311  # no secret


KINDS = [profile, text, noise, few_octets]


@pytest.mark.parametrize("make", KINDS)
def test_what_is_long_comes_back(make: object) -> None:
    assert callable(make)
    plain = make(7, 0x10000)
    assert expand(compress(plain), len(plain)) == plain


@given(make=st.sampled_from(KINDS), seed=st.integers(0, 1 << 32), size=st.integers(0, 3000))
def test_what_was_compressed_comes_back(make: object, seed: int, size: int) -> None:
    assert callable(make)
    plain = make(seed, size)
    assert expand(compress(plain), len(plain)) == plain


@given(st.lists(st.sampled_from([b"\x00", b"\x01", b"ab", b"abc", b"abcab"])).map(b"".join))
def test_repetitions_come_back(plain: bytes) -> None:
    assert expand(compress(plain), len(plain)) == plain


@given(st.binary(max_size=600))
def test_any_octets_come_back(plain: bytes) -> None:
    assert expand(compress(plain), len(plain)) == plain


def test_a_profile_gets_much_shorter() -> None:
    plain = profile(7, 1024)
    assert len(compress(plain)) < len(plain) // 3
