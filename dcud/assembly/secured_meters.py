"""The meters of a daemon that want security: their keys, their counters, what they are refused for.

Imported only where there are such meters, since what lies beneath takes start-up time and memory.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from dcud.assembly.links import Links
from dcud.assembly.secured_hearing import SecuredHearing
from dcud.assembly.security import MeterKeys, SecuredAccess, Surroundings
from dcud.assembly.ways import Told, secured_meter
from dcud.collect.counter_ledger import CounterLedger
from dcud.config import model
from dcud.config.certificates import load_certificates
from dcud.dlms.errors import SecurityError
from dcud.dlms.security.certificates import Certificates
from dcud.line.bus import Bus
from dcud.line.session import Session, unheard
from dcud.store.counter_store import CounterStore

COUNTER_FILE = "counters.sqlite"
"""Within the state directory."""

Fetch = Callable[[model.Meter], Awaitable[MeterKeys]]
"""Returns a meter's keys; raises `ConfigError` where they can't be had."""


class SecurityObserver(Protocol):
    """Who wants to know how it goes with security."""

    def security_refused(self, bus: str, meter: str, error: SecurityError) -> None:
        """Something of the meter's, or in its name, was not trusted."""
        ...

    def counters_left(self, bus: str, meter: str, counters: int) -> None:
        """So many requests can still be sent under the meter's keys."""
        ...


class SecuredMeters:
    """Opens associations with meters that want security.

    Args:
        store: an open one.
        fetch: asked for each meter once, when it is first used.
        clock: unix seconds.
    """

    def __init__(
        self,
        gateway: model.Gateway,
        store: CounterStore,
        *,
        fetch: Fetch,
        observer: SecurityObserver,
        clock: Callable[[], float],
    ) -> None:
        self._gateway = gateway
        self._fetch = fetch
        self._observer = observer
        self._certificates: Certificates | None = None
        self._surroundings = Surroundings(
            ledger=CounterLedger(store),
            certificates=self._known_certificates,
            now=lambda: datetime.fromtimestamp(clock(), UTC),
        )

    def hearer(
        self, bus: str, meter: model.Meter, notified: Callable[[bytes], None]
    ) -> Callable[[bytes], None]:
        """Return what takes what the meter says between sessions; `notified` what is verified."""
        return self.hearing(bus, meter, notified).hear

    def hearing(
        self, bus: str, meter: model.Meter, notified: Callable[[bytes], None] = unheard
    ) -> SecuredHearing:
        """Return what verifies what the meter says unasked."""
        access, report = self._access(meter), self._reporter(bus, meter)
        return SecuredHearing(access, Told(refused=report, notified=notified))

    def associate(
        self,
        bus: Bus,
        links: Links,
        meter: model.Meter,
        notified: Callable[[bytes], None] = unheard,
    ) -> Callable[[], AbstractAsyncContextManager[Session]]:
        """Return what opens associations with the meter; `notified` takes the unasked."""
        access, report = self._access(meter), self._reporter(bus.name, meter)
        secured = secured_meter(bus, links, meter, access, Told(refused=report, notified=notified))

        @asynccontextmanager
        async def associate() -> AsyncIterator[Session]:
            try:
                async with secured.associate() as reader:
                    yield reader
            finally:
                if access.counters_left is not None:
                    self._observer.counters_left(bus.name, meter.id, access.counters_left)

        return associate

    def _access(self, meter: model.Meter) -> SecuredAccess:
        async def fetch() -> MeterKeys:
            return await self._fetch(meter)

        return SecuredAccess(meter, fetch, self._surroundings)

    def _reporter(self, bus: str, meter: model.Meter) -> Callable[[SecurityError], None]:
        def report(error: SecurityError) -> None:
            self._observer.security_refused(bus, meter.id, error)

        return report

    def _known_certificates(self) -> Certificates:
        """Return the certificates at hand, read when a meter first needs some."""
        if self._certificates is None:
            self._certificates = load_certificates(
                anchors=self._gateway.trusted_certificates, others=self._gateway.certificates
            )
        return self._certificates


async def open_counters(
    gateway: model.Gateway, clock: Callable[[], float], *, exclusive: bool
) -> CounterStore:
    """Open the counters of a gateway.

    Args:
        gateway: tells where they are.
        clock: unix seconds.
        exclusive: whether no other daemon may have them.

    Raises:
        StoreError: they can't be had.
    """
    path = Path(gateway.state_directory, COUNTER_FILE)
    return await CounterStore.open(path, clock, exclusive=exclusive)
