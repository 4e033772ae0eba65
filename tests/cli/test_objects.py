import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import (
    Data,
    array,
    enum,
    integer,
    long_unsigned,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.hdlc.address import ServerAddress
from dcud.dlms.server import ServerParameters
from dcud.sim.hdlc_line import HdlcLine
from dcud.sim.meter import SimulatedMeter
from dcud.sim.short_named_meter import ShortNamedMeter
from tests.support import simulated_line

GOLDEN = Path(__file__).parent / "golden_by_hand"

Objects = Callable[..., tuple[int, str, str]]

FIRST = ("--serial", "line", "--server", "1/17")


@pytest.fixture(name="objects")
def make_objects(capsys: pytest.CaptureFixture[str]) -> Objects:
    """Give a function that runs `dcud objects` and returns exit code, output, errors."""

    def objects(*arguments: str) -> tuple[int, str, str]:
        code = main(["objects", *FIRST, *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return objects


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.usefixtures("bus")
def test_output_is_as_in_its_golden_file(objects: Objects, form: str) -> None:
    code, output, errors = objects("--format", form)
    assert (code, errors) == (0, "")
    assert output == (GOLDEN / f"objects.{form}").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (("--class", "8"), ["0.0.1.0.0.255"]),
        (("--match", "CLOCK"), ["0.0.1.0.0.255"]),
        (("--match", "profile gen"), ["1.0.99.1.0.255"]),
        (("--match", "1.0.99."), ["1.0.99.1.0.255"]),
        (("--class", "3", "--match", "voltage"), ["1.0.32.7.0.255", "1.0.52.7.0.255"]),
        (("--class", "3", "--match", "clock"), []),
    ],
)
@pytest.mark.usefixtures("bus")
def test_filters(objects: Objects, filters: tuple[str, ...], expected: list[str]) -> None:
    code, output, _ = objects("--format", "json", *filters)
    assert code == 0
    assert [json.loads(line)["logical_name"] for line in output.splitlines()] == expected


@pytest.mark.usefixtures("bus")
def test_an_association_that_is_not_there(objects: Objects) -> None:
    code, output, errors = objects("--association", "0.0.40.0.7.255")
    assert (code, output) == (77, "")
    assert (
        "the object list of the association 0.0.40.0.7.255 of meter meter: object-undefined"
        in errors
    )


@pytest.mark.parametrize("arguments", [("--class", "three"), ("--association", "current")])
def test_malformed_arguments_are_a_fault_of_usage(
    objects: Objects, arguments: tuple[str, str]
) -> None:
    code, output, errors = objects(*arguments)
    assert (code, output) == (64, "")
    assert arguments[0] in errors


# Rights that the simulated meters do not give.


class Restricted(SimulatedMeter):
    """A meter with rights of every kind; class 9999 is nobody's."""

    def read(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> Data | bytes | DataAccessResult:
        if str(attribute) != "15/0.0.40.0.0.255/2":
            return super().read(attribute, selection)
        clock = [(1, 1), (2, 3), (3, 0), (4, 6), (5, 99)]
        return array((_element(8, 0, "0000010000FF", clock, [(1, 1), (6, 0)]), _unknown()))


def _element(
    class_id: int,
    version: int,
    logical_name: str,
    attributes: list[tuple[int, int]],
    methods: list[tuple[int, int]],
) -> Data:
    rights = array(
        structure((integer(index), enum(mode), array((integer(1), integer(2)))))
        for index, mode in attributes
    )
    method_rights = array(structure((integer(index), enum(mode))) for index, mode in methods)
    return structure(
        (
            long_unsigned(class_id),
            unsigned(version),
            octet_string(bytes.fromhex(logical_name)),
            structure((rights, method_rights)),
        )
    )


def _unknown() -> Data:
    return _element(9999, 3, "0000808000FF", [(-1, 1), (2, 1)], [])


def test_rights_in_words(objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [meter] = simulated_line.meters(1)
    restricted = Restricted(meter.parameters, lambda: simulated_line.NOW)
    with simulated_line.on_pty(simulated_line.hdlc_line([restricted]), tmp_path / "line"):
        _, table, _ = objects("--format", "csv")
        _, lines, _ = objects("--format", "json")
    heading, clock, unknown = table.splitlines()
    assert heading == "class,class name,version,logical name,name,attributes,methods"
    assert clock == (
        "8,Clock,0,0.0.1.0.0.255,clock,read: logical_name; read + write: time; no access: "
        "time_zone; read + write + authenticated request: status; mode 99: "
        "daylight_savings_begin,invoke: adjust_to_quarter; no access: shift_time"
    )
    assert unknown == '9999,,3,0.0.128.128.0.255,,"read: -1, 2",'
    first, _ = map(json.loads, lines.splitlines())
    assert first["attributes"][1] == {
        "attribute": 2,
        "name": "time",
        "access": ["read", "write"],
        "selectors": [1, 2],
    }
    assert first["methods"][1] == {"method": 6, "name": "shift_time", "access": ["no access"]}


def test_a_meter_that_knows_short_names(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [meter] = simulated_line.meters(1)
    named = ShortNamedMeter(meter.parameters, lambda: simulated_line.NOW)
    line = HdlcLine({ServerAddress(logical=1, physical=17): named}, ServerParameters())
    with simulated_line.on_pty(line, tmp_path / "line"):
        code, output, _ = objects("--short-names", "--format", "csv", "--class", "12")
    assert code == 0
    _, association = output.splitlines()
    assert association == "12,Association SN,1,0.0.40.0.0.255,association,,"


def test_a_meter_that_hides_its_short_names(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [meter] = simulated_line.meters(1)
    named = ShortNamedMeter(meter.parameters, lambda: simulated_line.NOW)
    monkeypatch.setattr(named, "_serve", lambda *_: DataAccessResult.READ_WRITE_DENIED)
    line = HdlcLine({ServerAddress(logical=1, physical=17): named}, ServerParameters())
    with simulated_line.on_pty(line, tmp_path / "line"):
        code, _, errors = objects("--short-names")
    assert code == 76
    assert "does not tell the short names of its objects: read-write-denied" in errors
