import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from dcud.config.key_entries import SYMMETRIC, Entry, fault, missing, parse_keys
from dcud.config.problem import ConfigError
from dcud.dlms.secret import Secret

KEY = "000102030405060708090a0b0c0d0e0f"
VALUE = "correct-horse-battery"
PEM = """-----BEGIN PRIVATE KEY-----
MIGHAgEA
-----END PRIVATE KEY-----
"""
SEC1 = PEM.replace("PRIVATE", "EC PRIVATE")


def parsed(text: str) -> Mapping[Entry, Secret]:
    return parse_keys(Path("k"), text.encode())


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        parsed(text)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert VALUE not in shown
    return str(caught.value)


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize(
    "written",
    [KEY, KEY.upper(), f"hex:{KEY}", "hex: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"],
)
def test_symmetric_keys_are_hexadecimal_with_a_prefix_or_not(name: str, written: str) -> None:
    assert parsed(f'[meter.m]\n{name} = "{written}"') == {
        ("meter", "m", name): Secret(bytes(range(16)))
    }


@pytest.mark.parametrize("prefix", ["", "next_", "previous_"])
def test_keys_of_suite_2_and_those_of_a_rotation_are_known(prefix: str) -> None:
    entries = parsed(f'[meter.m]\n{prefix}unicast_key = "{KEY * 2}"')
    assert entries == {("meter", "m", f"{prefix}unicast_key"): Secret(bytes(range(16)) * 2)}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (f'"{KEY[:-2]}"', "has 15 octets; a key has 16, in suite 2 32; write 32 hexadecimal"),
        (f'"{KEY * 3}"', "has 48 octets; a key has 16, in suite 2 32"),
        ('""', "has 0 octets; a key has 16"),
        (f'"{VALUE}"', "holds something else than pairs of hexadecimal digits; write 32"),
        (f'"{KEY}0"', "holds something else than pairs of hexadecimal digits"),
        ("42", "must be text, not a whole number; write 32 hexadecimal digits"),
        (f'["{VALUE}"]', "must be text, not a list"),
    ],
)
def test_what_is_no_symmetric_key_is_told(value: str, told: str) -> None:
    assert f"k:2: meter.m.unicast_key: {told}" in refusal(f"[meter.m]\nunicast_key = {value}")


@pytest.mark.parametrize("table", ["meter.m", "default", "gateway"])
@pytest.mark.parametrize("name", ["signing_key", "agreement_key"])
@pytest.mark.parametrize("pem", [PEM, SEC1, f"-----BEGIN EC PARAMETERS-----\nBg==\n{SEC1}"])
def test_private_keys_are_pem_of_either_form(table: str, name: str, pem: str) -> None:
    entries = parsed(f"[{table}]\n{name} = '''\n{pem}'''")
    assert entries == {(*table.split("."), name): Secret(pem.encode())}


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (f'"{VALUE}"', "is no private key in PEM; write it between three quotation marks"),
        ('"-----BEGIN PRIVATE KEY-----"', "is no private key in PEM"),
        (f"'''{PEM.replace('PRIVATE', 'PUBLIC')}'''", "is no private key in PEM"),
        (f"'''{PEM.replace('PRIVATE', 'ENCRYPTED PRIVATE')}'''", "is no private key in PEM"),
        ("true", "must be text, not true or false"),
    ],
)
def test_what_is_no_private_key_is_told(value: str, told: str) -> None:
    text = f"[gateway]\nsigning_key = {value}"
    assert f"k:2: gateway.signing_key: {told}" in refusal(text)


def test_tables_of_the_gateway_and_broker_hold_only_their_own() -> None:
    assert "k:2: gateway: holds an unknown key" in refusal(f'[gateway]\nunicast_key = "{KEY}"')
    assert "k:2: mqtt: holds an unknown key" in refusal(f'[mqtt]\nhls_secret = "{VALUE}"')
    assert "k:2: mqtt: holds an unknown key" in refusal(f'[mqtt]\nnext_password = "{VALUE}"')


def test_the_table_for_all_meters_holds_what_one_may_hold() -> None:
    assert parsed(f'[default]\nhls_secret = "abc"\nmaster_key = "{KEY}"') == {
        ("default", "hls_secret"): Secret(b"abc"),
        ("default", "master_key"): Secret(bytes(range(16))),
    }


def test_every_fault_is_told_at_once_with_its_line() -> None:
    told = refusal(
        f'[default]\nunicast_key = "{VALUE}"\n[meter.m]\nhls_secret = 1\n[gateway]\nx = "{VALUE}"\n'
    )
    assert [line.split(" ", 1)[0] for line in told.splitlines()] == ["k:2:", "k:4:", "k:6:"]


def test_a_misspelt_key_is_told_what_was_meant() -> None:
    assert 'did you mean "unicast_key"?' in refusal(f'[meter.m]\nunicats_key = "{KEY}"')


def test_what_is_missing_is_told_with_where_it_goes() -> None:
    told = str(missing(Path("k"), ("meter", "m", "unicast_key")))
    expected = 'k: meter.m.unicast_key: is missing; add unicast_key = "..." under [meter.m]'
    assert told == expected
    assert str(fault(Path("k"), 0, (), "is odd", "mend it")) == "k: is odd; mend it"
