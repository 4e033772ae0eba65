"""What may be asked for over MQTT, as the configuration tells it."""

from pathlib import Path

import pytest

from dcud.config.key_file import Access
from dcud.config.key_ring import load_secrets
from dcud.config.load import load
from dcud.config.model import VERBS, CommandRule
from dcud.config.problem import ConfigError

DOCUMENT = Path(__file__).parents[2] / "docs" / "commands.md"

KEY = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"

COMMANDS = """
[gateway]
id = "gw"
key_file = "keys.toml"

[commands]
enabled = true

[[commands.allow]]
verbs = ["read", "identify"]
groups = "all"

[[commands.allow]]
verbs = ["disconnect", "write"]
groups = ["north"]
signed_by = ["head-end"]

[[bus]]
id = "b"
groups = "lines"
tcp = { host = "192.0.2.1", port = 4059 }

[[meter]]
id = "m"
bus = "b"
server_address = { logical = 1 }
groups = ["north", "homes"]
template = "generic-electricity"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "dcud.toml"
    path.write_text(text, encoding="utf-8")
    return path


def key_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)


def faults(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        load(written(tmp_path, text))
    return str(raised.value)


def test_nothing_is_allowed_by_itself(tmp_path: Path) -> None:
    commands = load(written(tmp_path, '[gateway]\nid = "gw"\n')).commands
    assert not commands.enabled
    assert commands.allow == ()


def test_rules_name_verbs_groups_and_keys(tmp_path: Path) -> None:
    key_file(tmp_path, f'[command.head-end]\npublic_key = "{KEY}"\n')
    configuration = load(written(tmp_path, COMMANDS))
    assert configuration.commands.allow == (
        CommandRule(verbs=("read", "identify"), groups=("all",)),
        CommandRule(verbs=("disconnect", "write"), groups=("north",), signed_by=("head-end",)),
    )
    assert configuration.meters[0].groups == ("north", "homes")
    assert configuration.buses[0].groups == ("lines",)
    secrets = load_secrets(configuration, Access.of_this_process())
    assert secrets.command_keys == {"head-end": bytes.fromhex(KEY)}


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("", "public_key: is missing"),
        ('[command.head-end]\npublic_key = "00"\n', "1 octets"),
        ('[command.head-end]\npublic_key = "x"\n', "hexadecimal"),
        ("[command.head-end]\npublic_key = 7\n", "must be text"),
        ('[command.head-end]\nkey = "x"\n', "unknown key"),
        ("[command]\nhead-end = 7\n", "must be a table"),
    ],
)
def test_a_key_that_is_none_is_told(tmp_path: Path, keys: str, words: str) -> None:
    key_file(tmp_path, keys)
    with pytest.raises(ConfigError, match=words):
        load_secrets(load(written(tmp_path, COMMANDS)), Access.of_this_process())


def test_no_keys_are_read_where_no_requests_are_heard(tmp_path: Path) -> None:
    off = COMMANDS.replace("enabled = true", "enabled = false")
    assert load_secrets(load(written(tmp_path, off)), Access.of_this_process()).command_keys == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('signed_by = ["head-end"]', ""), '"disconnect" changes something'),
        (('["head-end"]', '["head-end"]\nunsigned = true'), "contradicts signed_by"),
        (('["disconnect", "write"]', '["erase"]'), '"erase" is not known'),
        (('key_file = "keys.toml"\n', ""), "commands.key_file: is missing"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_told(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    assert words in faults(tmp_path, COMMANDS.replace(*change))


def test_what_changes_something_can_be_allowed_to_whom_the_broker_lets(tmp_path: Path) -> None:
    text = COMMANDS.replace('signed_by = ["head-end"]', "unsigned = true")
    assert load(written(tmp_path, text)).commands.allow[1].unsigned


def test_every_verb_stands_in_the_table_of_the_docs() -> None:
    rows = [line for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if line[:3] == "| `"]
    told = {verb for row in rows for verb in VERBS if f"`{verb}`" in row.split("|")[1]}
    assert told == set(VERBS)
