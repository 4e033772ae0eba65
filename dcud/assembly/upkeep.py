"""Looking after what an operator has to keep in order: key files, certificates."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from dcud.config import model
from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.problem import ConfigError
from dcud.errors import DcudError
from dcud.publish.certificate_expiry import first_expiry

_LOG = logging.getLogger("dcud")

FIRST_LOOK: Final = 10.0
"""Seconds after the start, which has just read the key files."""
LOOK_EVERY: Final = 3600.0
"""Seconds: files change seldom, and a day's notice is enough for all of this."""

Ends = dict[tuple[str, str], float]
"""Unix seconds until which certificates hold, by whose they are and what for."""


class UpkeepObserver(Protocol):
    """Who shows what was found; `dcud.observe.metrics.Metrics` does."""

    def key_files_checked(self, problems: int) -> None:
        """So much is wrong with the key files."""
        ...

    def certificates_checked(self, ends: Ends) -> None:
        """Until then certificates hold."""
        ...


class Upkeep:
    """Looks at the files every hour, and when the configuration changes.

    Args:
        configuration: gives the one that holds now.
        observer: learns what is found.
    """

    def __init__(
        self, configuration: Callable[[], model.Configuration], observer: UpkeepObserver
    ) -> None:
        self._configuration = configuration
        self._observer = observer
        self._news = asyncio.Event()
        self._told: set[str] = set()

    def look_soon(self) -> None:
        """Have the files looked at anew."""
        self._news.set()

    async def run(self) -> None:
        """Look until cancelled."""
        await asyncio.sleep(FIRST_LOOK)
        while True:
            await self.look()
            try:
                async with asyncio.timeout(LOOK_EVERY):
                    await self._news.wait()
            except TimeoutError:
                pass
            self._news.clear()

    async def look(self) -> None:
        """Look once."""
        configuration = self._configuration()
        problems = await asyncio.to_thread(_key_file_problems, configuration)
        self._observer.key_files_checked(len(problems))
        ends: Ends = {}
        for place, path in _certificates(configuration):
            try:
                ends[place] = await asyncio.to_thread(first_expiry, path)
            except DcudError as error:
                problems.append(str(error))
        try:
            for end in await asyncio.to_thread(lambda: list(_meters_expiry(configuration))):
                ends["meters", "any"] = min(end, ends.get(("meters", "any"), end))
        except DcudError as error:
            problems.append(str(error))
        self._observer.certificates_checked(ends)
        self._tell(problems)

    def _tell(self, problems: list[str]) -> None:
        """Log what was not told before."""
        for problem in problems:
            if problem not in self._told:
                _LOG.warning("%s", problem)
        self._told = set(problems)


def _key_file_problems(configuration: model.Configuration) -> list[str]:
    """Return what would keep the key files from being taken again."""
    try:
        load_secrets(configuration, Access.of_this_process())
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def _meters_expiry(configuration: model.Configuration) -> Iterator[float]:
    """Give until when certificates of meters and of their authorities hold."""
    gateway = configuration.gateway
    if gateway.certificates is None and gateway.trusted_certificates is None:
        return
    from dcud.config.certificates import (  # noqa: PLC0415  # few have any: start-up
        load_certificates,
    )

    found = load_certificates(anchors=gateway.trusted_certificates, others=gateway.certificates)
    for certificate in (*found.anchors, *found.others):
        yield certificate.x509.not_after.timestamp()


def _certificates(configuration: model.Configuration) -> Iterator[tuple[tuple[str, str], Path]]:
    """Give the files of certificates, by whose they are and what for."""
    if configuration.metrics.certificate_file is not None:
        yield ("metrics", "server"), Path(configuration.metrics.certificate_file)
    for name, broker in configuration.brokers():
        if broker.certificate_file is not None:
            yield (name, "client"), Path(broker.certificate_file)
        if broker.ca_file is not None:
            yield (name, "authority"), Path(broker.ca_file)
