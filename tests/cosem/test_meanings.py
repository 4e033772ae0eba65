import pytest

from dcud.cosem.meanings import has_meaning, meaning
from dcud.dlms.constructors import array, enum, octet_string, structure, unsigned
from dcud.dlms.errors import DecodeError

NAME = octet_string(bytes((0, 0, 10, 0, 100, 255)))


def test_a_day_profile() -> None:
    entry = structure((octet_string(bytes((6, 0, 0, 0))), NAME, unsigned(1)))
    days = array((structure((unsigned(1), array((entry,)))),))
    assert meaning(20, 5, days) == [
        {
            "day_id": 1,
            "day_schedule": [
                {
                    "start_time": "06:00:00.00",
                    "script_logical_name": "0.0.10.0.100.255",
                    "script_selector": 1,
                }
            ],
        }
    ]


def test_what_is_known() -> None:
    assert has_meaning(70, 3)
    assert not has_meaning(70, 4)
    assert not has_meaning(9999, 2)
    assert meaning(70, 3, enum(2)) == "ready_for_reconnection"


def test_what_is_none_of_its_values() -> None:
    with pytest.raises(DecodeError):
        meaning(20, 5, unsigned(1))
