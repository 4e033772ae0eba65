"""What can be asked for of one meter."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import ClassVar, Final, TypeVar

from dcud.assembly.addressee import Addressee
from dcud.assembly.commands.parameters import ParameterError, Parameters
from dcud.collect import clock_moves
from dcud.collect.alignment import Alignment
from dcud.collect.asking import Asker
from dcud.collect.clock_moves import Repeated
from dcud.collect.clock_setting import Comparison, compare, set_to, shift
from dcud.collect.identity_job import USUAL
from dcud.collect.job import Job, Timing
from dcud.collect.profile_job import ProfileJob
from dcud.collect.profile_reader import ProfileAccess, ProfileReader
from dcud.collect.register_job import Item, RegisterJob
from dcud.collect.switching import SWITCH, Direction, operate, switch_state
from dcud.cosem.profile_selection import TimeRange
from dcud.cosem.references import parse_reference
from dcud.dlms.access import AttributeDescriptor, AttributeWithSelection, DataAccessResult
from dcud.dlms.action_exchange import MethodCall
from dcud.dlms.apdu.action import ActionResult, MethodDescriptor
from dcud.dlms.data import decode_data, encode_data
from dcud.dlms.data_notation import format_data, parse_data
from dcud.dlms.obis import Obis
from dcud.dlms.octets import Cursor
from dcud.dlms.refusal_causes import explain_result
from dcud.dlms.requests import Act, Set
from dcud.dlms.set_exchange import Writing
from dcud.errors import DcudError
from dcud.publish.canonical import JsonValue, rfc3339
from dcud.publish.payload import value_json
from dcud.reading import Reading
from dcud.store.rows import CursorMove

MOST_ATTRIBUTES: Final = 100
MOST_CAPTURES: Final = 2000
"""In one answer; what a job reads goes the way of its readings, and has no such bound."""
LONGEST_RANGE: Final = timedelta(days=400)

_SECRETS: Final = frozenset({(15, 7), (12, 7)})
"""Attributes whose values are nothing for a broker. [IEC 62056-6-2: Association, secret]"""

_OUT_OF_TURN: Final = Timing(schedule=Alignment(interval=86_400.0))

JobT = TypeVar("JobT", bound=Job)

Result = Mapping[str, JsonValue]
MeterAct = Callable[[Asker], Awaitable[Result]]


class RefusedByMeterError(DcudError):
    """The meter was asked, and said no."""

    code: ClassVar[str] = "refused_by_meter"


class Kept:
    """Keeps readings to answer with."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []

    async def __call__(
        self,
        readings: Sequence[Reading],
        cursors: Sequence[CursorMove] = (),  # noqa: ARG002  # what is read out of turn moves none
    ) -> None:
        """Keep them, as many as an answer can hold."""
        self.readings += readings
        if len(self.readings) > MOST_CAPTURES:
            raise ParameterError(
                f"there are more than {MOST_CAPTURES} captures",
                remedy="ask for a shorter range, or name a job to have them as its readings",
            )


def _read(parameters: Parameters, addressee: Addressee) -> MeterAct:
    items = _items(parameters, addressee)
    memory = addressee.memory

    async def act(asker: Asker) -> Result:
        kept = Kept()
        job = RegisterJob(name="command", timing=_OUT_OF_TURN, items=items, memory=memory)
        await job.run(asker, kept, addressee.now(), lambda: True)
        (reading,) = kept.readings
        return _reading_json(reading)

    return act


def _items(parameters: Parameters, addressee: Addressee) -> Sequence[Item]:
    if parameters.has("job"):
        job = _job(parameters, addressee, RegisterJob)
        return job.items
    texts = parameters.texts("attributes", MOST_ATTRIBUTES)
    return [Item(attribute=_attribute(text), name=text) for text in texts]


def _job(parameters: Parameters, addressee: Addressee, kind: type[JobT]) -> JobT:
    name = parameters.text("job")
    for job in addressee.jobs:
        if job.name == name and isinstance(job, kind):
            return job
    fitting = [job.name for job in addressee.jobs if isinstance(job, kind)]
    known = ", ".join(fitting) or "the meter has none"
    raise ParameterError(f"it has no such job: {name[:40]!r}", remedy=f"known: {known}")


def _read_profile(parameters: Parameters, addressee: Addressee) -> MeterAct:
    wanted = _range(parameters, addressee)
    if parameters.has("job"):
        job = _job(parameters, addressee, ProfileJob)

        async def act(asker: Asker) -> Result:
            count = await job.read_again(asker, addressee.keep, wanted, addressee.now())
            return {"captures": count}

        return act
    profile = _profile(parameters.text("object"), addressee)

    async def show(asker: Asker) -> Result:
        kept = Kept()
        count = await profile.read_again(asker, kept, wanted, addressee.now())
        return {"captures": count, "entries": [_reading_json(each) for each in kept.readings]}

    return show


def _range(parameters: Parameters, addressee: Addressee) -> TimeRange:
    start, end = parameters.instant("from"), addressee.now()
    if parameters.has("to"):
        end = min(end, parameters.instant("to"))
    if not timedelta(0) <= end - start <= LONGEST_RANGE:
        raise ParameterError(
            '"from" and "to" make no range', remedy=f"ask for {LONGEST_RANGE.days} days at most"
        )
    return TimeRange(start=start, end=end)


def _profile(text: str, addressee: Addressee) -> ProfileJob:
    """Return what reads a profile that no job reads."""
    attribute = _attribute(text)
    return ProfileJob(
        name="command",
        timing=_OUT_OF_TURN,
        profile=ProfileReader(logical_name=attribute.logical_name, memory=addressee.memory),
        access=ProfileAccess.RANGE,
        initial_history=timedelta(0),
        max_range=None,
        names={},
        position=_nowhere,
        observer=_Unobserved(),
    )


async def _nowhere(meter: str, key: str) -> None:
    """Know of no cursor."""


class _Unobserved:
    """Looks for no gaps."""

    def captures_missing(self, bus: str, meter: str, job: str, captures: int) -> None:
        """Ignore it."""

    def captures_lost(self, bus: str, meter: str, job: str, gap: object) -> None:
        """Ignore it."""

    def captures_overwritten(
        self, bus: str, meter: str, job: str, after: object, oldest: object
    ) -> None:
        """Ignore it."""


def _write(parameters: Parameters, addressee: Addressee) -> MeterAct:  # noqa: ARG001  # as others
    attribute = _attribute(parameters.text("attribute"))
    value = parse_data(parameters.text("value"))
    if (attribute.class_id, attribute.attribute) in _SECRETS:
        raise ParameterError(
            "a secret is nothing for a broker", remedy="put it into the meter by dcud keys transfer"
        )

    async def act(asker: Asker) -> Result:
        target = AttributeWithSelection(attribute=attribute)
        result = await asker.ask(Set(Writing(target=target, value=encode_data(value))))
        if result is not DataAccessResult.SUCCESS:
            raise _refused(f"{attribute}", result)
        return {}

    return act


def _execute(parameters: Parameters, addressee: Addressee) -> MeterAct:  # noqa: ARG001  # as others
    method = parse_reference(parameters.text("method"))
    if not isinstance(method, MethodDescriptor):
        raise ParameterError('"method" is an attribute', remedy="write it as method:1, or its name")
    data = parse_data(parameters.text("parameter", "integer 0"))
    call = MethodCall(method=method, parameter=encode_data(data))

    async def act(asker: Asker) -> Result:
        returned = await asker.ask(Act(call))
        if isinstance(returned, ActionResult | DataAccessResult):
            raise _refused(f"{method}", returned)
        return {"returned": _notation(returned)} if returned else {}

    return act


def _notation(octets: bytes) -> str:
    cursor = Cursor(octets)
    data = decode_data(cursor)
    cursor.expect_end()
    return format_data(data)


def _set_clock(parameters: Parameters, addressee: Addressee) -> MeterAct:
    seconds = parameters.number("shift", -900, 900, default=0)
    memory, clock = addressee.memory, addressee.clock

    async def act(asker: Asker) -> Result:
        before = await compare(asker, memory, clock)
        if seconds:
            await shift(asker, memory, seconds)
        else:
            await set_to(asker, memory, before, addressee.now)
        after = await compare(asker, memory, clock)
        await _note_twice(addressee, before, after)
        return {"ahead_before_ms": _ahead(before), "ahead_after_ms": _ahead(after)}

    return act


async def _note_twice(addressee: Addressee, before: Comparison, after: Comparison) -> None:
    """Have the profile jobs read again what a clock goes through twice that was set back."""
    if after.deviation >= before.deviation:
        return
    now, meter = addressee.now(), addressee.memory.meter
    twice = Repeated(first=now + after.deviation, last=now + before.deviation, noted=now)
    await addressee.keep((), [await clock_moves.noted(addressee.position, meter, twice)])


def _ahead(compared: Comparison) -> int:
    return round(compared.deviation.total_seconds() * 1000)


def _switching(direction: Direction) -> "MeterVerb":
    def prepare(parameters: Parameters, addressee: Addressee) -> MeterAct:  # noqa: ARG001  # as others
        switch = SWITCH
        if parameters.has("switch"):
            switch = Obis.parse(parameters.text("switch"))

        async def act(asker: Asker) -> Result:
            await operate(asker, direction, switch)
            state = await switch_state(asker, switch)
            return {"is_closed": state.is_closed, "control": state.control, "mode": state.mode}

        return act

    return prepare


def _identify(parameters: Parameters, addressee: Addressee) -> MeterAct:  # noqa: ARG001  # as others
    memory = addressee.memory

    async def act(asker: Asker) -> Result:
        memory.logical_device_name = None
        kept = Kept()
        job = RegisterJob(
            name="command", timing=_OUT_OF_TURN, items=USUAL, memory=memory, with_clock=False
        )
        await job.run(asker, kept, addressee.now(), lambda: True)
        (reading,) = kept.readings
        return _reading_json(reading)

    return act


def _refresh(parameters: Parameters, addressee: Addressee) -> MeterAct:  # noqa: ARG001  # as others
    memory = addressee.memory

    async def act(asker: Asker) -> Result:
        memory.forget()
        memory.logical_device_name = None
        return {"logical_device_name": await memory.identify(asker)}

    return act


def _attribute(text: str) -> AttributeDescriptor:
    named = parse_reference(text)
    if not isinstance(named, AttributeDescriptor):
        raise ParameterError(f"{text[:40]!r} is a method", remedy="name an attribute")
    return named


def _refused(what: str, result: DataAccessResult | ActionResult) -> RefusedByMeterError:
    return RefusedByMeterError(f"{what}: {result.words}", remedy=explain_result(result).remedy)


def _reading_json(reading: Reading) -> Result:
    body: dict[str, JsonValue] = {"logical_device_name": reading.logical_device_name}
    if reading.capture_time is not None:
        body["capture_time"] = rfc3339(reading.capture_time)
    body["values"] = [value_json(value) for value in reading.values]
    return body


MeterVerb = Callable[[Parameters, Addressee], MeterAct]
"""Makes an act of parameters; raises `DcudError` where they make none."""

METER_VERBS: Mapping[str, MeterVerb] = {
    "read": _read,
    "read_profile": _read_profile,
    "write": _write,
    "execute": _execute,
    "set_clock": _set_clock,
    "connect": _switching(Direction.RECONNECT),
    "disconnect": _switching(Direction.DISCONNECT),
    "identify": _identify,
    "refresh": _refresh,
}


def meter_act(verb: str, values: Mapping[str, object], addressee: Addressee) -> MeterAct:
    """Return what is to be done on a meter.

    Args:
        verb: one of `METER_VERBS`.
        values: the parameters as they came.
        addressee: the meter.

    Raises:
        DcudError: the parameters make no sense.
    """
    parameters = Parameters(values)
    act = METER_VERBS[verb](parameters, addressee)
    parameters.end()
    return act
