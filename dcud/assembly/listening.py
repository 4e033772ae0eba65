"""From the configuration to the listener for what meters push over the network."""

import logging
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from dcud.assembly.pushing_meter import PushingMeter, PushMeans
from dcud.assembly.refused_pushes import PushCounts, RefusedPushes
from dcud.config import model
from dcud.config.kind import Network
from dcud.line.push_listener import Listened, PushListener
from dcud.line.pushes import Address, ListenerBounds, Transport

_LOG = logging.getLogger("dcud")


class PushingMeters:
    """Knows which meter a sender is, by its address and its wrapper port.

    Args:
        allowed: networks outside of which nobody is known.
    """

    def __init__(self, allowed: Iterable[Network], meters: Iterable[model.Meter]) -> None:
        self._allowed = tuple(allowed)
        self._hosts: dict[tuple[Address, int], model.Meter] = {}
        self._networks: list[tuple[Network, model.Meter]] = []
        for meter in meters:
            for network in meter.push_from:
                if network.num_addresses == 1:
                    at = (network.network_address, meter.server_address.logical)
                    self._hosts[at] = meter
                else:
                    self._networks.append((network, meter))
        self._addresses = {address for address, _ in self._hosts}

    def admits(self, address: Address) -> bool:
        """Tell whether any meter pushes from there."""
        if not any(address in network for network in self._allowed):
            return False
        return address in self._addresses or any(address in at for at, _ in self._networks)

    def meter(self, address: Address, source: int) -> model.Meter | None:
        """Return who pushes from there with that source wrapper port; None: nobody known."""
        if not self.admits(address):
            return None
        known = self._hosts.get((address, source))
        return known or next(
            (
                meter
                for network, meter in self._networks
                if address in network and meter.server_address.logical == source
            ),
            None,
        )


class Takers:
    """Has what each meter pushes taken, by what is made when the meter is first heard."""

    def __init__(self, meters: PushingMeters, means: PushMeans) -> None:
        self._meters = meters
        self._means = means
        self._takers: dict[str, tuple[model.Meter, PushingMeter]] = {}

    def admits(self, address: Address) -> bool:
        """Tell whether any meter pushes from there."""
        return self._meters.admits(address)

    def taker(self, address: Address, source: int) -> PushingMeter | None:
        """Return who takes what comes from there with that source wrapper port; None: nobody."""
        meter = self._meters.meter(address, source)
        if meter is None:
            return None
        known = self._takers.get(meter.id)
        if known is None or known[0] != meter:
            known = self._takers[meter.id] = meter, PushingMeter(meter, self._means)
        return known[1]

    def change(self, meters: PushingMeters, renewed: Callable[[str], bool]) -> None:
        """Know other meters from now on; those that are `renewed` are made anew all the same."""
        self._meters = meters
        self._takers = {name: it for name, it in self._takers.items() if not renewed(name)}


class Listening:
    """The listener of a configuration."""

    def __init__(
        self, configuration: model.Configuration, means: PushMeans, counts: PushCounts
    ) -> None:
        self._configured = configuration.listener
        self._takers = Takers(_meters(configuration), means)
        self._told = RefusedPushes(counts, means.tracer, means.monotonic)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[dict[Transport, int]]:
        """Listen within the block, which is given the port of each transport.

        Raises:
            PortError: the address is taken or is not ours.
        """
        configured = self._configured
        listener = PushListener(where(configured), self._takers, bounds(configured), self._told)
        async with listener.listening() as ports:
            for transport, port in ports.items():
                host, name = configured.listen.host, transport.upper()
                _LOG.info("listening for pushes on %s port %d by %s", host, port, name)
            yield ports

    def change(self, configuration: model.Configuration, renewed: Callable[[str], bool]) -> None:
        """Hear the meters of another configuration, at the addresses of the first one.

        Args:
            configuration: what holds from now on.
            renewed: tells of a meter that is as it was whether it is to be made anew all the same.
        """
        self._takers.change(_meters(configuration), renewed)


def _meters(configuration: model.Configuration) -> PushingMeters:
    meters = configuration.pushing_meters()
    if not meters:
        _LOG.warning("the listener knows no meter; write push_from at those that push")
    return PushingMeters(configuration.listener.allow_from, meters)


def where(configured: model.Listener) -> Listened:
    """Return where the listener listens."""
    wanted: dict[Transport, bool] = {"tcp": configured.tcp, "udp": configured.udp}
    return Listened(
        host=configured.listen.host,
        port=configured.listen.port,
        transports=tuple(transport for transport, is_wanted in wanted.items() if is_wanted),
    )


def bounds(configured: model.Listener) -> ListenerBounds:
    """Return how much the listener bears."""
    return ListenerBounds(
        connections=configured.connections,
        connections_per_address=configured.connections_per_address,
        longest_apdu=configured.max_apdu_size,
        idle_timeout=configured.idle_timeout,
    )
