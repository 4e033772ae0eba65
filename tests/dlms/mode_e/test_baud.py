import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.mode_e.baud import BAUD, baud_character, fastest


@pytest.mark.parametrize(
    ("character", "baud"),
    [
        ("0", 300),
        ("1", 600),
        ("2", 1200),
        ("3", 2400),
        ("4", 4800),
        ("5", 9600),
        ("6", 19_200),
    ],
)
def test_characters(character: str, baud: int) -> None:
    assert BAUD[character] == baud
    assert baud_character(baud) == character


def test_a_speed_without_a_character_is_named_with_those_that_have_one() -> None:
    with pytest.raises(EncodeError, match="115200 baud; choose one of 300, 600, 1200"):
        baud_character(115_200)


@pytest.mark.parametrize(
    ("offered", "limit", "chosen"),
    [(9600, 19_200, 9600), (19_200, 9600, 9600), (9600, 5000, 4800), (300, 9600, 300)],
)
def test_the_slower_of_offer_and_limit_is_chosen(offered: int, limit: int, chosen: int) -> None:
    assert fastest(offered, limit) == chosen


def test_nothing_is_slower_than_300() -> None:
    assert fastest(0, 9600) == 300
