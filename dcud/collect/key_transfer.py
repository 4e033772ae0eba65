"""The rotation of a meter's keys, wrapped with its master key, in steps that survive any crash.

A new key has a counter of its own before any file holds it, stands in the key file before the meter
is told of it, and takes the old one's place once an association has proved that the meter has it.
[IEC 62056-6-2: Security setup, key_transfer]
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Protocol

from dcud.collect.security_setup import SetupRefusedError
from dcud.cosem.security_setup import KeyData, KeyId
from dcud.dlms.errors import ProtocolError
from dcud.dlms.secret import Secret
from dcud.dlms.security.primitives.aes_key_wrap import wrap
from dcud.errors import DcudError

Keys = Mapping[str, Secret]
"""By plain names, as "unicast_key"."""

UNICAST = "unicast_key"
MASTER = "master_key"
KEY_IDS: Mapping[str, KeyId] = {
    UNICAST: KeyId.UNICAST,
    "broadcast_key": KeyId.BROADCAST,
    "authentication_key": KeyId.AUTHENTICATION,
    MASTER: KeyId.MASTER,
}


class KeyTransferError(DcudError):
    """A rotation can't begin, or was not finished."""

    code: ClassVar[str] = "key_transfer"


class KeysUnsettledError(KeyTransferError):
    """Neither the old nor the new keys open an association."""

    code: ClassVar[str] = "keys_unsettled"


class Outcome(Enum):
    """Which keys the meter was proved to have, and the key file has in use."""

    NEW = "new keys work"
    OLD = "old keys work"


class FileState(Protocol):
    """What a key file holds for the meter."""

    @property
    def current(self) -> Keys:
        """Return those in use."""
        ...

    @property
    def next(self) -> Keys:
        """Return those that are to replace them."""
        ...


class KeyFile(Protocol):
    """The meter's key file; every change is durable and whole once it returns."""

    def state(self) -> FileState:
        """Return what it holds."""
        ...

    def begin(self, keys: Keys) -> None:
        """Write new keys beside those in use."""
        ...

    def promote(self) -> None:
        """Have the new keys be those in use, the replaced ones kept beside them."""
        ...

    def abandon(self) -> None:
        """Remove the new keys."""
        ...


class KeyTaker(Protocol):
    """The Security setup of a meter over an open association."""

    async def transfer_keys(self, keys: Iterable[KeyData]) -> None:
        """Replace keys by these, wrapped with the master key."""
        ...


class Meter(Protocol):
    """The meter, with the counters that are used with it."""

    async def begin_counter(self, unicast_key: Secret) -> None:
        """Count from 0 under a key that nobody has used, durably."""
        ...

    def associate(self, keys: Keys) -> AbstractAsyncContextManager[KeyTaker]:
        """Open an association under these keys; one try."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTransfer:
    """The rotation of one meter's keys; what was begun by a process that died is gone on with.

    Within one run, keys that did not open an association are not tried again: meters lock.
    """

    meter: Meter
    file: KeyFile

    async def run(self, fresh: Keys) -> Outcome:
        """Replace keys, or end the rotation that was begun already.

        Args:
            fresh: random ones, with the unicast key among them; not used where a rotation was
                begun already.

        Returns:
            Which keys the meter has, proved by an association. With the old ones, the new ones
            are kept in the file unless the meter refused to take them.

        Raises:
            KeysUnsettledError: neither open an association; the file keeps both.
            KeyTransferError: a key is missing for it; nothing was changed.
            ConfigError: the file can't be edited.
            DcudError: the line or the counter store can't be had; the file keeps both.
        """
        state = self.file.state()
        self._demand_master(state)
        if state.next:
            if await self._opens({**state.current, **state.next}):
                return self._promote()
            return await self._transfer(state.current, state.next, new_failed=True)
        if UNICAST not in fresh:
            raise KeyTransferError(
                f"keys can't be replaced without {UNICAST}, the one that an association proves",
                remedy=f"add --kind {UNICAST}",
            )
        await self.meter.begin_counter(fresh[UNICAST])  # before anybody could have used it
        self.file.begin(fresh)
        return await self._transfer(state.current, fresh, new_failed=False)

    async def _transfer(self, old: Keys, new: Keys, *, new_failed: bool) -> Outcome:
        told = [KeyData(KEY_IDS[name], wrap(old[MASTER], key)) for name, key in new.items()]
        is_open = False
        try:
            async with self.meter.associate(old) as taker:
                is_open = True
                await taker.transfer_keys(told)
        except SetupRefusedError:
            return await self._go_back(old)
        except ProtocolError as error:
            if not is_open:
                if new_failed:
                    raise _unsettled() from error
                self.file.abandon()  # the meter was never told of them
                raise
        if await self._opens({**old, **new}):
            return self._promote()
        if await self._opens(old):
            return Outcome.OLD
        raise _unsettled()

    async def _go_back(self, old: Keys) -> Outcome:
        """Give the new keys up once it is sure that the old ones work still."""
        if not await self._opens(old):
            raise _unsettled()
        self.file.abandon()
        return Outcome.OLD

    async def _opens(self, keys: Keys) -> bool:
        try:
            async with self.meter.associate(keys):
                return True
        except ProtocolError:
            return False

    def _promote(self) -> Outcome:
        self.file.promote()
        return Outcome.NEW

    def _demand_master(self, state: FileState) -> None:
        if MASTER not in state.current:
            raise KeyTransferError(
                f"no {MASTER} is known, which wraps new keys",
                remedy=f"add {MASTER} to the meter's key file",
            )


def _unsettled() -> KeysUnsettledError:
    return KeysUnsettledError(
        "neither the new nor the old keys open an association; the key file keeps both",
        remedy="see that the meter answers, wait in case it has locked, then run "
        "dcud keys transfer again",
    )
