"""The owner of one line: it gives meters their turns and keeps the port open."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from dcud.dlms.errors import NoAnswerError, ProtocolError, SecurityError
from dcud.line.errors import PortError
from dcud.line.line_settings import LineSettings
from dcud.line.port import Port
from dcud.line.session import Connection, CounterSupply, Session, SessionTiming, Watch, unheard
from dcud.line.tracer import FrameTracer

if TYPE_CHECKING:
    from dcud.line.sign_on import SignOn

_LOG = logging.getLogger(__name__)


class BusObserver(Protocol):
    """Who wants to know how a bus stands."""

    def bus_up(self, bus: str, up: bool) -> None:  # noqa: FBT001  # a state, told as it is
        """Tell that the port opened, or that it could not be opened or went."""
        ...

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # likewise
        """Tell that a session was given the bus, or gave it back."""
        ...


@runtime_checkable
class DevicePort(Protocol):
    """A port that knows without opening it whether that is worth a try."""

    @property
    def has_returned(self) -> bool:
        """Whether a device is there that wasn't when the port was opened last."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A meter, as far as its bus must know it.

    Attributes:
        meter: the configured meter id.
        connect: makes a fresh connection machine for each session.
        timing: None for the usual one.
        notified: takes the APDUs that the meter sends unasked during a session.
        sign_on: what brings the meter to speak HDLC, before each session; None where it does so by
            itself.
        supply: of the invocation counters that requests bear; None where they bear none.
        refused: learns of what can't be trusted and was passed over during a session.
    """

    meter: str
    connect: Callable[[], Connection]
    timing: SessionTiming | None = None
    notified: Callable[[bytes], None] = unheard
    sign_on: "SignOn | None" = None
    supply: CounterSupply | None = None
    refused: Callable[[SecurityError], None] = unheard


def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusParameters:
    """How a bus treats its port; times in seconds.

    Attributes:
        gap: silence kept between the sessions of two meters.
        keep_open: whether the port stays open between sessions. Over the wrapper it does not: the
            association ends with the TCP connection.
        first_pause: before the first try to open a port that failed.
        longest_pause: that the pause grows to, doubling with each failure.
        silent_sessions: after how many sessions in a row that no meter answered the port is opened
            anew; a device or server that hangs looks like that.
        line: speed and format to which the line returns after a session that changed them by its
            sign-on; None leaves it as it is, where all meters begin with one.
        opened: called whenever the port was opened.
        overheard: takes the octets that came in between sessions.
    """

    gap: float = 0.0
    keep_open: bool = True
    first_pause: float = 1.0
    longest_pause: float = 60.0
    silent_sessions: int = 3
    line: tuple[int, str] | None = None
    opened: Callable[[], None] = _nothing
    overheard: Callable[[bytes], None] = unheard


class Bus:
    """One port with the meters behind it.

    Sessions take turns in the order in which they were asked for. A port that went while nobody
    used it is opened again by the session that finds it so, which then goes on. One that fails
    after that is opened again by the first session after a pause that grows from failure to
    failure, or once a device is plugged in; sessions before that fail at once.
    """

    def __init__(
        self,
        name: str,
        port: Port,
        *,
        tracer: FrameTracer,
        observer: BusObserver,
        parameters: BusParameters | None = None,
    ) -> None:
        self._name = name
        self._port = port
        self._tracer = tracer
        self._observer = observer
        self._parameters = parameters or BusParameters()
        self._turn = asyncio.Lock()
        self._is_up: bool | None = None
        self._quiet_since = float("-inf")
        self._failure: PortError | None = None
        self._pause = 0.0
        self._not_before = float("-inf")
        self._silent = 0  # sessions in a row that no meter answered
        self._speeds: dict[str, int] = {}  # at which meters were left that signed on

    @property
    def name(self) -> str:
        """The configured bus id."""
        return self._name

    @asynccontextmanager
    async def session(self, target: Target) -> AsyncIterator[Session]:
        """Wait for the turn, and yield an open session that is closed in the end.

        Raises `PortError` where the line is down and the protocol's errors where the meter is.
        """
        async with self._turn:
            was_open = self._port.is_open
            await self._open_port()
            await self._keep_gap()
            with self._busy():
                try:
                    session = await self._begin(target, may_reopen=was_open)
                    try:
                        yield session
                    finally:
                        await session.close()
                except PortError as error:
                    self._went_down(error)
                    raise
                finally:
                    await self._end(target)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._observer.bus_busy(self._name, busy=True)
        try:
            yield
        finally:
            self._observer.bus_busy(self._name, busy=False)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[None]:
        """Wait for the turn, and leave the line to whoever asked, with the port closed."""
        async with self._turn:
            await self._port.close()
            with self._busy():
                yield
            self._quiet_since = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Wait for the session that is under way, and close the port."""
        async with self._turn:
            await self._port.close()

    async def _open_port(self) -> None:
        remaining = self._not_before - asyncio.get_running_loop().time()
        if self._failure is not None and remaining > 0 and not self._device_returned():
            raise PortError(
                f"bus {self._name} is down: {self._failure.message}",
                remedy=f"{self._failure.remedy} (next try in {remaining:.0f} s)",
            )
        if self._port.is_open:
            return
        try:
            await self._open_anew()
        except PortError as error:
            self._went_down(error)
            raise
        self._tell(up=True)

    async def _open_anew(self) -> None:
        await self._port.open()
        self._parameters.opened()

    def _device_returned(self) -> bool:
        return isinstance(self._port, DevicePort) and self._port.has_returned

    async def _keep_gap(self) -> None:
        pause = self._quiet_since + self._parameters.gap - asyncio.get_running_loop().time()
        if pause > 0:
            await asyncio.sleep(pause)

    async def _begin(self, target: Target, *, may_reopen: bool) -> Session:
        """Return an open session; `may_reopen` tells whether the port may have gone unnoticed."""
        try:
            try:
                session = await self._open_session(target)
            except PortError as error:
                if not may_reopen:
                    raise
                _LOG.info("bus %s: %s; opening it again at once", self._name, error.message)
                await self._port.close()
                await self._open_anew()
                session = await self._open_session(target)
        except NoAnswerError:
            self._silent += 1
            raise
        self._silent = 0
        self._works_again()
        return session

    async def _open_session(self, target: Target) -> Session:
        watch = Watch(
            tracer=self._tracer,
            bus=self._name,
            meter=target.meter,
            notified=target.notified,
            refused=target.refused,
            overheard=self._parameters.overheard,
        )
        if target.sign_on is not None:
            await self._sign_on(target.meter, target.sign_on, watch)
        session = Session(
            self._port,
            target.connect(),
            watch=watch,
            timing=target.timing,
            renew=target.connect,
            supply=target.supply,
        )
        try:
            await session.open()
        except ProtocolError:
            await session.close()
            if target.sign_on is not None:  # the meter waits in vain, and hears no sign-on
                from dcud.line.sign_on import say_goodbye  # noqa: PLC0415  # as in _sign_on

                await say_goodbye(self._port, target.sign_on, watch)
            raise
        except BaseException:  # cancelled as well
            await session.close()
            raise
        return session

    async def _sign_on(self, meter: str, how: "SignOn", watch: Watch) -> None:
        from dcud.line.sign_on import sign_on  # noqa: PLC0415  # most have none: start-up

        done = await sign_on(self._port, how, watch, left_at=self._speeds.get(meter))
        self._speeds[meter] = done.baud

    async def _end(self, target: Target) -> None:
        try:
            if target.sign_on is not None and self._is_up:
                await self._restore_line()
        finally:
            self._quiet_since = asyncio.get_running_loop().time()
            if self._silent >= self._parameters.silent_sessions:
                self._silent = 0
                await self._port.close()
            elif not self._is_up or not self._parameters.keep_open:
                await self._port.close()

    async def _restore_line(self) -> None:
        """Give the line back the speed and format that the bus's other meters have."""
        line = self._parameters.line
        if line is None or not isinstance(self._port, LineSettings):
            return
        try:
            await self._port.set_line(*line)
        except PortError as error:
            self._went_down(error)  # the session is over; the next one will tell

    def _works_again(self) -> None:
        if self._failure is not None:
            _LOG.warning("bus %s: the line works again", self._name)
        self._failure = None
        self._pause = 0.0

    def _went_down(self, error: PortError) -> None:
        if self._failure is None:
            _LOG.warning("bus %s: %s", self._name, error)
        self._failure = error
        limits = self._parameters
        self._pause = min(max(2 * self._pause, limits.first_pause), limits.longest_pause)
        self._not_before = asyncio.get_running_loop().time() + self._pause
        self._tell(up=False)

    def _tell(self, *, up: bool) -> None:
        if self._is_up is not up:
            self._is_up = up
            self._observer.bus_up(self._name, up)
