import asyncio

import pytest

from dcud.line.errors import PortError
from dcud.line.octet_stream import OctetStream


class FakeTransport(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.high: int | None = None

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        assert low is None
        self.high = high

    def pause_reading(self) -> None:
        self.told.append("pause")

    def resume_reading(self) -> None:
        self.told.append("resume")


def lost(reason: Exception | None) -> PortError:
    return PortError(f"gone: {reason}")


def stream_on(transport: FakeTransport) -> OctetStream:
    stream = OctetStream(lost)
    stream.connection_made(transport)
    return stream


async def test_every_octet_held_back_pauses_the_writer() -> None:
    transport = FakeTransport()
    stream_on(transport)
    assert transport.high == 0


async def test_chunks_that_came_before_the_read_are_read_at_once() -> None:
    stream = stream_on(FakeTransport())
    stream.data_received(b"\x01")
    stream.data_received(b"\x02")
    assert await stream.read(0.0) == b"\x01\x02"


@pytest.mark.looptime
async def test_silence_lasts_as_long_as_was_said() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    began = loop.time()
    assert await stream.read(2.5) == b""
    assert loop.time() - began == 2.5


@pytest.mark.looptime
async def test_octets_wake_the_reader() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x7e")
    began = loop.time()
    assert await stream.read(30.0) == b"\x7e"
    assert loop.time() - began == 1.0


@pytest.mark.looptime
async def test_two_chunks_in_one_turn_of_the_loop_wake_the_reader_once() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x01")
    loop.call_later(1.0, stream.data_received, b"\x02")
    assert await stream.read(30.0) == b"\x01\x02"


async def test_a_negative_time_is_none() -> None:
    assert await stream_on(FakeTransport()).read(-1.0) == b""


async def test_a_noisy_line_that_nobody_reads_does_not_fill_the_memory() -> None:
    transport = FakeTransport()
    stream = stream_on(transport)
    stream.data_received(bytes(65_535))
    assert transport.told == []
    stream.data_received(bytes(1))
    assert len(await stream.read(1.0)) == 65_536
    assert transport.told == ["pause", "resume"]


async def test_discarding_opens_a_full_stream_again() -> None:
    transport = FakeTransport()
    stream = stream_on(transport)
    stream.data_received(bytes(70_000))
    assert stream.discard() == 70_000
    assert transport.told == ["pause", "resume"]


@pytest.mark.looptime
async def test_loss_wakes_the_reader_with_its_reason() -> None:
    stream = stream_on(FakeTransport())
    asyncio.get_running_loop().call_later(1.0, stream.connection_lost, OSError("unplugged"))
    with pytest.raises(PortError, match="gone: unplugged"):
        await stream.read(30.0)
    assert stream.is_lost
    with pytest.raises(PortError, match="gone: unplugged"):
        await stream.read(30.0)


@pytest.mark.looptime
async def test_loss_wakes_the_writer_with_its_reason() -> None:
    stream = stream_on(FakeTransport())
    stream.pause_writing()
    asyncio.get_running_loop().call_later(1.0, stream.connection_lost, None)
    with pytest.raises(PortError, match="gone: None"):
        await stream.written()


@pytest.mark.looptime
async def test_the_writer_waits_until_nothing_is_held_back() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    stream.pause_writing()
    loop.call_later(1.0, stream.resume_writing)
    began = loop.time()
    await stream.written()
    assert loop.time() - began == 1.0


async def test_a_cancelled_read_loses_nothing() -> None:
    stream = stream_on(FakeTransport())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await stream.read(30.0)
    stream.data_received(b"\x01")
    assert await stream.read(0.0) == b"\x01"


@pytest.mark.looptime
async def test_the_time_of_one_read_does_not_end_the_next_one() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(0.1, stream.data_received, b"\x01")
    loop.call_later(5.0, stream.data_received, b"\x02")
    assert await stream.read(1.0) == b"\x01"
    assert await stream.read(30.0) == b"\x02"


@pytest.mark.looptime
async def test_an_impatient_read_after_a_patient_one_ends_in_its_own_time() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x7e")
    assert await stream.read(30.0) == b"\x7e"
    assert await stream.read(2.5) == b""
    assert loop.time() == 3.5


@pytest.mark.looptime
async def test_a_patient_read_after_an_impatient_one_ends_in_its_own_time() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x7e")
    assert await stream.read(2.5) == b"\x7e"
    assert await stream.read(30.0) == b""
    assert loop.time() == 31.0


@pytest.mark.looptime
async def test_what_is_left_of_one_read_s_time_does_not_shorten_the_next() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x7e")
    assert await stream.read(2.5) == b"\x7e"
    await asyncio.sleep(2.0)
    assert await stream.read(2.0) == b""
    assert loop.time() == 5.0


async def test_a_stream_is_drained_while_nothing_is_held_back() -> None:
    stream = stream_on(FakeTransport())
    drained = [stream.is_drained]
    for change in (stream.pause_writing, stream.resume_writing):
        change()
        drained.append(stream.is_drained)
    stream.connection_lost(None)
    drained.append(stream.is_drained)
    assert drained == [True, False, True, False]


class Ear:
    """Hears octets, and wants more `patience` seconds long each time; None ends it."""

    def __init__(self, *patience: float | None) -> None:
        self.patience = list(patience)
        self.heard: list[tuple[float, bytes]] = []

    def hear(self, octets: bytes) -> float | None:
        now = asyncio.get_running_loop().time()
        self.heard.append((now, octets))
        wanted = self.patience.pop(0)
        return None if wanted is None else now + wanted


@pytest.mark.looptime
async def test_a_listener_hears_what_comes_until_it_wants_no_more() -> None:
    stream = stream_on(FakeTransport())
    ear = Ear(5.0, 5.0, None)
    loop = asyncio.get_running_loop()
    stream.data_received(b"\x01")
    for moment in (1, 2, 3):
        loop.call_later(moment, stream.data_received, b"\x02" * moment)
    await stream.listen(ear.hear, 1.5)
    assert ear.heard == [(0, b"\x01"), (1, b"\x02"), (2, b"\x02\x02")]
    assert await stream.read(2.0) == b"\x02\x02\x02"


async def test_a_listener_that_has_enough_of_what_was_there_does_not_wait() -> None:
    stream = stream_on(FakeTransport())
    stream.data_received(b"\x01")
    await stream.listen(Ear(None).hear, 1e9)
    assert await stream.read(0.0) == b""


@pytest.mark.looptime
@pytest.mark.parametrize("patience", [0.5, 4.0, 30.0])
async def test_a_listener_waits_as_long_as_it_said_last(patience: float) -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x01")
    await stream.listen(Ear(patience).hear, 5.0)
    assert loop.time() == 1.0 + patience


@pytest.mark.looptime
async def test_what_a_listener_raises_is_raised_where_it_listens() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x01")
    loop.call_later(1.0, stream.data_received, b"\x02")
    with pytest.raises(IndexError):  # it has nothing to say
        await stream.listen(Ear().hear, 5.0)
    assert await stream.read(0.0) == b"\x02"


@pytest.mark.looptime
async def test_loss_ends_listening_with_its_reason() -> None:
    stream = stream_on(FakeTransport())
    ear = Ear(5.0)
    asyncio.get_running_loop().call_later(1.0, stream.connection_lost, OSError("unplugged"))
    with pytest.raises(PortError, match="gone: unplugged"):
        await stream.listen(ear.hear, 5.0)
    stream.data_received(b"\x01")
    with pytest.raises(PortError, match="gone: unplugged"):
        await stream.listen(ear.hear, 5.0)
    assert ear.heard[0][1] == b"\x01"


@pytest.mark.looptime
async def test_a_listener_that_had_enough_before_the_loss_is_not_told_of_it() -> None:
    stream = stream_on(FakeTransport())
    loop = asyncio.get_running_loop()
    loop.call_later(1.0, stream.data_received, b"\x01")
    loop.call_later(1.0, stream.connection_lost, None)
    await stream.listen(Ear(None).hear, 5.0)
    assert stream.is_lost


async def test_a_cancelled_listener_hears_no_more() -> None:
    stream = stream_on(FakeTransport())
    ear = Ear()
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(stream.listen(ear.hear, 1e9))
        await asyncio.sleep(0)
        listening.cancel()
        stream.data_received(b"\x01")
    assert ear.heard == []
    assert await stream.read(0.0) == b"\x01"
