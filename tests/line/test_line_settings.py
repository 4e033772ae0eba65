import pytest

from dcud.line.far_end import FarEnd
from dcud.line.line_settings import LineSettings, check_format, line_time
from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port


@pytest.mark.parametrize(
    ("octets", "baud", "character_format", "seconds"),
    [(96, 9600, "8N1", 0.1), (30, 300, "7E1", 1.0), (22, 2400, "8E2", 0.11), (0, 300, "7O1", 0.0)],
)
def test_time_on_the_line(octets: int, baud: int, character_format: str, seconds: float) -> None:
    assert line_time(octets, baud, character_format) == pytest.approx(seconds)


@pytest.mark.parametrize("good", ["8N1", "7E1", "8O2"])
def test_formats(good: str) -> None:
    check_format(good)


@pytest.mark.parametrize("bad", ["", "8N", "9N1", "8X1", "8N3", "8N11", "n81"])
def test_what_is_no_format(bad: str) -> None:
    with pytest.raises(ValueError, match="no character format; write it as 8N1"):
        check_format(bad)


def test_a_servers_port_has_a_line() -> None:
    port = Rfc2217Port(Rfc2217Parameters(server=FarEnd(host="server", port=2001)))
    assert isinstance(port, LineSettings)
