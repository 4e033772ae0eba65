"""Who does what is asked for: the meters on their buses, or the gateway itself."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from dcud.assembly.commands.intake import Done, Prepared
from dcud.assembly.commands.meter_verbs import METER_VERBS, meter_act
from dcud.assembly.commands.parameters import ParameterError, Parameters
from dcud.assembly.polled_bus import PolledBus
from dcud.assembly.running_buses import RunningBuses
from dcud.publish.canonical import rfc3339
from dcud.publish.command_request import Request

_LONGEST_PAUSE: Final = 7 * 86_400
_USUAL_PAUSE: Final = 3600

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
        own = {"pause": self._pause, "resume": self._resume, "reload": self._reload}
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
