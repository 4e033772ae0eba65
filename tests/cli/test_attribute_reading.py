from decimal import Decimal

import pytest

from dcud.cli.attribute_choice import Wanted
from dcud.cli.attribute_reading import Answer, read_attribute
from dcud.cli.readable import Shown
from dcud.collect.meter_memory import MeterMemory
from dcud.cosem.register import ScalerUnit
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.data import double_long_unsigned, unsigned, visible_string
from dcud.dlms.errors import DecodeError, NoAnswerError, ServiceRefusedError
from dcud.dlms.obis import Obis
from tests.support.scripted_reader import Said, ScriptedReader

ENERGY = Obis.parse("1.0.1.8.0.255")
VALUE = AttributeDescriptor(3, ENERGY, 2)
WATT_HOURS = ScalerUnit(scaler=-1, unit=30).to_data()


async def read(said: dict[str, Said], *classes: int) -> Answer:
    candidates = tuple(AttributeDescriptor(class_id, ENERGY, 2) for class_id in classes or (3,))
    wanted = Wanted(candidates=candidates, name="energy")
    return await read_attribute(ScriptedReader(said), wanted, MeterMemory(meter="m", bus="b"))


async def test_a_register_is_scaled() -> None:
    answer = await read(
        {"3/1.0.1.8.0.255/2": double_long_unsigned(123), "3/1.0.1.8.0.255/3": WATT_HOURS}
    )
    assert answer == Answer(
        attribute=VALUE,
        name="energy",
        shown=Shown(value=Decimal("12.3"), unit="Wh"),
        type="double-long-unsigned",
    )


async def test_a_register_without_a_scaler_is_said_not_to_be_scaled() -> None:
    answer = await read({"3/1.0.1.8.0.255/2": double_long_unsigned(123)})
    assert answer.shown == Shown(value=123, remark="not scaled: the meter tells no scaler_unit")


async def test_a_scaler_that_is_none_is_told() -> None:
    answer = await read(
        {"3/1.0.1.8.0.255/2": double_long_unsigned(123), "3/1.0.1.8.0.255/3": visible_string("x")}
    )
    assert answer.shown.value == 123
    assert answer.shown.remark == (
        "not scaled: visible-string is no scaler_unit of integer with enum"
    )


async def test_the_first_candidate_that_the_meter_knows_is_shown() -> None:
    answer = await read(
        {
            "3/1.0.1.8.0.255/2": DataAccessResult.OBJECT_CLASS_INCONSISTENT,
            "1/1.0.1.8.0.255/2": visible_string("many"),
        },
        *(3, 1, 4),
    )
    assert (answer.attribute.class_id, answer.shown.value) == (1, "many")


@pytest.mark.parametrize(
    ("refusals", "class_id", "reason"),
    [
        ({}, 3, "object-undefined"),
        ({"4/1.0.1.8.0.255/2": DataAccessResult.READ_WRITE_DENIED}, 4, "read-write-denied"),
        (
            {
                "3/1.0.1.8.0.255/2": DataAccessResult.TEMPORARY_FAILURE,
                "4/1.0.1.8.0.255/2": DataAccessResult.READ_WRITE_DENIED,
            },
            3,
            "temporary-failure",
        ),
        (
            {"1/1.0.1.8.0.255/2": ServiceRefusedError("no", state_error=1, service_error=2)},
            1,
            "no",
        ),
        ({"1/1.0.1.8.0.255/2": b"\xfe"}, 1, "1/1.0.1.8.0.255/2: "),
    ],
)
async def test_of_refusals_the_one_that_tells_most_is_shown(
    refusals: dict[str, Said], class_id: int, reason: str
) -> None:
    answer = await read(refusals, 3, 1, 4)
    assert answer.refused
    assert answer.attribute.class_id == class_id
    assert answer.shown.value is None
    assert answer.shown.remark.startswith(reason)


async def test_a_lost_association_ends_the_reading() -> None:
    reader = ScriptedReader({str(VALUE): NoAnswerError("gone")}, lost=True)
    wanted = Wanted(candidates=(VALUE,), name="energy")
    with pytest.raises(NoAnswerError, match="gone"):
        await read_attribute(reader, wanted, MeterMemory(meter="m", bus="b"))


async def test_a_broken_answer_does_not_end_it() -> None:
    answer = await read({str(VALUE): DecodeError("what?")})
    assert (answer.refused, answer.shown.remark) == (True, "what?")


@pytest.mark.parametrize(("companion", "remark"), [("idis", "meter cover removed"), ("none", "")])
async def test_the_code_of_the_last_event_is_told(companion: str, remark: str) -> None:
    code = AttributeDescriptor(1, Obis.parse("0.0.96.11.1.255"), 2)
    memory = MeterMemory(meter="m", bus="b", companion=companion)
    wanted = Wanted(candidates=(code,), name="event_code")
    answer = await read_attribute(ScriptedReader({str(code): unsigned(44)}), wanted, memory)
    assert answer.shown == Shown(value=44, remark=remark)
