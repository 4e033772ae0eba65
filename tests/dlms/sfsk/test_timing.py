import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.sfsk.timing import SlotTiming


def test_a_slot_is_45_octets() -> None:
    assert SlotTiming().slot == pytest.approx(0.15)
    assert SlotTiming(bit_rate=300).slot == pytest.approx(1.2)


def test_every_repetition_takes_as_long_again() -> None:
    timing = SlotTiming(server_delay=1.0, margin=0.5)
    assert timing.transmission(20, 0) == pytest.approx(0.15)
    assert timing.transmission(20, 7) == pytest.approx(1.2)
    assert timing.transmission(242, 7) == pytest.approx(8.4)
    assert timing.answer(7) == pytest.approx(9.9)
    assert timing.answer(0, 20) == pytest.approx(1.65)
    assert timing.exchange(20, 7) == pytest.approx(11.1)


@pytest.mark.parametrize("wrong", [{"bit_rate": 0}, {"server_delay": -1}, {"margin": -1}], ids=str)
def test_what_would_never_end(wrong: dict[str, float]) -> None:
    with pytest.raises(EncodeError):
        SlotTiming(**wrong)
