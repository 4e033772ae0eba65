"""New firmware brought into a meter, over as many associations as it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from dcud.collect.asking import Asker
from dcud.collect.meter_memory import get_data
from dcud.cosem.image_update import (
    Call,
    ImageOutcome,
    ImageUpdate,
    Progress,
    Read,
    Reply,
    Wait,
)
from dcud.dlms.access import DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.data import encode_data
from dcud.dlms.errors import ProtocolError
from dcud.dlms.requests import Act

ATTEMPTS = 3
"""How often in a row an association is opened that is lost again without an answer."""

Associate = Callable[[], AbstractAsyncContextManager[Asker]]


class ImageSender:
    """Does the steps of one update.

    Args:
        associate: opens an association with the meter.
        progressed: told of the blocks that the meter has, and of how many there are.
        sleep: lets time pass; the association is closed meanwhile.
    """

    def __init__(
        self,
        associate: Associate,
        progressed: Callable[[int, int], None],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._associate = associate
        self._progressed = progressed
        self._sleep = sleep
        self._stack = AsyncExitStack()
        self._asker: Asker | None = None
        self._lost = 0

    async def send(self, update: ImageUpdate, *, activate: bool) -> ImageOutcome:
        """Bring the image into the meter.

        Raises:
            ImageUpdateError: of the kind that says why it can't be.
            ProtocolError: the meter is not to be reached.
        """
        steps = update.steps(activate=activate)
        reply: Reply = None
        async with self._stack:
            while True:
                try:
                    step = steps.send(reply)
                except StopIteration as end:
                    outcome: ImageOutcome = end.value
                    return outcome
                match step:
                    case Progress(done=done, total=total):
                        self._progressed(done, total)
                        reply = None
                    case Wait(seconds=seconds):
                        await self._leave()
                        await self._sleep(seconds)
                        reply = None
                    case _:
                        reply = await self._ask(step)

    async def _ask(self, step: Read | Call) -> Reply:
        """Return the answer; None where the association was lost under the question."""
        asker = await self._reach()
        try:
            answer = await self._answer(asker, step)
        except ProtocolError:
            await self._leave()
            self._lost += 1
            if self._lost >= ATTEMPTS:
                raise
            return None
        self._lost = 0
        return answer

    async def _answer(self, asker: Asker, step: Read | Call) -> Reply:
        if isinstance(step, Read):
            return await get_data(asker, step.attribute)
        call = MethodCall(method=step.method, parameter=encode_data(step.parameter))
        result = await asker.ask(Act(call))
        if isinstance(result, ActionResult | DataAccessResult):
            return result
        return ActionResult.SUCCESS  # what a method returns beside that is of no interest here

    async def _reach(self) -> Asker:
        if self._asker is None or not self._asker.is_open:
            await self._leave()
            self._asker = await self._stack.enter_async_context(self._associate())
        return self._asker

    async def _leave(self) -> None:
        self._asker = None
        await self._stack.aclose()
