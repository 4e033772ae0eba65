"""What `dcud read` makes of event logs and of compact data."""

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
from dcud.dlms.constructors import (
    array,
    double_long_unsigned,
    enum,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.data import Data
from dcud.dlms.obis import Obis
from dcud.sim.meter import Attribute, Attributes, MeterParameters, SimulatedMeter
from tests.support import simulated_line

FRAUD_LOG, FRAUD_CODE = Obis.parse("0.0.99.98.1.255"), Obis.parse("0.0.96.11.1.255")
FRAME, VOLUME = Obis.parse("0.0.66.0.1.255"), Obis.parse("7.0.13.2.0.255")

DIRECT = ("--serial", "line", "--server", "1/17")

Read = Callable[..., tuple[int, str, str]]


def constant(value: Data) -> Attribute:
    return lambda _now, _part: value


def attributes(**values: Data) -> Attributes:
    """Return attributes by their numbers, as of "_2"."""
    return {int(name[1:]): constant(value) for name, value in values.items()}


def captured(class_id: int, logical_name: Obis, attribute: int = 2) -> Data:
    return CaptureObject(
        class_id=class_id, logical_name=logical_name, attribute=attribute
    ).to_data()


def event(second: int, code: int) -> Data:
    time = bytes.fromhex(f"07EA05040108000{second}00000000")
    return structure((octet_string(time), unsigned(code)))


OBJECTS = {
    (7, FRAUD_LOG): attributes(
        _2=array((event(1, 40), event(2, 41), event(3, 230))),
        _3=array((CLOCK_TIME.to_data(), captured(1, FRAUD_CODE))),
        _4=double_long_unsigned(0),
        _5=enum(1),
        _7=double_long_unsigned(3),
    ),
    (1, FRAUD_CODE): attributes(_2=unsigned(230)),
    (1, Obis.parse("0.0.96.11.0.255")): attributes(_2=unsigned(2)),
    (3, VOLUME): attributes(
        _2=double_long_unsigned(123456), _3=ScalerUnit(scaler=-3, unit=13).to_data()
    ),
    (62, FRAME): attributes(
        _2=octet_string(bytes.fromhex("07 0C 07EA05040108000000000000 0001E240")),
        _3=array((captured(62, FRAME, 4), CLOCK_TIME.to_data(), captured(3, VOLUME))),
        _4=unsigned(7),
        _5=octet_string(bytes.fromhex("13 02 03 11 09 06 00")),
        _6=enum(1),
    ),
}


@pytest.fixture(name="read")
def make_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Read]:
    """Give a function that runs `dcud read` on a meter with these objects."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(visit, "wall_clock", lambda: simulated_line.NOW)
    parameters = MeterParameters(number=1, installed=simulated_line.NOW - 86_400)
    meter = SimulatedMeter(parameters, lambda: simulated_line.NOW, OBJECTS)

    def read(*arguments: str, of: tuple[str, ...] = DIRECT) -> tuple[int, str, str]:
        code = main(["read", *of, *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    with simulated_line.on_pty(simulated_line.hdlc_line([meter]), tmp_path / "line"):
        yield read


EVENT_TABLE = """\
time                 utc_offset  event_code_1  event_code_1_text
2026-05-04 08:00:01  UTC+00:00             40  terminal cover removed
2026-05-04 08:00:02  UTC+00:00             41  terminal cover closed
2026-05-04 08:00:03  UTC+00:00            230
"""

WHOLE_LOG = ("--profile", "0.0.99.98.1.255", "--access", "whole")


def test_a_table_of_events_has_their_texts(read: Read) -> None:
    code, output, _ = read(*WHOLE_LOG, "--companion", "idis")
    assert code == 0
    assert output == EVENT_TABLE


def test_csv_of_events_has_their_texts_in_a_column_of_their_own(read: Read) -> None:
    _, output, _ = read(*WHOLE_LOG, "--companion", "idis", "--format", "csv")
    heading, *events = csv.reader(io.StringIO(output))
    assert heading[-1] == f"{heading[-2]}_text"
    assert [row[-2:] for row in events] == [
        ["40", "terminal cover removed"],
        ["41", "terminal cover closed"],
        ["230", ""],
    ]


def test_json_of_events_has_their_texts_beside_their_codes(read: Read) -> None:
    _, output, _ = read(*WHOLE_LOG, "--companion", "idis", "--format", "json")
    values = [json.loads(line)["values"][0] for line in output.splitlines()]
    assert [(value["value"], value["text"]) for value in values] == [
        (40, "terminal cover removed"),
        (41, "terminal cover closed"),
        (230, ""),
    ]


def test_without_a_companion_profile_codes_stay_numbers(read: Read) -> None:
    _, output, _ = read(*WHOLE_LOG, "--format", "csv")
    assert "_text" not in output
    assert "cover" not in output


def test_the_template_of_a_configured_meter_tells_the_companion_profile(
    read: Read, tmp_path: Path
) -> None:
    (tmp_path / "dcud.toml").write_text("""
        [gateway]
        id = "gw"
        [[bus]]
        id = "b"
        serial.device = "line"
        [[meter]]
        id = "m"
        bus = "b"
        template = ["generic-electricity", "dsmr"]
        server_address = { physical = 17 }
        """)
    configured = ("--config", "dcud.toml", "--meter", "m")
    _, output, _ = read(*WHOLE_LOG, "--format", "csv", of=configured)
    assert "40,terminal cover removed" in output


def test_the_code_of_the_last_event_is_told_in_the_remark(read: Read) -> None:
    _, output, _ = read(
        "--companion", "idis", "--format", "json", "0.0.96.11.0.255", "0.0.96.11.1.255"
    )
    told = [json.loads(line) for line in output.splitlines()]
    assert [(each["value"], each["remark"]) for each in told] == [(2, "power up"), (230, "")]


def test_a_companion_profile_that_nobody_knows(read: Read) -> None:
    code, output, errors = read(*WHOLE_LOG, "--companion", "idsi")
    assert (code, output) == (64, "")
    assert "--companion" in errors
    assert '"idis"' in errors


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
