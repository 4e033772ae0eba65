import pytest

from dcud.cosem.image_transfer import (
    NOTHING_TO_SAY,
    ImageBlock,
    ImageInitiation,
    ImageStatus,
    ImageToActivate,
    parse_blocks_status,
    parse_enabled,
    parse_images,
    parse_number,
    parse_status,
)
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import unsigned
from dcud.dlms.errors import DecodeError
from dcud.sim.image_store import BLOCK_SIZE, ImageStore

IMAGE = bytes(range(200)) * 2
DONE, REFUSED = ActionResult.SUCCESS, ActionResult.OTHER_REASON


def initiated() -> ImageStore:
    store = ImageStore()
    told = ImageInitiation(identifier=b"fw", size=len(IMAGE)).to_data()
    assert store.call(1, told) is DONE
    return store


def send(store: ImageStore, *numbers: int) -> None:
    for number in numbers:
        octets = IMAGE[number * BLOCK_SIZE : (number + 1) * BLOCK_SIZE]
        assert store.call(2, ImageBlock(number=number, octets=octets).to_data()) is DONE


def status(store: ImageStore) -> object:
    return parse_status(store.attribute(6))


def test_a_new_meter_has_none() -> None:
    store = ImageStore()
    assert parse_number(store.attribute(2)) == BLOCK_SIZE
    assert parse_enabled(store.attribute(5))
    assert status(store) is ImageStatus.NOT_INITIATED
    assert parse_images(store.attribute(7)) == ()
    assert store.call(2, ImageBlock(number=0, octets=b"x").to_data()) is REFUSED
    assert store.call(4, NOTHING_TO_SAY) is REFUSED


def test_it_tells_what_is_missing() -> None:
    store = initiated()
    send(store, 0, 2)
    assert str(parse_blocks_status(store.attribute(3))) == "1010"
    assert parse_number(store.attribute(4)) == 1
    assert store.call(3, NOTHING_TO_SAY) is REFUSED
    assert status(store) is ImageStatus.VERIFICATION_FAILED


def test_an_image_is_verified_and_activated() -> None:
    store = initiated()
    send(store, 3, 1, 0, 2)
    assert store.image == IMAGE
    assert store.call(3, NOTHING_TO_SAY) is DONE
    told = parse_images(store.attribute(7))
    assert told == (ImageToActivate(size=len(IMAGE), identification=b"fw"),)
    assert store.call(4, NOTHING_TO_SAY) is DONE
    assert status(store) is ImageStatus.ACTIVATION_SUCCESSFUL


def test_blocks_beyond_the_image() -> None:
    assert initiated().call(2, ImageBlock(number=4, octets=b"x").to_data()) is REFUSED


def test_parameters_of_another_kind() -> None:
    with pytest.raises(DecodeError):
        initiated().call(2, unsigned(1))
