"""Rotations of a simulated meter's keys, with the power cut where it hurts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcud.cli.main import main
from tests.support.simulate import simulate

OLD = {
    "unicast_key": "4f2a9c11d07e83b65a1e04c7f9b2386d",
    "authentication_key": "91c3e7050d6f48a2b8547e1c9a3d60f2",
    "master_key": "6b0f95d2483ea71cc4e8317f2d5a90b6",
}
CONFIG = """
[gateway]
id = "gw"
key_file = "keys.toml"
state_directory = "state"
system_title = "4443550000000001"

[[bus]]
id = "net"
framing = "wrapper"
tcp = {{ host = "{host}", port = {port} }}

[[meter]]
id = "m1"
bus = "net"
template = "generic-electricity"
client_sap = 1
response_timeout = "300 ms"
authentication = "hls-gmac"
security = {{ suite = 0, frame_counter = "0.0.43.1.0.255" }}

[[meter]]
id = "plain"
bus = "net"
template = "generic-electricity"

[[meter]]
id = "elsewhere"
bus = "net"
client_sap = 2
template = "generic-electricity"
credential = "keys"
security = {{}}
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    for name, table in (("keys.toml", "m1"), ("meters.toml", "simulated")):
        lines = [f'{key} = "{digits}"' for key, digits in OLD.items()]
        Path(name).write_text("\n".join([f"[meter.{table}]", *lines, ""]))
        Path(name).chmod(0o600)


@contextmanager
def meter(*options: str) -> Iterator[None]:
    """Run the simulated meter, and write where it is into the configuration."""
    serving = ("--tcp", "127.0.0.1:0", "--framing", "wrapper", "--meters", "1")
    demanding = ("--suite", "0", "--authentication", "hls-gmac", "--key-file", "meters.toml")
    with simulate(*serving, *demanding, "--state", "meters.json", *options) as (told, _):
        Path("dcud.toml").write_text(CONFIG.format(**told))
        yield


def transfer(*options: str) -> int:
    return main(["keys", "transfer", "m1", "--config", "dcud.toml", *options])


def reads() -> bool:
    """Tell whether the meter is read with what the key file holds now."""
    return main(["read", "--config", "dcud.toml", "--meter", "m1", "clock"]) == 0


def keys() -> dict[str, str]:
    text = Path("keys.toml").read_text()
    return dict(re.findall(r'^(\w+) = "(?:hex:)?(\w+)"', text, re.MULTILINE))


def is_old() -> bool:
    return {name: keys()[name].lower() for name in OLD} == OLD


def test_new_keys_are_brought_and_work(capsys: pytest.CaptureFixture[str]) -> None:
    with meter():
        assert reads()
        assert transfer() == 0
        shown = capsys.readouterr()
        assert "m1: the new keys work" in shown.out
        assert not is_old()
        assert keys()["previous_unicast_key"].lower() == OLD["unicast_key"]
        assert keys()["master_key"].lower() == OLD["master_key"]
        assert reads()
        for digits in (*OLD.values(), *keys().values()):
            assert digits.lower() not in (shown.out + shown.err).lower()


def test_the_master_key_goes_along_and_the_old_keys_may_go(
    capsys: pytest.CaptureFixture[str],
) -> None:
    kinds = ("--kind", "unicast_key", "--kind", "master_key", "--drop-previous")
    with meter():
        assert transfer(*kinds, "--format", "json") == 0
        told = json.loads(capsys.readouterr().out)
        assert told == {
            "meter": "m1",
            "working_keys": "new",
            "key_file": str(Path("keys.toml").absolute()),
            "next_kept": False,
        }
        assert set(keys()) == set(OLD)
        assert keys()["authentication_key"].lower() == OLD["authentication_key"]
        assert transfer() == 0  # under the new master key
        assert reads()


def test_power_lost_before_the_meter_took_them(capsys: pytest.CaptureFixture[str]) -> None:
    with meter("--fault", "lose-transfer"):
        assert transfer() == 75
        assert "the old keys work; the new ones are kept" in capsys.readouterr().err
        assert is_old()
        assert reads()
        begun = keys()["next_unicast_key"]
    with meter():
        assert transfer() == 0  # the same ones, which the meter may have had
        assert keys()["unicast_key"] == begun
        assert reads()


def test_power_lost_before_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    with meter("--fault", "lose-transfer-answer"):
        assert transfer() == 0
        assert "the new keys work" in capsys.readouterr().out
    with meter():
        assert reads()


def test_a_meter_that_went_away_in_the_midst_is_found_again() -> None:
    with meter("--fault", "lose-transfer"):
        assert transfer() == 75
    with meter():
        pass  # the configuration names a meter that is gone
    before = keys()
    assert transfer() != 0
    assert keys() == before
    with meter():
        assert transfer() == 0
        assert reads()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("nobody", "no meter nobody is configured"),
        ("plain", "plain has no security under which keys could be brought to it"),
        ("elsewhere", "the keys of elsewhere come from a credential, which dcud can't write to"),
    ],
)
def test_whom_no_keys_can_be_brought_to(
    name: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("dcud.toml").write_text(CONFIG.format(host="127.0.0.1", port=9))
    assert main(["keys", "transfer", name, "--config", "dcud.toml"]) == 64
    assert told in capsys.readouterr().err
