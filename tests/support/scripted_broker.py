"""A broker of few words: answers CONNECT and PUBLISH with the octets that a test gives it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

CONNACK_5 = bytes.fromhex("20 03 00 00 00")
CONNACK_3_1_1 = bytes.fromhex("20 02 00 00")


def _puback(message_id: bytes) -> bytes:
    return b"\x40\x02" + message_id


def _suback(message_id: bytes) -> bytes:
    return b"\x90\x03" + message_id + b"\x01"


class ScriptedBroker:
    """Listens on 127.0.0.1:`port` while entered.

    Args:
        on_connect: answers CONNECT, given the protocol level (5, or 4 for 3.1.1); None closes.
        on_publish: answers PUBLISH, given the two octets of its message id.
    """

    def __init__(
        self,
        on_connect: Callable[[int], bytes | None],
        on_publish: Callable[[bytes], bytes] = _puback,
    ) -> None:
        self.port = 0
        self.levels: list[int] = []
        self.connects: list[bytes] = []
        self.published: list[bytes] = []
        self.disconnects: list[bytes] = []
        self.subscriptions: list[bytes] = []
        self.suback = _suback
        self.closed = asyncio.Event()
        self._on_connect = on_connect
        self._on_publish = on_publish
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def send(self, octets: bytes) -> None:
        """Say something unasked on the latest connection."""
        self._writers[-1].write(octets)

    def close(self) -> None:
        """Close the latest connection."""
        self._writers[-1].close()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        for _ in range(10):  # turns of the loop from a connection that is accepted to `_serve`
            await asyncio.sleep(0)
        self._server.close()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._serving)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer packets until the client leaves."""
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        self._writers.append(writer)
        try:
            while True:
                answer = self._answer(*await _packet(reader))
                if answer is None:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.closed.set()

    def _answer(self, kind: int, body: bytes) -> bytes | None:
        """Return the answer to a packet."""
        if kind == 0x10:
            self.levels.append(body[6])
            self.connects.append(body)
            return self._on_connect(body[6])
        if kind & 0xF0 == 0x30:
            self.published.append(body)
            after_topic = 2 + int.from_bytes(body[:2], "big")
            return self._on_publish(body[after_topic : after_topic + 2])
        if kind == 0x82:
            self.subscriptions.append(body)
            return self.suback(body[:2])
        if kind == 0xE0:
            self.disconnects.append(body)
        return b""


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the first octet of a packet, and what follows its length."""
    kind = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        octet = (await reader.readexactly(1))[0]
        length |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:
            return kind, await reader.readexactly(length)
