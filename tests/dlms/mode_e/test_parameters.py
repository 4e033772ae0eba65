import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.mode_e.parameters import ModeEParameters


def test_the_port_has_7e1_unless_parity_is_made_here() -> None:
    assert ModeEParameters().sign_on_format == "7E1"
    assert ModeEParameters(software_parity=True).sign_on_format == "8N1"


def test_times_follow_the_standard() -> None:
    usual = ModeEParameters()
    assert usual.answer_timeout > 1.5
    assert usual.inter_character_timeout == 1.5
    assert usual.initial_baud == 300


@pytest.mark.parametrize(
    "choice",
    [
        {"device_address": "12/3"},
        {"initial_baud": 301},
        {"max_baud": 115_200},
        {"answer_timeout": 0.0},
        {"message_limit": -1.0},
        {"quiet": -0.1},
        {"reaction_time": -0.1},
        {"attempts": 0},
    ],
)
def test_impossible_choices(choice: dict[str, object]) -> None:
    with pytest.raises(EncodeError):
        ModeEParameters(**choice)  # type: ignore[arg-type]  # by keyword
