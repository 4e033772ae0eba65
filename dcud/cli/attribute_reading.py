"""Reads of single attributes, with what makes their values readable."""

from dataclasses import dataclass

from dcud.cli.attribute_choice import Wanted
from dcud.cli.readable import Shown, readable
from dcud.collect.job import Reader
from dcud.collect.meter_memory import MeterMemory, get_data, scaler_attribute
from dcud.cosem.register import ScalerUnit
from dcud.cosem.value_texts import value_text
from dcud.dlms.access import AttributeDescriptor, DataAccessResult
from dcud.dlms.data import Data
from dcud.dlms.errors import DecodeError, ProtocolError
from dcud.dlms.refusal_causes import Explanation, explain_result

_WRONG_GUESS = (
    explain_result(DataAccessResult.OBJECT_UNDEFINED),
    explain_result(DataAccessResult.OBJECT_CLASS_INCONSISTENT),
)
"""What a meter says where a guess of the class is wrong; anything else tells more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the meter said of an attribute.

    Attributes:
        attribute: what was read; of several candidates the one that the meter knows.
        type: of the Data that came, as the specification names it; "" where none came.
        refused: whether the meter gave nothing; the reason is in the remark.
        explanation: what that reason means, where the meter gave one of its codes.
    """

    attribute: AttributeDescriptor
    name: str
    shown: Shown
    type: str = ""
    refused: bool = False
    explanation: Explanation | None = None


async def read_attribute(reader: Reader, wanted: Wanted, memory: MeterMemory) -> Answer:
    """Return what the meter says of the first of the candidates that it knows.

    Raises:
        ProtocolError: the association is lost, so that nothing more can be asked.
    """
    refusals: list[Answer] = []
    for candidate in wanted.candidates:
        try:
            got = await get_data(reader, candidate)
        except ProtocolError as error:
            if not reader.is_open:
                raise
            refusals.append(_refusal(candidate, wanted.name, error.message))
            continue
        if isinstance(got, DataAccessResult):
            refusals.append(_refusal(candidate, wanted.name, got.words, explain_result(got)))
        else:
            shown = await _shown(reader, candidate, got, memory)
            return Answer(attribute=candidate, name=wanted.name, shown=shown, type=got.type.words)
    # Sorting is stable: the likeliest candidate, unless another one's refusal tells more.
    return min(refusals, key=lambda refusal: refusal.explanation in _WRONG_GUESS)


def _refusal(
    attribute: AttributeDescriptor,
    name: str,
    reason: str,
    explanation: Explanation | None = None,
) -> Answer:
    return Answer(
        attribute=attribute,
        name=name,
        shown=Shown(value=None, remark=reason),
        refused=True,
        explanation=explanation,
    )


async def _shown(
    reader: Reader, attribute: AttributeDescriptor, data: Data, memory: MeterMemory
) -> Shown:
    scaler_unit, remark = await _scaler_unit(reader, attribute, memory)
    shown = readable(attribute, data, scaler_unit=scaler_unit, convention=memory.convention)
    remark = remark or value_text(memory.companion, attribute, shown.value)
    if not remark:
        return shown
    return Shown(value=shown.value, unit=shown.unit, remark=shown.remark or remark)


async def _scaler_unit(
    reader: Reader, attribute: AttributeDescriptor, memory: MeterMemory
) -> tuple[ScalerUnit | None, str]:
    """Return what scales the attribute, and what is to be said where it should and doesn't."""
    if scaler_attribute(attribute) is None:
        return None, ""
    try:
        scaler_unit = await memory.scaler_unit(reader, attribute)
    except DecodeError as error:
        return None, f"not scaled: {error.message}"
    return scaler_unit, "" if scaler_unit else "not scaled: the meter tells no scaler_unit"
