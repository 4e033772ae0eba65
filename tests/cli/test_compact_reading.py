import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcud.cli import visit
from dcud.cli.main import main
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
from dcud.cosem.register import ScalerUnit
from dcud.dlms.constructors import array, double_long_unsigned, enum, octet_string, unsigned
from dcud.dlms.obis import Obis
from tests.support import simulated_line
from tests.support.held_objects import served

FRAME, VOLUME = Obis.parse("0.0.66.0.1.255"), Obis.parse("7.0.13.2.0.255")

DIRECT = ("--serial", "line", "--server", "1/17")

Read = Callable[..., tuple[int, str, str]]

OBJECTS = {
    (3, VOLUME): {2: double_long_unsigned(123456), 3: ScalerUnit(scaler=-3, unit=13).to_data()},
    (62, FRAME): {
        2: octet_string(bytes.fromhex("07 0C 07EA05040108000000000000 0001E240")),
        3: array(
            (
                CaptureObject(class_id=62, logical_name=FRAME, attribute=4).to_data(),
                CLOCK_TIME.to_data(),
                CaptureObject(class_id=3, logical_name=VOLUME, attribute=2).to_data(),
            )
        ),
        4: unsigned(7),
        5: octet_string(bytes.fromhex("13 02 03 11 09 06 00")),
        6: enum(1),
    },
}


@pytest.fixture(name="read")
def make_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Read]:
    """Give a function that runs `dcud read` on a meter with these objects."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(visit, "wall_clock", lambda: simulated_line.NOW)

    def read(*arguments: str, of: tuple[str, ...] = DIRECT) -> tuple[int, str, str]:
        code = main(["read", *of, *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    with served(OBJECTS, tmp_path / "line"):
        yield read


def test_compact_data_is_a_row_of_named_values(read: Read) -> None:
    code, output, _ = read("--profile", "0.0.66.0.1.255", "--format", "csv")
    assert code == 0
    heading, row = csv.reader(io.StringIO(output))
    assert dict(zip(heading, row, strict=True)) == {
        "time": "2026-05-04 08:00:00",
        "utc_offset": "UTC+00:00",
        "clock_status": "",
        "compact_data_1": "7",
        "converted_volume_forward_absolute_converter [m³]": "123.456",
    }


def test_compact_data_in_json(read: Read) -> None:
    _, output, _ = read("--profile", "0.0.66.0.1.255", "--format", "json")
    [record] = map(json.loads, output.splitlines())
    assert record["time"] == "2026-05-04T08:00:00+00:00"
    assert [(value["obis"], value["value"], value["unit"]) for value in record["values"]] == [
        ("0.0.66.0.1.255", 7, ""),
        ("7.0.13.2.0.255", "123.456", "m³"),
    ]


def test_attributes_of_compact_data_are_shown_as_what_they_are(read: Read) -> None:
    _, output, _ = read("--format", "json", "62/0.0.66.0.1.255/all")
    told = {record["attribute"]: record["value"] for record in map(json.loads, output.splitlines())}
    assert told[2] == "070c07ea050401080000000000000001e240"
    assert told[5] == "13020311090600"
    assert told[6] == "implicit"


@pytest.mark.parametrize("part", [("--last", "1 d"), ("--access", "entry")])
def test_of_compact_data_no_part_can_be_asked_for(read: Read, part: tuple[str, ...]) -> None:
    code, output, errors = read("--profile", "0.0.66.0.1.255", *part)
    assert (code, output) == (64, "")
    assert "0.0.66.0.1.255 is compact data, which is read as a whole" in errors
