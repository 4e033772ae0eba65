"""What `dcud read` makes of event logs."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dcud.cli import visit
from dcud.cli.main import main
from dcud.cosem.profile_generic import CLOCK_TIME, CaptureObject
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
from tests.support import simulated_line
from tests.support.held_objects import served

FRAUD_LOG, FRAUD_CODE = Obis.parse("0.0.99.98.1.255"), Obis.parse("0.0.96.11.1.255")

DIRECT = ("--serial", "line", "--server", "1/17")

Read = Callable[..., tuple[int, str, str]]


def event(second: int, code: int) -> Data:
    time = bytes.fromhex(f"07EA05040108000{second}00000000")
    return structure((octet_string(time), unsigned(code)))


OBJECTS = {
    (7, FRAUD_LOG): {
        2: array((event(1, 40), event(2, 41), event(3, 230))),
        3: array(
            (
                CLOCK_TIME.to_data(),
                CaptureObject(class_id=1, logical_name=FRAUD_CODE, attribute=2).to_data(),
            )
        ),
        4: double_long_unsigned(0),
        5: enum(1),
        7: double_long_unsigned(3),
    },
    (1, FRAUD_CODE): {2: unsigned(230)},
    (1, Obis.parse("0.0.96.11.0.255")): {2: unsigned(2)},
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
