import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from dcud.line.com_port_option import COM_PORT, Command
from dcud.line.errors import PortError
from dcud.line.far_end import FarEnd
from dcud.line.line_settings import LineSettings
from dcud.line.rfc2217_port import Rfc2217Parameters, Rfc2217Port
from dcud.line.telnet import (
    Negotiated,
    Payload,
    Subnegotiated,
    TelnetDecoder,
    encode_subnegotiation,
    escape,
)
from tests.support.descriptors import open_descriptors
from tests.support.until import until

# ser2net 4.3.11
GREETING = bytes.fromhex("fffb03 fffd03 fffb01 fffe01 fffd00 fffb00 fffd2c")

TICKS = 0.003
"""Seconds by which timers may be early: uvloop counts whole milliseconds."""


@dataclass(slots=True, eq=False)
class Server:
    """A serial server: confirms what it is told, and writes down what its line would carry.

    Attributes:
        greeting: what it says first.
        says: its own answers to commands, b"" for none.
        said: commands that came, with their values.
    """

    greeting: bytes = GREETING
    says: dict[Command, bytes] = field(default_factory=dict)
    said: list[tuple[Command, int]] = field(default_factory=list)
    line: bytearray = field(default_factory=bytearray)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(self.greeting)
        decoder = TelnetDecoder()
        while octets := await reader.read(65_536):
            for event in decoder.feed(octets):
                match event:
                    case Payload(octets=payload):
                        self.line += payload
                    case Subnegotiated(option=option, octets=said):
                        assert option == COM_PORT
                        writer.write(self.answer(said))
                    case other:
                        assert isinstance(other, Negotiated)
        writer.close()

    def answer(self, said: bytes) -> bytes:
        command = Command(said[0])
        self.said.append((command, int.from_bytes(said[1:])))
        if command in self.says:
            octets = self.says[command]
            return encode_subnegotiation(COM_PORT, octets) if octets else b""
        return encode_subnegotiation(COM_PORT, bytes((said[0] + 100,)) + said[1:])

    def say(self, octets: bytes) -> None:
        self.writers[-1].write(octets)


@asynccontextmanager
async def far_end(server: Server, **options: object) -> AsyncIterator[Rfc2217Port]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    address: tuple[str, int] = listening.sockets[0].getsockname()
    parameters: dict[str, object] = {"baud": 115_200, "answer_timeout": 0.2, **options}
    end = FarEnd(host=address[0], port=address[1])
    port = Rfc2217Port(Rfc2217Parameters(server=end, **parameters))  # type: ignore[arg-type]  # by test
    async with listening:
        yield port
        await port.close()
        for writer in server.writers:
            writer.close()


LINE = [
    (Command.SET_BAUDRATE, 300),
    (Command.SET_DATASIZE, 7),
    (Command.SET_PARITY, 3),
    (Command.SET_STOPSIZE, 1),
]


async def test_opening_makes_the_port_transparent_and_sets_its_line() -> None:
    server = Server()
    async with far_end(server, baud=300, format="7E1") as port:
        assert isinstance(port, LineSettings)
        await port.open()
        await port.open()
        assert port.is_open
    assert len(server.writers) == 1
    assert server.said == [
        (Command.SET_CONTROL, 1),
        (Command.SET_CONTROL, 8),
        (Command.SET_CONTROL, 11),
        (Command.SET_MODEMSTATE_MASK, 0),
        (Command.SET_LINESTATE_MASK, 0x1E),
        *LINE,
    ]


async def test_dtr_and_rts_may_be_off() -> None:
    server = Server()
    async with far_end(server, dtr=False, rts=False) as port:
        await port.open()
    controls = [value for command, value in server.said if command is Command.SET_CONTROL]
    assert controls == [1, 9, 12]


async def test_octets_pass_both_ways_unchanged() -> None:
    octets = bytes(range(256))
    server = Server()
    async with far_end(server) as port:
        await port.open()
        await port.write(octets)
        await until(lambda: bytes(server.line) == octets)
        server.say(escape(octets)[:-1])
        heard = b""
        while len(heard) < 255:
            heard += await port.read(1.0)
        server.say(b"\xff")
        assert heard + await port.read(1.0) == octets
        assert await port.read(0.01) == b""


async def test_a_write_takes_as_long_as_the_line_does() -> None:
    async with far_end(Server(), baud=9600) as port:
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await port.write(bytes(48))
        assert 0.05 - TICKS <= loop.time() - began < 0.5
        await port.set_line(300, "7E1")
        began = loop.time()
        await port.write(bytes(3))
        assert 0.1 - TICKS <= loop.time() - began < 0.5


async def test_after_a_write_that_was_cancelled_the_line_is_still_taken() -> None:
    async with far_end(Server(), baud=9600) as port:
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await port.write(bytes(48))
        await port.write(bytes(48))
        assert loop.time() - began >= 0.1 - TICKS


async def test_the_line_is_not_set_before_it_has_carried_what_was_written() -> None:
    server = Server()
    async with far_end(server, baud=9600) as port:
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await port.write(bytes(96))
        await port.set_line(19_200, "8N1")
        assert loop.time() - began >= 0.1 - TICKS


async def test_the_line_can_be_set_while_octets_come() -> None:
    server = Server()
    async with far_end(server) as port:
        await port.open()
        del server.said[:]
        server.say(b"\x7e")
        await port.set_line(300, "7E1")
        assert server.said == LINE
        assert await port.read(1.0) == b"\x7e"
        with pytest.raises(ValueError, match="no character format"):
            await port.set_line(300, "7E3")


async def test_a_server_that_sets_something_else_is_told() -> None:
    server = Server(says={Command.SET_BAUDRATE: bytes.fromhex("6500002580")})
    async with far_end(server) as port:
        with pytest.raises(PortError, match="set 9600 baud instead of 115200 baud") as caught:
            await port.open()
        assert not port.is_open
    assert "which speeds and formats" in caught.value.remedy


async def test_a_server_that_does_not_answer_a_setting_is_told() -> None:
    server = Server(says={Command.SET_PARITY: b"", Command.SET_STOPSIZE: b""})
    async with far_end(server) as port:
        with pytest.raises(PortError, match="doesn't answer SET-PARITY, SET-STOPSIZE"):
            await port.open()
        assert not port.is_open


async def test_a_server_that_keeps_eating_octets_is_told() -> None:
    server = Server(says={Command.SET_CONTROL: bytes.fromhex("6902")})
    async with far_end(server) as port:
        with pytest.raises(PortError, match="keeps XON/XOFF flow control on"):
            await port.open()


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        ("", "doesn't speak telnet"),
        ("7ea00703", "doesn't speak telnet"),
        ("fffb01", "speaks telnet but says nothing of the com-port option"),
        ("fffe2c", "speaks telnet but refuses the com-port option"),
        ("fffd2cfffe00", "speaks telnet but refuses binary transmission"),
    ],
)
async def test_servers_that_cannot_serve(greeting: str, reason: str) -> None:
    async with far_end(Server(greeting=bytes.fromhex(greeting))) as port:
        with pytest.raises(PortError, match=reason) as caught:
            await port.open()
        assert not port.is_open
    assert "telnet(rfc2217)" in caught.value.remedy


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b"Port already in use\r\n", "ended: the far end closed it; it said 'Port already in use'"),
        (b"", "ended: the far end closed it;"),
        (b"\x7e\xa0", "ended: the far end closed it;"),
        (b"\x01\x02", "ended: the far end closed it;"),
    ],
)
@pytest.mark.parametrize("greeting", [b"", GREETING])
async def test_a_server_that_hangs_up_at_once(greeting: bytes, words: bytes, told: str) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting + words)
        await reader.readexactly(1)
        writer.write_eof()
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(refuse, "127.0.0.1", 0)
    async with listening:
        address: tuple[str, int] = listening.sockets[0].getsockname()
        end = FarEnd(host=address[0], port=address[1])
        with pytest.raises(PortError) as caught:
            await Rfc2217Port(Rfc2217Parameters(server=end)).open()
    assert told in str(caught.value)


async def test_a_server_that_goes_is_a_named_error_and_the_port_reopens() -> None:
    server = Server()
    async with far_end(server) as port:
        for _ in range(2):
            await port.open()
            server.say(b"bye")
            server.writers[-1].write_eof()
            assert await port.read(1.0) == b"bye"
            with pytest.raises(PortError, match=r"127\.0\.0\.1:\d+ ended: the far end closed it"):
                await port.read(1.0)
            with pytest.raises(PortError, match="ended"):
                await port.write(b"\x01")
            with pytest.raises(PortError, match="ended"):
                await port.set_line(300, "7E1")
            assert not port.is_open


async def test_a_server_that_goes_while_its_line_is_busy() -> None:
    server = Server()
    async with far_end(server, baud=300) as port:
        await port.open()
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(ends(port))
            await until(lambda: bool(server.line))
            server.writers[-1].close()
        assert "ended" in writing.result()


async def ends(port: Rfc2217Port) -> str:
    with pytest.raises(PortError) as caught:
        await port.write(bytes(3))
    return str(caught.value)


async def test_a_server_may_hold_a_write_off() -> None:
    server = Server()
    async with far_end(server) as port:
        await port.open()
        server.say(bytes.fromhex("fffa2c6cfff0") + b"!")
        assert await port.read(1.0) == b"!"
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(port.write(b"held"))
            await asyncio.sleep(0.02)
            assert server.line == b""
            server.say(bytes.fromhex("fffa2c6dfff0"))
            await writing
        await until(lambda: server.line == b"held")


async def test_a_server_that_holds_writes_off_for_ever() -> None:
    server = Server()
    async with far_end(server, write_timeout=0.05) as port:
        await port.open()
        server.say(bytes.fromhex("fffa2c6cfff0") + b"!")
        await port.read(1.0)
        with pytest.raises(PortError, match="takes no octets") as caught:
            await port.write(b"held")
    assert "flow control" in caught.value.remedy


async def test_discarding_forgets_what_was_not_read_here_and_there() -> None:
    server = Server()
    async with far_end(server) as port:
        assert port.discard_input() == 0
        await port.open()
        server.say(b"stale")
        connection = port._connection
        assert connection is not None
        await until(lambda: len(connection.stream._received) == 5)
        assert port.discard_input() == 5
        assert await port.read(0.01) == b""
        await until(lambda: (Command.PURGE_DATA, 1) in server.said)


async def test_the_server_is_answered_while_nobody_reads() -> None:
    server = Server()
    async with far_end(server) as port:
        await port.open()
        server.say(bytes.fromhex("fffa2c64fff0"))  # what is your name?
        await until(lambda: (Command.SIGNATURE, int.from_bytes(b"dcud")) in server.said)


async def test_errors_of_the_line_are_told_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    server = Server()
    async with far_end(server) as port:
        await port.open()
        server.say(bytes.fromhex("fffa2c6a08fff0") + b"!")
        await port.read(1.0)
        await port.close()
    assert "errors on its line: {'framing': 1}; unreadable answers: 0" in caplog.text


async def test_opening_and_closing_leaks_no_descriptor() -> None:
    server = Server()
    async with far_end(server) as port:
        await port.open()
        await port.close()
        before = open_descriptors()
        for _ in range(10):
            await port.open()
            await port.close()
        await until(lambda: open_descriptors() <= before)


async def test_cancelled_opening_leaks_no_descriptor() -> None:
    async with far_end(Server(greeting=b"")) as port:
        before = open_descriptors()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await port.open()
        assert not port.is_open
        await until(lambda: open_descriptors() <= before)


async def test_an_answer_in_pieces_does_not_wait_for_the_kernels_acknowledgement() -> None:
    class Gathering(Server):
        """Sends an answer as it comes from the line, and gathers what isn't acknowledged."""

        async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected: socket.socket = writer.get_extra_info("socket")
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
            await super().serve(reader, writer)

    server = Gathering()
    async with far_end(server) as port:
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(1, 41):
            await port.write(b"?")
            await until(lambda number=number: len(server.line) == number)  # type: ignore[misc]  # bound
            server.say(b"\x7e")
            server.say(b"\xa0")
            heard = b""
            while len(heard) < 2:
                heard += await port.read(1.0)
        assert loop.time() - began < 0.8  # 40 ms each, otherwise


async def test_far_end_that_takes_no_octets() -> None:
    server = Server()
    async with far_end(server, write_timeout=0.05) as port:
        await port.open()
        server.writers[-1].transport.pause_reading()  # type: ignore[attr-defined]  # typed too widely
        with pytest.raises(PortError, match="takes no octets"):
            await port.write(bytes(50_000_000))


async def test_a_closed_port_neither_reads_nor_writes() -> None:
    port = Rfc2217Port(Rfc2217Parameters(server=FarEnd(host="::1", port=2001)))
    for use in (port.read(1.0), port.write(b"\x01"), port.set_line(300, "7E1")):
        with pytest.raises(PortError, match=r"serial server \[::1\]:2001 is not open"):
            await use
    await port.close()


def test_a_format_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="write it as 8N1"):
        Rfc2217Parameters(server=FarEnd(host="server", port=2001), format="8N")
