"""Associations with a meter whose requests bear invocation counters.

```
   ours known? --no--> frame counter, by the public client --none--> probe --no hint--> refused
       | yes                       |                                    |
       | <-------------------------+------------------------------------+
       v
   associate  --counter rejected, with a hint within bounds-->  raised, and tried once more
```

Nothing vouches for a frame counter that a public client reads, nor for a hint: both move our
counter upwards only.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from dcud.collect.job import Reader
from dcud.collect.meter_memory import get_data
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.errors import (
    CounterRejectedError,
    CountersSpentError,
    NoAnswerError,
    ProtocolError,
    SecurityError,
)

_LOG = logging.getLogger("dcud.collect")

ReaderT = TypeVar("ReaderT", bound=Reader)

Associate = Callable[[], AbstractAsyncContextManager[ReaderT]]
"""Opens an association for the length of an `async with`."""


class Counters(Protocol):
    """The invocation counters between us and one meter."""

    async def load(self) -> bool:
        """Have counters at hand; tell whether ours is known.

        Raises:
            StoreError: the store refuses.
            CountersSpentError: the key is used up.
        """
        ...

    async def rebase(self, shown: int) -> bool:
        """Learn the last counter that the meter says it took; tell whether ours was behind it.

        Raises:
            StoreError: the store refuses.
            CountersSpentError: nothing is left beyond that.
        """
        ...

    async def follow(self, expected: int) -> None:
        """Raise ours to what the meter says that it expects.

        Raises:
            StoreError: the store refuses.
            CountersSpentError: that is too far for what nobody vouches for.
        """
        ...

    async def settle(self) -> None:
        """Make durable what was learned of the meter's own counter.

        Raises:
            StoreError: the store refuses.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways(Generic[ReaderT]):
    """How a meter can be come by.

    Attributes:
        secured: the association that is wanted.
        public: one that needs no keys, if the meter has one that shows the frame counter.
        frame_counter: what shows it.
        probe: one that is certain to be refused, for the sake of the hint.
    """

    secured: Associate[ReaderT]
    public: Associate[ReaderT] | None = None
    frame_counter: AttributeDescriptor | None = None
    probe: Associate[ReaderT] | None = None


class SecuredMeter(Generic[ReaderT]):
    """Opens associations once it is known which counters may be used.

    Args:
        meter: the configured meter id.
        report: learns of what was not trusted, before the error goes on.
    """

    def __init__(
        self,
        meter: str,
        ways: Ways[ReaderT],
        counters: Counters,
        report: Callable[[SecurityError], None],
    ) -> None:
        self._meter = meter
        self._ways = ways
        self._counters = counters
        self._report = report
        self._compared = ways.frame_counter is None  # whether the meter was asked since the start

    @asynccontextmanager
    async def associate(self) -> AsyncIterator[ReaderT]:
        """Yield an open association that is released in the end.

        Raises:
            DcudError: whatever keeps it from coming about; `CountersSpentError` where no counter is
                known that may be used.
        """
        try:
            await self._know_counter()
            async with AsyncExitStack() as stack:
                stack.push_async_callback(self._counters.settle)
                reader = await self._open(stack)
                # The meter has proved itself: what it said until now is never to be said again.
                await self._counters.settle()
                yield reader
        except SecurityError as error:
            self._report(error)
            raise
        except CounterRejectedError as error:
            if error.expected is not None:
                await self._counters.follow(error.expected)
            raise

    async def _open(self, stack: AsyncExitStack) -> ReaderT:
        try:
            return await stack.enter_async_context(self._ways.secured())
        except CounterRejectedError as error:
            if error.expected is None:
                raise
            _LOG.warning(
                "meter %s: expects an invocation counter from %d on", self._meter, error.expected
            )
            await self._counters.follow(error.expected)
        return await stack.enter_async_context(self._ways.secured())

    async def _know_counter(self) -> None:
        known = await self._counters.load()
        if known and self._compared:
            return
        shown = await self._shown(known=known)
        if shown is not None:
            self._compared = True
            if await self._counters.rebase(shown) and known:
                self._report(_behind(self._meter, shown))
        elif not known:
            await self._probe()
        await self._counters.load()

    async def _shown(self, *, known: bool) -> int | None:
        """Return the last counter that the meter took, as it tells everybody; None if it doesn't.

        Where ours is known, the meter's word is a check that it may fail to give.
        """
        if self._ways.public is None or self._ways.frame_counter is None:
            return None
        try:
            async with self._ways.public() as reader:
                shown = await _frame_counter(reader, self._ways.frame_counter)
        except NoAnswerError:
            raise
        except ProtocolError as error:
            if not known:
                raise
            shown = str(error)
        if isinstance(shown, int):
            return shown
        self._compared = True  # once is enough to be told
        _LOG.warning("meter %s: shows no frame counter: %s", self._meter, shown)
        return None

    async def _probe(self) -> None:
        """Have the meter name the counter that it expects, by one that it must refuse.

        Raises:
            CountersSpentError: it names none, or one out of bounds.
        """
        if self._ways.probe is None:
            raise _unknown(self._meter)
        try:
            async with self._ways.probe():
                pass
        except CounterRejectedError as error:
            if error.expected is None:
                raise _unknown(self._meter) from None
            await self._counters.follow(error.expected)
        except NoAnswerError:
            raise
        except ProtocolError as error:
            _LOG.info("meter %s: tells no counter: %s", self._meter, error)
            raise _unknown(self._meter) from None
        else:
            raise _unknown(self._meter)


async def _frame_counter(reader: Reader, attribute: AttributeDescriptor) -> int | str:
    """Return the number, or why there is none."""
    answer = await get_data(reader, attribute)
    if isinstance(answer, DataAccessResult):
        return answer.name.lower().replace("_", "-")
    match answer.value:
        case bool():
            return "it is no number"
        case int() as shown if shown >= 0:
            return shown
        case _:
            return "it is no number"


def _unknown(meter: str) -> CountersSpentError:
    return CountersSpentError(
        f"it is not known which invocation counters were used under the keys of meter {meter}",
        remedy="name the meter's frame counter object (security.frame_counter), or set the counter"
        f" to one that was never used: dcud keys counter {meter} --from NUMBER",
    )


def _behind(meter: str, shown: int) -> CountersSpentError:
    return CountersSpentError(
        f"meter {meter} has taken the invocation counter {shown}, which dcud doesn't remember"
        " having used; the counter was raised",
        remedy="see whether the state directory was restored from a backup, or somebody else has"
        " these keys and this system title",
    )
