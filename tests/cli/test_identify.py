"""`dcud meters identify` at a simulated line."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.config.load import load
from dcud.config.model import ProfileJob, RegistersJob
from dcud.dlms.access import AttributeDescriptor, DataAccessResult, Selection
from dcud.dlms.data import (
    Data,
    array,
    enum,
    integer,
    long_unsigned,
    null_data,
    octet_string,
    structure,
    unsigned,
)
from dcud.dlms.obis import Obis
from dcud.sim.meter import SimulatedMeter
from tests.support import simulated_line
from tests.support.simulate import simulate

FIRST = ("--serial", "line", "--server", "1/17")

TABLE = """\
item                 logical name    value                why
logical_device_name  0.0.42.0.0.255  SIM0000000000001
manufacturer                         SIM
serial_number        0.0.96.1.0.255  00000001
objects                              22
template                             generic-electricity  a register of electricity (1.0.1.8.0.255)
"""

Identify = Callable[..., tuple[int, str, str]]


@pytest.fixture(name="identify")
def make_identify(capsys: pytest.CaptureFixture[str]) -> Identify:
    """Give a function that runs the command and returns exit code, output, errors."""

    def identify(*arguments: str) -> tuple[int, str, str]:
        code = main(["meters", "identify", *FIRST, *arguments])
        output = capsys.readouterr()
        return code, output.out, output.err

    return identify


def element(class_id: int, logical_name: str, readable: bool = True) -> Data:  # noqa: FBT001, FBT002  # a right
    rights = [
        structure((integer(attribute), enum(int(readable)), null_data())) for attribute in (1, 2)
    ]
    return structure(
        (
            long_unsigned(class_id),
            unsigned(0),
            octet_string(Obis.parse(logical_name).octets),
            structure((array(rights), array(()))),
        )
    )


class Stranger(SimulatedMeter):
    """A meter whose attributes are what a test says, by their text form."""

    answers: dict[str, Data | bytes | DataAccessResult]

    def read(
        self, attribute: AttributeDescriptor, selection: Selection | None
    ) -> Data | bytes | DataAccessResult:
        return self.answers.get(str(attribute)) or super().read(attribute, selection)


def strange_line(
    tmp_path: Path, answers: dict[str, Data | bytes | DataAccessResult]
) -> AbstractContextManager[Path]:
    [meter] = simulated_line.meters(1)
    stranger = Stranger(meter.parameters, lambda: simulated_line.NOW)
    stranger.answers = answers
    return simulated_line.on_pty(simulated_line.hdlc_line([stranger]), tmp_path / "line")


@pytest.mark.usefixtures("bus")
def test_what_a_meter_is_as_a_table(identify: Identify) -> None:
    assert identify() == (0, TABLE, "")


@pytest.mark.usefixtures("bus")
def test_what_a_meter_is_as_json(identify: Identify) -> None:
    code, output, errors = identify("--format", "json")
    assert (code, errors) == (0, "")
    lines = [json.loads(line) for line in output.splitlines()]
    assert lines[0] == {
        "item": "logical_device_name",
        "logical_name": "0.0.42.0.0.255",
        "value": "SIM0000000000001",
        "why": "",
    }
    assert lines[-2]["value"] == 22


@pytest.mark.usefixtures("bus")
def test_a_written_template_loads_and_polls_at_once(
    identify: Identify, bus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drop_ins = bus.parent / "conf.d"
    drop_ins.mkdir()
    code, _, errors = identify("--write", "conf.d/ours.toml")
    assert (code, errors) == (
        0,
        'conf.d/ours.toml is written: template = "ours" reads all that it names\n',
    )
    Path("dcud.toml").write_text(
        '[gateway]\nid = "gw"\n[[bus]]\nid = "b"\nserial.device = "line"\n'
        '[[meter]]\nid = "m"\nbus = "b"\ntemplate = "ours"\nserver_address.physical = 17\n'
        '[[meter.job]]\nname = "states"\nenabled = true\n'
    )
    [meter] = load("dcud.toml").meters
    registers, nameplate, states, profile = meter.job
    assert isinstance(registers, RegistersJob)
    assert [each.name for each in registers.objects][-4:] == [
        "active_power_import_maximum",
        "active_power_import_maximum_time",
        "active_power_import_current_average",
        "active_power_import_current_average_last",
    ]
    assert (nameplate.name, nameplate.interval) == ("nameplate", 86_400)
    assert states.name == "states"
    assert isinstance(profile, ProfileJob)
    assert (profile.name, profile.interval) == ("load-profile-1", 900)
    assert [column.name for column in profile.columns] == [
        *("status", "active_energy_import", "active_energy_export"),
        *("reactive_energy_import", "reactive_energy_export", "voltage_l1", "current_l1"),
    ]
    assert main(["read", "--config", "dcud.toml", "--format", "json"]) == 0
    read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(read) == 18
    assert not any(each["refused"] for each in read)
    profile_of = ["--profile", "1.0.99.1.0.255", "--last", "1 h", "--format", "csv"]
    assert main(["read", "--config", "dcud.toml", *profile_of]) == 0
    assert capsys.readouterr().out.startswith(
        "time,utc_offset,clock_status,status,active_energy_import [Wh],"
    )


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("there.toml", "is there already"),
        ("ours.conf", "drop-in files end in .toml"),
        ("our meters.toml", "can't be the name of a template"),
    ],
)
def test_a_file_that_can_hold_no_template(
    identify: Identify,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    file: str,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there.toml").write_text("# mine")
    code, output, errors = identify("--write", file)
    assert (code, output) == (64, "")
    assert words in errors
    assert Path("there.toml").read_text() == "# mine"


@pytest.mark.usefixtures("bus")
def test_a_directory_that_is_not_there(identify: Identify) -> None:
    code, output, errors = identify("--write", "nowhere/ours.toml")
    assert code == 74
    assert "generic-electricity" in output
    assert errors == (
        "dcud: nowhere/ours.toml can't be written: No such file or directory; name another file\n"
    )


@pytest.mark.usefixtures("bus")
def test_an_object_list_that_is_refused(identify: Identify) -> None:
    elsewhere = ("--association", "0.0.40.0.7.255")
    code, output, errors = identify("--format", "csv", *elsewhere)
    assert (code, errors) == (0, "")
    assert output.splitlines()[3:] == [
        "serial_number,0.0.96.1.0.255,00000001,",
        "objects,,,0.0.40.0.7.255: object-undefined",
        "template,,,none of the shipped ones suits; --write makes one",
    ]
    code, _, errors = identify("--write", "ours.toml", *elsewhere)
    assert code == 77
    assert "no template without the object list 0.0.40.0.7.255: object-undefined" in errors
    assert not Path("ours.toml").exists()


def test_an_indian_meter_with_odd_answers(
    identify: Identify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    objects = array(
        (
            element(1, "0.0.96.1.0.255"),
            element(1, "0.0.96.1.1.255"),
            element(1, "0.0.96.1.4.255"),
            element(3, "1.0.12.7.0.255"),
            element(7, "1.0.94.91.0.255"),
            element(7, "1.0.99.2.0.255"),
        )
    )
    answers: dict[str, Data | bytes | DataAccessResult] = {
        "1/0.0.42.0.0.255/2": octet_string(b"LTX\x00\x0a"),
        "15/0.0.40.0.0.255/2": objects,
        "1/0.0.96.1.1.255/2": b"\x09\xff",
        "1/0.0.96.1.4.255/2": long_unsigned(2024),
        "7/1.0.94.91.0.255/3": unsigned(1),
        "7/1.0.99.2.0.255/4": null_data(),
    }
    with strange_line(tmp_path, answers):
        code, output, _ = identify("--format", "csv", "--write", "in.toml")
    assert code == 0
    assert output.splitlines()[1:] == [
        "logical_device_name,0.0.42.0.0.255,4c5458000a,",
        "manufacturer,,LTX,",
        "serial_number,0.0.96.1.0.255,00000001,",
        "device_id_5,0.0.96.1.4.255,2024,",
        "objects,,6,",
        "template,,is15959-single-phase,an object of India (IS 15959) (1.0.94.91.0.255)",
    ]
    written = Path("in.toml").read_text()
    assert written.startswith("# Made by dcud meters identify of what 4c5458000a has.\n")
    assert "(1.0.94.91.0.255): has no column of time" in written


def test_a_meter_that_lets_nothing_be_read(
    identify: Identify, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    objects = array((element(3, "1.0.1.8.0.255", readable=False),))
    with strange_line(tmp_path, {"15/0.0.40.0.0.255/2": objects}):
        code, output, errors = identify("--write", "ours.toml")
    assert code == 77
    assert "generic-electricity" in output
    assert "no template: meter meter lets this client read no register" in errors
    assert not Path("ours.toml").exists()


KEYS = """\
[default]
unicast_key = "4F2A9C11D07E83B65A1E04C7F9B2386D"
authentication_key = "91C3E7050D6F48A2B8547E1C9A3D60F2"
master_key = "6B0F95D2483EA71CC4E8317F2D5A90B6"
"""
SITE = """\
[gateway]
id = "gw"
system_title = "4443550000000001"
key_file = "keys.toml"
state_directory = "state"
[[bus]]
id = "b"
serial.device = "line"
"""


def test_a_meter_that_wants_security_is_asked_as_its_template_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    Path("keys.toml").write_text(KEYS)
    Path("keys.toml").chmod(0o600)
    Path("conf.d").mkdir()
    meter = '[[meter]]\nid = "m"\nbus = "b"\nserver_address.physical = 17\ntemplate = {}\n'
    Path("dcud.toml").write_text(SITE + meter.format('["generic-electricity", "idis-secured"]'))
    secured = ("--suite", "0", "--authentication", "hls-gmac", "--key-file", "keys.toml")
    with simulate("--pty", "./line", *secured, "--state", "meters.json"):
        configured = ("--config", "dcud.toml", "--format", "json")
        assert main(["meters", "identify", *configured, "--write", "conf.d/ours.toml"]) == 0
        told = capsys.readouterr().out
        assert '"value": "generic-electricity"' in told
        Path("dcud.toml").write_text(SITE + meter.format('"ours"'))
        [ours] = load("dcud.toml").meters
        assert (ours.client_sap, ours.authentication) == (1, "hls-gmac")
        assert main(["read", *configured]) == 0
        read = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"active_energy_import", "serial_number"} <= {each["name"] for each in read}
    assert not any(each["refused"] for each in read)
