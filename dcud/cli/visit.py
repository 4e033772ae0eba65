"""One session with one meter, without a daemon around it."""

import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass

from dcud.assembly.links import Links
from dcud.assembly.meters import bus_parameters, is_secured, plain_target
from dcud.assembly.ports import port
from dcud.cli.meter_choice import ChosenMeter
from dcud.config import model
from dcud.config.key_file import Access
from dcud.config.meter_secrets import NO_SECRETS, MeterSecrets
from dcud.dlms.errors import NoAnswerError, SecurityError
from dcud.line.bus import Bus
from dcud.line.errors import PortBusyError
from dcud.line.session import Session
from dcud.line.tracer import Direction, FrameTracer, NoTracer
from dcud.observe.log_line import Record, line
from dcud.observe.mask import Mask

wall_clock = time.time  # noqa: TID251  # whoever asks by hand asks now

_LOG = logging.getLogger("dcud.cli")
_BUS_LOG = logging.getLogger(Bus.__module__)

_ADDRESSES = {
    "hdlc": "--server, --address-size or --client",
    "wrapper": "--server or --client",
    "s-fsk": "--mac-address, --server or --client",
    "s-fsk-hdlc": "--mac-address, --server or --client",
    "prime": "--node or --client",
}
"""By framing, what another station may differ in."""


@asynccontextmanager
async def visit(chosen: ChosenMeter, *, frames: bool = False) -> AsyncIterator[Session]:
    """Yield an open session with the meter; closes session and port in the end.

    Args:
        chosen: whom to ask.
        frames: whether each frame is shown on standard error.

    Raises:
        PortError: the line can't be had.
        ProtocolError: the meter doesn't answer, or refuses.
    """
    printer = FramePrinter(chosen.secrets)
    tracer: FrameTracer = printer if frames else NoTracer()
    links = Links(chosen.bus)
    bus = Bus(
        chosen.bus.id,
        port(chosen.bus),
        tracer=tracer,
        observer=_Unobserved(),
        parameters=bus_parameters(chosen.bus, links),
    )
    try:
        async with AsyncExitStack() as stack:
            stack.enter_context(_told_once())
            try:
                associate = await _associate(stack, chosen, _Line(bus, links, printer))
                session = await stack.enter_async_context(associate())
            except PortBusyError as error:
                raise _in_use(chosen, error) from None
            except NoAnswerError as error:
                # What the link heard instead stands in the message already.
                remedy = f"{error.remedy}; {_look_further(chosen.bus.framing)}"
                raise NoAnswerError(error.message, remedy=remedy) from None
            yield session
    finally:
        await bus.close()


@dataclass(frozen=True, slots=True)
class _Line:
    """Where the meter is; the printer must learn what no frame may show."""

    bus: Bus
    links: Links
    printer: "FramePrinter"


async def _associate(
    stack: AsyncExitStack, chosen: ChosenMeter, place: _Line
) -> Callable[[], AbstractAsyncContextManager[Session]]:
    """Return what opens the association; what that needs is closed by the stack."""
    meter, secrets = chosen.meter, chosen.secrets
    if not is_secured(meter):
        reached = plain_target(place.links, meter, secrets.lls_password)
        return lambda: place.bus.session(reached)
    from dcud.assembly.secured_meters import (  # noqa: PLC0415  # most have none: start-up
        SecuredMeters,
        open_counters,
    )

    counters = await open_counters(chosen.gateway, wall_clock, exclusive=False)
    await stack.enter_async_context(counters)

    async def fetch(_: model.Meter) -> MeterSecrets:
        if meter.key_command is None:
            return secrets
        from dcud.config.key_command import ask_key_command  # noqa: PLC0415  # likewise

        limit = chosen.gateway.key_command_timeout
        found = await ask_key_command(meter, limit, Access.of_this_process())
        place.printer.hide(found)
        return found

    secured = SecuredMeters(
        chosen.gateway, counters, fetch=fetch, observer=_Unobserved(), clock=wall_clock
    )
    return secured.associate(place.bus, place.links, meter)


@contextmanager
def _told_once() -> Iterator[None]:
    """Keep the bus from logging the error that the command ends with."""

    def drop(_: logging.LogRecord) -> bool:
        return False

    _BUS_LOG.addFilter(drop)
    try:
        yield
    finally:
        _BUS_LOG.removeFilter(drop)


def _look_further(framing: str) -> str:
    return (
        "--frames shows what goes over the line; "
        f"another {_ADDRESSES[framing]} asks for another station"
    )


class _Unobserved:
    """Whoever runs a command by hand is told of a bus that fails by its error."""

    def bus_up(self, bus: str, up: bool) -> None:  # noqa: FBT001  # a state, told as it is
        """Ignore how the bus stands."""

    def bus_busy(self, bus: str, busy: bool) -> None:  # noqa: FBT001  # likewise
        """Ignore who has it."""

    def security_refused(
        self,
        bus: str,  # noqa: ARG002  # as the daemon's observer has it
        meter: str,
        error: SecurityError,
    ) -> None:
        """Tell of what was passed over; an error that ends the command is told by itself."""
        _LOG.info("meter %s: %s", meter, error)

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        """Ignore how many are left: the ledger warns when they are few."""


def _in_use(chosen: ChosenMeter, error: PortBusyError) -> PortBusyError:
    if not chosen.configured:
        return error
    device = chosen.bus.serial.device if chosen.bus.serial else ""
    return PortBusyError(
        f"bus {chosen.bus.id} is in use, most likely by the running daemon: {error.message}",
        remedy="systemctl stop dcud, read, then systemctl start dcud: the daemon catches up; "
        f"fuser -v {device} names another program",
    )


class FramePrinter:
    """Shows frames on standard error, in the form of the frame log."""

    def __init__(self, secrets: MeterSecrets = NO_SECRETS) -> None:
        self._mask = Mask()
        self.hide(secrets)

    def hide(self, secrets: MeterSecrets) -> None:
        """Mask these from now on wherever they stand."""
        for secret in secrets.all():
            self._mask.add(secret.octets)

    def frame(
        self,
        bus: str,
        direction: Direction,
        meter: str,
        octets: bytes,
        secret: Sequence[tuple[int, int]],
    ) -> None:
        """Show one frame."""
        self._show(bus, direction, meter, octets=octets, secret=tuple(secret))

    def discarded(self, bus: str, meter: str, reason: str, octets: bytes) -> None:
        """Show octets that made no frame."""
        self._show(bus, "rx!", meter, note=reason, octets=octets)

    def retransmitted(self, bus: str, meter: str, frames: int) -> None:
        """Tell of a repetition."""
        self._show(bus, "tx!", meter, note=f"retransmitting {frames}")

    def answered(self, bus: str, meter: str, seconds: float) -> None:
        """Tell nothing: the times of the frames tell it."""

    def _show(  # the fields of one record
        self,
        bus: str,
        mark: str,
        meter: str,
        *,
        note: str = "",
        octets: bytes = b"",
        secret: tuple[tuple[int, int], ...] = (),
    ) -> None:
        record = Record(
            at=wall_clock(),
            bus=bus,
            mark=mark,
            meter=meter,
            note=note,
            octets=octets,
            secret=secret,
        )
        print(line(record, self._mask), end="", file=sys.stderr)
