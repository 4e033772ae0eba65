"""A meter with a clock that can be moved, in a world of its own time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar, cast

from dcud.cosem.clock import parse_time
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.constructors import double_long_unsigned, octet_string
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import decode_data
from dcud.dlms.errors import NoAnswerError
from dcud.dlms.exchange import Request
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act, Set
from tests.support.fake_meter import Answer, FakeReader

T = TypeVar("T")

CLOCK = "8/0.0.1.0.0.255/2"
LDN = "1/0.0.42.0.0.255/2"
CAPTURE_PERIOD = "7/1.0.99.1.0.255/4"


@dataclass(slots=True)
class World:
    """True time, in unix seconds."""

    now: float

    def time(self) -> float:
        return self.now


class ClockMeter(FakeReader):
    """Shows whole seconds; each way to it takes a tenth of one.

    Attributes:
        ahead: of true time, in seconds.
        refuses: what it says to a change, instead of making it.
        pretends: whether it says that it makes a change, and does not.
        loses: how many answers to changes get lost, after the changes are made.
        delay: seconds until a change takes effect.
    """

    def __init__(self, world: World, ahead: float) -> None:
        profile: dict[str, Answer] = {
            LDN: octet_string(b"ABC0000000000001"),
            CAPTURE_PERIOD: double_long_unsigned(900),
        }
        super().__init__(profile)
        self.world = world
        self.ahead = ahead
        self.refuses: DataAccessResult | ActionResult | None = None
        self.pretends = False
        self.loses = 0
        self.delay = 0.0
        self.changes: list[str] = []

    def time(self) -> float:
        return self.world.now + self.ahead

    async def get(self, *arguments: object, **options: object) -> bytes | DataAccessResult:
        self.world.now += 0.1
        shown = CosemDateTime.from_datetime(datetime.fromtimestamp(int(self.time()), UTC))
        clock = octet_string(replace(shown, hundredths=0xFF).to_octets())
        self.answers = {**self.answers, CLOCK: clock}
        self.world.now += 0.1
        return await super().get(*arguments, **options)  # type: ignore[arg-type]

    async def ask(self, request: Request[T], *, progress: Callable[[int], None] | None = None) -> T:
        assert progress is None
        self.world.now += 0.1 + self.delay
        if self.refuses is not None:
            return cast(T, self.refuses)
        made = None if self.pretends else self._change(request)
        if self.loses:
            self.loses -= 1
            self.is_open = False
            raise NoAnswerError("the meter is silent")
        self.world.now += 0.1
        return cast(T, made)

    def _change(self, request: object) -> DataAccessResult | None:
        if isinstance(request, Set):
            moment = parse_time(decode_data(Cursor(request.writing.value))).moment
            assert moment is not None
            self.ahead = moment.timestamp() - self.world.now
            self.changes.append("set")
            return DataAccessResult.SUCCESS
        assert isinstance(request, Act)
        seconds = decode_data(Cursor(request.call.parameter or b"")).value
        assert isinstance(seconds, int)
        self.ahead += seconds
        self.changes.append(f"{seconds:+}")
        return None
