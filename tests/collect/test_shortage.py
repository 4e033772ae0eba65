import logging

import pytest

from dcud.collect.shortage import Shortage


def test_a_shortage_is_told_when_it_begins_with_counts_when_it_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    shortage = Shortage("rs485-1")
    shortage.ran("meter-1", "registers", 1000.0, late=False, left_out=0)
    shortage.idle(1001.0)
    assert caplog.messages == []
    shortage.ran("meter-1", "registers", 1010.0, late=True, left_out=0)
    shortage.ran("meter-2", "load-profile", 1020.0, late=True, left_out=3)
    shortage.ran("meter-3", "registers", 1030.0, late=False, left_out=0)
    shortage.idle(1040.0)
    shortage.idle(1050.0)
    short, caught_up = caplog.messages
    assert short == (
        "bus rs485-1 is short of time: job registers of meter meter-1 is late; ask for less, or"
        " less often"
    )
    assert caught_up == "bus rs485-1 has caught up after 30 s: 2 runs were late, 3 were left out"


def test_each_shortage_is_counted_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    shortage = Shortage("b")
    for begin in (0.0, 100.0):
        shortage.ran("m", "j", begin, late=False, left_out=1)
        shortage.idle(begin + 10)
    assert caplog.messages[1] == caplog.messages[3]
