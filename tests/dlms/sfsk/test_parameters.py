import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.sfsk.mac import Credits
from dcud.dlms.sfsk.parameters import SfskParameters


def test_the_timeout_follows_from_credits_and_size() -> None:
    parameters = SfskParameters(credits=Credits(initial=1, current=1))
    # request 2 slots, answer 14 slots, one second each for meter and margin
    assert parameters.exchange(16) == pytest.approx(4.4)
    assert parameters.rest(16) == pytest.approx(4.25)
    assert SfskParameters().exchange(16) > parameters.exchange(16)


def test_the_timeout_may_be_given() -> None:
    parameters = SfskParameters(response_timeout=3.0)
    assert parameters.exchange(200) == parameters.rest(200) == 3.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"initiator": 0xFFF},
        {"max_apdu": 240},
        {"retries": -1},
        {"inter_octet_timeout": 0},
        {"response_timeout": -1},
        {"busy_pause": -1},
    ],
    ids=str,
)
def test_what_makes_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(EncodeError):
        SfskParameters(**wrong)  # type: ignore[arg-type]  # all of them are numbers
