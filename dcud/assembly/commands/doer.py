"""Who does what is asked for: the meters on their buses, or the gateway itself."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from dcud.assembly.commands.intake import Done, Prepared
from dcud.assembly.commands.meter_verbs import METER_VERBS, meter_act
from dcud.assembly.commands.parameters import ParameterError, Parameters
from dcud.assembly.polled_bus import PolledBus
from dcud.assembly.running_buses import RunningBuses
from dcud.config import model
from dcud.publish.canonical import JsonValue, rfc3339
from dcud.publish.command_request import Request

if TYPE_CHECKING:
    from dcud.line.scan.found import FoundMeter
    from dcud.line.scan.ranges import ScanRanges

_LONGEST_PAUSE: Final = 7 * 86_400
_USUAL_PAUSE: Final = 3600
_LONGEST_SCAN: Final = 3600
_USUAL_SCAN: Final = 300

Reload = Callable[[], Awaitable[str]]
"""Reads the configuration anew; returns what was wrong with it, "" where it was taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayDoer:
    """Does what is asked for.

    Attributes:
        buses: as they run at the moment.
        reload: what takes a new configuration.
        clock: unix seconds.
    """

    buses: RunningBuses
    reload: Reload
    clock: Callable[[], float]

    def groups(self, request: Request) -> Sequence[str]:
        """Return the groups of the meter or bus that a request is about.

        Raises:
            MeterGoneError: there is no such.
        """
        if request.meter:
            return self.buses.bus_of(request.meter).meter(request.meter).groups
        if request.bus:
            return self.buses.bus(request.bus).configured.groups
        return ()

    def prepare(self, request: Request) -> Prepared:
        """Return what does it.

        Raises:
            DcudError: it makes no sense.
        """
        if request.verb in METER_VERBS:
            return self._at_meter(request)
        own = {
            "pause": self._pause,
            "resume": self._resume,
            "rescan": self._rescan,
            "reload": self._reload,
        }
        return own[request.verb](request)

    def _at_meter(self, request: Request) -> Prepared:
        if not request.meter or request.bus:
            raise ParameterError(f"{request.verb} is about a meter", remedy='write "meter"')
        bus = self.buses.bus_of(request.meter)
        addressee = bus.addressee(request.meter)
        act = meter_act(request.verb, request.parameters, addressee)

        async def do(expires: float) -> Done:
            return Done(await bus.obey(request.meter, act, expires=expires))

        return do

    def _pause(self, request: Request) -> Prepared:
        parameters = Parameters(request.parameters)
        seconds = parameters.number("seconds", 1, _LONGEST_PAUSE, default=_USUAL_PAUSE)
        parameters.end()
        return self._hold(request, lambda: self.clock() + seconds)

    def _resume(self, request: Request) -> Prepared:
        Parameters(request.parameters).end()
        return self._hold(request, self.clock)

    def _hold(self, request: Request, until: Callable[[], float]) -> Prepared:
        """Return what leaves a meter, or all of a bus, alone until then."""
        bus, meters = self._held(request)

        async def do(_: float) -> Done:
            moment = until()
            moves = [bus.hold(meter, moment) for meter in meters]
            text = rfc3339(datetime.fromtimestamp(moment, UTC))
            return Done({"until": text, "meters": list(meters)}, moves)

        return do

    def _held(self, request: Request) -> tuple[PolledBus, Sequence[str]]:
        if bool(request.meter) == bool(request.bus):
            raise ParameterError(
                f"{request.verb} is about a meter or a bus", remedy='write "meter" or "bus"'
            )
        if request.meter:
            return self.buses.bus_of(request.meter), [request.meter]
        bus = self.buses.bus(request.bus)
        return bus, bus.meters

    def _rescan(self, request: Request) -> Prepared:
        if not request.bus or request.meter:
            raise ParameterError("rescan is about a bus", remedy='write "bus"')
        bus = self.buses.bus(request.bus)
        parameters = Parameters(request.parameters)
        seconds = parameters.number("seconds", 1, _LONGEST_SCAN, default=_USUAL_SCAN)
        ranges = scan_ranges(bus.configured, parameters)
        parameters.end()

        async def do(_: float) -> Done:
            scanned = await bus.scan(ranges, seconds)
            found: list[JsonValue] = [_found_json(bus, meter) for meter in scanned.meters]
            return Done({"meters": found, "is_complete": scanned.is_complete})

        return do

    def _reload(self, request: Request) -> Prepared:
        Parameters(request.parameters).end()
        if request.meter or request.bus:
            raise ParameterError("reload is about the gateway", remedy="leave meter and bus out")

        async def do(_: float) -> Done:
            fault = await self.reload()
            if fault:
                raise ParameterError(f"the new configuration is not taken: {fault}")
            return Done({})

        return do


def scan_ranges(bus: model.Bus, parameters: Parameters) -> "ScanRanges":
    """Return what a scan of a bus is to try: at its own speed, the likely addresses or those given.

    Raises:
        ParameterError: the bus can't be scanned, or there is nothing to try.
    """
    if bus.framing not in {"hdlc", "wrapper"}:
        raise ParameterError(
            f"a bus with {bus.framing} is not scanned while it is polled",
            remedy="stop dcud, and use dcud scan",
        )
    from dcud.line.scan import likely  # noqa: PLC0415  # seldom asked for: start-up
    from dcud.line.scan.ranges import (  # noqa: PLC0415  # likewise
        AS_IT_IS,
        HIGHEST,
        LineSetting,
        ScanRanges,
    )

    wrapper, line = bus.framing == "wrapper", bus.serial or bus.rfc2217
    usual = likely.SERVER_PORTS if wrapper else likely.PHYSICALS
    if parameters.has("first"):
        first = parameters.number("first", 0, HIGHEST[4])
        usual = tuple(range(first, parameters.number("last", first, HIGHEST[4]) + 1))
    client = parameters.number("client", 0, 0x7F, default=likely.CLIENTS[0])
    return ScanRanges(
        lines=(AS_IT_IS if line is None else LineSetting(line.baud, line.format),),
        sizes=(1, 2, 4),
        logicals=usual if wrapper else likely.LOGICALS,
        physicals=() if wrapper else usual,
        clients=(client,),
        wrapper=wrapper,
    )


def _found_json(bus: PolledBus, found: "FoundMeter") -> Mapping[str, JsonValue]:
    """Return a meter that answered, with its configured id where it has one."""
    best = found.best
    identity = best.identity
    at = best.address.logical, best.address.physical
    known = [name for name in bus.meters if _address(bus.meter(name)) == at]
    return {
        "meter": known[0] if known else None,
        "logical": best.address.logical,
        "physical": best.address.physical,
        "client": best.client,
        "logical_device_name": identity.logical_device_name if identity else "",
        "serial_number": identity.serial_number if identity else "",
    }


def _address(meter: model.Meter) -> tuple[int, int | None]:
    return meter.server_address.logical, meter.server_address.physical
