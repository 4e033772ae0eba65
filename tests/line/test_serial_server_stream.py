import asyncio
import socket

import pytest

from dcud.line.errors import PortError
from dcud.line.serial_server_stream import SerialServerStream


class Transport(asyncio.Transport):
    """A transport whose socket counts what is set on it."""

    def __init__(self) -> None:
        super().__init__()
        self.options: list[tuple[int, int, int]] = []

    def get_extra_info(self, name: str, default: object = None) -> object:
        assert name == "socket"
        return self

    def setsockopt(self, level: int, option: int, value: int) -> None:
        self.options.append((level, option, value))

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert high == 0


def stream(greeted: list[str]) -> tuple[SerialServerStream, Transport]:
    made = SerialServerStream(
        lambda reason: PortError(f"gone: {reason}"), lambda: greeted.append("telnet")
    )
    transport = Transport()
    made.connection_made(transport)
    return made, transport


async def test_each_piece_is_acknowledged_and_read() -> None:
    received, transport = stream([])
    for octets in (b"\x7e", b"\xa0"):
        received.data_received(octets)
    assert transport.options == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)] * 2
    assert await received.read(1.0) == b"\x7e\xa0"


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        # ser2net 4.3.11 in telnet mode
        (["fffb03 fffd03 fffb01"], ["telnet"]),
        (["fffb03", "fffd03"], ["telnet"]),
        (["7ea0", "fffb03"], []),
        (["7ea0fffb03"], []),
    ],
)
async def test_a_server_that_isnt_raw_is_noticed_at_its_first_words(
    pieces: list[str], told: list[str]
) -> None:
    greeted: list[str] = []
    received, _ = stream(greeted)
    for piece in pieces:
        received.data_received(bytes.fromhex(piece))
    assert greeted == told
    assert await received.read(1.0) == bytes.fromhex("".join(pieces))


async def test_a_lost_connection_has_nothing_to_acknowledge() -> None:
    received, transport = stream([])
    received.connection_lost(None)
    received.data_received(b"late")
    assert transport.options == []
