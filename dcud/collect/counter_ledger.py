"""Who may use which invocation counters: the durable store's blocks, dealt out in memory.

One `CounterAccount` serves all associations under one key and client system title, of whichever
meters on whichever buses, so that no two of them get the same counter. `MeterCounters` is one
meter's sight of its account, with the counters that the meter itself has sent.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from dcud.dlms.errors import CountersSpentError
from dcud.dlms.secret import Secret
from dcud.dlms.security.counters import LAST_COUNTER, GrantedCounters, ReceivedCounter
from dcud.store.counter_rows import CounterRecord, FloorKey, Refusal, Reservation
from dcud.store.errors import StoreError

_LOG = logging.getLogger("dcud.collect")

HIGHEST_TAKEN_OVER = 0xF0000000
"""No counter above is taken from a meter's word: whoever forges it could use the key up."""

_NEAR_END = (LAST_COUNTER + 1) // 10
"""So many are left when the end is told of."""

_FINGERPRINT_DIGITS = 16


class CounterUnknownError(CountersSpentError):
    """It is not known which counters were used under a key."""

    code: ClassVar[str] = "counter_unknown"


class CounterBoundError(CountersSpentError):
    """A meter names a counter that is too far from ours to be believed."""

    code: ClassVar[str] = "counter_bound"


class CounterKeeping(Protocol):
    """What the ledger asks of the durable store; each act is durable before it returns."""

    @property
    def salt(self) -> bytes:
        """Return what fingerprints are made with."""
        ...

    async def reserve(self, fingerprint: str, title: bytes, count: int) -> Reservation | Refusal:
        """Take counters that nobody else will ever be given."""
        ...

    async def rebase(self, fingerprint: str, title: bytes, at_least: int) -> None:
        """Trust a counter from `at_least` on; never lowers it."""
        ...

    async def begin(self, fingerprint: str, title: bytes, first: int = 0) -> bool:
        """Trust a counter that nobody can have used; tell whether it was new."""
        ...

    async def record(self, fingerprint: str, title: bytes) -> CounterRecord | None:
        """Return what is known of a counter."""
        ...

    async def floor(self, key: FloorKey) -> int:
        """Return the least counter that a meter may send."""
        ...

    async def raise_floors(self, floors: Mapping[FloorKey, int]) -> None:
        """Raise the least counters that meters may send."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far a meter is believed that names a counter; nothing vouches for what it names.

    Attributes:
        margin: how far to keep from the last counter that the meter took, where ours is not known.
            Frames that never reached the meter used counters, too: so many may have been lost.
        spread: how far to go beyond at random. If the store is lost twice and the meter heard
            nothing between, it shows the same counter twice; the same margin would lead to the same
            counters twice.
        step: how far ours is raised at most because the meter refuses one and names another.
    """

    margin: int = 10_000
    spread: int = 1_000_000
    step: int = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealing:
    """How counters are dealt out.

    Attributes:
        block: how many are reserved at once; what is left of it when dcud ends is lost.
        low_water: below so many at hand, more are reserved.
        draw: returns a random number from 0 to below its argument.
    """

    block: int = 256
    low_water: int = 64
    draw: Callable[[int], int] = secrets.randbelow


class CounterAccount:
    """Our counter under one key and one client system title.

    Attributes:
        counter: where associations take counters from; one for all of them.
        name: names key and title in messages.
    """

    def __init__(self, store: CounterKeeping, at: tuple[str, bytes], dealing: "Dealing") -> None:
        """Use `CounterLedger.account`."""
        self.counter = GrantedCounters()
        self.name = f"key {at[0]} under system title {at[1].hex()}"
        self._store = store
        self._at = at
        self._block = dealing.block
        self._low_water = dealing.low_water
        self._draw = dealing.draw
        self._lock = asyncio.Lock()
        self._granted: deque[tuple[int, int]] = deque()
        self._unreserved: int | None = None
        self._warned = False

    @property
    def is_low(self) -> bool:
        """Tell whether more counters should be had before the next association."""
        return self.counter.remaining < self._low_water

    @property
    def left(self) -> int | None:
        """Return how many requests can still be sent under the key; None if that isn't known."""
        return None if self._unreserved is None else self._unreserved + self.counter.remaining

    async def load(self) -> bool:
        """Have counters at hand; tell whether ours is known.

        Raises:
            StoreError: the store refuses, and none is at hand.
            CountersSpentError: the key is used up.
        """
        async with self._lock:
            if not self.is_low:
                return True
            try:
                return await self._reserve(afresh=False)
            except StoreError as error:
                if not self.counter.remaining:
                    raise
                _LOG.warning("%s: no more invocation counters for now: %s", self.name, error)
                return True

    async def refill(self) -> None:
        """Have counters at hand.

        Raises:
            StoreError: the store refuses, and none is at hand.
            CounterUnknownError: it is not known which were used.
            CountersSpentError: the key is used up.
        """
        if not await self.load():
            raise CounterUnknownError(
                f"it is not known which invocation counters were used with {self.name}",
                remedy="name the meter's frame counter object (security.frame_counter), or set the"
                " counter to one that was never used, by dcud keys counter",
            )

    async def rebase(self, shown: int, trust: Trust) -> bool:
        """Learn the last counter that a meter took; tell whether a known one of ours was behind it.

        Where ours is not known, or behind, it goes on at `shown` + 1 + the margin (frames that
        never reached the meter used counters, too) and at random some way beyond. Else nothing
        changes but that counters which the meter would refuse are passed over.

        Raises:
            StoreError: the store refuses.
            CounterBoundError: it is too near the end.
            CountersSpentError: the key is used up.
        """
        async with self._lock:
            known = await self._known()
            if known is not None and shown < known:
                await self._pass_over(shown + 1)
                return False
            await self._raise_to(shown + 1 + self._distance(trust))
            return known is not None

    async def follow(self, expected: int, trust: Trust) -> bool:
        """Raise ours to what a meter says that it expects; tell whether that changed anything.

        Where ours is known, it is raised by a step at most; where it is not, by whatever it takes,
        with the margin and the spread.

        Raises:
            StoreError: the store refuses.
            CounterBoundError: it is too far, or too near the end.
            CountersSpentError: the key is used up.
        """
        async with self._lock:
            known = await self._known()
            if known is None:
                await self._raise_to(expected + self._distance(trust))
                return True
            if expected <= known:
                return await self._pass_over(expected)
            if expected - known > trust.step:
                raise CounterBoundError(
                    f"a meter expects the invocation counter {expected} with {self.name}, "
                    f"which is {expected - known} above ours; nothing vouches for that, and more "
                    f"than {trust.step} is not believed",
                    remedy="see whether somebody else has these keys and this system title; if "
                    "that number is right, set the counter by dcud keys counter",
                )
            await self._raise_to(expected)
            return True

    async def begin(self, first: int = 0) -> None:
        """Count from `first` on under a key that is known to be new.

        One that is known already is left as it is.

        Raises:
            StoreError: the store refuses.
        """
        await self._store.begin(*self._at, first)

    async def _known(self) -> int | None:
        """Return the first counter that nobody was given; None if that can't be told."""
        record = await self._store.record(*self._at)
        return record.next if record is not None and record.trusted else None

    def _distance(self, trust: Trust) -> int:
        """Return how far to keep from a counter that a meter names, where ours is not known."""
        return trust.margin + self._draw(trust.spread)

    async def _raise_to(self, at_least: int) -> None:
        """Go on at a counter that a meter's word led to."""
        if at_least > HIGHEST_TAKEN_OVER:
            raise CounterBoundError(
                f"a meter's word would take the invocation counter with {self.name} to {at_least}; "
                f"none above {HIGHEST_TAKEN_OVER} is believed, since a forged one could use the "
                "key up",
                remedy="rotate the keys by dcud keys transfer; if that number is right, set the "
                "counter by dcud keys counter",
            )
        await self._store.rebase(*self._at, at_least)
        await self._reserve(afresh=True)

    async def _pass_over(self, least: int) -> bool:
        """Give up counters at hand if the next is below `least`; tell whether that was so.

        Then somebody else took from the store since (a command by hand), so the store is beyond.
        """
        if not self.counter.remaining or least <= self._position():
            return False
        return await self._reserve(afresh=True)

    async def _reserve(self, *, afresh: bool) -> bool:
        """Take a block from the store; tell whether the store knows the counter.

        Args:
            afresh: whether what is at hand is given up for it.
        """
        reserved = await self._store.reserve(*self._at, self._block)
        if isinstance(reserved, Refusal):
            return self._refused(reserved)
        if afresh:
            self._drop()
        self._forget_used()
        self._granted.append((reserved.first, reserved.count))
        self.counter.grant(reserved.first, reserved.count)
        self._unreserved = reserved.remaining
        self._warn()
        return True

    def _refused(self, reason: Refusal) -> bool:
        """Tell whether counters at hand may be used still."""
        if reason is not Refusal.EXHAUSTED:
            self._drop()
            self._unreserved = None
            return False
        self._unreserved = 0
        if not self.counter.remaining:
            raise CountersSpentError(
                f"all invocation counters are used with {self.name}",
                remedy="rotate the keys by dcud keys transfer",
            )
        return True

    def _drop(self) -> None:
        """Give up what is at hand."""
        self.counter.revoke()
        self._granted.clear()

    def _position(self) -> int:
        """Return the counter that is taken next from what is at hand."""
        used = self._forget_used()
        return self._granted[0][0] + used

    def _forget_used(self) -> int:
        """Forget blocks that are used up; return how many are used of the first that is left."""
        used = sum(count for _, count in self._granted) - self.counter.remaining
        while self._granted and used >= self._granted[0][1]:
            used -= self._granted.popleft()[1]
        return used

    def _warn(self) -> None:
        """Tell once that the end is near."""
        left = self.left
        if left is not None and left < _NEAR_END and not self._warned:
            self._warned = True
            _LOG.warning(
                "only %d invocation counters are left with %s; rotate the keys by "
                "dcud keys transfer",
                left,
                self.name,
            )


class CounterLedger:
    """All counters, ours and the meters'.

    Args:
        store: an open one.
        dealing: how ours are dealt out.
    """

    def __init__(self, store: CounterKeeping, dealing: Dealing | None = None) -> None:
        self._store = store
        self._dealing = dealing or Dealing()
        self._accounts: dict[tuple[str, bytes], CounterAccount] = {}
        self._received: dict[FloorKey, ReceivedCounter] = {}
        self._durable: dict[FloorKey, int] = {}

    def fingerprint(self, key: Secret) -> str:
        """Return what names a key in the store, and tells nothing of it; 16 hexadecimal digits."""
        told = hmac.new(self._store.salt, key.octets, hashlib.sha256).hexdigest()
        return told[:_FINGERPRINT_DIGITS]

    def account(self, key: Secret, title: bytes) -> CounterAccount:
        """Return the one account of a key under a client system title."""
        at = (self.fingerprint(key), title)
        if at not in self._accounts:
            self._accounts[at] = CounterAccount(self._store, at, self._dealing)
        return self._accounts[at]

    async def received(
        self, meter: str, key: Secret, title: bytes, which: str = ""
    ) -> ReceivedCounter:
        """Return the one counter of a meter under a key, with the floor as it is kept.

        Args:
            meter: the configured meter id.
            key: the key that the meter protects with.
            title: the server system title, 8 octets; empty where it isn't known beforehand.
            which: tells the counters under one key apart, where a meter has several.

        Raises:
            StoreError: the store refuses.
        """
        at = FloorKey(meter=meter, fingerprint=self.fingerprint(key), title=title, which=which)
        if at not in self._received:
            floor = await self._store.floor(at)
            self._durable.setdefault(at, floor)
            self._received.setdefault(at, ReceivedCounter(floor))
        return self._received[at]

    async def settle(self, meter: str) -> None:
        """Make durable what was learned of a meter's counters.

        Raises:
            StoreError: the store refuses; it may be tried again.
        """
        raised = {
            at: received.floor
            for at, received in self._received.items()
            if at.meter == meter and received.floor > self._durable[at]
        }
        if raised:
            await self._store.raise_floors(raised)
            self._durable.update(raised)


class MeterCounters:
    """The invocation counters between us and one meter.

    Args:
        meter: the configured meter id.
        account: ours, maybe shared with other meters.
        trust: how far that meter is believed.
    """

    def __init__(
        self, ledger: CounterLedger, meter: str, account: CounterAccount, trust: Trust
    ) -> None:
        self.account = account
        self._ledger = ledger
        self._meter = meter
        self._trust = trust

    async def load(self) -> bool:
        """Have counters at hand; tell whether ours is known. See `CounterAccount.load`."""
        return await self.account.load()

    async def rebase(self, shown: int) -> bool:
        """Learn the last counter that the meter says it took. See `CounterAccount.rebase`."""
        return await self.account.rebase(shown, self._trust)

    async def follow(self, expected: int) -> None:
        """Raise ours to what the meter says that it expects. See `CounterAccount.follow`."""
        await self.account.follow(expected, self._trust)

    async def settle(self) -> None:
        """Make durable what was learned of the meter's own counters."""
        await self._ledger.settle(self._meter)
