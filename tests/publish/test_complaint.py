import logging

import pytest

from dcud.publish.complaint import Complaint
from dcud.publish.errors import BrokerError


def test_a_fault_that_stays_is_told_aloud_once(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint()
    with caplog.at_level(logging.WARNING, "dcud.publish"):
        for _ in range(10):
            complaint.say(BrokerError("broker h:1: Connection refused", remedy="start it"))
        complaint.say(BrokerError("broker h:1: no route"))
    assert [record.getMessage() for record in caplog.records] == [
        "broker h:1: Connection refused; start it",
        "broker h:1: no route",
    ]


def test_a_fault_that_comes_back_is_told_again(caplog: pytest.LogCaptureFixture) -> None:
    complaint = Complaint()
    for _ in range(2):
        complaint.say(BrokerError("gone"))
        complaint.settle()
    assert len(caplog.records) == 2
