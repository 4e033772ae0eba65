"""What a secured meter says between sessions, handed on once it is verified."""

import asyncio
from typing import Final

from dcud.assembly.security import SecuredAccess
from dcud.assembly.ways import Told
from dcud.dlms.apdu import data_notification, event_notification, information_report
from dcud.dlms.errors import CountersSpentError, SecurityError
from dcud.errors import DcudError

_NOTIFICATIONS: Final = frozenset(
    {data_notification.TAG, event_notification.TAG, information_report.TAG}
)
_WAITING: Final = 256
"""APDUs that may wait to be verified; more are a flood."""


class SecuredHearing:
    """Verifies what one meter says unasked, one APDU after the other.

    The counters of what is taken are those of its associations, so that nothing is taken twice.

    Args:
        access: the meter's keys and counters; fetched when the meter is first heard.
        told: who is told.
    """

    def __init__(self, access: SecuredAccess, told: Told) -> None:
        self._access = access
        self._told = told
        self._in_turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    def hear(self, apdu: bytes) -> None:
        """Take an APDU as it came; it is verified when its turn comes."""
        if len(self._tasks) >= _WAITING:
            self._told.refused(SecurityError("more comes unasked than can be verified"))
            return
        task = asyncio.get_running_loop().create_task(self._take(apdu))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, apdu: bytes) -> None:
        async with self._in_turn:
            plain = await self._trusted(apdu)
            if plain is not None:
                self._told.notified(plain)
                await self.settle()

    async def verified(self, apdu: bytes) -> bytes | None:
        """Return the APDU within one that came, None (and it was told) where it can't be trusted.

        `settle` is to follow, once what it says is kept.
        """
        async with self._in_turn:
            return await self._trusted(apdu)

    async def _trusted(self, apdu: bytes) -> bytes | None:
        try:
            return await self._verified(apdu)
        except SecurityError as error:
            self._told.refused(error)
        except DcudError as error:  # what can't be read, or verified, can't be trusted
            self._told.refused(SecurityError(error.message, remedy=error.remedy))
        return None

    async def protected(self, answer: bytes) -> bytes | None:
        """Return an answer as it goes out, None (and it was told) where it can't be protected."""
        try:
            if not await self._access.load():
                raise CountersSpentError("it is not known which invocation counters were used")
            protection = await self._access.listener()
            return answer if protection is None else protection.protect(answer)[0]
        except DcudError as error:
            self._told.refused(SecurityError(error.message, remedy=error.remedy))
        return None

    async def _verified(self, apdu: bytes) -> bytes:
        protection = await self._access.listener()
        plain = apdu if protection is None else protection.unprotect(apdu)
        if plain[:1] == b"" or plain[0] not in _NOTIFICATIONS:
            raise SecurityError("what the meter says between sessions is no notification")
        return plain

    async def settle(self) -> None:
        """Make durable that this was taken; if it can't be, the next association tries again."""
        try:
            await self._access.settle()
        except DcudError as error:
            self._told.refused(SecurityError(error.message, remedy=error.remedy))
