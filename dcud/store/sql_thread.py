"""The one thread that talks to SQLite, committing in groups.

While a commit waits for the disk, further acts queue up; the thread then takes all of them into the
next transaction. So the number of commits is bound by the disk, the number of messages is not. If a
group fails, each of its acts is tried alone, so that nobody suffers from another's act.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_GROUP_LIMIT = 512
"""Acts in one transaction; bounds how long the first of them waits for the last."""

Transaction = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class _Act(Generic[T]):
    """Something to do on the thread, and who waits for it.

    Attributes:
        transaction: opens the transaction that the act writes in; None for one that only reads or
            takes care of itself.
    """

    work: Callable[[], T]
    transaction: Transaction | None
    future: "asyncio.Future[T]"


_Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]


class SqlThread:
    """Runs acts in the order in which they were given, reads after the writes they wait with.

    Args:
        name: the thread's name.
        settled: called in the event loop after each group, before those who wait go on.
    """

    def __init__(self, name: str, settled: Callable[[], None]) -> None:
        self._settled = settled
        self._acts: queue.SimpleQueue[_Act[Any] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def read(self, work: Callable[[], T]) -> "asyncio.Future[T]":
        """Have `work` done outside any transaction; the act is done even if nobody waits."""
        return self._put(work, None)

    def write(self, work: Callable[[], T], transaction: Transaction) -> "asyncio.Future[T]":
        """Have `work` done in a transaction shared with other writes that wait; likewise."""
        return self._put(work, transaction)

    def end(self) -> None:
        """End the thread once everything given so far is done."""
        self._acts.put(None)

    def _put(self, work: Callable[[], T], transaction: Transaction | None) -> "asyncio.Future[T]":
        """Queue an act."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._acts.put(_Act(work, transaction, future))
        return future

    def _run(self) -> None:
        """Do acts until the end."""
        running = True
        while running:
            acts, running = self._take_group()
            writes = [act for act in acts if act.transaction is not None]
            outcomes = _do_together(writes)
            outcomes += [_do(act) for act in acts if act.transaction is None]
            try:
                self._loop.call_soon_threadsafe(self._deliver, outcomes)
            except RuntimeError:  # the loop is closed: nobody waits any more
                running = False

    def _take_group(self) -> tuple[list[_Act[Any]], bool]:
        """Wait for an act, then take what waits with it; tell whether more may come."""
        acts: list[_Act[Any]] = []
        act = self._acts.get()
        while act is not None:
            acts.append(act)
            if len(acts) >= _GROUP_LIMIT or self._acts.empty():
                return acts, True
            act = self._acts.get()
        return acts, False

    def _deliver(self, outcomes: Sequence[_Outcome]) -> None:
        """Hand the results to those who still wait for them."""
        self._settled()
        for future, result, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


def _do(act: _Act[Any]) -> _Outcome:
    """Do one act by itself."""
    try:
        if act.transaction is None:
            return act.future, act.work(), None
        with act.transaction():
            result = act.work()
    except BaseException as error:  # noqa: BLE001  # whoever waits for the act gets it
        return act.future, None, error
    return act.future, result, None


def _do_together(acts: Sequence[_Act[Any]]) -> list[_Outcome]:
    """Do writes in one transaction; if that fails, one by one."""
    if len(acts) < 2 or acts[0].transaction is None:
        return [_do(act) for act in acts]
    try:
        with acts[0].transaction():
            results = [act.work() for act in acts]
    except BaseException:  # noqa: BLE001  # each act meets its own error below
        return [_do(act) for act in acts]
    return [(act.future, result, None) for act, result in zip(acts, results, strict=True)]
