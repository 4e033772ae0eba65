from collections.abc import Callable, Mapping
from typing import TypeVar, cast

import pytest

from dcud.collect.push_setting import PushError, push_now, push_setup, set_up
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.push_setup import (
    ByEntry,
    PushDestination,
    PushObject,
    PushSetup,
    PushWindow,
    RepetitionDelay,
    TransportService,
)
from dcud.dlms.access import DataAccessResult
from dcud.dlms.apdu.action import ActionResult
from dcud.dlms.cosem_time import CosemDateTime
from dcud.dlms.data import decode_data
from dcud.dlms.data_types import Data
from dcud.dlms.errors import DecodeError, EncodeError
from dcud.dlms.exchange import Request
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.requests import Act, Set
from tests.support.fake_meter import Answer, FakeReader

ALARM = Obis.parse("0.4.25.9.0.255")
DENIED = DataAccessResult.READ_WRITE_DENIED
ENERGY = CaptureObject(class_id=3, logical_name=Obis.parse("1.0.1.8.0.255"), attribute=2)
NIGHT = PushWindow(start=CosemDateTime(hour=2, minute=0), end=CosemDateTime(hour=4, minute=0))
HERE = PushDestination(service=TransportService.HDLC)
THERE = PushDestination(service=TransportService.TCP, destination=b"192.0.2.1:4059")
BEFORE = PushSetup(
    objects=(PushObject(captured=CLOCK_TIME),),
    destination=HERE,
    windows=(),
    randomisation_start_interval=0,
    number_of_retries=3,
    repetition_delay=RepetitionDelay.constant(60),
)
WANTED = PushSetup(
    objects=(PushObject(captured=CLOCK_TIME), PushObject(captured=ENERGY)),
    destination=THERE,
    windows=(NIGHT,),
    randomisation_start_interval=300,
    number_of_retries=1,
    repetition_delay=RepetitionDelay.constant(90),
)
T = TypeVar("T")


class Meter(FakeReader):
    """A push setup that keeps what is written, save for what it says something else to."""

    def __init__(
        self,
        setup: PushSetup = BEFORE,
        *,
        version: int = 0,
        name: str = "0.0.25.9.0.255",
        says: Mapping[int, object] | None = None,
        keeps: frozenset[int] = frozenset(),
        hides: frozenset[int] = frozenset(),
    ) -> None:
        told = setup.to_data(version)
        super().__init__({f"40/{name}/{index:d}": data for index, data in told.items()})
        self.says = says or {}
        self.keeps = keeps
        self.written: list[tuple[int, Data]] = []
        self.called: list[tuple[str, bytes | None]] = []
        for index in hides:
            self.answers = {**self.answers, f"40/{name}/{index}": DENIED}

    async def ask(self, request: Request[T], *, progress: Callable[[int], None] | None = None) -> T:
        assert progress is None
        return cast(T, self._do(request))

    def _do(self, request: object) -> object:
        if isinstance(request, Act):
            self.called.append((str(request.call.method), request.call.parameter))
            return self.says.get(-1)
        assert isinstance(request, Set)
        attribute = request.writing.target.attribute
        value = decode_data(Cursor(request.writing.value))
        self.written.append((attribute.attribute, value))
        result = self.says.get(attribute.attribute, DataAccessResult.SUCCESS)
        held = isinstance(self.answers.get(str(attribute)), Data)
        if result is DataAccessResult.SUCCESS and held and attribute.attribute not in self.keeps:
            self.answers = {**self.answers, str(attribute): value}
        return result

    @property
    def order(self) -> list[int]:
        return [index for index, _ in self.written]


async def test_what_it_says() -> None:
    assert await push_setup(Meter()) == BEFORE


async def test_another_setup() -> None:
    meter = Meter(name="0.4.25.9.0.255")
    assert await push_setup(meter, ALARM) == BEFORE
    await push_now(meter, ALARM)
    assert meter.called == [("40/0.4.25.9.0.255/1", b"\x0f\x00")]


async def test_what_a_meter_does_not_tell_is_left_open() -> None:
    told = await push_setup(Meter(hides=frozenset({3, 7})))
    assert (told.destination, told.repetition_delay) == (None, None)
    assert told.objects == BEFORE.objects


async def test_a_meter_without_one() -> None:
    with pytest.raises(PushError, match=r"the push setup 0\.4\.25\.9\.0\.255: object-undefined"):
        await push_setup(Meter(), ALARM)


async def test_a_setup_that_makes_no_sense() -> None:
    meter = Meter()
    odd: Answer = BEFORE.to_data(0)[next(iter(BEFORE.to_data(0)))]
    meter.answers = {**meter.answers, "40/0.0.25.9.0.255/6": odd}
    with pytest.raises(DecodeError, match="number_of_retries: array"):
        await push_setup(meter)


async def test_all_is_set_the_objects_first_the_window_last() -> None:
    meter = Meter()
    assert await set_up(meter, WANTED) == WANTED
    assert meter.order == [2, 5, 6, 7, 3, 4]


async def test_what_is_not_wanted_stays() -> None:
    meter = Meter()
    kept = await set_up(meter, PushSetup(destination=THERE))
    assert meter.order == [3]
    assert (kept.destination, kept.objects) == (THERE, BEFORE.objects)


async def test_it_is_written_in_the_form_of_the_meters_version() -> None:
    first, later = Meter(), Meter(version=2)
    for meter in (first, later):
        await set_up(meter, WANTED)
    assert dict(first.written) == WANTED.to_data(0)
    assert dict(later.written) == WANTED.to_data(2)


async def test_what_the_meters_version_can_not_say_is_not_begun() -> None:
    last = PushObject(captured=ENERGY, restriction=ByEntry(start=1, end=1))
    meter = Meter()
    with pytest.raises(EncodeError, match="version 0 of Push setup"):
        await set_up(meter, PushSetup(objects=(last,), destination=THERE))
    assert meter.written == []


async def test_a_refusal_ends_it() -> None:
    meter = Meter(says={3: DENIED})
    with pytest.raises(PushError) as raised:
        await set_up(meter, PushSetup(objects=WANTED.objects, destination=THERE, windows=(NIGHT,)))
    assert raised.value.message == (
        "the push setup 0.0.25.9.0.255 does not take send_destination_and_method: "
        "read-write-denied, after push_object_list was written"
    )
    assert raised.value.remedy
    assert meter.order == [2, 3]


async def test_the_first_is_refused() -> None:
    with pytest.raises(PushError, match="does not take communication_window: other-reason;"):
        await set_up(Meter(says={4: DataAccessResult.OTHER_REASON}), PushSetup(windows=(NIGHT,)))


async def test_a_meter_that_keeps_something_else() -> None:
    with pytest.raises(PushError, match="took the destination, the windows, but keeps something"):
        await set_up(Meter(keeps=frozenset({3, 4})), WANTED)


async def test_what_a_meter_hides_is_not_compared() -> None:
    kept = await set_up(Meter(hides=frozenset({3})), WANTED)
    assert kept.destination is None
    assert kept.windows == WANTED.windows


async def test_it_does_not_push() -> None:
    meter = Meter(says={-1: ActionResult.TEMPORARY_FAILURE})
    with pytest.raises(PushError, match="does not push: temporary-failure"):
        await push_now(meter)
