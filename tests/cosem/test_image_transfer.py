import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.cosem.image_transfer import (
    CURRENT_IMAGE_TRANSFER,
    IMAGE_TRANSFER,
    NOTHING_TO_SAY,
    ImageAttribute,
    ImageBlock,
    ImageInitiation,
    ImageMethod,
    ImageStatus,
    ImageToActivate,
    blocks_status_data,
    enabled_data,
    images_data,
    number_data,
    parse_blocks_status,
    parse_enabled,
    parse_images,
    parse_number,
    parse_status,
    status_data,
)
from dcud.dlms.data import BitString, Data, decode_data, encode_data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.octets import Cursor
from tests.support.data_strategies import data as any_data

NUMBERS = st.integers(0, 0xFFFF_FFFF)
OCTETS = st.binary(max_size=40)
IMAGES = st.builds(ImageToActivate, size=NUMBERS, identification=OCTETS, signature=OCTETS)


def decoded(octets: str) -> Data:
    cursor = Cursor(bytes.fromhex(octets))
    data = decode_data(cursor)
    cursor.expect_end()
    return data


def test_the_numbers_are_those_of_the_standard() -> None:
    assert IMAGE_TRANSFER == 18
    assert CURRENT_IMAGE_TRANSFER.octets.hex() == "00002c0000ff"
    assert [each.value for each in ImageAttribute] == [2, 3, 4, 5, 6, 7]
    assert ImageAttribute(5) is ImageAttribute.TRANSFER_ENABLED
    assert [each.value for each in ImageMethod] == [1, 2, 3, 4]
    assert ImageMethod(3) is ImageMethod.VERIFY
    assert [each.value for each in ImageStatus] == list(range(8))
    assert ImageStatus(4) is ImageStatus.VERIFICATION_FAILED
    assert encode_data(NOTHING_TO_SAY) == bytes.fromhex("0F 00")


def test_an_initiation() -> None:
    octets = "02 02 09 04 46573432 06 00012345"
    initiation = ImageInitiation(identifier=b"FW42", size=0x12345)
    assert ImageInitiation.from_data(decoded(octets)) == initiation
    assert encode_data(initiation.to_data()) == bytes.fromhex(octets)


def test_a_block() -> None:
    octets = "02 02 06 00000007 09 03 AABBCC"
    block = ImageBlock(number=7, octets=bytes.fromhex("AABBCC"))
    assert ImageBlock.from_data(decoded(octets)) == block
    assert encode_data(block.to_data()) == bytes.fromhex(octets)


def test_images_to_activate() -> None:
    octets = "01 01 02 03 06 00012345 09 04 46573432 09 02 CAFE"
    images = (ImageToActivate(size=0x12345, identification=b"FW42", signature=b"\xca\xfe"),)
    assert parse_images(decoded(octets)) == images
    assert encode_data(images_data(images)) == bytes.fromhex(octets)
    assert parse_images(decoded("01 00")) == ()


def test_the_scalar_attributes() -> None:
    assert parse_number(decoded("06 00000080")) == 128
    assert encode_data(number_data(128)) == bytes.fromhex("06 00000080")
    assert str(parse_blocks_status(decoded("04 05 A8"))) == "10101"
    assert encode_data(blocks_status_data(BitString.from_text("10101"))) == b"\x04\x05\xa8"
    assert parse_enabled(decoded("03 01")) is True
    assert parse_enabled(decoded("03 00")) is False
    assert encode_data(enabled_data(enabled=True)) == bytes.fromhex("03 01")
    assert parse_status(decoded("16 03")) is ImageStatus.VERIFICATION_SUCCESSFUL
    assert encode_data(status_data(ImageStatus.ACTIVATION_FAILED)) == bytes.fromhex("16 07")


def test_what_meters_do_otherwise_is_understood() -> None:
    assert parse_number(decoded("12 0080")) == 128
    assert parse_number(decoded("11 80")) == 128
    assert parse_status(decoded("11 01")) is ImageStatus.INITIATED
    assert parse_status(decoded("16 2A")) == 42
    assert encode_data(status_data(42)) == bytes.fromhex("16 2A")


@pytest.mark.parametrize(
    ("parse", "octets"),
    [
        (parse_number, "05 00000001"),
        (parse_blocks_status, "09 01 80"),
        (parse_enabled, "11 01"),
        (parse_status, "12 0001"),
        (parse_images, "02 00"),
        (parse_images, "01 01 02 02 06 00000001 09 00"),
        (ImageInitiation.from_data, "02 01 09 00"),
        (ImageInitiation.from_data, "02 02 0A 01 41 06 00000001"),
        (ImageBlock.from_data, "01 02 06 00000001 06 00000001"),
    ],
)
def test_what_is_of_another_type_is_refused(parse: Callable[[Data], object], octets: str) -> None:
    with pytest.raises(DecodeError):
        parse(decoded(octets))


@pytest.mark.parametrize(
    "build",
    [
        lambda: ImageInitiation(identifier=b"", size=1 << 32),
        lambda: ImageBlock(number=-1, octets=b""),
        lambda: ImageToActivate(size=1 << 32, identification=b""),
        lambda: number_data(-1),
        lambda: status_data(256),
    ],
)
def test_numbers_that_no_octets_hold_are_refused(build: Callable[[], object]) -> None:
    with pytest.raises(EncodeError):
        build()


@given(OCTETS, NUMBERS, st.lists(IMAGES, max_size=3))
def test_what_is_written_is_read_again(
    octets: bytes, number: int, images: list[ImageToActivate]
) -> None:
    initiation = ImageInitiation(identifier=octets, size=number)
    block = ImageBlock(number=number, octets=octets)
    assert ImageInitiation.from_data(initiation.to_data()) == initiation
    assert ImageBlock.from_data(block.to_data()) == block
    assert parse_images(images_data(images)) == tuple(images)
    assert parse_number(number_data(number)) == number
    assert parse_status(status_data(number & 0xFF)) == number & 0xFF


@given(any_data())
def test_any_data_gives_a_value_or_a_typed_error(data: Data) -> None:
    for parse in (
        parse_number,
        parse_blocks_status,
        parse_enabled,
        parse_status,
        parse_images,
        ImageInitiation.from_data,
        ImageBlock.from_data,
    ):
        with contextlib.suppress(DecodeError):
            parse(data)
