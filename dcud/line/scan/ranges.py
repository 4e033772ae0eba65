"""What a scan tries: line settings, addresses, clients.

[IEC 62056-46: HDLC addressing] A server is found only by an address of the size that it listens to,
at its own speed, by a client that it knows. What is tried is the product of these ranges, so each
of them is in the order of likelihood.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from dcud.dlms.errors import MisuseError
from dcud.dlms.hdlc.address import ReservedPhysical, ServerAddress

HIGHEST = {1: 0x7F, 2: 0x7F, 4: 0x3FFF}
"""Size of a server address in octets: the highest value of each of its parts."""

_SHARED = {
    2: (ReservedPhysical.ALL_STATION, ReservedPhysical.CALLING_PHYSICAL_DEVICE),
    4: (ReservedPhysical.ALL_STATION_WIDE, ReservedPhysical.CALLING_PHYSICAL_DEVICE_WIDE),
}
"""Size of a server address in octets: physical addresses that any device may answer to."""

_HAILING_CLIENTS = 2


@dataclass(frozen=True, slots=True)
class LineSetting:
    """Speed and character format; without a speed, a line that can't be set from here."""

    baud: int | None = None
    format: str = "8N1"

    @property
    def octet_time(self) -> float:
        """Seconds that one octet takes; 0 where that isn't known."""
        if self.baud is None:
            return 0.0
        bits = 1 + int(self.format[0]) + (self.format[1] != "N") + int(self.format[2])
        return bits / self.baud

    def __str__(self) -> str:
        """Return the setting as people write it."""
        return "as it is" if self.baud is None else f"{self.baud} {self.format}"


AS_IT_IS = LineSetting()
"""The setting of a network connection."""


@dataclass(frozen=True, kw_only=True)
class ScanRanges:
    """What is tried, each in the order in which it is tried.

    Attributes:
        lines: settings of the line.
        sizes: octets of server addresses, of 1, 2 and 4; ignored over the wrapper.
        logicals: logical devices; over the wrapper, server ports.
        physicals: physical devices; ignored by addresses of one octet and over the wrapper.
        clients: client addresses.
        sweep_clients: with how many of them, from the first on, every server address is tried; the
            others are tried at the addresses that answered.
        wrapper: whether the line carries the wrapper in place of HDLC.
        mode_e: whether a sign-on of mode E is tried.
        silent_lines: whether all addresses are tried also at settings at which nothing was heard.
        all_lines: whether other settings are tried after a meter was found at one.

    Raises:
        MisuseError: a range is empty or out of bounds, or holds something twice.
    """

    lines: tuple[LineSetting, ...]
    sizes: tuple[int, ...]
    logicals: tuple[int, ...]
    physicals: tuple[int, ...]
    clients: tuple[int, ...]
    sweep_clients: int = 1
    wrapper: bool = False
    mode_e: bool = False
    silent_lines: bool = True
    all_lines: bool = False

    def __post_init__(self) -> None:
        """Refuse what can't be tried."""
        for name in ("lines", "sizes", "logicals", "physicals", "clients"):
            values: tuple[object, ...] = getattr(self, name)
            if len(set(values)) < len(values) or not (values or name == "physicals"):
                raise MisuseError(f"a scan's {name} are none, or one of them comes twice")
        numbers = (*self.logicals, *self.physicals)
        if not set(self.sizes) <= HIGHEST.keys() or not all(0 <= n <= HIGHEST[4] for n in numbers):
            raise MisuseError("a scan's server addresses are out of bounds")
        if not all(0 <= client <= (0xFFFF if self.wrapper else 0x7F) for client in self.clients):
            raise MisuseError("a scan's clients are out of bounds")
        if not (1 <= self.sweep_clients <= len(self.clients)):
            raise MisuseError("a scan's sweep takes one of its clients at least")
        if not self.addresses:
            raise MisuseError("a scan's logical and physical devices don't fit its address sizes")

    @cached_property
    def hails(self) -> tuple[tuple[int, ServerAddress], ...]:
        """The questions that tell soonest whether anybody is there: client and server address."""
        if self.wrapper:
            return ()
        logical = self.logicals[0]
        shared = [
            ServerAddress(logical, physical, size)
            for size in self.sizes
            if logical <= HIGHEST[size]
            for physical in _SHARED.get(size, (None,))
        ]
        return tuple((c, address) for c in self.clients[:_HAILING_CLIENTS] for address in shared)

    @cached_property
    def addresses(self) -> tuple[ServerAddress, ...]:
        """All server addresses, at each of the settings of the line."""
        if self.wrapper:
            return tuple(map(ServerAddress, self.logicals))
        return tuple(address for size in self.sizes for address in self._of_size(size))

    @property
    def sweep_length(self) -> int:
        """How many combinations of client and server address there are at one setting."""
        return self.sweep_clients * len(self.addresses)

    def combination(self, place: int) -> tuple[int, ServerAddress]:
        """Return client and server address number `place`, 0 to `sweep_length` - 1."""
        round_, index = divmod(place, len(self.addresses))
        return self.clients[round_], self.addresses[index]

    def _of_size(self, size: int) -> Iterator[ServerAddress]:
        physicals = (None,) if size == 1 else self.physicals
        for logical in self.logicals:
            for physical in physicals:
                if max(logical, physical or 0) <= HIGHEST[size]:
                    yield ServerAddress(logical, physical, size)


def is_shared(address: ServerAddress) -> bool:
    """Tell whether several devices on one line may answer to an address."""
    return address.physical is None or address.physical in _SHARED.get(address.octet_count, ())
