import os
import traceback
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcud.config.key_entries import parse_keys
from dcud.config.key_file import Access, SecretFile, read_secret_file
from dcud.config.key_ring import Secrets, load_secrets
from dcud.config.model import Configuration, Gateway, Meter, Mqtt
from dcud.config.problem import ConfigError
from dcud.dlms.secret import Secret

SECRET = "correct-horse-battery"  # noqa: S105  # nobody's
KEYS = """
[mqtt]
password = "b"

[meter.m1]
lls_password = "hex: 31 32 33 34"

[meter.m2]
lls_password = "grüß"
"""


@pytest.fixture(name="directory")
def make_directory(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


def stored(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def meter(name: str, key_file: str | None = None, **changes: object) -> Meter:
    fields: dict[str, object] = {"bus": "b", "authentication": "lls", "key_file": key_file}
    return Meter(id=name, **(fields | changes))  # type: ignore[arg-type]  # as the tests give them


def configured(*meters: Meter, mqtt: Mqtt | None = None) -> Configuration:
    return Configuration(gateway=Gateway(id="gw"), mqtt=mqtt or Mqtt(), meters=meters)


def access(credentials: Path | None = None) -> Access:
    return Access(user=os.geteuid(), credentials=str(credentials) if credentials else None)


def passwords(secrets: Secrets) -> dict[str, Secret]:
    found = {name: meter.lls_password for name, meter in secrets.meters.items()}
    return {name: password for name, password in found.items() if password is not None}


def test_passwords_are_found_as_text_and_as_hex(directory: Path) -> None:
    keys = stored(directory / "keys.toml", KEYS)
    configuration = configured(
        meter("m1", keys), meter("m2", keys), mqtt=Mqtt(username="u", key_file=keys)
    )
    secrets = load_secrets(configuration, access())
    assert passwords(secrets) == {"m1": Secret(b"1234"), "m2": Secret("grüß".encode())}
    assert secrets.passwords["mqtt"] == Secret(b"b")
    assert "1234" not in repr(secrets)


def test_what_needs_no_secret_opens_no_file() -> None:
    configuration = configured(
        meter("m1", "/none", authentication="none"),
        meter("m2", "/none", enabled=False),
        mqtt=Mqtt(key_file="/none"),
    )
    secrets = load_secrets(configuration, access())
    assert secrets.passwords == {}
    assert not passwords(secrets)


def test_chosen_meters_are_looked_up_even_when_disabled(directory: Path) -> None:
    keys = stored(directory / "keys.toml", KEYS)
    one = meter("m1", keys, enabled=False)
    secrets = load_secrets(configured(one, meter("m9", "/none")), access(), [one])
    assert list(passwords(secrets)) == ["m1"]


def test_each_file_is_read_once(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = stored(directory / "keys.toml", KEYS)
    reads: list[SecretFile] = []

    def watched(file: SecretFile, who: Access) -> bytes:
        reads.append(file)
        return read_secret_file(file, who)

    monkeypatch.setattr("dcud.config.key_ring.read_secret_file", watched)
    load_secrets(configured(meter("m1", keys), meter("m2", keys)), access())
    assert len(reads) == 1


def test_a_credential_is_found_where_systemd_puts_it(directory: Path) -> None:
    stored(directory / "dcud-keys", KEYS, 0o440)
    one = meter("m1", credential="dcud-keys")
    secrets = load_secrets(configured(one), access(directory))
    assert passwords(secrets) == {"m1": Secret(b"1234")}


def test_a_credential_outside_a_service_is_told() -> None:
    with pytest.raises(ConfigError, match="no systemd credentials are here; add LoadCredential=c"):
        load_secrets(configured(meter("m1", credential="c")), access())


def test_every_fault_is_told_at_once(directory: Path) -> None:
    keys = stored(directory / "keys.toml", "[mqtt]\n")
    open_keys = stored(directory / "open.toml", KEYS, 0o644)
    configuration = configured(
        meter("m1", keys),
        meter("m2", open_keys),
        meter("m3", open_keys),
        mqtt=Mqtt(
            username="u",
            key_file=keys,
            ca_file="/none/ca.pem",
            certificate_file="/none/client.pem",
            private_key_file=stored(directory / "key.pem", "PEM", 0o640),
        ),
    )
    with pytest.raises(ConfigError) as caught:
        load_secrets(configuration, access())
    assert [str(problem).replace(str(directory), "DIR") for problem in caught.value.problems] == [
        "/none/ca.pem: does not exist; check the path",
        "/none/client.pem: does not exist; check the path",
        "DIR/key.pem: has mode 640; others may read or change it; chmod 600 DIR/key.pem",
        (
            "DIR/keys.toml: meter.m1.lls_password: is missing; "
            'add lls_password = "..." under [meter.m1]'
        ),
        'DIR/keys.toml: mqtt.password: is missing; add password = "..." under [mqtt]',
        "DIR/open.toml: has mode 644; others may read or change it; chmod 600 DIR/open.toml",
    ]


def test_a_client_certificate_with_a_closed_key_passes(directory: Path) -> None:
    mqtt = Mqtt(
        ca_file=stored(directory / "ca.pem", "PEM", 0o644),
        certificate_file=stored(directory / "client.pem", "PEM", 0o644),
        private_key_file=stored(directory / "key.pem", "PEM"),
    )
    assert load_secrets(configured(mqtt=mqtt), access()).passwords == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[meter.m1]\nlls_password = {SECRET}", "k:2: is not TOML"),
        (f"[meter.m1]\n{SECRET} = 1\n{SECRET} = 1", "k:3: is not TOML"),
        (f'[meter.m1]\nlls_pasword = "{SECRET}"', "k:2: meter.m1: holds an unknown key; did you"),
        (f'[meter.m1]\n{SECRET} = "x"', "k:2: meter.m1: holds an unknown key"),
        (f'{SECRET} = "x"', "k:1: holds an unknown table"),
        (f'meter = "{SECRET}"', "k:1: meter: must be a table, not text"),
        (f'meter.{SECRET} = "x"', "k:1: meter: must be a table, not text"),
        (f'mqtt = ["{SECRET}"]', "k:1: mqtt: must be a table, not a list"),
        (f'[meter.m1]\nlls_password = ["{SECRET}"]', "lls_password: must be text, not a list"),
        (f'[meter.m1]\nlls_password = "hex:{SECRET}"', "something else than pairs of hexadecimal"),
        (f'[meter.m1]\nlls_password = "{SECRET * 10}"', "must have 1 to 128 octets"),
        ('[meter.m1]\nlls_password = ""', "must have 1 to 128 octets"),
    ],
)
def test_a_faulty_key_file_is_told_without_its_contents(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_keys(Path("k"), text.encode())
    assert told in str(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown
    assert caught.value.__context__ is None


def test_no_password_can_be_said_to_the_broker() -> None:
    assert parse_keys(Path("k"), b'[mqtt]\npassword = ""') == {("mqtt", "password"): Secret(b"")}


@given(octets=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_octets_are_keys_or_a_problem(octets: bytes) -> None:
    try:
        entries = parse_keys(Path("k"), octets)
    except ConfigError:
        return
    assert all(isinstance(secret, Secret) for secret in entries.values())


def test_the_model_never_holds_a_secret() -> None:
    assert not any("password" in name for name in Meter.__dataclass_fields__)
    assert not any("password" in name for name in Mqtt.__dataclass_fields__)
    assert replace(Mqtt(), host="h").key_file is None
