import json
from pathlib import Path

import pytest

from dcud.cli.main import main
from dcud.dlms.security.primitives.elliptic_curve import Curve, fresh_key

KEY = "8f1c3a5be2790d46a1b3c5d7e9fb0d1f"
OTHER = "00112a5be2790d46a1b3c5d7e9fb0d11"
CONFIG = """
[gateway]
id = "gw"
key_file = "keys.toml"
system_title = "4443550000000001"

[[bus]]
id = "net"
tcp.host = "meter.example"

[[meter]]
id = "m1"
bus = "net"
template = "generic-electricity"
authentication = "hls-gmac"
security = {}
"""
KEYS = f'[meter.m1]\nunicast_key = "{KEY}"\nauthentication_key = "{OTHER}"\n'


@pytest.fixture(name="directory", autouse=True)
def make_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    return tmp_path


def stored(name: str, text: str, mode: int = 0o600) -> None:
    Path(name).write_text(text)
    Path(name).chmod(mode)


def check(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, list[dict[str, str]]]:
    code = main(["keys", "check", "--format", "json", *options])
    output = capsys.readouterr()
    assert not output.err
    assert KEY not in output.out
    return code, [json.loads(line) for line in output.out.splitlines()]


def findings(rows: list[dict[str, str]]) -> list[str]:
    return [f"{row['level']} {row['key']}: {row['finding']}" for row in rows]


def test_a_sound_file_passes(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", KEYS)
    stored("dcud.toml", CONFIG)
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 0
    assert findings(rows) == [
        "ok : holds 2 secrets, of 1 meter",
        "ok meter.m1: has unicast_key, authentication_key",
    ]


def test_what_is_missing_is_told_for_each_meter(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", f'[default]\nauthentication_key = "{KEY}"\n')
    more = CONFIG[CONFIG.index("[[meter]]") :].replace('"m1"', '"m2"\nclient_sap = 2')
    stored("dcud.toml", CONFIG + more)
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 78
    assert findings(rows) == [
        "ok : holds 1 secret, of 0 meters",
        "warning default.authentication_key: is the key of all meters that have none of their own",
        "problem meter.m1.unicast_key: is missing",
        "problem meter.m2.unicast_key: is missing",
    ]


def test_lengths_are_those_of_the_suite(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", KEYS)
    stored("dcud.toml", CONFIG.replace("security = {}", "security = { suite = 2 }"))
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 78
    assert findings(rows)[1:] == [
        f"problem meter.m1.{name}: has 16 octets; in security suite 2 keys have 32"
        for name in ("authentication_key", "unicast_key")
    ]


def test_a_private_key_must_be_on_the_suites_curve(capsys: pytest.CaptureFixture[str]) -> None:
    pem = fresh_key(Curve.P384).to_pem().octets.decode()
    stored("keys.toml", f"{KEYS}[gateway]\nsigning_key = '''\n{pem}'''\n")
    secured = (
        "security = { suite = 1, sign_requests = true, server_system_title = '4D4D4D0000000001' }"
    )
    stored("dcud.toml", CONFIG.replace("security = {}", secured))
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 78
    assert findings(rows)[1:] == [
        "problem meter.m1.signing_key: is on P-384; security suite 1 has P-256"
    ]


def test_a_file_that_others_may_read_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", KEYS, 0o644)
    stored("dcud.toml", CONFIG)
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 78
    assert findings(rows) == ["problem : has mode 644; others may read or change it"]
    assert rows[0]["remedy"].startswith("chmod 600 ")


def test_weak_keys_are_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", f'# mine\n[meter.m1]\nunicast_key = "{"00" * 16}"\n')
    code, rows = check(capsys, "--key-file", "keys.toml")
    assert code == 0
    assert findings(rows)[1:] == ["warning meter.m1.unicast_key: is all zeros"]
    assert str(rows[1]["line"]) == "3"


def test_files_are_judged_by_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    stored("one.toml", KEYS)
    broken = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"
    stored("two.toml", f"[gateway]\nsigning_key = '''{broken}'''\n")
    stored("three.toml", f'[meter.m1]\nunicast_key = "{KEY}')
    files = ("--key-file", "one.toml", "--key-file", "two.toml", "--key-file", "three.toml")
    code, rows = check(capsys, *files)
    assert code == 78
    assert findings(rows) == [
        "ok : holds 2 secrets, of 1 meter",
        "ok : holds 1 secret, of 0 meters",
        "problem gateway.signing_key: is no private key in PEM",
        "problem : is not TOML",
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ('key_command = ["/bin/sh", "{meter}"]', "note meter.m1: keys come from key_command"),
        ('credential = "keys"', "note meter.m1: systemd credentials can be verified only inside"),
    ],
)
def test_what_cannot_be_verified_here_is_noted(
    capsys: pytest.CaptureFixture[str], given: str, told: str
) -> None:
    stored("dcud.toml", CONFIG.replace('key_file = "keys.toml"', given))
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 0
    assert len(rows) == 1
    assert findings(rows)[0].startswith(told)


def test_a_program_that_cannot_be_used_is_told_once(
    capsys: pytest.CaptureFixture[str], directory: Path
) -> None:
    stored("get-keys", "#!/bin/sh\ntouch ran\n", 0o722)
    more = CONFIG[CONFIG.index("[[meter]]") :].replace('"m1"', '"m2"\nclient_sap = 2')
    command = f'key_command = ["{directory}/get-keys", "{{meter}}"]'
    stored("dcud.toml", (CONFIG + more).replace('key_file = "keys.toml"', command))
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 78
    assert findings(rows) == ["problem key_command: has mode 722; others may change it"]
    assert rows[0]["remedy"] == f"chmod go-w {directory}/get-keys"
    assert not Path("ran").exists()


def test_a_key_that_meters_share_is_told_across_files(capsys: pytest.CaptureFixture[str]) -> None:
    more = CONFIG[CONFIG.index("[[meter]]") :].replace(
        '"m1"', '"m2"\nclient_sap = 2\nkey_file = "other.toml"'
    )
    stored("keys.toml", KEYS)
    stored("other.toml", KEYS.replace("m1", "m2").replace(OTHER, OTHER[::-1]))
    stored("dcud.toml", CONFIG + more)
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 0
    here = Path.cwd()
    assert [finding for finding in findings(rows) if finding.startswith("warning")] == [
        f"warning meter.m2.unicast_key: is the same as meter.m1.unicast_key of {here}/keys.toml"
    ]
    assert [row["file"] for row in rows if row["level"] == "warning"] == [f"{here}/other.toml"]


def test_rotations_that_were_not_ended_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    fresh = f'next_unicast_key = "{OTHER[::-1]}"\nnext_master_key = "{OTHER}"\n'
    replaced = f'[meter.m2]\nprevious_unicast_key = "{OTHER}"\n[default]\nnext_hls_secret = "x"\n'
    stored("keys.toml", KEYS + fresh + replaced)
    code, rows = check(capsys, "--key-file", "keys.toml")
    assert code == 0
    unknown = "keys were to be replaced, and it is not known which the meter has"
    assert findings(rows)[1:] == [
        f"warning meter.m1: has next_unicast_key, next_master_key: {unknown}",
        f"warning default: has next_hls_secret: {unknown}",
        "note meter.m2: has previous_unicast_key, which dcud does not use",
    ]
    assert [row["remedy"] for row in rows][1:3] == ["end that by dcud keys transfer m1", ""]
    assert [str(row["line"]) for row in rows][1:] == ["4", "9", "7"]


def test_credentials_are_judged_inside_the_service(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(directory))
    stored("keys", KEYS, 0o400)
    stored("dcud.toml", CONFIG.replace('key_file = "keys.toml"', 'credential = "keys"'))
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 0
    assert [row["level"] for row in rows] == ["ok", "ok"]


def test_the_brokers_password_and_meters_without_keys(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", '[mqtt]\npassword = "x"\n')
    plain = CONFIG.replace('authentication = "hls-gmac"\nsecurity = {}', "")
    stored("dcud.toml", plain + '[mqtt]\nhost = "broker"\nusername = "u"\n')
    code, rows = check(capsys, "--config", "dcud.toml")
    assert code == 0
    assert findings(rows) == ["ok : holds 1 secret, of 0 meters"]


def test_a_program_is_no_matter_for_meters_without_keys(capsys: pytest.CaptureFixture[str]) -> None:
    plain = CONFIG.replace('authentication = "hls-gmac"\nsecurity = {}', "")
    stored("dcud.toml", plain.replace('key_file = "keys.toml"', 'key_command = ["/none"]'))
    assert check(capsys, "--config", "dcud.toml") == (0, [])


def test_a_table_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    stored("keys.toml", KEYS)
    assert main(["keys", "check", "--key-file", "keys.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["level", "file", "finding"]
    assert lines[1].endswith("holds 2 secrets, of 1 meter")
