"""Serial lines, by pyserial-asyncio behind the port protocol."""

import asyncio
import errno
import fcntl
import logging
import os
import termios
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import serial
import serial.rs485
import serial_asyncio

from dcud.line.errors import PortBusyError, PortError
from dcud.line.line_settings import check_format, line_time
from dcud.line.octet_stream import OctetStream

_LOG = logging.getLogger(__name__)

_OUTPUT_POLL = 0.002
"""Seconds between two looks at the driver's output queue, once the computed time is over."""
_OPEN_LIMIT = 10.0
"""Seconds after which a driver that hangs in opening the device is left to itself."""
_WRITE_GRACE = 5.0
"""Seconds beyond twice its computed time after which a write counts as stuck."""
_UNIX98_TERMINALS = range(136, 144)
"""Major device numbers of pseudo-terminals, which have no line and so no line time."""

_Identity = tuple[int, ...]
"""What tells a device from one that was plugged in again under the same name."""

_DATA_BITS = {"7": serial.SEVENBITS, "8": serial.EIGHTBITS}
_PARITIES = {"N": serial.PARITY_NONE, "E": serial.PARITY_EVEN, "O": serial.PARITY_ODD}
_STOP_BITS = {"1": serial.STOPBITS_ONE, "2": serial.STOPBITS_TWO}

_REMEDIES = {
    errno.ENOENT: "check the cable, and name the device by its stable path in /dev/serial/by-id",
    errno.ENXIO: "check the cable, and name the device by its stable path in /dev/serial/by-id",
    errno.ENODEV: "check the cable, and name the device by its stable path in /dev/serial/by-id",
    errno.EIO: "check the cable and the adapter's power",
    errno.EACCES: "add the user that runs dcud to the device's group: usermod -aG dialout USER",
    errno.EPERM: "add the user that runs dcud to the device's group: usermod -aG dialout USER",
    errno.EBUSY: "stop the other program that uses it: fuser -v DEVICE names it",
    errno.EAGAIN: "stop the other program that uses it: fuser -v DEVICE names it",
    errno.ENOTTY: "name a serial device, it is none",
    errno.EINVAL: "check that the device supports the baud rate and the format",
}
_BUSY = frozenset({errno.EBUSY, errno.EAGAIN})
_UNPLUGGED = "check the cable and the adapter's power; dcud opens it again by itself"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rs485Parameters:
    """How the driver switches the direction of a two-wire line.

    Attributes:
        rts_level_for_tx: level of RTS that turns the transmitter on.
        rts_level_for_rx: level of RTS that turns the receiver on.
        delay_before_tx: seconds from RTS to the first bit.
        delay_before_rx: seconds from the last bit to RTS.
        loopback: whether the receiver stays on while sending, so that the echo is heard.
    """

    rts_level_for_tx: bool = True
    rts_level_for_rx: bool = False
    delay_before_tx: float = 0.0
    delay_before_rx: float = 0.0
    loopback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialParameters:
    """A serial device with all that it is opened with.

    Attributes:
        device: path, best one of /dev/serial/by-id.
        baud: bits per second.
        format: data bits, parity, stop bits, as "8N1" or "7E1".
        rs485: direction control by the driver, None where the adapter does it itself.
        exclusive: whether other programs are kept off the device.
    """

    device: str
    baud: int = 9600
    format: str = "8N1"
    rs485: Rs485Parameters | None = None
    exclusive: bool = True

    def __post_init__(self) -> None:
        """Refuse formats that are none."""
        check_format(self.format)

    def line_time(self, octets: int) -> float:
        """Return the seconds that so many octets need on the line."""
        return line_time(octets, self.baud, self.format)


class SerialPort:
    """A serial device as a `Port` whose speed and format can be set."""

    def __init__(self, parameters: SerialParameters) -> None:
        self._parameters = parameters
        self._stream: OctetStream | None = None
        self._transport: _Transport | None = None
        self._line_time: Callable[[int], float] = parameters.line_time
        self._pseudo_terminal = False
        self._tried: _Identity | None = None
        self._warned_of_rs485 = False

    @property
    def is_open(self) -> bool:
        """Whether the device was opened and has not been seen to vanish."""
        return self._stream is not None and not self._stream.is_lost

    @property
    def has_returned(self) -> bool:
        """Whether a device is at the path that wasn't there when the port was opened last."""
        there = _identity(self._parameters.device)
        return there is not None and there != self._tried

    async def open(self) -> None:
        """Open the device, in a thread, for drivers take their time."""
        if self.is_open:
            return
        await self.close()
        self._tried = _identity(self._parameters.device)
        opened, pseudo_terminal = await self._open_in_thread()
        if self._parameters.rs485 is not None and not _set_rs485(opened, self._parameters.rs485):
            self._warn_of_rs485()
        self._pseudo_terminal = pseudo_terminal
        self._line_time = _no_time if pseudo_terminal else self._parameters.line_time
        self._stream = OctetStream(self._loss)
        self._transport = _Transport(asyncio.get_running_loop(), self._stream, opened)
        await asyncio.sleep(
            0
        )  # the transport presents itself to the stream in the loop's next turn

    async def set_line(self, baud: int, format: str) -> None:  # noqa: A002  # the field's own word
        """Give the line another speed and format; returns once the driver has them.

        Raises:
            PortError: the device can't have them, or is gone.
            ValueError: the format is none.
        """
        check_format(format)
        stream, transport = self._opened()
        if stream.is_lost:
            raise stream.loss()
        # In a thread, for with USB adapters each setting is a transfer that may be slow to fail.
        setting = asyncio.get_running_loop().run_in_executor(
            None, transport.set_line, baud, _format_of(format, self._pseudo_terminal)
        )
        try:
            async with asyncio.timeout(_OPEN_LIMIT):
                await asyncio.shield(setting)
        except (OSError, ValueError, termios.error) as error:
            raise self._line_error(baud, format, error) from error
        # On a pseudo-terminal as well: who sets its speed has somebody who looks at it.
        self._line_time = partial(line_time, baud=baud, character_format=format)

    async def write(self, octets: bytes) -> None:
        """Send `octets`; returns when, by the baud rate and the driver's queue, they have left."""
        stream, transport = self._opened()
        line_time = self._line_time(len(octets))
        done_at = asyncio.get_running_loop().time() + line_time
        transport.write(octets)
        try:
            async with asyncio.timeout(2 * line_time + _WRITE_GRACE):
                await stream.written()
                await _sleep_until(done_at)
                while transport.octets_in_driver():  # noqa: ASYNC110  # drivers signal no event
                    await asyncio.sleep(_OUTPUT_POLL)
        except TimeoutError:
            raise PortError(
                f"serial device {self._parameters.device} takes no octets",
                remedy="check that nothing holds its flow control, and the adapter's power",
            ) from None
        if stream.is_lost:
            raise stream.loss()

    async def read(self, within: float) -> bytes:
        """Return what has arrived, or b"" if nothing does within so many seconds."""
        stream, _ = self._opened()
        return await stream.read(within)

    def discard_input(self) -> int:
        """Forget what arrived and was not read, in the driver as well."""
        if self._stream is None or self._transport is None:
            return 0
        self._transport.discard_driver_input()
        return self._stream.discard()

    async def close(self) -> None:
        """Close the device, dropping what has not left."""
        stream, transport = self._stream, self._transport
        self._stream = self._transport = None
        if stream is None or transport is None:
            return
        transport.drop()
        await stream.closed()

    async def _open_in_thread(self) -> "tuple[serial.Serial, bool]":
        opening = asyncio.get_running_loop().run_in_executor(None, _open, self._parameters)
        try:
            async with asyncio.timeout(_OPEN_LIMIT):
                return await asyncio.shield(opening)
        except TimeoutError:
            opening.add_done_callback(_close_unused)
            raise PortError(
                f"serial device {self._parameters.device} does not open in time",
                remedy="unplug the adapter and plug it in again",
            ) from None
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unused)
            raise

    def _opened(self) -> "tuple[OctetStream, _Transport]":
        if self._stream is None or self._transport is None:
            raise PortError(f"serial device {self._parameters.device} is not open")
        return self._stream, self._transport

    def _line_error(self, baud: int, character_format: str, error: Exception) -> PortError:
        # TimeoutError is an OSError without a number.
        number = _error_number(error)
        reason = os.strerror(number) if number else str(error) or "it doesn't answer in time"
        return PortError(
            f"serial device {self._parameters.device} "
            f"can't be set to {baud} {character_format}: {reason}",
            remedy=_REMEDIES.get(number, "check that the device supports this speed and format"),
        )

    def _loss(self, reason: Exception | None) -> PortError:
        return PortError(
            f"serial device {self._parameters.device} vanished ({reason or 'closed'})",
            remedy=_UNPLUGGED,
        )

    def _warn_of_rs485(self) -> None:
        if self._warned_of_rs485:
            return
        self._warned_of_rs485 = True
        _LOG.warning(
            "the driver of serial device %s has no RS-485 mode, so dcud goes on without it; "
            "if meters stay silent, use an adapter that switches direction by itself, "
            "or drop rs485 from the bus",
            self._parameters.device,
        )


class _Transport(serial_asyncio.SerialTransport):  # type: ignore[misc]  # the package ships no types
    """pyserial-asyncio's transport without what would block, log or fail twice."""

    def set_line(self, baud: int, character_format: str) -> None:
        """Set speed and format, at once; called in a thread."""
        if self._serial is None:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._serial.baudrate = baud
        data, parity, stop = tuple(character_format)
        self._serial.bytesize, self._serial.parity = _DATA_BITS[data], _PARITIES[parity]
        self._serial.stopbits = _STOP_BITS[stop]

    def octets_in_driver(self) -> int:
        """Return how many octets the driver has yet to send; 0 once the device is gone."""
        if self._serial is None:
            return 0
        try:
            return int(self._serial.out_waiting)
        except OSError:
            return 0

    def discard_driver_input(self) -> None:
        """Empty the driver's input queue, so that nothing stale is delivered later."""
        if self._serial is not None:
            _flush(self._serial.fileno(), termios.TCIFLUSH)

    def drop(self) -> None:
        """Close at once; what has not left is dropped."""
        # Closing twice would schedule connection_lost twice; once it is scheduled it will come.
        if not self.is_closing() or self.get_write_buffer_size():
            self.abort()

    def _fatal_error(self, exc: Exception, message: str = "") -> None:  # noqa: ARG002  # the base's signature
        # The loss is reported to whoever reads or writes; a traceback in the log says no more.
        self._abort(exc)

    def _call_connection_lost(self, exc: Exception | None) -> None:
        # The base waits here, on the loop's thread, until the driver's queue is empty.
        _flush(self._serial.fileno(), termios.TCOFLUSH)
        super()._call_connection_lost(exc)


def _open(parameters: SerialParameters) -> tuple[serial.Serial, bool]:
    """Return the open device, and whether it is a pseudo-terminal."""
    port = serial.Serial()
    port.port = parameters.device
    port.baudrate = parameters.baud
    port.timeout = port.write_timeout = 0
    port.exclusive = parameters.exclusive or None
    try:
        pseudo_terminal = _is_pseudo_terminal(parameters.device)
        data, parity, stop = tuple(_format_of(parameters.format, pseudo_terminal))
        port.bytesize, port.parity = _DATA_BITS[data], _PARITIES[parity]
        port.stopbits = _STOP_BITS[stop]
        port.open()
        if parameters.exclusive and not pseudo_terminal:
            # flock, above, keeps off only who asks for it. Not on a pseudo-terminal: there the
            # mark outlives this program for as long as its other end has the device open.
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
    except (OSError, ValueError, termios.error) as error:
        port.close()
        raise _open_error(parameters, error) from error
    return port, pseudo_terminal


def _open_error(parameters: SerialParameters, error: Exception) -> PortError:
    number = _error_number(error)
    reason = os.strerror(number) if number else str(error)
    kind = PortBusyError if number in _BUSY else PortError
    return kind(
        f"can't open serial device {parameters.device} "
        f"at {parameters.baud} {parameters.format}: {reason}",
        remedy=_REMEDIES.get(number, "check the device and the bus's parameters"),
    )


def _error_number(error: BaseException) -> int:
    """Return the errno in `error` or in what it came from, for pyserial drops it at times; or 0."""
    for candidate in (error, error.__context__):
        number = candidate.args[0] if candidate is not None and candidate.args else None
        if isinstance(number, int):
            return number
    return 0


def _close_unused(opening: "asyncio.Future[tuple[serial.Serial, bool]]") -> None:
    """Close a device that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result()[0].close()


def _set_rs485(port: serial.Serial, rs485: Rs485Parameters) -> bool:
    """Return whether the driver could be put into RS-485 mode."""
    try:
        port.rs485_mode = serial.rs485.RS485Settings(
            rts_level_for_tx=rs485.rts_level_for_tx,
            rts_level_for_rx=rs485.rts_level_for_rx,
            loopback=rs485.loopback,
            delay_before_tx=rs485.delay_before_tx,
            delay_before_rx=rs485.delay_before_rx,
        )
    except ValueError:
        # pyserial remembers the mode and would fail again at each later change.
        port.rs485_mode = None
        return False
    return True


def _identity(device: str) -> _Identity | None:
    try:
        status = Path(device).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_rdev, status.st_ctime_ns


def _is_pseudo_terminal(device: str) -> bool:
    return os.major(Path(device).stat().st_rdev) in _UNIX98_TERMINALS


def _format_of(character_format: str, pseudo_terminal: bool) -> str:  # noqa: FBT001  # of the device
    # Linux forces 8N1 on pseudo-terminals, and glibc takes offence where another one is asked.
    return "8N1" if pseudo_terminal else character_format


def _no_time(octets: int) -> float:  # noqa: ARG001  # stands in for line_time
    return 0.0


async def _sleep_until(moment: float) -> None:
    remaining = moment - asyncio.get_running_loop().time()
    if remaining > 0:
        await asyncio.sleep(remaining)


def _flush(descriptor: int, queue: int) -> None:
    try:
        termios.tcflush(descriptor, queue)
    except termios.error:
        return  # the device is gone, and its queues with it
