import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.dlms.apdu.general_block_transfer import GeneralBlockTransfer
from dcud.dlms.errors import DecodeError, EncodeError

blocks = st.builds(
    GeneralBlockTransfer,
    last_block=st.booleans(),
    streaming=st.booleans(),
    window=st.integers(0, 63),
    block_number=st.integers(0, 0xFFFF),
    block_number_ack=st.integers(0, 0xFFFF),
    octets=st.binary(max_size=300),
)


# Source: EnergyICT/Connexo dlms tests, gbt-window5-ok. The meter writes the length in three octets.
@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (
            "e00500010000820002c402",
            GeneralBlockTransfer(
                last_block=False,
                streaming=False,
                window=5,
                block_number=1,
                block_number_ack=0,
                octets=bytes.fromhex("c402"),
            ),
        ),
        (
            "e045000700028200020b0c",
            GeneralBlockTransfer(
                last_block=False,
                streaming=True,
                window=5,
                block_number=7,
                block_number_ack=2,
                octets=bytes.fromhex("0b0c"),
            ),
        ),
        (
            "e085000900028200010f",
            GeneralBlockTransfer(
                last_block=True,
                streaming=False,
                window=5,
                block_number=9,
                block_number_ack=2,
                octets=b"\x0f",
            ),
        ),
    ],
)
def test_blocks_of_a_real_meter(octets: str, expected: GeneralBlockTransfer) -> None:
    assert GeneralBlockTransfer.decode(bytes.fromhex(octets)) == expected


# Source: EnergyICT/Connexo dlms tests, gbt-window5-ok and gbt-missing-block4.
@pytest.mark.parametrize(
    ("window", "number", "ack", "octets"),
    [(5, 1, 1, "e0850001000100"), (5, 2, 6, "e0850002000600"), (1, 2, 3, "e0810002000300")],
)
def test_acknowledgements_of_a_real_client(window: int, number: int, ack: int, octets: str) -> None:
    apdu = GeneralBlockTransfer(
        last_block=True,
        streaming=False,
        window=window,
        block_number=number,
        block_number_ack=ack,
    )

    assert apdu.encode().hex() == octets
    assert GeneralBlockTransfer.decode(bytes.fromhex(octets)) == apdu


def test_all_ones() -> None:
    octets = bytes.fromhex("e0ffffffffff00")

    apdu = GeneralBlockTransfer.decode(octets)

    assert (apdu.last_block, apdu.streaming, apdu.window) == (True, True, 63)
    assert (apdu.block_number, apdu.block_number_ack) == (65535, 65535)
    assert apdu.encode() == octets


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        ("", "1 octet wanted"),
        ("c40100", "tag C4 stands where general-block-transfer"),
        ("e00500010000", "1 octet wanted"),
        ("e0050001000084ffffffff00", "announces 4294967295, but 1 octets are left"),
        ("e0050001000001aabb", "1 octets too many"),
    ],
)
def test_what_is_no_block(octets: str, said: str) -> None:
    with pytest.raises(DecodeError, match=said):
        GeneralBlockTransfer.decode(bytes.fromhex(octets))


@pytest.mark.parametrize(
    ("window", "number", "ack"), [(64, 1, 0), (-1, 1, 0), (1, 65536, 0), (1, 1, 65536)]
)
def test_what_no_field_holds(window: int, number: int, ack: int) -> None:
    with pytest.raises(EncodeError, match="can be encoded"):
        GeneralBlockTransfer(
            last_block=True,
            streaming=False,
            window=window,
            block_number=number,
            block_number_ack=ack,
        )


def test_no_repr_shows_what_a_block_carries() -> None:
    apdu = GeneralBlockTransfer.decode(bytes.fromhex("e08500010000022a2b"))

    assert "octets" not in repr(apdu)


@given(blocks)
def test_decode_undoes_encode(apdu: GeneralBlockTransfer) -> None:
    assert GeneralBlockTransfer.decode(apdu.encode()) == apdu


@given(st.binary(max_size=40))
def test_any_octets_are_a_block_or_a_typed_error(tail: bytes) -> None:
    for octets in (tail, b"\xe0" + tail):
        try:
            apdu = GeneralBlockTransfer.decode(octets)
        except DecodeError:
            continue
        assert GeneralBlockTransfer.decode(apdu.encode()) == apdu
