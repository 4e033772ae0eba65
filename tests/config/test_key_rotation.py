import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dcud.config.key_entries import parse_keys
from dcud.config.key_rotation import abandon, begin, drop_previous, promote, state
from dcud.config.problem import ConfigError
from dcud.dlms.secret import Secret

OLD, NEW, OTHER = "000102030405060708090a0b0c0d0e0f", "11" * 16, "22" * 16
FILE = f"""# Keys of the site.

[default]
authentication_key = "{OTHER}"  # everybody's

[meter.m1]   # the cellar
# the first
  unicast_key   = "{OLD}"  # delivered 2024
lls_password = "grüß"
signing_key = '''
-----BEGIN PRIVATE KEY-----
MIGH [meter.m1]
-----END PRIVATE KEY-----
'''

[meter.m2]
unicast_key = "{OTHER}"
"""


def key(digits: str) -> Secret:
    return Secret(bytes.fromhex(digits))


@pytest.fixture(name="file")
def make_file(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "keys.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


def test_new_keys_stand_beside_the_old_ones_first(file: Path) -> None:
    begin(file, "m1", {"unicast_key": key(NEW)})
    mark = "-----END PRIVATE KEY-----\n'''\n"
    assert file.read_text() == FILE.replace(mark, f'{mark}next_unicast_key = "{NEW}"\n')
    found = state(file, "m1")
    assert found.current["unicast_key"] == key(OLD)
    assert found.next == {"unicast_key": key(NEW)}
    assert not found.previous


def test_keys_change_places_in_one_replacement(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(file, "m1", {"unicast_key": key(NEW)})
    replaced: list[str] = []
    replace = os.replace

    def watched(source: str, target: str, **directories: int) -> None:
        replaced.append(target)
        replace(source, target, **directories)

    monkeypatch.setattr(os, "replace", watched)
    promote(file, "m1")
    assert replaced == ["keys.toml"]
    text = file.read_text()
    assert f'  previous_unicast_key   = "{OLD}"  # delivered 2024\n' in text
    assert f'\nunicast_key = "{NEW}"\n' in text
    found = state(file, "m1")
    assert found.current["unicast_key"] == key(NEW)
    assert found.previous == {"unicast_key": key(OLD)}
    assert not found.next


def test_a_rotation_ends_with_the_new_keys_alone(file: Path) -> None:
    begin(file, "m1", {"unicast_key": key(NEW)})
    promote(file, "m1")
    drop_previous(file, "m1")
    line = f'  unicast_key   = "{OLD}"  # delivered 2024\n'
    mark = "-----END PRIVATE KEY-----\n'''\n"
    expected = FILE.replace(line, "").replace(mark, f'{mark}unicast_key = "{NEW}"\n')
    assert file.read_text() == expected


def test_an_abandoned_rotation_leaves_the_file_as_it_was(file: Path) -> None:
    begin(file, "m1", {"unicast_key": key(NEW), "master_key": key(NEW)})
    abandon(file, "m1")
    assert file.read_text() == FILE


def test_a_second_rotation_forgets_what_the_first_replaced(file: Path) -> None:
    for digits in (NEW, OTHER):
        begin(file, "m1", {"unicast_key": key(digits)})
        promote(file, "m1")
    found = state(file, "m1")
    assert found.current["unicast_key"] == key(OTHER)
    assert found.previous == {"unicast_key": key(NEW)}


def test_a_key_of_all_meters_is_kept_as_that_meters_previous_one(file: Path) -> None:
    begin(file, "m2", {"authentication_key": key(NEW)})
    promote(file, "m2")
    assert state(file, "m2").previous == {"authentication_key": key(OTHER)}
    assert state(file, "m2").current["authentication_key"] == key(NEW)
    assert state(file, "m1").current["authentication_key"] == key(OTHER)


def test_a_meter_without_a_table_gets_one(file: Path) -> None:
    begin(file, "m 3", {"unicast_key": key(NEW)})
    promote(file, "m 3")
    assert file.read_text() == f'{FILE}\n[meter."m 3"]\nunicast_key = "{NEW}"\n'


def test_other_new_keys_are_never_overwritten(file: Path) -> None:
    begin(file, "m1", {"unicast_key": key(NEW)})
    before = file.read_text()
    begin(file, "m1", {"unicast_key": key(NEW)})
    with pytest.raises(ConfigError, match=r"meter.m1.next_unicast_key: is there already") as caught:
        begin(file, "m1", {"unicast_key": key(OTHER)})
    assert file.read_text() == before
    assert OTHER not in str(caught.value)
    assert NEW not in str(caught.value)


def test_nothing_to_come_changes_nothing(file: Path) -> None:
    promote(file, "m1")
    drop_previous(file, "m1")
    abandon(file, "m1")
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    "text",
    [
        f'meter = {{ m1 = {{ unicast_key = "{OLD}" }} }}\n',
        f'[meter]\nm1 = {{ unicast_key = "{OLD}" }}\n',
        f'[meter]\nm1.unicast_key = "{OLD}"\n',
    ],
)
def test_what_cannot_be_edited_is_told_and_left(file: Path, text: str) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"keys.toml: meter.m1: has entries that can't be edited"):
        begin(file, "m1", {"unicast_key": key(NEW)})
    assert file.read_text() == text


STEPS = ("open", "fchown", "fsync", "replace")


@pytest.mark.parametrize("step", STEPS)
def test_a_failure_at_any_step_leaves_old_or_new(
    file: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    begin(file, "m1", {"unicast_key": key(NEW)})
    before = file.read_bytes()
    real = getattr(os, step)

    def fail(*arguments: object, **named: object) -> object:
        writing = step != "open" or ".keys.toml.new" in arguments
        if writing:
            raise OSError(28, "No space left on device")
        return real(*arguments, **named)

    if step == "fchown" and os.geteuid():
        return
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(ConfigError, match="can't be changed: No space left on device"):
        promote(file, "m1")
    monkeypatch.undo()
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]
    assert {key(OLD), key(NEW)} <= set(parse_keys(file, before).values())


def test_what_power_loss_left_behind_is_cleared_away(file: Path) -> None:
    (file.parent / ".keys.toml.new").write_text("half a fi")
    begin(file, "m1", {"unicast_key": key(NEW)})
    assert list(file.parent.iterdir()) == [file]
    assert file.stat().st_mode & 0o777 == 0o600


def test_of_two_rotations_at_once_one_begins(file: Path) -> None:
    def start(digits: str) -> str:
        try:
            begin(file, "m1", {"unicast_key": key(digits)})
        except ConfigError as error:
            return str(error)
        return "begun"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(start, (NEW, OTHER)))
    assert "meter.m1.next_unicast_key: is there already" in told[0]
    assert told[1] == "begun"
    assert len(state(file, "m1").next) == 1


def test_rotations_of_many_meters_of_one_file_go_side_by_side(file: Path) -> None:
    def rotate(number: int) -> None:
        meter = f"new-{number}"
        begin(file, meter, {"unicast_key": Secret(bytes((number,)) * 16)})
        promote(file, meter)
        drop_previous(file, meter)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(rotate, range(1, 9)))
    for number in range(1, 9):
        found = state(file, f"new-{number}")
        assert found.current["unicast_key"] == Secret(bytes((number,)) * 16)
        assert not found.next
    assert state(file, "m1").current["unicast_key"] == key(OLD)
