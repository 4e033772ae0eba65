"""What is wanted of one meter out of turn."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from dcud.collect.asking import Asker
from dcud.errors import DcudError

Act = Callable[[Asker], Awaitable[Any]]
"""What is done with an open association; what it returns is what was wanted."""


class OrderError(DcudError):
    """An order was not begun."""

    code: ClassVar[str] = "order"


class OrderExpiredError(OrderError):
    """The time by which it had to begin came before its turn."""

    code: ClassVar[str] = "expired"


class OrderInterruptedError(OrderError):
    """An order was begun, and nobody knows what came of it."""

    code: ClassVar[str] = "interrupted"


class MeterGoneError(OrderError):
    """There is no such meter on the bus, or no more."""

    code: ClassVar[str] = "unknown_meter"


class BusGoneError(OrderError):
    """There is no such bus, or no more."""

    code: ClassVar[str] = "unknown_bus"


class HeldError(OrderError):
    """The meter, or its bus, is not to be asked now."""

    code: ClassVar[str] = "paused"


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """An act that waits for its turn.

    Attributes:
        act: what is to be done, once.
        expires: by when it has to begin, unix seconds.
        done: what came of it.
    """

    act: Act
    expires: float
    done: "asyncio.Future[Any]"

    def refuse(self, error: DcudError) -> None:
        """Tell whoever waits that nothing came of it."""
        if not self.done.done():
            self.done.set_exception(error)

    async def run(self, asker: Asker, now: float) -> None:
        """Do it and tell what came of it, unless nobody waits any more.

        Raises:
            DcudError: the association broke down; whoever waits knows already.
        """
        if self.done.done():
            return
        if now >= self.expires:
            self.refuse(OrderExpiredError("its turn came too late", remedy="allow it more time"))
            return
        try:
            result = await self.act(asker)
        except DcudError as error:
            self.refuse(error)
            if not asker.is_open:
                raise
        except asyncio.CancelledError:
            self.refuse(OrderInterruptedError("dcud stopped in the midst of it"))
            raise
        else:
            if not self.done.done():
                self.done.set_result(result)
