"""Finds the meters on a power line and asks them who they are.

The line itself knows who is on it, so there are no addresses to try: new S-FSK meters report, and
the base node of a PRIME network tells of its nodes.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from dcud.dlms.errors import LinkError
from dcud.dlms.prime.messages import NewDevice
from dcud.dlms.prime.network import NodeJoined, NodeLeft
from dcud.dlms.prime.roll_call import RollCalled
from dcud.dlms.sfsk.discovery import MeterDiscovered, MeterRegistered
from dcud.dlms.sfsk.mac import NEW
from dcud.line.discovery import Finding, Inquiry, discover
from dcud.line.port import Port
from dcud.line.scan.found import ClientStanding, Identity
from dcud.line.scan.identification import call_on
from dcud.line.session import Session, Watch

_USUAL_VISIT: Final = 10.0
"""Seconds that it takes to ask a meter who it is, as long as none was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SfskStation:
    """A meter that reported on an S-FSK line.

    Attributes:
        system_title: six octets.
        alarm: its alarm descriptor; None where it has none.
        mac_address: where it is; None where it has no address of its own.
        told: which address it was told, whether it has taken it or not.
        identity: None until it is asked for.
    """

    system_title: bytes
    alarm: int | None = None
    mac_address: int | None = None
    told: int | None = None
    identity: Identity | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether it can be asked anything."""
        return self.mac_address is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimeStation:
    """A node that a PRIME base node told of; `identity` is None until it is asked for."""

    node: NewDevice
    identity: Identity | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether it can be asked anything."""
        return True


Station = SfskStation | PrimeStation


class PowerLineObserver(Protocol):
    """Who is told how a scan gets on."""

    def moved(self, asked: Station | None, seconds_left: float) -> None:
        """Take who is asked now, None while meters are looked for, and how long the rest takes."""
        ...

    def found(self, finding: Finding) -> None:
        """Take what was found as it comes."""
        ...

    def identified(self, station: Station) -> None:
        """Take a meter that has been asked who it is."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerLineParts:
    """What a scan works with.

    Attributes:
        port: leads to the modem, or to the base node; not opened yet.
        inquiry: finds the meters; not started yet.
        session: makes a session with a meter, for a client's address.
        clients: as which meters are asked.
        watch: who is told of the frames that the inquiry takes.
        observer: is told how the scan gets on.
    """

    port: Port
    inquiry: Inquiry
    session: Callable[[Port, Station, int], Session]
    clients: Sequence[int]
    watch: Watch
    observer: PowerLineObserver


class PowerLineScanner:
    """One scan."""

    def __init__(self, parts: PowerLineParts) -> None:
        self._parts = parts
        self._stations: dict[bytes, Station] = {}
        self._is_base_node = True
        self._visits = 0
        self._visited = 0.0

    @property
    def stations(self) -> tuple[Station, ...]:
        """The meters there are, as far as the scan has got."""
        return tuple(self._stations.values())

    async def run(self) -> None:
        """Find all meters, then ask them; cancelled, leave nobody connected.

        Raises:
            PortError: the line can't be had, or is gone.
            LinkError: at the far end is something else than a PRIME base node.
        """
        parts = self._parts
        await parts.port.open()
        try:
            await discover(
                parts.port, parts.inquiry, watch=parts.watch, found=self._found, moved=self._moved
            )
            if not self._is_base_node:
                raise LinkError(
                    "what came isn't a PRIME base node's wrapper",
                    remedy="check host, port and --framing",
                )
            await self._identify_all()
        finally:
            await parts.port.close()

    def _moved(self) -> None:
        visits = sum(each.is_reachable for each in self._stations.values())
        seconds = self._parts.inquiry.seconds_left() + visits * self._visit_seconds()
        self._parts.observer.moved(None, seconds)

    def _visit_seconds(self) -> float:
        return self._visited / self._visits if self._visits else _USUAL_VISIT

    def _found(self, finding: Finding) -> None:
        note(self._stations, finding)
        self._is_base_node &= finding != RollCalled(readable=False)
        self._parts.observer.found(finding)

    async def _identify_all(self) -> None:
        loop = asyncio.get_running_loop()
        names = [name for name, each in self._stations.items() if each.is_reachable]
        for done, name in enumerate(names):
            station = self._stations[name]
            self._parts.observer.moved(station, (len(names) - done) * self._visit_seconds())
            begun = loop.time()
            station = replace(station, identity=await self._identity(station))
            self._visits += 1
            self._visited += loop.time() - begun
            self._stations[name] = station
            self._parts.observer.identified(station)

    async def _identity(self, station: Station) -> Identity:
        """Ask a meter who it is, with one association for each client."""
        standings: list[ClientStanding] = []
        said = Identity()
        for client in self._parts.clients:
            session = self._parts.session(self._parts.port, station, client)
            standing, told = await call_on(session, client, said)
            said = told or said
            standings.append(standing)
        return replace(said, clients=tuple(standings))


def note(stations: dict[bytes, Station], finding: Finding) -> None:
    """Take a finding into what is known of meters, by their system titles or EUI-48."""
    match finding:
        case MeterDiscovered(system_title=title, alarm=alarm, mac_address=address):
            known = _sfsk(stations, title)
            own = known.mac_address if address == NEW else address
            stations[title] = replace(known, alarm=alarm, mac_address=own)
        case MeterRegistered(system_title=title, mac_address=address):
            stations[title] = replace(_sfsk(stations, title), mac_address=address)
        case NodeJoined(node=node):
            stations[node.eui48] = PrimeStation(node=node)
        case NodeLeft(node=NewDevice(eui48=name)):
            stations.pop(name, None)
        case _:  # what adds nothing
            pass


def _sfsk(stations: dict[bytes, Station], title: bytes) -> SfskStation:
    known = stations.get(title)
    return known if isinstance(known, SfskStation) else SfskStation(system_title=title)
