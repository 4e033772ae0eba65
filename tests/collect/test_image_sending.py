from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar, cast

import pytest

from dcud.collect.image_sending import ATTEMPTS, ImageSender
from dcud.cosem.image_transfer import IMAGE_TRANSFER
from dcud.cosem.image_update import ImageAbortedError, ImageOutcome, ImageUpdate
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.action_exchange import Returned
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.data import decode_data, encode_data
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.exchange import Request
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act
from dcud.sim.image_store import ImageStore
from tests.support.no_lists import NoLists

IMAGE = bytes(range(250)) * 4
T = TypeVar("T")


class Meter(NoLists):
    """A meter whose line is lost at some questions."""

    def __init__(self, lost: frozenset[int] = frozenset(), denied: int = 0) -> None:
        self.store = ImageStore()
        self.associations = 0
        self.is_open = False
        self.progress: list[tuple[int, int]] = []
        self.slept: list[float] = []
        self._lost = lost
        self._denied = denied
        self._asked = 0

    @asynccontextmanager
    async def associate(self) -> AsyncIterator["Meter"]:
        self.associations += 1
        self.is_open = True
        try:
            yield self
        finally:
            self.is_open = False

    def _count(self) -> None:
        assert self.is_open
        self._asked += 1
        if self._asked in self._lost:
            self.is_open = False
            raise NoAnswerError("silence")

    async def get(
        self,
        attribute: AttributeDescriptor,
        selection: Selection | None = None,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> bytes | DataAccessResult:
        assert (attribute.class_id, selection, progress) == (IMAGE_TRANSFER, None, None)
        self._count()
        return encode_data(self.store.attribute(attribute.attribute))

    async def ask(self, request: Request[T], *, progress: Callable[[int], None] | None = None) -> T:
        call = cast(Act, request).call
        assert progress is None
        self._count()
        return cast(T, self._act(call.method.method, call.parameter or b""))

    def _act(self, method: int, parameter: bytes) -> Returned:
        if method == self._denied:
            return ActionResult.READ_WRITE_DENIED
        result = self.store.call(method, decode_data(Cursor(parameter)))
        return None if result is ActionResult.SUCCESS else result

    async def sends(self, *, activate: bool = False) -> ImageOutcome:
        async def sleep(seconds: float) -> None:
            assert not self.is_open
            self.slept.append(seconds)

        sender = ImageSender(self.associate, lambda *told: self.progress.append(told), sleep)
        update = ImageUpdate(image=IMAGE, identifier=b"fw")
        return await sender.send(update, activate=activate)


async def test_the_image_arrives_over_one_association() -> None:
    meter = Meter()
    assert await meter.sends() is ImageOutcome.VERIFIED
    assert meter.store.image == IMAGE
    assert meter.associations == 1
    assert meter.progress[0] == (0, 8)
    assert meter.progress[-1] == (8, 8)


async def test_it_is_activated_where_that_is_wanted() -> None:
    assert await Meter().sends(activate=True) is ImageOutcome.ACTIVATED


@pytest.mark.parametrize("at", range(5, 16))
async def test_a_line_that_is_lost_once_costs_an_association(at: int) -> None:
    meter = Meter(lost=frozenset({at}))
    assert await meter.sends() is ImageOutcome.VERIFIED
    assert meter.store.image == IMAGE
    assert meter.associations == 2


async def test_a_line_that_stays_lost_ends_it() -> None:
    meter = Meter(lost=frozenset(range(6, 1000)))
    with pytest.raises(NoAnswerError):
        await meter.sends()
    assert meter.associations == ATTEMPTS
    assert not meter.is_open


async def test_a_meter_that_refuses() -> None:
    meter = Meter(denied=1)
    with pytest.raises(ImageAbortedError):
        await meter.sends()
    assert not meter.is_open
