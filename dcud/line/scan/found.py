"""What a scan finds out about the stations that answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from dcud.dlms.hdlc.address import ServerAddress
from dcud.line.scan.ranges import is_shared

OPEN = "open"
"""How a client stands that is associated without proving itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientStanding:
    """How a station treats one client.

    Attributes:
        client: the client's address.
        standing: "open", "refused", "failed", "UA" where only the link was tried, or the kind of
            the frame that refused the link: "DM", "FRMR".
        words: what the station said in refusing.
    """

    client: int
    standing: str
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalDevice:
    """An entry of the SAP assignment list.

    [IEC 62056-6-2: SAP assignment]
    """

    sap: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a station says of itself; "" for what it doesn't say."""

    clients: tuple[ClientStanding, ...] = ()
    logical_device_name: str = ""
    serial_number: str = ""
    logical_devices: tuple[LogicalDevice, ...] = ()

    @property
    def open_client(self) -> int | None:
        """The first client that needs no password."""
        return next((each.client for each in self.clients if each.standing == OPEN), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A station that answered.

    Attributes:
        line: index of the line's setting in the ranges.
        client: the client that it answered to first.
        address: where it answered.
        answer: kind of the frame.
        answers: how many came to one question; several stations at one address are a fault.
        seconds: that the answer took to begin.
        identity: None until it is asked for.
    """

    line: int
    client: int
    address: ServerAddress
    answer: str
    answers: int = 1
    seconds: float = 0.0
    identity: Identity | None = None

    @property
    def is_crowded(self) -> bool:
        """Whether several stations have the address."""
        return self.answers > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOn:
    """Who answered a sign-on of mode E.

    Attributes:
        identification: as it came, without the line's ends.
        manufacturer: three letters.
        baud: the highest speed that it offers; None where it offers none.
        hdlc: whether it says that it goes on in HDLC.
        client: the client that it answered to in HDLC.
        address: where it answered in HDLC; None where it didn't, or wasn't asked.
        identity: None where it couldn't be asked.
    """

    identification: str
    manufacturer: str
    baud: int | None
    hdlc: bool
    client: int = 0
    address: ServerAddress | None = None
    identity: Identity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMeter:
    """A meter with the addresses at which it answered, the best first."""

    stations: tuple[Found, ...]

    @property
    def best(self) -> Found:
        """Where to reach it."""
        return self.stations[0]


def meters(found: Sequence[Found]) -> list[FoundMeter]:
    """Return the stations, each meter once, in the order in which they were found.

    Stations at one setting with the same logical device name are one meter.
    """
    by_name: dict[object, list[Found]] = {}
    for number, station in enumerate(found):
        name = station.identity.logical_device_name if station.identity else ""
        by_name.setdefault((station.line, name) if name else number, []).append(station)
    return [FoundMeter(stations=tuple(sorted(each, key=_cost))) for each in by_name.values()]


def _cost(station: Found) -> tuple[bool, bool, int]:
    """Return what speaks against an address: others may answer to it, it's refused, it's long."""
    return is_shared(station.address), station.answer == "DM", station.address.octet_count
