from hypothesis import given
from hypothesis import strategies as st

from dcud.trace import pcapng
from dcud.trace.pcapng import LinkType


def test_a_section_header() -> None:
    assert pcapng.section_header("dcud").hex() == (
        "0a0d0d0a280000004d3c2b1a01000000ffffffffffffffff04000400646375640000000028000000"
    )


def test_an_interface() -> None:
    assert pcapng.interface(LinkType.RAW, "b/m", "d").hex() == (
        "01000000"
        "30000000"
        "65000000"
        "00000000"
        "02000300"
        "622f6d00"
        "03000100"
        "64000000"
        "09000100"
        "03000000"
        "00000000"
        "30000000"
    )


def test_names() -> None:
    assert pcapng.ipv4_names([(bytes((10, 0, 0, 1)), "ab")]).hex() == (
        "040000001c000000010007000a00000161620000000000001c000000"
    )


def test_a_packet() -> None:
    assert pcapng.packet(2, 0x1_0000_0003, b"\x01\x02", is_sent=True).hex() == (
        "06000000"
        "30000000"
        "02000000"
        "01000000"
        "03000000"
        "02000000"
        "02000000"
        "01020000"
        "02000400"
        "02000000"
        "00000000"
        "30000000"
    )
    received = pcapng.packet(0, 0, b"", is_sent=False, comment="hi")
    assert bytes.fromhex("0200040001000000010002006869000000000000") in received


def test_long_comments_are_cut() -> None:
    block = pcapng.packet(0, 0, b"", is_sent=False, comment="\u20ac" * 40_000)
    assert len(block) < 0x10000 + 64


@given(st.binary(max_size=50), st.text(max_size=20), st.booleans())
def test_blocks_have_their_length_at_both_ends(octets: bytes, comment: str, is_sent: bool) -> None:  # noqa: FBT001  # a case
    block = pcapng.packet(0, 1, octets, is_sent=is_sent, comment=comment)
    assert len(block) % 4 == 0
    assert block[4:8] == block[-4:] == len(block).to_bytes(4, "little")
