import errno

import pytest

from dcud.line.far_end import FarEnd, reason_of


@pytest.mark.parametrize(
    ("host", "written"),
    [
        ("meter.example", "meter.example:4059"),
        ("192.0.2.1", "192.0.2.1:4059"),
        ("::1", "[::1]:4059"),
    ],
)
def test_far_ends_are_written_as_usual(host: str, written: str) -> None:
    assert str(FarEnd(host=host, port=4059)) == written


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionResetError(errno.ECONNRESET, "whatever"), "Connection reset by peer"),
        (OSError(-2, "Name or service not known"), "[Errno -2] Name or service not known"),
        (OSError("name unknown"), "name unknown"),
        (ConnectionError(), "ConnectionError"),
    ],
)
def test_reasons(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
