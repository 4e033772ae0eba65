import asyncio
import errno
import fcntl
import logging
import struct
import termios
import threading
from pathlib import Path
from typing import Any

import pytest
import serial

from dcud.line import serial_port
from dcud.line.errors import PortBusyError, PortError
from dcud.line.line_settings import LineSettings
from dcud.line.serial_port import Rs485Parameters, SerialParameters, SerialPort
from tests.support.descriptors import open_descriptors
from tests.support.pty_bus import PtyBus
from tests.support.until import until

TIOCGRS485, TIOCSRS485 = 0x542E, 0x542F  # asm-generic/ioctls.h
TIOCGEXCL = 0x80045440  # asm-generic/ioctls.h: whether TIOCEXCL is in force


def port_on(bus: PtyBus, **parameters: object) -> SerialPort:
    return SerialPort(SerialParameters(device=bus.device, **parameters))  # type: ignore[arg-type]  # by keyword


def received(port: SerialPort) -> bool:
    return port._stream is not None and len(port._stream._received) > 0


async def test_octets_pass_both_ways_unchanged() -> None:
    every_octet = bytes(range(256))
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        await port.write(every_octet)
        assert await bus.read_exactly(256) == every_octet
        bus.write(every_octet)
        received = b""
        while len(received) < 256:
            received += await port.read(1.0)
        assert received == every_octet
        await port.close()


async def test_silence_reads_as_nothing_after_the_time_given() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        assert await port.read(0.05) == b""
        assert 0.04 < loop.time() - began < 1.0
        await port.close()


async def test_octets_one_at_a_time_are_read_as_they_come() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        for octet in b"\x7e\xa0\x07":
            bus.write(bytes((octet,)))
            assert await port.read(1.0) == bytes((octet,))
        await port.close()


async def test_device_that_vanishes_ends_a_waiting_read_with_a_named_error() -> None:
    before = open_descriptors()
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    async with asyncio.TaskGroup() as tasks:
        reading = tasks.create_task(_error_of(port.read(30.0)))
        await asyncio.sleep(0)
        bus.unplug()
    error = reading.result()
    assert error.code == "port"
    assert error.retryable
    assert bus.device in str(error)
    assert "cable" in error.remedy
    assert not port.is_open
    assert port.discard_input() == 0
    # Not a busy loop: the transport has let the dead descriptor go by itself.
    assert open_descriptors() == before
    await port.close()
    await port.close()


async def test_what_arrived_before_the_device_vanished_is_still_read() -> None:
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    bus.write(b"\x01\x02")
    await until(lambda: received(port))
    bus.unplug()
    await until(lambda: not port.is_open)
    assert await port.read(1.0) == b"\x01\x02"
    with pytest.raises(PortError):
        await port.read(1.0)
    await port.close()


async def test_write_to_a_vanished_device_is_an_error_without_a_traceback_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    bus.unplug()
    with pytest.raises(PortError, match="vanished"):
        await port.write(b"\x7e")
    await port.close()
    assert caplog.records == []


async def test_write_that_meets_the_dead_device_first_is_an_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    port._transport.pause_reading()  # type: ignore[union-attr]  # so that only the write can notice
    bus.unplug()
    with pytest.raises(PortError, match="Input/output error"):
        await port.write(b"\x7e")
    await port.close()
    assert caplog.records == []


async def test_closing_between_the_loss_and_its_report_fails_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    before = open_descriptors()
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    bus.unplug()
    assert port._transport is not None
    port._transport._read_ready()
    assert port.is_open
    await port.close()
    assert open_descriptors() == before
    assert caplog.records == []


async def test_closing_ends_a_transport_that_waits_to_get_its_octets_out() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        assert port._transport is not None
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(_error_of(port.write(bytes(200_000))))
            await asyncio.sleep(0.05)
            port._transport._close(OSError("the read failed"))
            async with asyncio.timeout(5.0):
                await port.close()
        assert writing.done()


async def test_opening_and_closing_leaks_no_descriptor() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        await port.close()
        before = open_descriptors()
        for _ in range(20):
            await port.open()
            await port.open()
            await port.write(b"\x7e")
            await port.close()
        assert open_descriptors() == before


async def test_close_drops_what_the_line_does_not_take() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        before = open_descriptors()
        async with asyncio.TaskGroup() as tasks:
            # Nobody reads the far end, so the pseudo-terminal fills up and the write waits.
            writing = tasks.create_task(_error_of(port.write(bytes(200_000))))
            await asyncio.sleep(0.05)
            assert not writing.done()
            await port.close()
        assert "vanished" in str(writing.result())
        assert open_descriptors() < before


async def test_line_that_takes_no_octets_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "_WRITE_GRACE", 0.05)
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        with pytest.raises(PortError, match="takes no octets"):
            await port.write(bytes(200_000))
        await port.close()


async def test_a_write_waits_until_the_octets_have_left_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_port, "_is_pseudo_terminal", lambda _: False)
    queue = [40, 20, 0]  # what the driver still has to send, look by look
    monkeypatch.setattr(serial_port._Transport, "octets_in_driver", lambda _: queue.pop(0))
    with PtyBus() as bus:
        port = port_on(bus, baud=9600)
        await port.open()
        loop = asyncio.get_running_loop()
        began = loop.time()
        await port.write(bytes(96))
        assert loop.time() - began >= 0.1  # 96 octets of 10 bits at 9,600 bits per second
        assert queue == []
        await port.close()


async def test_device_that_vanishes_while_the_driver_still_sends_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_port, "_is_pseudo_terminal", lambda _: False)
    with PtyBus() as bus:
        port = port_on(bus, baud=9600)
        await port.open()
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(_error_of(port.write(bytes(96))))
            await bus.read_exactly(96)
            bus.unplug()
        assert "vanished" in str(writing.result())
        await port.close()


async def test_driver_queue_of_a_device_that_fails_counts_as_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: serial.Serial) -> int:
        raise OSError(errno.EIO, "gone")

    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        monkeypatch.setattr(serial.Serial, "out_waiting", property(fails))
        await port.write(b"\x7e")
        await port.close()


async def test_discarding_empties_what_was_received_and_the_driver() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        assert port.discard_input() == 0
        await port.open()
        bus.write(b"stale")
        await until(lambda: received(port))
        bus.write(b"still in the driver")
        assert port.discard_input() == 5
        assert await port.read(0.02) == b""
        bus.write(b"fresh")
        assert await port.read(1.0) == b"fresh"
        await port.close()


async def test_cancelled_read_leaves_the_port_usable() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await port.read(30.0)
        bus.write(b"\x01")
        assert await port.read(1.0) == b"\x01"
        await port.close()


async def test_cancelled_open_closes_the_device_that_nobody_wants_any_more() -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        await port.close()
        before = open_descriptors()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await port.open()
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)
        await until(lambda: open_descriptors() == before)
        assert not port.is_open
        await port.open()
        await port.close()


async def test_cancelled_open_that_fails_later_fails_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    port = SerialPort(SerialParameters(device=str(tmp_path / "ttyUSB9")))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await port.open()
    await asyncio.sleep(0.01)
    open_descriptors()  # collects what nobody holds any more
    assert not port.is_open
    assert caplog.records == []


async def test_driver_that_hangs_in_opening_is_left_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    goes_on = threading.Event()
    real = serial.Serial.open

    def hang(port: serial.Serial) -> None:
        goes_on.wait()
        real(port)

    monkeypatch.setattr(serial.Serial, "open", hang)
    monkeypatch.setattr(serial_port, "_OPEN_LIMIT", 0.01)
    with PtyBus() as bus:
        await asyncio.get_running_loop().run_in_executor(None, int)  # the pool's own descriptors
        before = open_descriptors()
        with pytest.raises(PortError, match="does not open in time"):
            await port_on(bus).open()
        goes_on.set()
        await asyncio.sleep(0.01)
        await until(lambda: open_descriptors() == before)


async def test_missing_device_names_the_path_and_the_stable_names(tmp_path: Path) -> None:
    device = tmp_path / "ttyUSB9"
    with pytest.raises(PortError) as caught:
        await SerialPort(SerialParameters(device=str(device))).open()
    assert str(device) in caught.value.message
    assert "No such file or directory" in caught.value.message
    assert "/dev/serial/by-id" in caught.value.remedy


async def test_a_file_that_is_no_serial_device_is_told_so(tmp_path: Path) -> None:
    plain = tmp_path / "notes.txt"
    plain.write_text("")
    with pytest.raises(PortError, match="it is none"):
        await SerialPort(SerialParameters(device=str(plain))).open()


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (serial.SerialException(errno.EACCES, "no"), "dialout"),
        (serial.SerialException(errno.EBUSY, "no"), "fuser"),
        (termios.error(errno.EINVAL, "no"), "baud rate"),
        (ValueError("Failed to set custom baud rate (12345)"), "parameters"),
    ],
)
async def test_each_reason_why_a_device_does_not_open_has_its_remedy(
    monkeypatch: pytest.MonkeyPatch, error: Exception, remedy: str
) -> None:
    def refuse(_: serial.Serial) -> None:
        raise error

    monkeypatch.setattr(serial.Serial, "open", refuse)
    with PtyBus() as bus, pytest.raises(PortError, match=f"{bus.device} at 9600 8N1") as caught:
        await port_on(bus).open()
    assert remedy in caught.value.remedy


async def test_two_programs_do_not_share_a_bus() -> None:
    with PtyBus() as bus:
        first, second = port_on(bus), port_on(bus)
        await first.open()
        with pytest.raises(PortBusyError, match="stop the other program"):
            await second.open()
        await first.close()
        await second.open()
        await second.close()


async def test_sharing_is_possible_where_it_is_asked_for() -> None:
    with PtyBus() as bus:
        first, second = port_on(bus, exclusive=False), port_on(bus, exclusive=False)
        await first.open()
        await second.open()
        await first.close()
        await second.close()


async def test_a_real_line_is_closed_to_programs_that_do_not_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        assert not _is_exclusive(bus)
        await port.close()
        monkeypatch.setattr(serial_port, "_is_pseudo_terminal", lambda _: False)
        await port.open()
        assert _is_exclusive(bus)
        await port.close()


# Linux forces 8N1 on every pseudo-terminal, whatever is asked, so the format is seen where it is
# asked for; the baud rate is kept, and is seen from the far end.
@pytest.mark.parametrize(
    ("character_format", "size", "parity", "stop"),
    [
        ("8N1", termios.CS8, 0, 0),
        ("7E1", termios.CS7, termios.PARENB, 0),
        ("7O1", termios.CS7, termios.PARENB | termios.PARODD, 0),
        ("8E2", termios.CS8, termios.PARENB, termios.CSTOPB),
    ],
)
async def test_the_line_is_set_to_baud_and_format(
    monkeypatch: pytest.MonkeyPatch, character_format: str, size: int, parity: int, stop: int
) -> None:
    asked: list[int] = []
    real = termios.tcsetattr

    def spy(descriptor: int, when: int, attributes: list[Any]) -> None:
        asked.append(attributes[2])
        attributes[2] = attributes[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
        real(descriptor, when, attributes)

    monkeypatch.setattr(termios, "tcsetattr", spy)
    monkeypatch.setattr(serial_port, "_is_pseudo_terminal", lambda _: False)
    with PtyBus() as bus:
        port = port_on(bus, baud=2400, format=character_format)
        await port.open()
        assert termios.tcgetattr(bus.descriptor)[4:6] == [termios.B2400, termios.B2400]
        await port.close()
    assert {flags & termios.CSIZE for flags in asked} == {size}
    assert {flags & (termios.PARENB | termios.PARODD) for flags in asked} == {parity}
    assert {flags & termios.CSTOPB for flags in asked} == {stop}


async def test_a_pseudo_terminal_opens_in_any_format_again_and_again() -> None:
    with PtyBus() as bus:
        port = port_on(bus, format="7E1")
        for _ in range(3):
            await port.open()
            await port.write(b"\xff")
            assert await bus.read_exactly(1) == b"\xff"
            await port.close()


@pytest.mark.parametrize("text", ["", "8N", "8N11", "9N1", "8X1", "8N3"])
def test_a_format_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="8N1 or 7E1"):
        SerialParameters(device="/dev/null", format=text)


@pytest.mark.parametrize(
    ("character_format", "baud", "seconds"), [("8N1", 9600, 0.1), ("7E1", 300, 3.2)]
)
def test_line_time(character_format: str, baud: int, seconds: float) -> None:
    parameters = SerialParameters(device="/dev/null", baud=baud, format=character_format)
    assert parameters.line_time(96) == pytest.approx(seconds)


async def test_rs485_mode_is_asked_of_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[serial.rs485.RS485Settings] = []
    monkeypatch.setattr(serial.Serial, "_set_rs485_mode", lambda _, mode: asked.append(mode))
    with PtyBus() as bus:
        port = port_on(bus, rs485=Rs485Parameters(rts_level_for_rx=True, delay_before_tx=0.001))
        await port.open()
        await port.close()
    assert asked
    assert vars(asked[-1]) == {
        "rts_level_for_tx": True,
        "rts_level_for_rx": True,
        "loopback": False,
        "delay_before_tx": 0.001,
        "delay_before_rx": 0.0,
    }


async def test_driver_without_rs485_mode_is_told_of_once_and_used_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with PtyBus() as bus:
        port = port_on(bus, rs485=Rs485Parameters())
        for _ in range(2):
            await port.open()
            await port.write(b"\x7e")
            assert await bus.read_exactly(1) == b"\x7e"
            await port.close()
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert bus.device in record.getMessage()
        assert "goes on without" in record.getMessage()


async def test_the_line_is_given_another_speed_while_it_is_open() -> None:
    with PtyBus() as bus:
        port = port_on(bus, baud=9600)
        assert isinstance(port, LineSettings)
        await port.open()
        await port.set_line(300, "7E1")
        assert termios.tcgetattr(bus.descriptor)[4:6] == [termios.B300, termios.B300]
        loop = asyncio.get_running_loop()
        began = loop.time()
        await port.write(b"/?!\r\n")
        assert loop.time() - began >= 5 * 10 / 300
        assert await bus.read_exactly(5) == b"/?!\r\n"
        bus.write(b"/LGZ5\r\n")
        assert await port.read(1.0) == b"/LGZ5\r\n"
        await port.close()
        await port.open()
        assert termios.tcgetattr(bus.descriptor)[5] == termios.B9600
        await port.close()


async def test_the_line_is_given_another_format_while_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mask = termios.CSIZE | termios.PARENB | termios.PARODD
    kept = termios.CS8
    real_get, real_set = termios.tcgetattr, termios.tcsetattr

    def get(descriptor: int) -> list[Any]:
        attributes = real_get(descriptor)
        attributes[2] = attributes[2] & ~mask | kept
        return attributes

    def keep(descriptor: int, when: int, attributes: list[Any]) -> None:
        nonlocal kept
        kept = attributes[2] & mask
        attributes[2] = attributes[2] & ~mask | termios.CS8
        real_set(descriptor, when, attributes)

    monkeypatch.setattr(termios, "tcgetattr", get)
    monkeypatch.setattr(termios, "tcsetattr", keep)
    monkeypatch.setattr(serial_port, "_is_pseudo_terminal", lambda _: False)
    with PtyBus() as bus:
        port = port_on(bus, baud=9600)
        await port.open()
        await port.set_line(300, "7E1")
        assert kept == termios.CS7 | termios.PARENB
        await port.set_line(9600, "8N1")
        assert kept == termios.CS8
        await port.close()


async def test_what_a_pseudo_terminal_keeps_of_a_format() -> None:
    with PtyBus() as bus:
        flags = termios.tcgetattr(bus._device)
        flags[2] = flags[2] & ~termios.CSIZE | termios.CS7 | termios.PARENB
        with pytest.raises(termios.error):  # glibc looks again, and finds that Linux kept 8N1
            termios.tcsetattr(bus._device, termios.TCSANOW, flags)
        kept = termios.tcgetattr(bus.descriptor)[2]
        assert kept & termios.CSIZE == termios.CS8
        assert not kept & termios.PARENB


async def test_a_speed_that_the_device_does_not_have_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()

        def refuse(*_: object) -> None:
            raise termios.error(errno.EINVAL, "Invalid argument")

        monkeypatch.setattr(termios, "tcsetattr", refuse)
        with pytest.raises(PortError) as caught:
            await port.set_line(300, "7E1")
        assert f"serial device {bus.device} can't be set to 300 7E1: Inv" in caught.value.message
        assert "baud rate and the format" in caught.value.remedy
        with pytest.raises(ValueError, match="no character format"):
            await port.set_line(300, "9N1")
        await port.close()


async def test_a_driver_that_hangs_in_setting_the_line_is_left_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serial_port, "_OPEN_LIMIT", 0.05)
    released = threading.Event()
    with PtyBus() as bus:
        port = port_on(bus)
        await port.open()
        monkeypatch.setattr(serial_port._Transport, "set_line", lambda *_: released.wait(5.0))
        with pytest.raises(PortError, match="can't be set to 300 8N1: it doesn't answer in time"):
            await port.set_line(300, "8N1")
        released.set()
        await port.close()


async def test_a_device_that_vanished_can_not_be_set() -> None:
    bus = PtyBus()
    port = port_on(bus)
    await port.open()
    transport = port._transport
    assert transport is not None
    bus.unplug()
    await until(lambda: not port.is_open)
    with pytest.raises(PortError, match="vanished"):
        await port.set_line(300, "7E1")
    with pytest.raises(OSError, match="Input/output error"):
        transport.set_line(300, "8N1")
    await port.close()
    with pytest.raises(PortError, match="not open"):
        await port.set_line(300, "7E1")


async def test_rs485_mode_is_asked_by_its_ioctl(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    real = fcntl.ioctl

    def driver(descriptor: int, request: int, *arguments: Any) -> Any:
        if request == TIOCGRS485:
            return 0
        if request == TIOCSRS485:
            asked.append(struct.unpack("8I", bytes(arguments[0])))
            return 0
        return real(descriptor, request, *arguments)

    monkeypatch.setattr(fcntl, "ioctl", driver)
    with PtyBus() as bus:
        rs485 = Rs485Parameters(loopback=True, delay_before_tx=0.002, delay_before_rx=0.001)
        port = port_on(bus, rs485=rs485)
        await port.open()
        await port.close()
    # linux/serial.h: ENABLED 1, RTS_ON_SEND 2, RTS_AFTER_SEND 4, RX_DURING_TX 16; delays in ms
    assert asked[-1][:3] == (1 | 2 | 16, 2, 1)


async def test_a_closed_port_neither_reads_nor_writes() -> None:
    port = SerialPort(SerialParameters(device="/dev/ttyS99"))
    with pytest.raises(PortError, match="not open"):
        await port.read(1.0)
    with pytest.raises(PortError, match="not open"):
        await port.write(b"\x7e")
    await port.close()


def _is_exclusive(bus: PtyBus) -> bool:
    answer = fcntl.ioctl(bus._device, TIOCGEXCL, struct.pack("i", 0))
    return bool(struct.unpack("i", answer)[0])


async def _error_of(doing: "asyncio.Future[bytes] | object") -> PortError:
    with pytest.raises(PortError) as caught:
        await doing  # type: ignore[misc]  # a coroutine of read or write
    return caught.value
