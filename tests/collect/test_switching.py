from collections.abc import Callable
from typing import TypeVar, cast

import pytest

from dcud.collect.switching import Direction, SwitchError, SwitchState, operate, switch_state
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import boolean, enum
from dcud.dlms.exchange import Request
from dcud.dlms.requests import Act
from tests.support.fake_meter import Answer, FakeReader

OUTPUT, CONTROL, MODE = (f"70/0.0.96.3.10.255/{index}" for index in (2, 3, 4))
DENIED = DataAccessResult.READ_WRITE_DENIED
T = TypeVar("T")


class Meter(FakeReader):
    """A switch, and what it says when it is to be operated."""

    def __init__(self, *answers: Answer, says: object = None) -> None:
        super().__init__(dict(zip((OUTPUT, CONTROL, MODE), answers, strict=False)))
        self.says = says
        self.requests: list[Request[object]] = []

    async def ask(self, request: Request[T], *, progress: Callable[[int], None] | None = None) -> T:
        assert progress is None
        self.requests.append(request)
        return cast(T, self.says)


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ((boolean(True), enum(1), enum(4)), (True, "connected", 4)),
        ((boolean(False), enum(2), enum(2)), (False, "ready-for-reconnection", 2)),
        ((boolean(False), enum(9), DENIED), (False, "state 9", None)),
        ((DENIED, enum(0), DENIED), (None, "disconnected", None)),
    ],
)
async def test_how_it_stands(
    answers: tuple[Answer, ...], state: tuple[bool | None, str, int | None]
) -> None:
    is_closed, control, mode = state
    assert await switch_state(Meter(*answers)) == SwitchState(
        is_closed=is_closed, control=control, mode=mode
    )


async def test_a_meter_that_tells_nothing() -> None:
    with pytest.raises(SwitchError, match="object-undefined"):
        await switch_state(Meter())


@pytest.mark.parametrize("direction", Direction)
async def test_it_is_operated(direction: Direction) -> None:
    meter = Meter()
    await operate(meter, direction)
    (request,) = meter.requests
    assert isinstance(request, Act)
    assert request.call.method.method == direction
    assert request.call.parameter == b"\x0f\x00"


async def test_it_does_not_obey() -> None:
    meter = Meter(says=ActionResult.TEMPORARY_FAILURE)
    with pytest.raises(SwitchError, match="does not disconnect: temporary-failure"):
        await operate(meter, Direction.DISCONNECT)
