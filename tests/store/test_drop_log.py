import logging

import pytest

from dcud.store.drop_log import DropLog


def test_the_first_drop_is_told_at_once_and_the_next_in_sums(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = [1_000.0]
    log = DropLog(lambda: now[0])
    with caplog.at_level(logging.WARNING, "dcud.store"):
        log.tell({"size": 1})
        assert "dropped 1 messages that were the oldest in a full outbox" in caplog.text
        for _ in range(50):
            now[0] += 1
            log.tell({"size": 2})
        assert len(caplog.records) == 1
        now[0] += 10
        log.tell({})
        assert "dropped 100 messages" in caplog.text
        log.tell({"age": 7})
        log.close()
        assert "dropped 7 messages that were older" in caplog.text
        log.close()
    assert len(caplog.records) == 3


def test_a_clock_set_back_does_not_silence_it(caplog: pytest.LogCaptureFixture) -> None:
    now = [1_800_000_000.0]
    log = DropLog(lambda: now[0])
    with caplog.at_level(logging.WARNING, "dcud.store"):
        log.tell({"age": 1})
        now[0] = 0.0
        log.tell({"age": 1})
    assert len(caplog.records) == 2
