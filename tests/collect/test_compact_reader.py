from decimal import Decimal

import pytest

from dcud.collect.compact_reader import CompactReader, is_compact_data
from dcud.collect.meter_memory import MeterMemory
from dcud.collect.profile_reader import ProfileRefusedError
from dcud.cosem.compact_data import OtherTemplateError
from dcud.cosem.profile_generic import CaptureObject
from dcud.cosem.register import ScalerUnit
from dcud.dlms.constructors import array, octet_string, unsigned
from dcud.dlms.obis import Obis
from tests.support.scripted_reader import Said, ScriptedReader

FRAME = Obis.parse("0.0.66.0.1.255")
VOLUME = CaptureObject(class_id=3, logical_name=Obis.parse("7.0.13.2.0.255"), attribute=2)
PART = CaptureObject(
    class_id=3, logical_name=Obis.parse("7.0.12.2.0.255"), attribute=2, data_index=1
)
OWN_ID = CaptureObject(class_id=62, logical_name=FRAME, attribute=4)


def said(**changed: Said) -> dict[str, Said]:
    """Return what a meter says of a row of template 7: 1.234 m3, 5."""
    attributes: dict[str, Said] = {
        "buffer": octet_string(bytes.fromhex("07 04D2 05")),
        "captured": array(each.to_data() for each in (OWN_ID, VOLUME, PART)),
        "template": unsigned(7),
        "description": octet_string(bytes.fromhex("13 02 03 11 12 11 00")),
        **changed,
    }
    return {
        **{f"62/{FRAME}/{index}": each for index, each in enumerate(attributes.values(), 2)},
        "3/7.0.13.2.0.255/3": ScalerUnit(scaler=-3, unit=13).to_data(),
    }


def compact() -> CompactReader:
    return CompactReader(logical_name=FRAME, memory=MeterMemory(meter="m", bus="b"))


async def test_rows_have_scaled_values() -> None:
    (row,) = await compact().rows(ScriptedReader(said()))
    assert row.cells == (7, Decimal("1.234"), 5)


async def test_the_template_is_asked_for_once() -> None:
    frames, reader = compact(), ScriptedReader(said())
    assert (await frames.template(reader)).template_id == 7
    asked = len(reader.asked)
    await frames.rows(reader)
    await frames.rows(reader)
    assert [text for text, _ in reader.asked[asked:]] == [f"62/{FRAME}/2"] * 2


async def test_a_meter_that_changed_its_template_is_asked_once_more() -> None:
    frames = compact()
    await frames.template(ScriptedReader(said()))
    changed = said(
        buffer=octet_string(bytes.fromhex("08 2A")),
        captured=array(each.to_data() for each in (OWN_ID, PART)),
        template=unsigned(8),
        description=octet_string(bytes.fromhex("02 02 11 11")),
    )
    (row,) = await frames.rows(ScriptedReader(changed))
    assert row.cells == (8, 42)


async def test_a_buffer_that_stays_with_another_template_is_an_error() -> None:
    with pytest.raises(OtherTemplateError, match="template 7, not by 8"):
        await compact().rows(ScriptedReader(said(template=unsigned(8))))


async def test_what_the_meter_keeps_to_itself_is_told() -> None:
    answers = said()
    del answers[f"62/{FRAME}/5"]
    with pytest.raises(
        ProfileRefusedError, match=r"compact data 0\.0\.66\.0\.1\.255, attribute 5: object-undef"
    ):
        await compact().rows(ScriptedReader(answers))


@pytest.mark.parametrize(
    ("logical_name", "compact_data"),
    [
        ("0.0.66.0.1.255", True),
        ("0.2.66.0.0.255", True),
        ("1.0.66.0.1.255", False),
        ("0.0.66.1.1.255", False),
        ("0.0.99.98.0.255", False),
    ],
)
def test_compact_data_has_its_place(logical_name: str, *, compact_data: bool) -> None:
    assert is_compact_data(Obis.parse(logical_name)) is compact_data
