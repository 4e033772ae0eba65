from typing import Any

import pytest

from dcud.dlms.errors import EncodeError
from dcud.dlms.hdlc.negotiation import LinkSizes
from dcud.dlms.hdlc.parameters import HdlcParameters


def test_the_defaults_are_the_specification_s() -> None:
    assert HdlcParameters().sizes == LinkSizes()


def test_sizes_are_what_was_chosen() -> None:
    parameters = HdlcParameters(
        max_info_transmit=64, max_info_receive=512, window_transmit=2, window_receive=7
    )
    assert parameters.sizes == LinkSizes(
        max_info_transmit=64, max_info_receive=512, window_transmit=2, window_receive=7
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_timeout": 0.0},
        {"inter_octet_timeout": -1.0},
        {"response_limit": 0.0},
        {"poll_interval": -0.1},
        {"busy_interval": -0.1},
        {"notification_gap": -0.1},
        {"keep_alive": -0.1},
        {"retries": -1},
        {"connect_retries": -1},
        {"disconnect_retries": -1},
        {"poll_limit": -1},
        {"max_apdu": 0},
        {"window_transmit": 8},
        {"max_info_receive": 4000},
    ],
)
def test_what_would_never_send_or_never_end_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(EncodeError):
        HdlcParameters(**wrong)
