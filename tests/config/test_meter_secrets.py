from dataclasses import replace
from pathlib import Path

import pytest

from dcud.config.key_entries import Entry
from dcud.config.meter_secrets import NAMES, MeterSecrets, chosen_for, holds_secrets, needed_by
from dcud.config.model import AUTHENTICATIONS, Meter
from dcud.config.problem import ConfigError
from dcud.config.security import GUARDS, KEY_INFOS, Security
from dcud.dlms.secret import Secret

OWN, SHARED, OTHER = Secret(b"o" * 16), Secret(b"s" * 16), Secret(b"x" * 16)
PEM = Secret(b"-----BEGIN PRIVATE KEY-----\n")
BOTH = ["unicast_key", "authentication_key"]


def meter(authentication: str = "none", security: Security | None = None) -> Meter:
    return Meter(id="m", bus="b", authentication=authentication, security=security)


@pytest.mark.parametrize(
    ("authentication", "needed"),
    [
        ("none", []),
        ("lls", ["lls_password"]),
        ("hls", ["hls_secret"]),
        ("hls-md5", ["hls_secret"]),
        ("hls-sha1", ["hls_secret"]),
        ("hls-gmac", BOTH),
        ("hls-sha256", ["hls_secret"]),
        ("hls-ecdsa", ["signing_key"]),
    ],
)
def test_each_mechanism_needs_its_own(authentication: str, needed: list[str]) -> None:
    assert needed_by(meter(authentication)) == needed
    assert needed_by(meter(authentication, Security(requests="none"))) == needed


@pytest.mark.parametrize("authentication", AUTHENTICATIONS)
@pytest.mark.parametrize("key_info", KEY_INFOS)
def test_whatever_can_be_configured_is_known(authentication: str, key_info: str) -> None:
    assert set(needed_by(meter(authentication, Security(key_info=key_info)))) <= set(NAMES)


@pytest.mark.parametrize(
    ("requests", "needed"),
    [
        ("none", []),
        ("authenticated", BOTH),
        ("encrypted", ["unicast_key"]),
        ("authenticated-encrypted", BOTH),
    ],
)
def test_each_protection_needs_its_keys(requests: str, needed: list[str]) -> None:
    assert requests in GUARDS
    assert needed_by(meter(security=Security(requests=requests))) == needed


@pytest.mark.parametrize(
    ("key_info", "needed"),
    [
        ("identified", []),
        ("wrapped", ["master_key"]),
        ("one-pass", ["signing_key", "agreement_key"]),
        ("static", ["agreement_key"]),
    ],
)
def test_each_way_to_tell_the_key_needs_its_keys(key_info: str, needed: list[str]) -> None:
    assert key_info in KEY_INFOS
    security = Security(requests="none", key_info=key_info)
    assert needed_by(meter(security=security)) == needed


def test_signed_requests_need_our_key_and_nothing_is_named_twice() -> None:
    security = Security(sign_requests=True)
    assert needed_by(meter("hls-ecdsa", security)) == ["signing_key", *BOTH]
    assert needed_by(meter("hls-gmac", security)) == [*BOTH, "signing_key"]


def test_secrets_are_held_where_something_is_needed_or_asked_for() -> None:
    assert not holds_secrets(meter())
    assert holds_secrets(meter("lls"))
    assert holds_secrets(replace(meter(), key_command=("/bin/keys",)))


def chosen(entries: dict[Entry, Secret], asked: Meter) -> MeterSecrets:
    return chosen_for(asked, entries, Path("k"))


def test_a_meters_own_come_before_those_of_all_meters() -> None:
    entries: dict[Entry, Secret] = {
        ("default", "unicast_key"): SHARED,
        ("default", "authentication_key"): SHARED,
        ("meter", "m", "unicast_key"): OWN,
        ("meter", "other", "authentication_key"): OTHER,
    }
    found = chosen(entries, meter("hls-gmac"))
    assert found.unicast_key == OWN
    assert found.authentication_key == SHARED
    assert found.all() == [OWN, SHARED]


def test_private_keys_may_be_the_gateways() -> None:
    entries: dict[Entry, Secret] = {
        ("gateway", "signing_key"): PEM,
        ("gateway", "agreement_key"): PEM,
        ("meter", "m", "agreement_key"): OWN,
    }
    found = chosen(entries, meter("hls-ecdsa"))
    assert (found.signing_key, found.agreement_key) == (PEM, OWN)


def test_keys_of_a_rotation_are_not_used_but_kept_from_sight() -> None:
    entries: dict[Entry, Secret] = {
        ("meter", "m", "unicast_key"): OWN,
        ("meter", "m", "next_unicast_key"): OTHER,
        ("default", "previous_master_key"): SHARED,
    }
    found = chosen(entries, meter())
    assert found.unicast_key == OWN
    assert found.others == {"next_unicast_key": OTHER, "previous_master_key": SHARED}
    assert found.all() == [OWN, OTHER, SHARED]


def test_a_key_to_come_is_no_key_in_use() -> None:
    with pytest.raises(ConfigError, match=r"meter\.m\.unicast_key: is missing"):
        chosen({("meter", "m", "next_unicast_key"): OTHER}, meter("hls-gmac"))


def test_all_that_is_missing_is_told_at_once() -> None:
    security = Security(key_info="wrapped", form="general-ciphering", sign_requests=True)
    with pytest.raises(ConfigError) as caught:
        chosen({}, meter("hls-sha256", security))
    assert [problem.key for problem in caught.value.problems] == [
        f"meter.m.{name}" for name in sorted(["hls_secret", *BOTH, "master_key", "signing_key"])
    ]


@pytest.mark.parametrize(
    ("suite", "octets", "told"),
    [
        (0, 32, "has 32 octets; in security suite 0 keys have 16; look up key and suite in"),
        (1, 32, "has 32 octets; in security suite 1 keys have 16"),
        (2, 16, "has 16 octets; in security suite 2 keys have 32"),
    ],
)
@pytest.mark.parametrize("name", [*BOTH, "broadcast_key", "master_key"])
def test_lengths_must_be_those_of_the_suite(suite: int, octets: int, told: str, name: str) -> None:
    right = Secret(b"r" * (32 if suite == 2 else 16))
    entries: dict[Entry, Secret] = {("meter", "m", key): right for key in BOTH}
    asked = meter(security=Security(suite=suite))
    assert chosen(entries, asked).unicast_key == right
    entries["meter", "m", name] = Secret(b"w" * octets)
    with pytest.raises(ConfigError) as caught:
        chosen(entries, asked)
    assert str(caught.value).startswith(f"k: meter.m.{name}: {told}")
    assert "www" not in str(caught.value)


def test_passwords_have_any_length_and_old_keys_that_of_their_suite() -> None:
    entries: dict[Entry, Secret] = {
        ("meter", "m", "hls_secret"): Secret(b"12345"),
        ("meter", "m", "previous_unicast_key"): Secret(b"p" * 32),
    }
    assert chosen(entries, meter("hls-sha256")).hls_secret == Secret(b"12345")


def test_each_secret_is_known_by_its_name() -> None:
    secrets = MeterSecrets(others={}, **{name: Secret(name.encode()) for name in NAMES})
    assert [secret.octets.decode() for secret in secrets.all()] == list(NAMES)
    assert replace(secrets, signing_key=None).all() == [
        Secret(name.encode()) for name in NAMES if name != "signing_key"
    ]
    assert "lls_password'" not in repr(secrets)


def test_a_key_for_all_meters_of_another_suite_harms_no_meter_that_does_not_need_it() -> None:
    asked = meter(authentication="hls-gmac")
    entries: dict[Entry, Secret] = {
        ("default", "master_key"): Secret(bytes(32)),
        ("default", "unicast_key"): Secret(bytes(range(16))),
        ("default", "authentication_key"): Secret(bytes(range(16, 32))),
    }
    found = chosen_for(asked, entries, Path("keys.toml"))
    assert found.master_key is None
    assert found.unicast_key is not None
