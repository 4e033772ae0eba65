from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.config.key_entries import SYMMETRIC, parse_keys
from dcud.config.key_text import Edit, edited
from dcud.config.problem import ConfigError
from dcud.dlms.secret import Secret

OLD, NEW = "000102030405060708090a0b0c0d0e0f", "11" * 16
KEY = Secret(bytes.fromhex(NEW))
PEM = "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----"
TABLE = ("meter", "m")


def added(text: str, **keys: Secret) -> str:
    return edited(Path("k"), text.encode(), Edit(table=TABLE, added=keys)).decode()


def test_a_table_is_begun_where_there_is_none() -> None:
    line = f'[meter.m]\nunicast_key = "{NEW}"\n'
    assert added("", unicast_key=KEY) == line
    assert added("# mine", unicast_key=KEY) == f"# mine\n\n{line}"
    assert added("# mine\n\n\n", unicast_key=KEY) == f"# mine\n\n{line}"


def test_an_entry_goes_behind_the_last_of_its_table() -> None:
    text = f'[meter.m]\nmaster_key = "{OLD}" # a\n# b\n\n[meter.n]\nmaster_key = "{OLD}"\n'
    line = f'master_key = "{OLD}" # a\n'
    assert added(text, unicast_key=KEY) == text.replace(line, f'{line}unicast_key = "{NEW}"\n', 1)


def test_an_empty_table_is_filled() -> None:
    assert added("[meter.m]", unicast_key=KEY) == f'[meter.m]\nunicast_key = "{NEW}"'


def test_lines_end_as_they_did() -> None:
    text = f'[meter.m]\r\nmaster_key = "{OLD}"\r\n'
    assert added(text, unicast_key=KEY) == f'{text}unicast_key = "{NEW}"\r\n'


def test_passwords_and_private_keys_are_written_as_they_are_read() -> None:
    password = Secret(bytes(range(256))[200:])
    pem = Secret(f"{PEM}\n".encode())
    text = added("", hls_secret=password, signing_key=pem, agreement_key=Secret(PEM.encode()))
    assert f"signing_key = '''\n{PEM}\n'''\n" in text
    assert f"agreement_key = '''\n{PEM}'''\n" in text
    found = parse_keys(Path("k"), text.encode())
    assert found["meter", "m", "hls_secret"] == password
    assert found["meter", "m", "signing_key"] == pem
    assert found["meter", "m", "agreement_key"] == Secret(PEM.encode())


@pytest.mark.parametrize(
    "text",
    [
        f'[meter.m]\n"master_key" = "{OLD}"\n',
        f"[ meter . 'm' ]\n  master_key='{OLD}'\n",
        f'[meter.m]\nmaster_key = """\\\n  {OLD}"""\n',
        f"[default]\nsigning_key = '''\n[meter.m]\n{PEM}\n'''\n[meter.m]\nmaster_key = '{OLD}'",
    ],
)
def test_other_ways_to_write_toml_are_edited(text: str) -> None:
    before = parse_keys(Path("k"), text.encode())
    edit = Edit(
        table=TABLE, renamed={"master_key": "previous_master_key"}, added={"master_key": KEY}
    )
    after = edited(Path("k"), text.encode(), edit)
    found = dict(parse_keys(Path("k"), after))
    assert found.pop((*TABLE, "previous_master_key")) == before[*TABLE, "master_key"]
    assert found.pop((*TABLE, "master_key")) == KEY
    assert found == {entry: key for entry, key in before.items() if entry[:-1] != TABLE}


@pytest.mark.parametrize(
    "text",
    [
        f'"meter"."m".master_key = "{OLD}"\n',
        f'[meter]\nm.master_key = "{OLD}"\n',
        f'[meter]\nm = {{ master_key = "{OLD}" }}\n',
        "meter = { m = {} }\n",
        "[meter]\nm = {}\n",
    ],
)
def test_ways_that_cannot_be_edited_are_refused(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        added(text, unicast_key=KEY)
    assert str(caught.value) == (
        "k: meter.m: has entries that can't be edited as they stand; "
        "write them on lines of their own below [meter.m]"
    )
    assert caught.value.__context__ is None


def test_no_key_file_is_not_edited() -> None:
    with pytest.raises(ConfigError, match="k:1: is not TOML"):
        added("what is this", unicast_key=KEY)


METERS = st.text(min_size=1, max_size=6)
FILES = st.dictionaries(
    METERS,
    st.dictionaries(st.sampled_from(SYMMETRIC), st.binary(min_size=16, max_size=16), min_size=1),
    max_size=3,
)


@given(file=FILES, meter=METERS, comment=st.text(alphabet="ab=[]'\" .", max_size=8))
def test_what_was_added_can_be_removed_to_the_same_entries(
    file: dict[str, dict[str, bytes]], meter: str, comment: str
) -> None:
    octets = b""
    for name, keys in file.items():
        secrets = {key: Secret(value) for key, value in keys.items()}
        octets = edited(Path("k"), octets, Edit(table=("meter", name), added=secrets))
        octets += f"# {comment}\n".encode()
    assert parse_keys(Path("k"), octets) == {
        ("meter", name, key): Secret(value)
        for name, keys in file.items()
        for key, value in keys.items()
    }
    table = ("meter", meter)
    with_next = edited(Path("k"), octets, Edit(table=table, added={"next_unicast_key": KEY}))
    removed = frozenset({"next_unicast_key"})
    without = edited(Path("k"), with_next, Edit(table=table, removed=removed))
    assert parse_keys(Path("k"), without) == parse_keys(Path("k"), octets)
